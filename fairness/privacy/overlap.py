"""Whether a model that writes gives back its training rows word for word.

The beginning of a training row is given to the model, which writes on, the likeliest token each
time; what it writes is looked for in all training rows (Carlini et al., *Quantifying Memorization
Across Neural Language Models*, 2022, who call fifty tokens in a row memorised). The same is done
for test rows, which the model never learnt: runs of common words stand in both, and only what
training rows have beyond them speaks for memorisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ...core.events import Clock, Emit, Progress, silent
from ...core.measured import Measured
from ...errors import DataError, paragraph
from ..proportions import proportion
from ..uncertainty import newcombe
from .common_runs import Collection, CommonRun
from .kinds import KINDS
from .masking import masked_in
from .spec import PrivacySpec

if TYPE_CHECKING:
    from ...core.dataset import Dataset
    from ...core.tasks.task import Writer
    from .trained import Trained

TASKS = ("causal_lm", "chat")
"""Tasks that write."""

FIFTY = 50
"""Words from which on a run is told apart: longer than the fifty tokens of the literature."""

PIECE = 32  # prompts that are written on between two looks at whether the job was cancelled
EXAMPLES = 5
CELL = 400  # characters of a run that an example keeps


@dataclass(frozen=True)
class Copied:
    """A training row whose beginning made the model write words of a training row.

    Attributes
    ----------
    id
        The row that was begun.
    words
        Words in a row that stand in a training row.
    text
        These words, personal data that patterns find masked.
    source
        The training row that holds them.
    """

    id: str
    words: int
    text: str
    source: str


@dataclass(frozen=True)
class Side:
    """What was written for the rows of one split.

    Attributes
    ----------
    rows
        Rows that were begun.
    written
        Words that were written on average.
    longest
        Words of the longest run of each row that stands in a training row: least, median, most.
    verbatim
        Share of rows with a run of at least that many words.
    fifty
        Share of rows with a run of fifty words.
    """

    rows: int
    written: float
    longest: tuple[int, float, int]
    verbatim: Measured
    fifty: Measured

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "rows": self.rows,
            "written": self.written,
            "longest": list(self.longest),
            "verbatim": self.verbatim.as_json(),
            "fifty": self.fifty.as_json(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Side:
        """Read what `as_json` wrote."""
        least, median, most = raw["longest"]
        return cls(
            raw["rows"],
            raw["written"],
            (least, median, most),
            Measured.from_json(raw["verbatim"]),
            Measured.from_json(raw["fifty"]),
        )


@dataclass(frozen=True)
class Overlap:
    """What a model wrote of its training rows.

    Attributes
    ----------
    words
        Words in a row from which on a text counts as copied.
    trained, control
        What was written for training rows, and for test rows.
    difference
        Share of copied rows of the first minus that of the others.
    examples
        Training rows with the longest runs.
    """

    words: int
    trained: Side
    control: Side
    difference: Measured
    examples: tuple[Copied, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "words": self.words,
            "trained": self.trained.as_json(),
            "control": self.control.as_json(),
            "difference": self.difference.as_json(),
            "examples": [vars(one) for one in self.examples],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Overlap:
        """Read what `as_json` wrote."""
        return cls(
            raw["words"],
            Side.from_json(raw["trained"]),
            Side.from_json(raw["control"]),
            Measured.from_json(raw["difference"]),
            tuple(Copied(**one) for one in raw["examples"]),
        )


def overlap(
    trained: Trained,
    spec: PrivacySpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Overlap:
    """Let a run's model write on from training rows and from test rows; compare what it copies.

    Parameters
    ----------
    trained
        A run that learnt to write.
    spec
        Rows that are begun, words that count as copied, level of the intervals, seed.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If the run doesn't write.
    """
    if trained.run.task not in TASKS:
        raise DataError(
            paragraph(
                str(trained.run.path),
                f"copied words are known of models that write, not of {trained.run.task}",
                f"Choose a run of {' or '.join(TASKS)}",
            )
        )
    dataset = trained.genuine
    learnt = dataset.take(dataset.rows("train"))
    generator = np.random.default_rng(spec.seed)
    sides = []
    for rows in (dataset.rows("train"), dataset.rows("test")):
        chosen = np.sort(generator.permutation(rows)[: spec.prompts]).astype(np.int64)
        sides.append(dataset.take(chosen))
    written = _written(trained, sides, emit, check)
    collection = Collection(texts(learnt))
    runs = [collection.longest(one) for one in written]
    return compared(
        [[str(one) for one in side.ids] for side in sides],
        written,
        runs,
        [str(one) for one in learnt.ids],
        spec,
    )


def compared(
    ids: Sequence[Sequence[str]],
    written: Sequence[Sequence[str]],
    runs: Sequence[Sequence[CommonRun]],
    sources: Sequence[str],
    spec: PrivacySpec,
) -> Overlap:
    """Set what was copied for training rows beside what was for test rows.

    Parameters
    ----------
    ids, written, runs
        Of training rows first, then of test rows: their ids, what was written, and the longest
        run of each that stands in the training rows.
    sources
        Ids of the training rows, by the runs' numbers.
    spec
        Words that count as copied, level of the intervals.
    """
    sides = [_side(texts, found, spec) for texts, found in zip(written, runs, strict=True)]
    (hits, rows), (other_hits, other_rows) = (
        (np.array([sum(run.words >= spec.verbatim for run in found)]), np.array([len(found)]))
        for found in runs
    )
    low, high = newcombe(hits, rows, other_hits, other_rows, spec.confidence)
    difference = sides[0].verbatim.value - sides[1].verbatim.value
    patterns = tuple(kind.pattern for kind in KINDS)
    order = sorted(range(len(runs[0])), key=lambda at: -runs[0][at].words)
    examples = []
    for at in order[:EXAMPLES]:
        run = runs[0][at]
        if run.words >= spec.verbatim:
            words = written[0][at].split()[run.begin : run.begin + run.words]
            shown = masked_in(" ".join(words), patterns)
            shown = shown if len(shown) <= CELL else f"{shown[:CELL].rstrip()}…"
            examples.append(Copied(ids[0][at], run.words, shown, sources[run.text]))
    count = sides[0].rows + sides[1].rows
    return Overlap(
        spec.verbatim,
        sides[0],
        sides[1],
        Measured(difference, float(low[0]), float(high[0]), count, "newcombe"),
        tuple(examples),
    )


def texts(dataset: Dataset) -> list[str]:
    """Return everything that is written in each row, as words in a row may be copied from it."""
    from ...core.conversations import MESSAGES
    from ...multimodal.text.chat.contents import shown
    from ...multimodal.text.chat.messages import Conversation

    written = {name for name, kind in dataset.modalities.items() if kind == "text"}
    out = []
    for row in range(len(dataset)):
        parts: list[str] = []
        for name in written:
            cell = dataset.inputs[name][row]
            if dataset.task == "chat" and name == MESSAGES and cell:
                said = Conversation.from_json(str(cell)).messages
                parts += [shown(message["content"]) for message in said]
            elif cell:
                parts.append(str(cell))
        if dataset.label[row] is not None:
            parts.append(str(dataset.label[row]))
        out.append("\n".join(parts))
    return out


def _written(
    trained: Trained, sides: Sequence[Dataset], emit: Emit, check: Callable[[], None]
) -> list[list[str]]:
    """Let the model write on from the beginning of every row."""
    task = cast("Writer", trained.task)
    total = sum(map(len, sides))
    clock, done = Clock(total), 0
    out: list[list[str]] = []
    for side in sides:
        told: list[str] = []
        for first in range(0, len(side), PIECE):
            rows: NDArray[np.int64] = np.arange(first, min(first + PIECE, len(side)))
            told += [
                one.text for one in task.write(trained.model, trained.processor, side.take(rows))
            ]
            done += len(rows)
            left = clock.remaining(done)
            emit(Progress(step="overlap", done=done, total=total, remaining=left))
            check()
        out.append(told)
    return out


def _side(written: Sequence[str], runs: Sequence[CommonRun], spec: PrivacySpec) -> Side:
    longest = [run.words for run in runs]
    count = len(runs)

    def share(least: int) -> Measured:
        return proportion(sum(one >= least for one in longest), count, spec.confidence)

    return Side(
        count,
        float(np.mean([len(one.split()) for one in written])) if count else 0.0,
        (
            min(longest, default=0),
            float(np.median(longest)) if count else 0.0,
            max(longest, default=0),
        ),
        share(spec.verbatim),
        share(FIFTY),
    )
