"""Areas and curves of each class or label against everything else, and micro and macro averages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .curves import (
    MACRO,
    MICRO,
    POINTS,
    Curve,
    Floats,
    Ranking,
    areas,
    macro_curve,
    pr_curve,
    rank,
    roc_curve,
    thin,
)

Member = NDArray[np.bool_]
"""Which rows are of which class or label, of shape (n, k)."""


def rankings(member: Member, scores: Floats) -> Iterator[tuple[int, Ranking]]:
    """Yield the ranking of every class that has rows, then under k that of micro.

    Parameters
    ----------
    member
        Which rows are of which class.
    scores
        Scores of shape (n, k).
    """
    k = scores.shape[1]
    for code in range(k):
        if member[:, code].any():
            yield code, rank(member[:, code], scores[:, code])
    yield k, rank(member.ravel(), scores.ravel())


def score_areas(member: Member, scores: Floats) -> dict[str, Floats]:
    """Return areas under ROC curves and average precisions of shape (k + 1,), micro last."""
    roc, average = np.full((2, scores.shape[1] + 1), np.nan)
    for code, ranking in rankings(member, scores):
        roc[code], average[code] = areas(ranking.positives, ranking.negatives)
    return {"roc_auc": roc, "average_precision": average}


def score_curves(
    member: Member,
    scores: Floats,
    labels: Sequence[str],
    bands: Mapping[tuple[str, int | str], tuple[Floats, Floats]],
) -> tuple[Curve, ...]:
    """Return ROC and precision-recall curves of every class, micro and macro.

    Parameters
    ----------
    member, scores
        As in `rankings`.
    labels
        Names of the classes.
    bands
        Ends of the interval of each curve, as `bootstrap.ScoreReplicates` has them.
    """
    k = len(labels)
    points = max(POINTS // (k + 2), 500)
    found: dict[str, dict[int | str, Curve]] = {"roc": {}, "pr": {}}
    for code, ranking in rankings(member, scores):
        key = MICRO if code == k else code
        name = MICRO if code == k else labels[code]
        if ranking.has_both:
            found["roc"][key] = thin(roc_curve(name, ranking, average=code == k), points)
        found["pr"][key] = thin(pr_curve(name, ranking, average=code == k), points)
    out = []
    for kind, curves in found.items():
        each = [curve for key, curve in curves.items() if key != MICRO]
        if each:
            curves[MACRO] = thin(macro_curve(each), points)
        for key, curve in curves.items():
            band = bands.get((kind, key))
            out.append(curve if band is None else curve.with_band(*band))
    return tuple(out)


def mean_defined(values: Floats) -> Floats:
    """Average the last axis over what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
