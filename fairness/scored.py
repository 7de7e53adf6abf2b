"""Figures of scores: how well they rank the rows of each group, and how well they are calibrated.

- ``roc_auc``, ``average_precision``: scikit-learn's, of the group's own rows.
- ``bpsn_auc``, ``bnsp_auc``: the group's negatives against all other positives, and its positives
  against all other negatives (`subgroups`).
- ``mean_error``: mean of score minus outcome (1: positive, 0: not). Above zero the scores promise
  more positives of the group than there are.
- ``brier_score``: mean of its square.
- ``calibration_error``: distance of mean score and share of positives, averaged over ten bands of
  scores by their rows (Naeini, Cooper & Hauskrecht 2015, Obtaining well calibrated probabilities
  using Bayesian binning. AAAI). It is never negative and so too large in small groups.

The last three ask for scores that are probabilities; they are left out where any is below 0 or
above 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.bootstrap import interval
from ..core.curves import POINTS
from ..core.measured import Measured
from .block import Block, Compared, Numbers, measured
from .gaps import simulated_gap
from .groups import Grouping
from .indices import resampled
from .means import Means, Summed
from .ranked import Ranked, Segments
from .subgroups import generalised_mean
from .tally import Counts, Tallied, Tally
from .uncertainty import (
    auc_intervals,
    average_precision_intervals,
    mover,
    normal_quantile,
    p_value_of_interval,
)

BANDS = 10
STEPS = 100
"""Steps of the shared thresholds, over which scores are counted once."""

FEWEST = 1000
"""Points of a curve that are kept whatever the number of groups."""

_FEW = 10  # positives and negatives from which an area is compared with others


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of one class, sorted and counted once for all groupings.

    Attributes
    ----------
    label
        The class.
    positive, scores
        Whether each row is of that class, and its score; shape (rows,).
    tally
        The rows' groups.
    ranked
        The rows from the highest score down.
    """

    label: str
    positive: NDArray[np.bool_]
    scores: Numbers
    tally: Tally
    ranked: Ranked

    @classmethod
    def of(cls, label: str, positive: NDArray[np.bool_], scores: Numbers, tally: Tally) -> Scored:
        """Sort the rows."""
        return cls(label, positive, scores, tally, Ranked.of(positive, scores))

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest score; 0 and 1 where all are probabilities."""
        low, high = float(self.ranked.scores[-1]), float(self.ranked.scores[0])
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    @property
    def are_probabilities(self) -> bool:
        """Whether all scores lie between 0 and 1."""
        return self.ends == (0.0, 1.0)

    @cached_property
    def above(self) -> Tallied:
        """Pairs of any positive with a lower negative of each group, shape (groups,)."""
        return self._summed(np.where(self.ranked.positive, 0.0, self.ranked.above()))

    @cached_property
    def below(self) -> Tallied:
        """Pairs of a positive of each group with any lower negative, shape (groups,)."""
        return self._summed(np.where(self.ranked.positive, self.ranked.below(), 0.0))

    def count(self) -> None:
        """Go through the rows for all that is summed over them, before threads ask for it."""
        parts: list[object] = [self.whole, self.above, self.below, self.histogram]
        if self.are_probabilities:
            parts += [self.errors, self.squares, self.bands, self.band_counts]

    def _summed(self, at_places: Numbers) -> Tallied:
        in_rows = np.empty_like(at_places)
        in_rows[self.ranked.order] = at_places
        return self.tally.add(in_rows)

    @cached_property
    def histogram(self) -> Tallied:
        """Rows of every group by outcome and step of the score, shape (groups, 2, steps)."""
        low, high = self.ends
        width = (high - low) or 1.0
        # A score on a threshold counts as reaching it, also where the division rounds down.
        step = np.floor((self.scores - low) / width * STEPS + 1e-9)
        step = np.clip(step.astype(np.intp), 0, STEPS - 1)
        counts = self.tally.count(self.positive * STEPS + step, 2 * STEPS)
        return counts.then(lambda table: table.reshape(-1, 2, STEPS))

    @cached_property
    def bands(self) -> Tallied:
        """Sum of scores of every group by band and outcome, shape (groups, 2 * bands)."""
        return self.tally.count(self._band, 2 * BANDS, self.scores)

    @cached_property
    def band_counts(self) -> Tallied:
        """Rows of every group by band and outcome, shape (groups, 2 * bands)."""
        return self.tally.count(self._band, 2 * BANDS)

    @cached_property
    def _band(self) -> NDArray[np.intp]:
        """Outcome and band of each row as one number, shape (rows,)."""
        band = np.clip((self.scores * BANDS).astype(np.intp), 0, BANDS - 1)
        return np.asarray(self.positive * BANDS + band, np.intp)

    @cached_property
    def errors(self) -> Summed:
        """Sums of score minus outcome."""
        return Summed.of(self.tally, self.scores - self.positive)

    @cached_property
    def squares(self) -> Summed:
        """Sums of its square."""
        return Summed.of(self.tally, (self.scores - self.positive) ** 2)

    @cached_property
    def whole(self) -> Segments:
        """Areas of all rows."""
        return self.ranked.by_group(np.zeros(len(self.scores), np.intp), 1)

    def segments(self, grouping: Grouping) -> Segments:
        """Return areas and curves of each group of a grouping."""
        groups = len(grouping.names)
        return self.ranked.by_group(grouping.codes, groups, max(POINTS // (2 * groups), FEWEST))


def score_block(scored: Scored, segments: Segments, compared: Compared) -> Block:
    """Measure every figure of one class's scores in one grouping.

    Parameters
    ----------
    scored
        The scores.
    segments
        The sorted rows of the grouping.
    compared
        Groups, reference and level.
    """
    block = _areas(scored, segments, compared)
    if not scored.are_probabilities:
        return block
    means = {"mean_error": scored.errors, "brier_score": scored.squares}
    found = {name: one.by(compared.grouping) for name, one in means.items()}
    return Block.joined([block, mean_block(found, compared), _calibration(scored, compared)])


def mean_block(means: Mapping[str, Means], compared: Compared) -> Block:
    """Measure means in every group: Student's intervals, Welch's for differences."""
    spec, names = compared.spec, compared.grouping.names
    block = Block()
    for name, one in means.items():
        rest, reference, whole = one.rest, one.picked(compared.reference), one.whole
        block.metrics[name] = measured(one.value, one.interval(spec.confidence), one.n, "student")
        block.rest[name] = measured(rest.value, rest.interval(spec.confidence), rest.n, "student")
        ends = whole.interval(spec.confidence)
        block.overall[name] = measured(whole.value, ends, whole.n, "student")[0]
        low, high, p_values = one.difference(rest, spec.confidence)
        block.to_rest[name] = measured(one.value - rest.value, (low, high), one.n, "welch")
        block.p_values[name] = np.where((one.n < 2) | (rest.n < 2), np.nan, p_values)
        low, high, _ = one.difference(reference, spec.confidence)
        block.to_reference[name] = measured(
            one.value - reference.value, (low, high), one.n, "welch"
        )
        block.gaps[f"{name}_difference"] = simulated_gap(
            names,
            one.value,
            one.error,
            int(one.n.sum()),
            draws=spec.permutations,
            seed=spec.seed,
            words=f"{compared.words}\n{name}",
        )
    return block


def generalised(block: Block) -> dict[str, float]:
    """Return the generalised means over groups of the three areas of a block."""
    named = {"subgroup_auc": "roc_auc", "bpsn_auc": "bpsn_auc", "bnsp_auc": "bnsp_auc"}
    return {
        f"generalised_mean_{name}": generalised_mean(
            np.array([figure.value for figure in block.metrics[metric]])
        )
        for name, metric in named.items()
        if metric in block.metrics
    }


def _areas(scored: Scored, segments: Segments, compared: Compared) -> Block:
    level = compared.spec.confidence
    positives, sizes = segments.positives, segments.sizes
    negatives = sizes - positives
    own, own_ends = _interval(segments.pairs, positives, negatives, level)
    above, below = scored.above.by(compared.grouping), scored.below.by(compared.grouping)
    groups = len(sizes)
    bpsn = _interval(above - segments.pairs, positives.sum() - positives, negatives, level)
    bnsp = _interval(below - segments.pairs, positives, negatives.sum() - negatives, level)
    # Pairs within the rest: all pairs, less those that touch the group.
    pairs = above.sum() - above - below + segments.pairs
    others = positives.sum() - positives, negatives.sum() - negatives
    rest, rest_ends = _interval(pairs, *others, level)
    average = segments.average_precision
    average_ends = average_precision_intervals(average, positives, level)
    whole, whole_ends = _interval(
        np.array([above.sum()]), positives.sum(keepdims=True), negatives.sum(keepdims=True), level
    )
    all_rows = scored.whole
    whole_average = all_rows.average_precision
    gap, gap_ends = own - rest, mover(own, own_ends, rest, rest_ends)
    at = compared.reference
    fixed = np.full(groups, at)
    few = np.minimum(np.minimum(positives, negatives), np.minimum(*others)) < _FEW
    error = (own_ends[1] - own_ends[0]) / 2 / normal_quantile(level)
    return Block(
        metrics={
            "roc_auc": measured(own, own_ends, sizes, "newcombe"),
            "average_precision": measured(average, average_ends, sizes, "logit"),
            "bpsn_auc": measured(*bpsn, sizes, "newcombe"),
            "bnsp_auc": measured(*bnsp, sizes, "newcombe"),
        },
        overall={
            "roc_auc": measured(whole, whole_ends, sizes.sum(keepdims=True), "newcombe")[0],
            "average_precision": measured(
                whole_average,
                average_precision_intervals(whole_average, all_rows.positives, level),
                all_rows.sizes,
                "logit",
            )[0],
        },
        rest={"roc_auc": measured(rest, rest_ends, sizes.sum() - sizes, "newcombe")},
        to_rest={"roc_auc": measured(gap, gap_ends, sizes, "mover")},
        to_reference={
            "roc_auc": measured(
                own - own[at],
                mover(own, own_ends, own[fixed], (own_ends[0][fixed], own_ends[1][fixed])),
                sizes,
                "mover",
            )
        },
        p_values={"roc_auc": np.where(few, np.nan, p_value_of_interval(gap, gap_ends, level))},
        gaps={
            "roc_auc_difference": simulated_gap(
                compared.grouping.names,
                own,
                error,
                int(sizes.sum()),
                draws=compared.spec.permutations,
                seed=compared.spec.seed,
                words=f"{compared.words}\nroc_auc",
            )
        },
    )


def _calibration(scored: Scored, compared: Compared) -> Block:
    counts = scored.band_counts.by(compared.grouping)
    sums = scored.bands.by(compared.grouping)
    mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    spec = compared.spec
    rng = np.random.default_rng([spec.seed, len(compared.words)])
    drawn = resampled(counts, spec.replicates, rng)
    rows = counts.sum(axis=1)
    values, replicates = calibration_error(counts, mean), calibration_error(drawn, mean)
    low, high = interval(replicates, spec.confidence)
    # The error of redrawn rows is larger by what chance adds to it, so it is mirrored.
    ends = np.clip(2 * values - high, 0, 1), np.clip(2 * values - low, 0, 1)
    whole = counts.sum(axis=0, keepdims=True)
    whole_mean = np.divide(
        sums.sum(axis=0, keepdims=True), whole, out=np.zeros((1, len(whole[0]))), where=whole > 0
    )
    overall = calibration_error(whole, whole_mean)
    return Block(
        metrics={"calibration_error": measured(values, ends, rows, "bootstrap")},
        overall={"calibration_error": Measured(float(overall[0]), n=int(whole.sum()))},
    )


def calibration_error(counts: Counts, mean: Numbers) -> Numbers:
    """Return the expected calibration error.

    Parameters
    ----------
    counts
        Rows by outcome (negatives of every band, then positives), shape (..., 2 * bands).
    mean
        Mean score of each of them, of the same shape or one that broadcasts.
    """
    bands = counts.shape[-1] // 2
    scores = counts * mean
    gap = scores[..., :bands] + scores[..., bands:] - counts[..., bands:]
    rows = counts.sum(axis=-1)
    total = np.abs(gap).sum(axis=-1)
    out = np.full(total.shape, np.nan)
    np.divide(total, rows, out=out, where=rows > 0)
    return out


def _interval(
    pairs: Numbers, positives: NDArray[np.int64], negatives: NDArray[np.int64], level: float
) -> tuple[Numbers, tuple[Numbers, Numbers]]:
    """Return areas from the pairs that are ranked rightly, and their intervals."""
    count = positives * negatives
    area = np.divide(pairs, count, out=np.full(len(count), np.nan), where=count > 0)
    area = np.clip(area, 0, 1)
    return area, auc_intervals(area, positives, negatives, level)
