"""Remedies behind the training: other answers from the same scores, where groups are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .measures import Answered, Asked, disparity
from .members import Codes
from .spec import Constraint, Kind

Floats = NDArray[np.float64]

Chances = Callable[[Floats, Codes], Floats]
"""``chances(scores, groups) -> p``: with which probability each row is answered positively."""

FAIRLEARN = {
    "demographic_parity": "demographic_parity",
    "equalized_odds": "equalized_odds",
    "equal_opportunity": "true_positive_rate_parity",
    "false_positive_rate": "false_positive_rate_parity",
}

MARGINS = np.linspace(0, 0.5, 101)
"""Half widths around the threshold of which reject option takes one."""


class Impossible(Exception):
    """A remedy can't be applied to these rows; the message says why."""


def fitted(
    kind: Kind,
    scores: Floats,
    asked: Asked,
    positive: int,
    constraint: Constraint,
    strength: float = 1.0,
) -> Chances:
    """Fit a remedy to rows whose labels are known.

    Parameters
    ----------
    kind
        One of ``ON_SCORES``.
    scores
        Score of the positive class; shape (rows,).
    asked
        Their labels and groups.
    positive
        Code of the positive class; the others are taken together.
    constraint
        What should be alike.
    strength
        Share of the remedy. Where answers are drawn by lot it is the share of rows that are
        answered by the remedy and not by the model; reject option takes that share of its margin.

    Raises
    ------
    Impossible
        If a group lacks rows of either kind.
    """
    if kind == "reject_option":
        return reject_option(scores, asked, positive, constraint, strength)
    whole = threshold_optimizer(scores, asked, positive, constraint)
    return lambda given, groups: strength * whole(given, groups) + (1 - strength) * (given >= 0.5)


def threshold_optimizer(
    scores: Floats, asked: Asked, positive: int, constraint: Constraint
) -> Chances:
    """Fit a threshold for each group by `fairlearn.postprocessing.ThresholdOptimizer`.

    Its answers may be drawn by lot between two thresholds; rows of groups that it was not fitted
    to are answered at 0.5.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning. NIPS.
    """
    from fairlearn.postprocessing import ThresholdOptimizer

    labels = asked.labels == positive
    for group in np.unique(asked.groups):
        inside = labels[asked.groups == group]
        if inside.all() or not inside.any():
            have = "only" if inside.all() else "no"
            raise Impossible(
                f"the group “{asked.names[group]}” has {have} positive rows among the "
                f"{len(inside):,} that thresholds are fitted to"
            )
    optimizer = ThresholdOptimizer(
        estimator=_as_scored(),
        constraints=FAIRLEARN[constraint],
        prefit=True,
        predict_method="predict",
    )
    optimizer.fit(scores[:, None], labels.astype(int), sensitive_features=asked.groups)
    seen = np.unique(asked.groups)

    def chances(given: Floats, groups: Codes) -> Floats:
        out = (given >= 0.5).astype(np.float64)
        known = np.isin(groups, seen)
        if known.any():
            found: Any = optimizer._pmf_predict(
                given[known, None], sensitive_features=groups[known]
            )
            out[known] = found[:, 1]
        return out

    return chances


def _as_scored() -> Any:
    """Return what stands for the model that scored the rows already, as scikit-learn asks it."""
    from sklearn.base import BaseEstimator

    class AsScored(BaseEstimator):  # type: ignore[misc]
        def fit(self, scores: Floats, labels: Codes) -> Any:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, scores: Floats) -> Floats:
            return np.asarray(scores)[:, 0]

    return AsScored()


def reject_option(
    scores: Floats, asked: Asked, positive: int, constraint: Constraint, strength: float = 1.0
) -> Chances:
    """Favour groups near the threshold whose rate is lower than that of all rows.

    Within a margin around 0.5 such groups are answered positively and all others negatively. The
    rate is that of positive answers among all rows (demographic parity, equalized odds), among the
    positive ones (equal opportunity) or among the others (``false_positive_rate``). The margin is
    the smallest of those with the smallest disparity in these rows.

    References
    ----------
    Kamiran, Karim and Zhang (2012), Decision theory for discrimination-aware classification. ICDM.
    """
    labels = asked.labels == positive
    looked = {
        "equal_opportunity": labels,
        "false_positive_rate": ~labels,
    }.get(constraint, np.ones(len(labels), bool))
    answered = (scores >= 0.5)[looked]
    whole = answered.mean() if looked.any() else 0.0
    rows = np.bincount(asked.groups[looked], minlength=len(asked.names))
    hits = np.bincount(asked.groups[looked], weights=answered, minlength=len(asked.names))
    lower = np.divide(hits, rows, out=np.full(len(rows), whole), where=rows > 0) < whole

    def at(margin: float, given: Floats, groups: Codes) -> Floats:
        near = np.abs(given - 0.5) < margin
        return np.where(near, lower[groups], given >= 0.5).astype(np.float64)

    def gap(margin: float) -> float:
        chosen = at(margin, scores, asked.groups).astype(np.int64)
        flat = (asked.groups * 2 + labels) * 2 + chosen
        counts = np.bincount(flat, minlength=4 * len(asked.names)).reshape(-1, 2, 2)
        return float(disparity(counts[asked.kept], constraint, 1))

    gaps = np.array([gap(margin) for margin in MARGINS])
    if not np.isfinite(gaps).any():
        raise Impossible("no two groups have rows that can be compared")
    best = float(MARGINS[np.nanargmin(np.round(gaps, 12))])
    return lambda given, groups: at(strength * best, given, groups)


def answered(plain: Answered, chances: Floats, positive: int, seed: int) -> Answered:
    """Draw answers with given chances of the positive class.

    Parameters
    ----------
    plain
        As the model answers.
    chances
        Probability of a positive answer; shape (rows,).
    positive
        The class.
    seed
        Seed of the draw.
    """
    p = chances
    drawn = np.random.default_rng(seed).random(len(p)) < p
    others = plain.scores.copy()
    others[:, positive] = -np.inf
    scores = plain.scores.copy()
    rest = 1 - scores[:, positive]
    scale = np.divide(1 - p, rest, out=np.zeros_like(p), where=rest > 0)
    scores *= scale[:, None]
    scores[:, positive] = p
    return Answered(np.where(drawn, positive, others.argmax(1)).astype(np.int64), scores)


def positive_of(asked: Asked) -> int:
    """Return the class that a remedy sets against all others.

    Raises
    ------
    Impossible
        If there are more than two classes and none is the favourable one.
    """
    if asked.positive is None:
        raise Impossible(
            f"it sets one class against the rest, and of {len(asked.classes)} classes none is "
            "named as audit.positive"
        )
    return asked.positive
