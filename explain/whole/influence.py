"""The training rows that made a model answer as it does.

TracIn (Pruthi et al., *Estimating Training Data Influence by Tracing Gradient Descent*, NeurIPS
2020): how much the loss of a test row fell when a training row was learnt is, to first order, the
dot product of both rows' gradients, summed over checkpoints and weighted by the learning rate. It
is taken here on the last layer, as the paper suggests for large models. Or, of the trained model
alone, the cosine of both gradients (Charpiat et al. 2019), which rows of large loss don't dominate.

What a row does to its own loss (its *self-influence*) is large where its label is at odds with rows
like it: such rows are mislabelled, or rare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.dataset import Dataset, pick, sample_fingerprints
from ...core.events import Clock, Emit, Progress, Warning, silent
from ...core.runs import Run
from ...core.spec import Rows
from ...errors import DataError, ModelError, paragraph
from ..opened import open_run
from .checkpoints import kept, learnt, models, task_of
from .influences import Asked, Influence, Influences, Influential, Measure, Suspected
from .last_layer import Features, Floats, Gradients, features, gradients

SUSPECTED = 20
"""Training rows of the largest self-influence that are listed."""


def influence(
    run: Run | str | Path,
    rows: Rows = 20,
    *,
    measure: Measure = "tracin",
    answer: Asked = "predicted",
    most: int = 10,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Influences:
    """Find the training rows that spoke most for and against the answers to test rows.

    Parameters
    ----------
    run
        A run, or its folder.
    rows
        Test rows: a number, ``"a:b"``, ``"all"`` or a list of ids.
    measure
        ``tracin`` over the checkpoints that the run kept, or the trained model where it kept none;
        or ``cosine`` of the trained model's gradients.
    answer
        Whether the model's answer is asked about, or the true one.
    most
        Training rows listed of each kind.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If the run doesn't learn classes, or a row is not there.
    ModelError
        If the model doesn't end in a linear layer.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    if run.task != "classification":
        raise DataError(
            paragraph(
                str(run.path),
                f"influence is known of models that tell classes apart, not of {run.task}",
                "Choose a run whose task is classification",
            )
        )
    dataset = run.dataset()
    trained = dataset.take(dataset.rows("train"))
    test = dataset.take(dataset.rows("test"))
    asked = test.take(pick(test.ids, rows))
    opened = open_run(run)
    task = task_of(run)
    samples = [task.encode(opened.processor, one) for one in (trained, asked)]
    # Each checkpoint, and the trained model itself.
    stages = len(kept(run)) if measure == "tracin" else 0
    total = (stages + 1) * (len(trained) + len(asked))
    clock, done = Clock(total), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if clock.due() or done == total:
            left = clock.remaining(done)
            emit(Progress(step="influence", done=done, total=total, remaining=left))
        check()

    final, told = (features(opened.model, one, tell=tell) for one in samples)
    answers = told.logits.argmax(1) if answer == "predicted" else asked.codes
    weight = np.asarray(samples[0].weight, np.float64)

    def pair(one: Features, other: Features) -> tuple[Gradients, Gradients]:
        return gradients(one, trained.codes, weight), gradients(other, answers)

    def steps() -> Iterator[tuple[float, Gradients, Gradients]]:
        rates = learnt(run, len(trained))
        for rate, model in zip(rates, models(run, task), strict=True):
            yield rate, *pair(*(features(model, one, tell=tell) for one in samples))

    last = pair(final, told)
    rate = sum(learnt(run, len(trained))) or 1.0
    (found, own), count = tracin([(rate, *last)]), 0
    if stages:
        try:
            (found, own), count = tracin(steps()), stages
        except (ModelError, ValueError) as error:
            emit(Warning(text=f"Influence is told by the trained model alone: {error}"))
    if measure == "cosine":
        found = last[0].cosine(last[1])
    return Influences(
        measure,
        count,
        tuple(_rows(trained, asked, found, _alike(final, told), answers, most)),
        tuple(_suspected(trained, own, final)),
        answer,
    )


def tracin(steps: Iterable[tuple[float, Gradients, Gradients]]) -> tuple[Floats, Floats]:
    """Sum dot products of gradients over checkpoints.

    Parameters
    ----------
    steps
        Of each checkpoint how much was learnt before it, and the gradients of training rows and
        of test rows.

    Returns
    -------
    influence, own
        Of each training row on each test row, shape (training rows, test rows), and on itself,
        shape (training rows,).
    """
    found, own = np.zeros((1, 1)), np.zeros(1)
    for rate, one, other in steps:
        found, own = found + rate * one.dot(other), own + rate * one.squares
    return found, own


def _alike(one: Features, other: Features) -> Floats:
    """Return the cosines of features; shape (training rows, test rows)."""
    sides = [
        side.features / np.maximum(np.linalg.norm(side.features, axis=1, keepdims=True), 1e-12)
        for side in (one, other)
    ]
    found: Floats = sides[0] @ sides[1].T
    return found


def _rows(
    trained: Dataset,
    asked: Dataset,
    found: Floats,
    alike: Floats,
    answers: NDArray[np.int64],
    most: int,
) -> Iterator[Influence]:
    known, names = sample_fingerprints(trained.samples()), trained.labels
    for row, print_ in enumerate(sample_fingerprints(asked.samples())):
        order = np.argsort(-found[:, row], kind="stable")

        def told(places: Sequence[int], row: int = row, print_: str = print_) -> Any:
            return tuple(
                Influential(
                    str(trained.ids[at]),
                    str(trained.label[at]),
                    float(found[at, row]),
                    float(alike[at, row]),
                    known[at] == print_,
                )
                for at in places
            )

        yield Influence(
            str(asked.ids[row]),
            str(asked.label[row]),
            names[answers[row]],
            told([at for at in order[:most] if found[at, row] > 0]),
            told([at for at in order[::-1][:most] if found[at, row] < 0]),
        )


def _suspected(trained: Dataset, own: Floats, final: Features) -> Iterator[Suspected]:
    from ...core.predict import softmax

    scores = softmax(final.logits)
    for at in np.argsort(-own, kind="stable")[:SUSPECTED]:
        yield Suspected(
            str(trained.ids[at]),
            str(trained.label[at]),
            float(own[at]),
            trained.labels[int(scores[at].argmax())],
            float(scores[at, trained.codes[at]]),
        )
