"""Figures from the four counts that are no rates, and how sure they and their differences are.

- ``f1``: harmonic mean of precision and recall. It is ``2 j / (1 + j)`` of the share `j` of true
  positives among all rows that are labelled or predicted positive (Hand, Christen & Kirielle 2021,
  F*: an interpretable transformation of the F-measure. Machine Learning 110), so that its interval
  follows from Wilson's of that share.
- ``treatment_equality``: false negatives for each false positive (Berk, Heidari, Jabbari, Kearns &
  Roth 2021, Fairness in criminal justice risk assessments. Sociological Methods & Research 50): the
  odds of the share of false negatives among all errors, whose Wilson interval it takes.
- ``generalized_entropy_index`` (alpha 2) and ``theil_index`` (alpha 1): how unequally benefits are
  spread over people, where a false negative is a benefit of 0, a right answer one of 1 and a false
  positive one of 2 (Speicher et al. 2018, A unified approach to quantifying algorithmic unfairness.
  KDD). 0: equally. They count every false positive as a favour, which not all are. Their intervals
  are quantiles over shares of the three benefits drawn from their Dirichlet posterior under
  Jeffreys' prior: drawing rows anew, a bootstrap, covers too seldom under a hundred rows, and finds
  no width where all rows are alike.

Differences take their interval from those of the two figures (`mover`). The part of the entropy
index that lies between groups carries none: it can't be negative, so that an interval would nearly
always exclude zero.

References
----------
Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion. Statistical Science 16
(Wilson's and Jeffreys' intervals).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..core.bootstrap import interval
from ..core.measured import Measured
from .block import Block, Compared, Figures, Numbers, measured
from .counts import FN, FP, TN, TP, shares
from .ratios import rate_ratios
from .tally import Counts
from .uncertainty import mover, wilson

INDICES = ("f1", "treatment_equality", "generalized_entropy_index", "theil_index")

_METHODS = ("wilson", "wilson", "jeffreys", "jeffreys")
_DRAWN = 4_000_000  # numbers drawn at once

Ends = tuple[Numbers, Numbers]


def index_block(cells: Counts, compared: Compared, ratios_of: Iterable[str]) -> Block:
    """Measure the indices of one grouping, and ratios of its rates to the reference group's.

    Parameters
    ----------
    cells
        Shape (groups, 4): true positives, false positives, false negatives, true negatives.
    compared
        Groups, reference, level, draws and seed.
    ratios_of
        Names of the rates whose ratio is measured.
    """
    spec = compared.spec
    rng = np.random.default_rng([spec.seed, crc32(f"{compared.words}\nindices".encode())])
    n = cells.sum(axis=1)
    total = cells.sum(axis=0, keepdims=True)

    def known(counts: Counts) -> _Known:
        values = indices(counts)
        return _Known(values, index_intervals(counts, spec.confidence, spec.replicates, rng))

    own, rest, whole = known(cells), known(total - cells), known(total)
    overall = {name: one[0] for name, one in whole.figures(total.sum(axis=1)).items()}
    overall["between_group_generalized_entropy_index"] = Measured(
        float(between_groups(cells)), n=int(n.sum())
    )
    at = np.full(len(n), compared.reference)
    return Block(
        metrics=own.figures(n),
        overall=overall,
        rest=rest.figures(n.sum() - n),
        to_rest=own.minus(rest, n),
        to_reference=own.minus(own.picked(at), n),
        ratios={
            name: rate_ratios(share, compared.reference, spec.confidence)
            for name, share in shares(cells, ratios_of).items()
        },
    )


@dataclass(frozen=True, eq=False)
class _Known:
    """Indices by their name, and the ends of their intervals; shape (groups,) each."""

    values: Mapping[str, Numbers]
    ends: Mapping[str, Ends]

    def picked(self, groups: NDArray[np.intp]) -> _Known:
        """Return the figures of some groups."""
        return _Known(
            {name: value[groups] for name, value in self.values.items()},
            {name: (low[groups], high[groups]) for name, (low, high) in self.ends.items()},
        )

    def figures(self, rows: Counts) -> dict[str, Figures]:
        """Return them with the rows that they rest on."""
        return {
            name: measured(self.values[name], self.ends[name], rows, method)
            for name, method in zip(INDICES, _METHODS, strict=True)
        }

    def minus(self, other: _Known, rows: Counts) -> dict[str, Figures]:
        """Return their differences to those of other rows."""
        out = {}
        for name in INDICES:
            own, others = self.values[name], other.values[name]
            ends = mover(own, self.ends[name], others, other.ends[name])
            out[name] = measured(own - others, ends, rows, "mover")
        return out


def index_intervals(
    cells: Counts, confidence: float, draws: int, rng: np.random.Generator
) -> dict[str, Ends]:
    """Return low and high ends of every index.

    Parameters
    ----------
    cells
        Shape (groups, 4).
    confidence
        Level of the intervals.
    draws
        Draws behind the ends of the entropies.
    rng
        Source of randomness.

    Returns
    -------
    dict
        Index to its ends, shape (groups,) each; not defined where the index is not.
    """
    tp, fp, fn = (cells[:, i] for i in (TP, FP, FN))
    jaccard, missed = wilson(tp, tp + fp + fn, confidence), wilson(fn, fn + fp, confidence)
    some = fp > 0
    low, high = (np.where(some, end, np.nan) for end in missed)
    return {
        "f1": (2 * jaccard[0] / (1 + jaccard[0]), 2 * jaccard[1] / (1 + jaccard[1])),
        "treatment_equality": (low / (1 - low), high / (1 - high)),
        **_entropy_intervals(cells, confidence, draws, rng),
    }


def _entropy_intervals(
    cells: Counts, confidence: float, draws: int, rng: np.random.Generator
) -> dict[str, Ends]:
    counted = np.stack([cells[:, FN], cells[:, TP] + cells[:, TN], cells[:, FP]], axis=1)
    found = _entropies(*(part.astype(np.float64) for part in counted.T))
    out = {name: (value.copy(), value.copy()) for name, value in found.items()}
    step = max(1, _DRAWN // (3 * draws))
    for start in range(0, len(cells), step):
        part = slice(start, start + step)
        drawn = rng.standard_gamma(counted[part] + 0.5, (draws, *counted[part].shape))
        drawn /= drawn.sum(axis=2, keepdims=True)
        for name, values in _entropies(*np.moveaxis(drawn, 2, 0)).items():
            low, high = out[name]
            ends = interval(values, confidence)
            # The figure itself may lie at an edge that no draw reaches.
            low[part] = np.minimum(low[part], ends[0])
            high[part] = np.maximum(high[part], ends[1])
    return out


def indices(cells: NDArray[np.int64]) -> dict[str, Numbers]:
    """Return every index of counts of shape (..., 4); NaN where it is not defined."""
    tp, fp, fn, tn = (cells[..., i].astype(float) for i in (TP, FP, FN, TN))
    return {
        "f1": _over(2 * tp, 2 * tp + fp + fn),
        "treatment_equality": _over(fn, fp),
        **_entropies(fn, tp + tn, fp),
    }


def _entropies(none: Numbers, one: Numbers, two: Numbers) -> dict[str, Numbers]:
    """Return both entropies of rows, or shares of them, with a benefit of 0, 1 and 2."""
    rows = none + one + two
    mean = _over(one + 2 * two, rows)
    squares = _over(one + 4 * two, rows * mean**2)
    own = _over(np.ones_like(mean), mean)
    logs = one * own * np.log(own) + 2 * two * own * np.log(2 * own)
    return {"generalized_entropy_index": (squares - 1) / 2, "theil_index": _over(logs, rows)}


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


def _over(above: Numbers, below: Numbers) -> Numbers:
    above, below = np.broadcast_arrays(above, below)
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out
