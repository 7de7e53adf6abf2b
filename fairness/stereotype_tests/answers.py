"""What a trained classifier or regressor answers to sentences of a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.answering import answering
from ...core.dataset import Dataset
from ...core.events import Emit, Event, Progress, silent
from ...core.predict import SCORE
from ...core.runs import Run
from ...core.spec import DataSpec
from ...errors import DataError, nearest, paragraph
from .likelihood import STEP, Floats

TASKS = ("classification", "regression")


@dataclass(frozen=True, eq=False)
class Answers:
    """Scores of sentences.

    Attributes
    ----------
    scores
        Probability of the positive classes, or the predicted number; shape (sentences,).
    positive
        The classes whose probability it is; empty for a regression.
    """

    scores: Floats
    positive: tuple[str, ...]

    @property
    def classes(self) -> bool:
        """Whether the scores are probabilities."""
        return bool(self.positive)

    @property
    def words(self) -> str:
        """What the scores are, for people."""
        if not self.classes:
            return "the predicted number"
        named = " or ".join(f"“{one}”" for one in self.positive)
        return f"the predicted probability of {named}"


def check_run(run: Run, positive: Sequence[str] | None) -> tuple[str, ...]:
    """Return the classes whose probability is compared; none for a regression.

    Raises
    ------
    DataError
        If the run learns neither classes nor a number from one column of text, or the classes are
        not told or not known.
    """
    if run.task not in TASKS or tuple(run.modalities) != ("text",):
        raise DataError(
            paragraph(
                str(run.path),
                f"this test compares the answers to single sentences, and the run is {run.task} "
                f"of {' and '.join(run.modalities) or 'nothing'}",
                "Choose a run of classification or regression that reads one column of text",
            )
        )
    if run.task == "regression":
        if positive:
            raise DataError(
                paragraph(
                    "--positive",
                    "a regression predicts a number and has no classes",
                    "Leave it out",
                )
            )
        return ()
    if not positive:
        if len(run.labels) == 2:
            return (run.labels[1],)
        raise DataError(
            paragraph(
                "--positive",
                f"the run knows {len(run.labels)} classes ({', '.join(run.labels)}), and which of "
                "them count is not said",
                "Name one or more of them",
            )
        )
    for one in positive:
        if one not in run.labels:
            raise DataError(
                paragraph(
                    f"--positive {one}",
                    f"the run knows no such class ({nearest(one, run.labels)})",
                    f"Name some of {', '.join(run.labels)}",
                )
            )
    if set(positive) == set(run.labels):
        raise DataError(
            paragraph(
                "--positive",
                "all classes are named, and their probability is 1 for every sentence",
                "Leave out at least one of them",
            )
        )
    return tuple(dict.fromkeys(positive))


def answer(
    run: Run,
    texts: Sequence[str],
    positive: Sequence[str] | None = None,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Answers:
    """Answer sentences with a run's model; one that stands there twice is answered once.

    Parameters
    ----------
    run
        A run of classification or regression whose training has ended.
    texts
        The sentences.
    positive
        Classes whose probability, summed, is the score.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        As `check_run` says.
    """
    named = check_run(run, positive)
    ask = answering(run)
    distinct, place = np.unique(np.asarray(texts, object), return_inverse=True)
    rows = _rows(run, next(iter(run.section("data", DataSpec).inputs), "text"), distinct)

    def told(event: Event) -> None:
        if isinstance(event, Progress):
            event = Progress(
                step=STEP, done=event.done, total=event.total, remaining=event.remaining
            )
        emit(event)

    found = ask(rows, emit=told, check=check)
    if named:
        scores = found[[SCORE + one for one in named]].to_numpy(np.float64).sum(axis=1)
    else:
        scores = found["prediction"].to_numpy(np.float64)
    return Answers(scores[place], named)


def _rows(run: Run, column: str, texts: NDArray[np.object_]) -> Dataset:
    """Bring sentences into the form that tasks answer."""
    nothing = np.full(len(texts), None, dtype=object)
    return Dataset(
        inputs={column: texts},
        modalities={column: "text"},
        label=nothing,
        ids=np.array([str(row + 1) for row in range(len(texts))], dtype=object),
        split=nothing,
        labels=run.labels,
        groups={},
        weight=np.ones(len(texts), np.float32),
        fingerprint="",
        lineage=(),
        task=run.task,
    )
