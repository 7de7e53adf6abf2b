"""How far groups lie apart, in one number: what remedies are compared by.

A disparity is a largest gap: the highest rate of a group less the lowest one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .spec import Constraint

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

Measure = Literal[
    "equalized_odds",
    "demographic_parity",
    "equal_opportunity",
    "false_positive_rate",
    "recall",
    "subgroup_auc",
]
"""What groups are compared by. ``recall`` looks at every class's, whichever is the favourable one;
``subgroup_auc`` at the area under the ROC curve among each group's rows (Borkan et al. 2019)."""

CONSTRAINTS: dict[Measure, Constraint] = {
    "equalized_odds": "equalized_odds",
    "demographic_parity": "demographic_parity",
    "equal_opportunity": "equal_opportunity",
    "false_positive_rate": "false_positive_rate",
    "recall": "equal_opportunity",
    "subgroup_auc": "equalized_odds",
}
"""What remedies are told to make alike for each measure."""


@dataclass(frozen=True, eq=False)
class Answered:
    """How some rows are answered.

    Attributes
    ----------
    predicted
        Code of the answered class; shape (rows,).
    scores
        Score of each class; shape (rows, classes).
    """

    predicted: Codes
    scores: Floats


@dataclass(frozen=True, eq=False)
class Asked:
    """The rows that are answered, and what they are compared by.

    Attributes
    ----------
    labels, groups
        Codes of shape (rows,).
    names
        The groups.
    classes
        The classes.
    measure
        What groups are compared by.
    positive
        Code of the favourable class; None: each class in turn, the largest gap counts.
    small
        Groups with fewer rows are left out of the disparity.
    replicates, confidence, seed
        Of the bootstrap.
    """

    labels: Codes
    groups: Codes
    names: tuple[str, ...]
    classes: tuple[str, ...]
    measure: Measure = "equalized_odds"
    positive: int | None = None
    small: int = 30
    replicates: int = 1000
    confidence: float = 0.95
    seed: int = 13

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each group; shape (groups,)."""
        out: NDArray[np.int64] = np.bincount(self.groups, minlength=len(self.names))
        return out

    @property
    def kept(self) -> NDArray[np.int64]:
        """The groups that the disparity compares."""
        return np.flatnonzero(self.rows >= self.small)


def disparity(counts: NDArray[np.generic], measure: Measure, positive: int | None) -> Floats:
    """Return the largest gap between groups.

    Parameters
    ----------
    counts
        Rows by group, label and answer; shape (..., groups, classes, classes). Groups in which a
        rate has no rows don't count in it.
    measure
        All but ``subgroup_auc``, which rests on scores.
    positive
        As in `Asked`.

    Returns
    -------
    numpy.ndarray
        Shape (...); NaN where no two groups can be compared.
    """
    n = np.asarray(counts, np.float64)
    total = n.sum((-1, -2))
    by_label, answered = n.sum(-1), n.sum(-2)
    hits = np.diagonal(n, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hits / by_label
        if measure == "recall":
            return widest(gap(recall))
        parts = []
        if measure == "demographic_parity":
            parts.append(answered / total[..., None])
        if measure in ("equal_opportunity", "equalized_odds"):
            parts.append(recall)
        if measure in ("false_positive_rate", "equalized_odds"):
            parts.append((answered - hits) / (total[..., None] - by_label))
    gaps = [gap(part) for part in parts]
    chosen = [one if positive is None else one[..., [positive]] for one in gaps]
    return widest(np.concatenate(chosen, axis=-1))


def group_recalls(counts: NDArray[np.generic]) -> Floats:
    """Return the recall of each class in each group; shape (..., groups, classes)."""
    n = np.asarray(counts, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = np.diagonal(n, axis1=-2, axis2=-1) / n.sum(-1)
    return out


def group_areas(
    scores: Floats, positive: NDArray[np.bool_], groups: Codes, kept: Codes, weight: Floats
) -> Floats:
    """Return the area under the ROC curve among the rows of each group.

    Parameters
    ----------
    scores, positive, groups
        Score of each row, whether it is positive, and its group; shape (rows,).
    kept
        Groups that are measured.
    weight
        How often each row stands in each resample; shape (replicates, rows).

    Returns
    -------
    numpy.ndarray
        Shape (replicates, len(kept)); ties count half, NaN without rows of both kinds.
    """
    out = np.full((len(weight), len(kept)), np.nan)
    for place, group in enumerate(kept):
        inside = np.flatnonzero(groups == group)
        order = inside[np.argsort(scores[inside], kind="stable")]
        if not len(order):
            continue
        firsts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
        own = weight[:, order]
        ups = np.add.reduceat(own * positive[order], firsts, axis=1)
        downs = np.add.reduceat(own * ~positive[order], firsts, axis=1)
        below = np.cumsum(downs, axis=1) - downs / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            out[:, place] = (ups * below).sum(1) / (ups.sum(1) * downs.sum(1))
    return out


def gap(rates: Floats) -> Floats:
    """Return the highest rate of a group less the lowest one; shape (..., classes)."""
    if rates.shape[-2] < 2:
        return np.full((*rates.shape[:-2], rates.shape[-1]), np.nan)
    known = np.isfinite(rates).sum(-2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # groups without rows to count
        wide = np.nanmax(rates, axis=-2) - np.nanmin(rates, axis=-2)
    return np.where(known > 1, wide, np.nan)


def widest(gaps: Floats) -> Floats:
    """Return the largest gap of any class; shape (...)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        out: Floats = np.nanmax(gaps, axis=-1)
    return out
