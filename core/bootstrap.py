"""Percentile bootstrap intervals: how far a figure would move on other rows like these.

Rows are drawn anew with replacement, as many as there are, and every figure is computed on each
such replicate; the interval holds the middle share of its values (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, chapter 13). Two facts make this fast without changing it:

- A figure that only needs counts needs no rows. The counts of a resample are one draw from the
  multinomial distribution over the cells that rows fall into: (true class, predicted class), and
  the baselines' predictions beside them, so that differences to a baseline are paired.
- A resample gives each row a whole-number weight. Areas under curves are weighted counts per
  distinct score, and counting for many replicates at once is one sparse matrix product. Exact up to
  `GROUPS` distinct scores; beyond that, neighbouring scores are merged so that no group holds more
  than about 2 / `GROUPS` of the positives or of the negatives.

Where a class is missing from a replicate its own figures are not defined there; such replicates are
left out of its intervals, and macro areas average over the classes that are left.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curves import MACRO, MICRO, Floats, Ranking, areas, on_grid, rank
from .measured import Measured
from .metrics import Ints, Marginals, row_losses

GROUPS = 4096
BANDED = 50
"""Most classes whose own curves get a band; micro and macro curves always do."""
CELLS = 25_000_000
"""Numbers held at a time by one array of replicates (100 MB at four bytes each)."""


def interval(replicates: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the ends of percentile intervals.

    Parameters
    ----------
    replicates
        Values of shape (replicates, ...); NaN where a replicate does not define the figure.
    confidence
        Share of the defined values that the interval holds, such as 0.95.

    Returns
    -------
    Two arrays of shape (...); NaN where under half of the replicates define the figure.
    """
    tail = (1 - confidence) / 2
    missing = np.isnan(replicates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        quantile = np.nanquantile if missing.any() else np.quantile
        low, high = quantile(replicates, [tail, 1 - tail], axis=0)
    seldom = missing.mean(axis=0) > 0.5
    return np.where(seldom, np.nan, low), np.where(seldom, np.nan, high)


def measure(value: float, replicates: Floats, confidence: float, n: int) -> Measured:
    """Put a point estimate and its percentile interval together."""
    low, high = (float(end) for end in interval(replicates, confidence))
    if math.isnan(value) or math.isnan(low):
        return Measured(value, n=n)
    return Measured(value, low, high, n, "bootstrap")


def measure_share(value: float, replicates: Floats, confidence: float, n: int) -> Measured:
    """Do the same for a share of `n` rows, where all or none of them may count.

    Rows that are all alike stay alike in every resample, and the bootstrap interval has no width
    however few they are. There the Wilson score interval (Wilson, 1927) stands in its place.
    """
    if n > 0 and value in (0.0, 1.0):
        square = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
        reach = square / (n + square)
        ends = (0.0, reach) if value == 0 else (1 - reach, 1.0)
        return Measured(value, *ends, n, "wilson")
    return measure(value, replicates, confidence, n)


def resample_counts(
    true: Ints, predictions: Sequence[Ints], k: int, replicates: int, rng: np.random.Generator
) -> list[Marginals]:
    """Draw the counts per class that resampled rows would have.

    Parameters
    ----------
    true
        Class codes of shape (n,), n > 0.
    predictions
        Predicted codes of shape (n,), one array per model that is compared on the same rows.
    k
        Number of classes.
    replicates
        Number of resamples.
    rng
        Source of randomness.

    Returns
    -------
    One `Marginals` of shape (replicates, k) per model; replicate i of each rests on the same rows.
    """
    from scipy.sparse import csr_matrix

    cell = np.zeros(len(true), np.int64)
    for codes in (true, *predictions):
        # Renumbering after each factor keeps the product of many classes within 64 bits.
        cell = np.unique(cell * k + codes, return_inverse=True)[1]
    _, first, counts = np.unique(cell, return_index=True, return_counts=True)
    m = len(counts)

    def member(codes: Ints, keep: NDArray[np.bool_] | None = None) -> Any:
        data = np.ones(m) if keep is None else keep.astype(np.float64)
        return csr_matrix((data, (codes, np.arange(m))), shape=(k, m))

    answer = true[first]
    counted = [member(answer)]
    for codes in predictions:
        counted += [member(codes[first]), member(answer, codes[first] == answer)]
    parts: list[list[Floats]] = [[] for _ in counted]
    for size in _chunks(replicates, m):
        drawn = rng.multinomial(len(true), counts / len(true), size=size).T.astype(np.float64)
        for matrix, part in zip(counted, parts, strict=True):
            part.append((matrix @ drawn).T)
    support, *rest = (np.concatenate(part) for part in parts)
    return [Marginals(rest[2 * one + 1], support, rest[2 * one]) for one in range(len(predictions))]


@dataclass(frozen=True, eq=False)
class ScoreReplicates:
    """What every resample makes of the figures that rest on scores.

    Attributes
    ----------
    log_loss
        Shape (replicates,).
    roc_auc, average_precision
        One-vs-rest per class, shape (replicates, k).
    roc_auc_micro, average_precision_micro
        Shape (replicates,).
    bands
        ``(kind, class code or "micro" or "macro")`` to the ends of the interval of that curve on
        `curves.GRID`; classes only where there are no more than `BANDED`.
    """

    log_loss: Floats
    roc_auc: Floats
    average_precision: Floats
    roc_auc_micro: Floats
    average_precision_micro: Floats
    bands: dict[tuple[str, int | str], tuple[Floats, Floats]]


def resample_scores(
    true: Ints,
    tables: Sequence[Floats],
    replicates: int,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    bands: bool = False,
) -> list[ScoreReplicates]:
    """Resample rows and measure what rests on their scores.

    Parameters
    ----------
    true
        Class codes of shape (n,), n > 0.
    tables
        Probabilities of shape (n, k), one table per model that is compared on the same rows.
    replicates
        Number of resamples.
    rng
        Source of randomness.
    confidence
        Level of the bands.
    bands
        Whether to compute bands of the first table's curves.

    Returns
    -------
    One `ScoreReplicates` per table; replicate i of each rests on the same rows.
    """
    n, k = tables[0].shape
    losses = np.stack([row_losses(true, scores) for scores in tables], axis=1)
    member = true[:, None] == np.arange(k)
    matrices = [count_matrices(member, scores) for scores in tables]
    loss: list[Floats] = []
    parts: list[list[dict[_Key, Floats]]] = [[] for _ in tables]
    for size in _chunks(replicates, max(n, 2 * GROUPS)):
        weights, means = _row_weights(n, size, losses, rng)
        loss.append(means)
        for one, (matrix, part) in enumerate(zip(matrices, parts, strict=True)):
            part.append(replicate_areas(matrix, k, weights, bands=bands and one == 0))
    means = np.concatenate(loss)
    return [collected(part, means[:, one], confidence) for one, part in enumerate(parts)]


_Key = tuple[str, int | str]


def collected(
    parts: Sequence[dict[_Key, Floats]], log_loss: Floats, confidence: float
) -> ScoreReplicates:
    """Put what `replicate_areas` returned for some resamples after another together."""
    whole = {key: np.concatenate([chunk[key] for chunk in parts]) for key in parts[0]}
    roc, average = whole.pop(("area", "roc")), whole.pop(("area", "pr"))
    k = roc.shape[1] - 1
    ends = {key: interval(grid, confidence) for key, grid in whole.items()}
    ends = {key: band for key, band in ends.items() if not np.isnan(band[0]).any()}
    return ScoreReplicates(log_loss, roc[:, :k], average[:, :k], roc[:, k], average[:, k], ends)


def count_matrices(member: NDArray[np.bool_], scores: Floats) -> dict[int, Any]:
    """Return the counting matrix of every class that has rows, and under k that of micro.

    Parameters
    ----------
    member
        Which rows are of which class, of shape (n, k).
    scores
        Scores of the same shape.
    """
    n, k = scores.shape
    rows = np.arange(n, dtype=np.int32)
    out = {
        code: count_matrix(member[:, code], scores[:, code], rows, n)
        for code in range(k)
        if member[:, code].any()
    }
    out[k] = count_matrix(member.ravel(), scores.ravel(), np.repeat(rows, k), n)
    return out


def replicate_areas(
    matrices: dict[int, Any], k: int, weights: Any, *, bands: bool
) -> dict[_Key, Floats]:
    """Measure areas, and curves where asked, on some resamples.

    Parameters
    ----------
    matrices
        As `count_matrices` returns them.
    k
        Number of classes.
    weights
        How often each row stands in each resample, of shape (n, replicates).
    bands
        Whether to draw the curves of every resample on `curves.GRID` too.
    """
    roc, average = np.full((2, weights.shape[1], k + 1), np.nan)
    out: dict[_Key, Floats] = {("area", "roc"): roc, ("area", "pr"): average}
    grids: dict[str, list[Floats]] = {"roc": [], "pr": []}
    for code, matrix in matrices.items():
        counts = matrix @ weights
        positives, negatives = counts[1::2], counts[::2]
        roc[:, code], average[:, code] = areas(positives, negatives)
        if bands:
            for kind, grid in zip(grids, on_grid(positives, negatives), strict=True):
                if code == k:
                    out[kind, MICRO] = grid
                else:
                    grids[kind].append(grid)
                    if k <= BANDED:
                        out[kind, code] = grid
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN
        for kind, each in grids.items():
            if each:
                out[kind, MACRO] = np.nanmean(each, axis=0)
    return out


def count_matrix(
    positive: NDArray[np.bool_], score: Floats, rows: NDArray[np.int32], n: int
) -> Any:
    """Return the sparse matrix that counts weighted entries per tie group.

    Parameters
    ----------
    positive, score
        Class membership and score of each entry, of shape (entries,).
    rows
        The row of the table whose weight an entry carries, of shape (entries,).
    n
        Number of rows.

    Returns
    -------
    A `scipy.sparse.csr_matrix` of shape (2 * groups, n). Times weights of shape (n, replicates) it
    yields the negatives (even rows) and positives (odd rows) per group, the highest score first.
    """
    from scipy.sparse import coo_matrix

    ranking = rank(positive, score)
    merged = merge(ranking, GROUPS)
    cell = 2 * merged[ranking.group] + positive
    # Whole numbers are exact in four bytes up to 2**24, and no sum here exceeds the entries.
    data: Any = np.ones(len(cell), np.float32 if len(cell) < 2**24 else np.float64)
    return coo_matrix((data, (cell, rows)), shape=(2 * (int(merged[-1]) + 1), n)).tocsr()


def merge(ranking: Ranking, limit: int) -> NDArray[np.int32]:
    """Renumber the tie groups so that at most `limit` remain, none with much of a class.

    Parameters
    ----------
    ranking
        The tie groups.
    limit
        Most groups to keep.

    Returns
    -------
    The new number of every group, rising, of shape (groups,).
    """
    if len(ranking.thresholds) <= limit:
        return np.arange(len(ranking.thresholds), dtype=np.int32)
    share = np.zeros(len(ranking.thresholds))
    for counts in (ranking.positives, ranking.negatives):
        share += counts / max(float(counts.sum()), 1.0)
    end = np.cumsum(share)
    # By their middles: a group that is heavy alone then doesn't draw its neighbours in.
    bucket = np.floor((end - share / 2) / end[-1] * limit)
    return np.concatenate([[0], np.cumsum(np.diff(bucket) > 0)]).astype(np.int32)


def _row_weights(n: int, size: int, losses: Floats, rng: np.random.Generator) -> tuple[Any, Floats]:
    """Draw how often each row stands in each resample, and the mean losses of these resamples."""
    weights = np.empty((size, n), np.float32)
    means = np.empty((size, losses.shape[1]))
    for one in range(size):
        drawn = np.bincount(rng.integers(0, n, size=n), minlength=n)
        weights[one] = drawn
        means[one] = drawn @ losses / n
    return np.ascontiguousarray(weights.T), means


def _chunks(replicates: int, width: int) -> Iterator[int]:
    """Split a number of replicates so that `width` numbers for each fit in memory."""
    size = max(4, min(128, CELLS // max(width, 1)))
    for start in range(0, replicates, size):
        yield min(size, replicates - start)
