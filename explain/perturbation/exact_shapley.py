"""Exact Shapley values of few segments: the answer to every copy is asked for.

Shapley, *A Value for n-Person Games* (1953).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ...errors import DataError, paragraph
from ..pieces import Keep
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .work import Work


def exact_shapley(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute to each segment its Shapley value, from all 2ⁿ copies of a row of n segments.

    The same scores as those of `shap.ExactExplainer`.

    Parameters
    ----------
    subject
        What is explained.
    spec
        `evaluations`: most copies of a row, sample and baseline counted.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order.

    Raises
    ------
    DataError
        If a row has so many segments that this takes more copies.
    """
    for row in range(len(subject)):
        _refuse(len(subject.cut(row)), spec.evaluations)
    work = Work(subject, lambda segments: 1 << segments, emit, check)
    out: list[Scores] = []
    for rows in work.groups():
        answers = work.value.many([(row, every(len(subject.cut(row)))) for row in rows])
        for row, found in zip(rows, answers, strict=True):
            ends = float(found[-1]), float(found[0])
            out.append(work.scores(row, values(found), ends))
    return out


def every(segments: int) -> Keep:
    """Return all sets of segments, numbered by their bits; shape (2 ** segments, segments)."""
    numbers = np.arange(1 << segments)
    return (numbers[:, None] >> np.arange(segments) & 1).astype(bool)


def values(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Shapley values.

    Parameters
    ----------
    answers
        The number that each set of segments comes to, in the order of `every`.
    """
    count = len(answers).bit_length() - 1
    numbers = np.arange(len(answers))
    sizes = np.bitwise_count(numbers)
    weight = np.array([1 / (count * comb(count - 1, size)) for size in range(count)])
    out = np.zeros(count)
    for segment in range(count):
        without = numbers[numbers >> segment & 1 == 0]
        gained = answers[without | 1 << segment] - answers[without]
        out[segment] = weight[sizes[without]] @ gained
    return out


def _refuse(segments: int, evaluations: int) -> None:
    if 1 << segments > evaluations:
        raise DataError(
            paragraph(
                "explain.methods: exact_shapley",
                f"a row has {segments} segments, for which it needs 2^{segments} copies; "
                f"explain.evaluations allows {evaluations:,}",
                "Choose partition_shap, cut samples into fewer segments, or raise "
                "explain.evaluations",
            )
        )
