"""Figures from the four counts that are no rates, and ratios of rates, with bootstrap intervals.

Drawing rows with replacement and counting them again is drawing the counts from a multinomial
distribution, which takes no longer for ten million rows than for a hundred.

- ``f1``: harmonic mean of precision and recall.
- ``treatment_equality``: false negatives for each false positive (Berk, Heidari, Jabbari, Kearns &
  Roth 2021, Fairness in criminal justice risk assessments. Sociological Methods & Research 50).
- ``generalized_entropy_index`` (alpha 2) and ``theil_index`` (alpha 1): how unequally benefits are
  spread over people, where a false negative is a benefit of 0, a right answer one of 1 and a false
  positive one of 2 (Speicher et al. 2018, A unified approach to quantifying algorithmic unfairness.
  KDD). 0: equally. They count every false positive as a favour, which not all are.

References
----------
Efron & Tibshirani (1993), An introduction to the bootstrap, chapters 12 to 14.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..core.bootstrap import interval
from .block import Block, Compared, Figures, Numbers, measured
from .counts import FN, FP, TN, TP, shares
from .tally import Counts

INDICES = ("f1", "treatment_equality", "generalized_entropy_index", "theil_index")

FEW = 100
"""Rows of a group below which a bootstrap interval is marked: it tends to be too narrow."""

_DRAWN = 4_000_000  # counts drawn at once


def index_block(cells: Counts, compared: Compared, ratios_of: Iterable[str]) -> Block:
    """Measure the indices of one grouping, and ratios of its rates to the reference group's.

    Parameters
    ----------
    cells
        Shape (groups, 4): true positives, false positives, false negatives, true negatives.
    compared
        Groups, reference, level, replicates and seed.
    ratios_of
        Names of the rates whose ratio is measured.
    """
    spec = compared.spec
    rng = np.random.default_rng([spec.seed, crc32(f"{compared.words}\nbootstrap".encode())])
    drawn = resampled(cells, spec.replicates, rng)
    n = cells.sum(axis=1)
    whole = drawn.sum(axis=1, keepdims=True)
    rest, rest_drawn = cells.sum(axis=0) - cells, whole - drawn
    at = compared.reference
    own, own_drawn = indices(cells), indices(drawn)
    others, others_drawn = indices(rest), indices(rest_drawn)
    all_rows, all_drawn = indices(cells.sum(axis=0, keepdims=True)), indices(whole)
    between, between_drawn = between_groups(cells)[None], between_groups(drawn)[:, None]

    def figures(values: Numbers, replicates: Numbers, rows: NDArray[np.int64] = n) -> Figures:
        ends = interval(replicates, spec.confidence)
        found = measured(values, ends, rows, "bootstrap")
        return tuple(
            replace(one, method="bootstrap_few_rows") if one.method and few else one
            for one, few in zip(found, rows < FEW, strict=True)
        )

    total = np.array([n.sum()])
    overall = {name: figures(all_rows[name], all_drawn[name], total)[0] for name in INDICES}
    overall["between_group_generalized_entropy_index"] = figures(between, between_drawn, total)[0]
    rates, drawn_rates = _rates(cells, ratios_of), _rates(drawn, ratios_of)
    return Block(
        metrics={name: figures(own[name], own_drawn[name]) for name in INDICES},
        overall=overall,
        rest={name: figures(others[name], others_drawn[name], n.sum() - n) for name in INDICES},
        to_rest={
            name: figures(own[name] - others[name], own_drawn[name] - others_drawn[name])
            for name in INDICES
        },
        to_reference={
            name: figures(own[name] - own[name][at], own_drawn[name] - own_drawn[name][:, at, None])
            for name in INDICES
        },
        ratios={
            name: figures(
                _over(value, value[at]), _over(drawn_rates[name], drawn_rates[name][:, at, None])
            )
            for name, value in rates.items()
        },
    )


def resampled(cells: Counts, replicates: int, rng: np.random.Generator) -> Counts:
    """Draw counts as drawing rows with replacement would give them.

    Parameters
    ----------
    cells
        Counts of shape (groups, cells).
    replicates
        How many times.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (replicates, groups, cells); every replicate has as many rows as there are.
    """
    flat = cells.reshape(-1)
    rows = int(flat.sum())
    out = np.empty((replicates, len(flat)), np.int64)
    step = max(1, _DRAWN // max(1, len(flat)))
    for start in range(0, replicates, step):
        part = out[start : start + step]
        part[:] = rng.multinomial(rows, flat / max(rows, 1), size=len(part)) if rows else 0
    return out.reshape(replicates, *cells.shape)


def indices(cells: NDArray[np.int64]) -> dict[str, Numbers]:
    """Return every index of counts of shape (..., 4); NaN where it is not defined."""
    tp, fp, fn, tn = (cells[..., i].astype(float) for i in (TP, FP, FN, TN))
    rows = tp + fp + fn + tn
    mean = _over(tp + tn + 2 * fp, rows)  # benefit: 0 for FN, 1 where right, 2 for FP
    one, two = _over(np.ones_like(mean), mean), _over(np.full_like(mean, 2.0), mean)
    squares = _over((tp + tn) * one**2 + fp * two**2, rows)
    logs = (tp + tn) * one * np.log(one) + fp * two * np.log(two)
    return {
        "f1": _over(2 * tp, 2 * tp + fp + fn),
        "treatment_equality": _over(fn, fp),
        "generalized_entropy_index": (squares - 1) / 2,
        "theil_index": _over(logs, rows),
    }


def between_groups(cells: NDArray[np.int64]) -> Numbers:
    """Return the part of the generalised entropy index (alpha 2) that lies between groups.

    Parameters
    ----------
    cells
        Counts of shape (..., groups, 4).
    """
    benefit = cells[..., TP] + cells[..., TN] + 2 * cells[..., FP]
    rows = cells.sum(axis=-1)
    mean = _over(benefit.sum(axis=-1).astype(float), rows.sum(axis=-1).astype(float))
    own = _over(benefit.astype(float), rows * mean[..., None])
    weighted = np.where(rows > 0, rows * own**2, 0.0).sum(axis=-1)
    return (_over(weighted, rows.sum(axis=-1).astype(float)) - 1) / 2


def _rates(cells: NDArray[np.int64], names: Iterable[str]) -> dict[str, Numbers]:
    flat = cells.reshape(-1, 4)
    found = shares(flat, names)
    return {name: share.value.reshape(cells.shape[:-1]) for name, share in found.items()}


def _over(above: Numbers, below: Numbers) -> Numbers:
    above, below = np.broadcast_arrays(above, below)
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out
