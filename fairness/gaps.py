"""The largest gaps between groups, with a permutation p-value each.

Definitions are fairlearn's (`MetricFrame.difference` and `.ratio` between groups): the largest
minus the smallest rate of any group, and the smallest over the largest.

- demographic parity: gap of the selection rate
- equal opportunity: gap of the true positive rate
- equalized odds: the wider of the gaps of true positive rate and false positive rate
- predictive parity: gap of the precision

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
from .counts import COMPLEMENTS, Share
from .shrinkage import shrunk, shrunk_means
from .uncertainty import Numbers, permutation_p_value, permuted_range

ALIASES = {
    "demographic_parity": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "predictive_parity": "precision",
}
_ODDS = ("true_positive_rate", "false_positive_rate")
_REDRAWN = 1000  # draws behind the correction, an average that needs fewer than a p-value


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
    corrected
        The difference or ratio less what chance alone adds to it.
    adjusted
        The p-value adjusted for all comparisons of the audit; None where it is not among them.
    """

    figure: Measured
    p_value: float | None = None
    lowest: str | None = None
    highest: str | None = None
    corrected: float | None = None
    adjusted: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figure's mapping with all else added."""
        return {
            **self.figure.as_json(),
            "corrected": self.corrected,
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted,
            "lowest": self.lowest,
            "highest": self.highest,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Gap:
        """Read what `as_json` wrote."""
        return cls(
            Measured.from_json(dict(raw)),
            raw["p_value"],
            raw["lowest"],
            raw["highest"],
            raw.get("corrected"),
            raw.get("adjusted_p_value"),
        )


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Smallest and largest rate of any group, as chance would have them."""

    low: Numbers
    high: Numbers

    @property
    def mirrored(self) -> _Drawn:
        """The same of 1 minus the rate."""
        return _Drawn(1 - self.high, 1 - self.low)

    @property
    def differences(self) -> Numbers:
        return self.high - self.low

    @property
    def ratios(self) -> Numbers:
        # Every group at 0 is no gap at all.
        return np.divide(self.low, self.high, out=np.ones_like(self.low), where=self.high > 0)


@dataclass(frozen=True, eq=False)
class _Chance:
    """What chance does to a rate: groups shuffled, groups drawn from shrunk rates, these rates."""

    shuffled: _Drawn
    redrawn: _Drawn
    shrunk: _Drawn

    @property
    def mirrored(self) -> _Chance:
        return _Chance(self.shuffled.mirrored, self.redrawn.mirrored, self.shrunk.mirrored)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Difference and ratio of one metric, in the data and as chance would have them."""

    difference: float
    ratio: float
    rows: int
    lowest: str | None
    highest: str | None
    differences: Numbers
    ratios: Numbers
    added: float = 0.0
    taken: float = 0.0

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
        ``demographic_parity``, ``equal_opportunity``, ``predictive_parity`` and
        ``equalized_odds`` where their rates are in `rates`.
    """
    chances = {
        metric: _chances(share, permutations, _stream(seed, words, metric))
        for metric, share in rates.items()
        if metric not in COMPLEMENTS or COMPLEMENTS[metric] not in rates
    }
    # A rate that is 1 minus another one shares its draws, so that their p-values agree.
    for metric, other in COMPLEMENTS.items():
        if metric in rates and metric not in chances:
            chances[metric] = chances[other].mirrored
    pairs = {metric: _pair(names, share, chances[metric]) for metric, share in rates.items()}
    for alias, metric in ALIASES.items():
        if metric in pairs:
            pairs[alias] = pairs[metric]
    if all(metric in pairs for metric in _ODDS):
        pairs["equalized_odds"] = _odds(pairs[_ODDS[0]], pairs[_ODDS[1]])
    gaps = {}
    for metric, pair in pairs.items():
        corrected = max(0.0, pair.difference - pair.added)
        gaps[f"{metric}_difference"] = _gap(pair, pair.difference, pair.differences, corrected)
        # A small ratio is a large gap.
        corrected = min(1.0, pair.ratio - pair.taken)
        gaps[f"{metric}_ratio"] = _gap(pair, pair.ratio, pair.ratios, corrected, sign=-1.0)
    return gaps


def simulated_gap(
    names: tuple[str, ...],
    values: Numbers,
    errors: Numbers,
    rows: int,
    *,
    draws: int,
    seed: int,
    words: str,
) -> Gap:
    """Measure the largest difference of a figure that is no rate: an area, or a mean.

    Parameters
    ----------
    names
        The groups.
    values, errors
        The figure in each group and its standard error, shape (groups,); groups without either are
        left out.
    rows
        Rows of all groups.
    draws
        Draws behind the p-value: figures that scatter around one common value by their errors.
    seed, words
        As in `largest_gaps`.
    """
    kept = np.flatnonzero(~np.isnan(values) & ~np.isnan(errors))
    if len(kept) < 2:
        return Gap(Measured(math.nan, n=rows))
    x, spread = values[kept], errors[kept]
    noise = _stream(seed, words, "").standard_normal((draws, len(kept))) * spread
    centre = shrunk_means(x, spread)
    gap = float(np.ptp(x))
    added = float(np.ptp(centre + noise, axis=1).mean() - np.ptp(centre))
    return Gap(
        Measured(gap, n=rows, method="simulation"),
        permutation_p_value(gap, np.ptp(noise, axis=1)),
        names[kept[np.argmin(x)]],
        names[kept[np.argmax(x)]],
        max(0.0, gap - added),
    )


def _chances(share: Share, permutations: int, rng: np.random.Generator) -> _Chance:
    kept = share.rows > 0
    nothing = _Drawn(np.empty(0), np.empty(0))
    if np.count_nonzero(kept) < 2:
        return _Chance(nothing, nothing, nothing)
    shuffled = _Drawn(*permuted_range(share.successes, share.rows, permutations, rng))
    rates = shrunk(Share(share.successes[kept], share.rows[kept]))
    drawn = rng.binomial(share.rows[kept], rates, (min(permutations, _REDRAWN), len(rates)))
    redrawn = drawn / share.rows[kept]
    return _Chance(
        shuffled,
        _Drawn(redrawn.min(axis=1), redrawn.max(axis=1)),
        _Drawn(rates.min(keepdims=True), rates.max(keepdims=True)),
    )


def _pair(names: tuple[str, ...], share: Share, chance: _Chance) -> _Pair:
    rate = share.value
    rows = int(share.rows.sum())
    if np.count_nonzero(~np.isnan(rate)) < 2:
        nothing = np.empty(0)
        return _Pair(math.nan, math.nan, rows, None, None, nothing, nothing)
    least, most = int(np.nanargmin(rate)), int(np.nanargmax(rate))
    return _Pair(
        difference=float(rate[most] - rate[least]),
        ratio=float(rate[least] / rate[most]) if rate[most] > 0 else math.nan,
        rows=rows,
        lowest=names[least],
        highest=names[most],
        differences=chance.shuffled.differences,
        ratios=chance.shuffled.ratios,
        added=float(chance.redrawn.differences.mean() - chance.shrunk.differences[0]),
        taken=float(chance.redrawn.ratios.mean() - chance.shrunk.ratios[0]),
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
        added=wider.added,
        taken=(first if first.ratio <= second.ratio else second).taken,
    )


def _gap(pair: _Pair, value: float, permuted: Numbers, corrected: float, sign: float = 1.0) -> Gap:
    if math.isnan(value):
        return Gap(Measured(math.nan, n=pair.rows))
    return Gap(
        Measured(value, n=pair.rows, method="permutation"),
        permutation_p_value(sign * value, sign * permuted),
        pair.lowest,
        pair.highest,
        corrected,
    )


def _stream(seed: int, words: str, metric: str) -> np.random.Generator:
    name = f"{words}\n{COMPLEMENTS.get(metric, metric)}"
    return np.random.default_rng([seed, crc32(name.encode())])
