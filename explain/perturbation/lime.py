"""LIME: a linear model of what the answer does near the sample.

Ribeiro, Singh & Guestrin, *"Why Should I Trust You?"* (KDD 2016).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ..pieces import Keep
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .work import Work

WIDTH = 0.25
"""Width of the kernel, as the package lime has it for texts and pictures."""


def lime(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute to each segment its coefficient in a ridge regression on which segments are kept.

    Copies keep each segment with probability one half, as `captum.attr.Lime` draws them; the first
    is the sample itself. A copy counts by how near it is: ``exp(-d² / 2 w²)``, where d is the
    cosine distance between which segments it and the sample keep, and w is `WIDTH`. The regression
    is `sklearn.linear_model.Ridge` with an intercept, as in the package lime; it makes coefficients
    smaller than they are, by a tenth where a hundred copies were answered.

    Parameters
    ----------
    subject
        What is explained.
    spec
        `evaluations`, sample and baseline counted, `ridge`, and `seed`. Each row draws its own
        copies, so that its scores don't depend on the other rows.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order.
    """
    from sklearn.linear_model import Ridge

    work = Work(subject, lambda _: spec.evaluations, emit, check)
    out: list[Scores] = []
    for rows in work.groups():
        ends = work.ends(rows)
        masks = {
            row: drawn(len(subject.cut(row)), spec.evaluations - 1, [spec.seed, row])
            for row in rows
        }
        answers = work.value.many(list(masks.items()))
        for row, found in zip(rows, answers, strict=True):
            keep = masks[row]
            scores = np.zeros(keep.shape[1])
            if len(scores):
                fitted = Ridge(alpha=spec.ridge).fit(keep.astype(float), found, nearness(keep))
                scores = np.asarray(fitted.coef_, np.float64)
            out.append(work.scores(row, scores, ends[row]))
    return out


def drawn(segments: int, copies: int, seed: list[int]) -> Keep:
    """Draw which segments copies keep; the first keeps all. Shape (copies, segments)."""
    keep = np.random.default_rng(seed).random((copies, segments)) < 0.5
    keep[0] = True
    return keep


def nearness(keep: Keep) -> NDArray[np.float64]:
    """Return the weight of each copy by LIME's kernel; shape (copies,)."""
    # The cosine between which segments are kept, and all: the root of the share that is kept.
    distance = 1 - np.sqrt(keep.mean(axis=1))
    out: NDArray[np.float64] = np.exp(-(distance**2) / (2 * WIDTH**2))
    return out
