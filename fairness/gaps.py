"""The largest gaps between groups, with a permutation p-value each.

Definitions are fairlearn's (`MetricFrame.difference` and `.ratio` between groups): the largest
minus the smallest rate of any group, and the smallest over the largest.

- demographic parity: gap of the selection rate
- equal opportunity: gap of the true positive rate
- equalized odds: the wider of the gaps of true positive rate and false positive rate

One difference: where a group has no row to count (no positives, say, for the true positive rate),
fairlearn takes its rate as 0, which may itself make the largest gap. Here the rate is not defined,
and that group is left out of that gap.

The p-value answers: were groups given at random to the rows that the rate counts, how often would
the gap be at least as large? For the true positive rate these are the rows whose label is positive,
for the precision those predicted positive, and so on; equalized odds shuffles within positive and
within negative labels. A gap itself carries no interval: it can't be negative, so an interval
would nearly always exclude zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from ..core.measured import Measured
from .counts import Share
from .uncertainty import Numbers, permutation_p_value, permuted_range

# A rate that is 1 minus another one shares its permutations, so that their p-values agree.
_COMPLEMENT = {
    "false_negative_rate": "true_positive_rate",
    "true_negative_rate": "false_positive_rate",
}
_ALIAS = {"demographic_parity": "selection_rate", "equal_opportunity": "true_positive_rate"}
_ODDS = ("true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Gap:
    """A largest gap between groups.

    Attributes
    ----------
    figure
        The difference (0 to 1; 0: equal) or ratio (0 to 1; 1: equal) and the rows it counts; NaN
        with fewer than two groups to compare.
    p_value
        Share of permutations with a gap at least as large; None where the gap is not defined.
    lowest, highest
        Groups with the smallest and the largest rate.
    """

    figure: Measured
    p_value: float | None = None
    lowest: str | None = None
    highest: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figure's mapping with ``p_value``, ``lowest`` and ``highest`` added."""
        return {
            **self.figure.as_json(),
            "p_value": self.p_value,
            "lowest": self.lowest,
            "highest": self.highest,
        }


@dataclass(frozen=True, eq=False)
class _Pair:
    """Difference and ratio of one metric, in the data and under each permutation."""

    difference: float
    ratio: float
    rows: int
    lowest: str | None
    highest: str | None
    differences: Numbers
    ratios: Numbers

    @property
    def defined(self) -> bool:
        return not math.isnan(self.difference)


def largest_gaps(
    names: tuple[str, ...],
    rates: Mapping[str, Share],
    *,
    permutations: int,
    seed: int,
    words: str,
) -> dict[str, Gap]:
    """Measure every gap of one grouping.

    Parameters
    ----------
    names
        The groups.
    rates
        Successes and rows of each metric, from `counts.shares`.
    permutations
        Permutations behind each p-value.
    seed
        Seed of the permutations.
    words
        Column and class that are compared. They enter the seed, so that a p-value doesn't depend
        on which other columns are audited beside it.

    Returns
    -------
    dict
        ``<metric>_difference`` and ``<metric>_ratio`` of each metric in `rates`, and those of
        ``demographic_parity``, ``equal_opportunity`` and ``equalized_odds`` where their rates are
        in `rates`.
    """
    pairs = {
        metric: _pair(names, share, permutations, _stream(seed, words, metric), metric)
        for metric, share in rates.items()
    }
    for alias, metric in _ALIAS.items():
        if metric in pairs:
            pairs[alias] = pairs[metric]
    if all(metric in pairs for metric in _ODDS):
        pairs["equalized_odds"] = _odds(pairs[_ODDS[0]], pairs[_ODDS[1]])
    gaps = {}
    for metric, pair in pairs.items():
        gaps[f"{metric}_difference"] = _gap(pair, pair.difference, pair.differences)
        # A small ratio is a large gap.
        gaps[f"{metric}_ratio"] = _gap(pair, pair.ratio, pair.ratios, sign=-1.0)
    return gaps


def _pair(
    names: tuple[str, ...],
    share: Share,
    permutations: int,
    rng: np.random.Generator,
    metric: str,
) -> _Pair:
    rate = share.value
    rows = int(share.rows.sum())
    if np.count_nonzero(~np.isnan(rate)) < 2:
        nothing = np.empty(0)
        return _Pair(math.nan, math.nan, rows, None, None, nothing, nothing)
    mirrored = metric in _COMPLEMENT
    drawn = Share(share.rows - share.successes, share.rows) if mirrored else share
    low, high = permuted_range(drawn.successes, drawn.rows, permutations, rng)
    if mirrored:
        low, high = 1 - high, 1 - low
    least, most = int(np.nanargmin(rate)), int(np.nanargmax(rate))
    return _Pair(
        difference=float(rate[most] - rate[least]),
        ratio=float(rate[least] / rate[most]) if rate[most] > 0 else math.nan,
        rows=rows,
        lowest=names[least],
        highest=names[most],
        differences=high - low,
        # Every group at 0 is no gap at all.
        ratios=np.divide(low, high, out=np.ones_like(low), where=high > 0),
    )


def _odds(first: _Pair, second: _Pair) -> _Pair:
    rows = first.rows + second.rows
    if not (first.defined and second.defined):
        nothing = np.empty(0)
        return _Pair(math.nan, math.nan, rows, None, None, nothing, nothing)
    wider = first if first.difference >= second.difference else second
    ratios = [pair.ratio for pair in (first, second) if not math.isnan(pair.ratio)]
    return _Pair(
        difference=wider.difference,
        ratio=min(ratios, default=math.nan),
        rows=rows,
        lowest=wider.lowest,
        highest=wider.highest,
        differences=np.maximum(first.differences, second.differences),
        ratios=np.minimum(first.ratios, second.ratios),
    )


def _gap(pair: _Pair, value: float, permuted: Numbers, sign: float = 1.0) -> Gap:
    if math.isnan(value):
        return Gap(Measured(math.nan, n=pair.rows))
    return Gap(
        Measured(value, n=pair.rows, method="permutation"),
        permutation_p_value(sign * value, sign * permuted),
        pair.lowest,
        pair.highest,
    )


def _stream(seed: int, words: str, metric: str) -> np.random.Generator:
    name = f"{words}\n{_COMPLEMENT.get(metric, metric)}"
    return np.random.default_rng([seed, crc32(name.encode())])
