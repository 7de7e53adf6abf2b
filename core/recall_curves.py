"""How recall grows with the number of candidates that are looked at, and what chance would find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .bootstrap import interval
from .curves import Curve
from .report.tree import Line, LineFigure
from .row_bootstrap import resamples
from .spec import EvaluateSpec

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WAYS = {"image_to_text": "pictures look for texts", "text_to_image": "texts look for pictures"}
"""Each way to ask, and what it is called in a figure."""

CHANCE = "chance"
MOST = 100
"""Candidates that are looked at, at most."""

POINTS = 24
"""Points of a curve."""


def missed_by_chance(own: Ints, candidates: int) -> Floats:
    """Return the share of queries whose own are not among the first k in random order.

    The best of m own ones among n candidates stands behind the first k with the probability
    C(n - m, k) / C(n, k).

    Parameters
    ----------
    own
        How many candidates belong to each query; shape (queries,).
    candidates
        How many there are.

    Returns
    -------
    numpy.ndarray
        For k from 0 to `candidates`; shape (candidates + 1,).
    """
    sizes, counts = np.unique(own, return_counts=True)
    missed = np.zeros(candidates + 1)
    k = np.arange(candidates)
    for size, share in zip(sizes.tolist(), (counts / len(own)).tolist(), strict=True):
        behind = np.clip((candidates - size - k) / (candidates - k), 0, 1)
        missed += share * np.concatenate([[1.0], np.cumprod(behind)])
    return missed


def recall_curves(
    ranks: Mapping[str, Ints],
    of: Mapping[str, Ints],
    missed: Mapping[str, Floats],
    spec: EvaluateSpec,
    stream: int,
) -> tuple[Curve, ...]:
    """Return recall at k of each way, with a band, and that of chance.

    Parameters
    ----------
    ranks
        What each query found, by way; shape (queries,).
    of
        Number of the picture that each query belongs to, from 0 without gaps; same shape. Pictures
        are resampled.
    missed
        What `missed_by_chance` returned, by way.
    spec, stream
        As `row_bootstrap.measure_rows` takes them.
    """
    out = []
    for way, rank in ranks.items():
        last = min(MOST, len(missed[way]) - 1)
        at = np.unique(np.geomspace(1, last, POINTS).round().astype(np.int64))
        pictures = int(of[way].max()) + 1
        counts = np.bincount(of[way], minlength=pictures).astype(np.float64)
        hits = np.stack(
            [np.bincount(of[way], (rank <= k).astype(np.float64), pictures) for k in at], axis=1
        )
        drawn = [
            (weights @ hits) / (weights @ counts)[:, None]
            for weights in resamples(pictures, spec, stream)
        ]
        low, high = interval(np.concatenate(drawn), spec.confidence)
        x, nothing = at.astype(np.float64), np.full(len(at), np.nan)
        found = hits.sum(axis=0) / counts.sum()
        out.append(Curve(way, "recall", x, found, nothing, float(found[0]), low, high))
        by_chance = 1 - missed[way][at]
        out.append(Curve(f"{way}_{CHANCE}", "recall", x, by_chance, nothing, float(by_chance[0])))
    return tuple(out)


def recall_figures(curves: Sequence[Curve]) -> list[LineFigure]:
    """Draw recall by the number of candidates that are looked at; nothing without curves."""
    own = {curve.name: curve for curve in curves if curve.kind == "recall"}
    lines, said = [], []
    for way, title in WAYS.items():
        for name, called in ((way, title), (f"{way}_{CHANCE}", f"{title}, by chance")):
            if name in own:
                one = own[name]
                dashed = name != way
                lines.append(Line(called, one.x, one.y, one.low, one.high, dashed=dashed))
                said.append(f"{called}: {one.y[0]:.3f} at 1, {one.y[-1]:.3f} at {one.x[-1]:.0f}")
    if not lines:
        return []
    heading = "Recall by the candidates that are looked at"
    return [
        LineFigure(
            heading,
            "Candidates that are looked at",
            "Share of queries that find theirs",
            tuple(lines),
            f"{heading}. {'; '.join(said)}.",
        )
    ]
