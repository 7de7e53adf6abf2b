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
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from ..core.curves import POINTS
from .block import Block, Compared, Figures, Numbers, measured
from .calibration import calibration_intervals
from .gaps import simulated_gap
from .groups import Grouping
from .means import Means, Summed
from .passes import together
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
    ranked
        The rows from the highest score down.
    tally
        The groups of the ranked rows.
    """

    label: str
    ranked: Ranked
    tally: Tally

    @classmethod
    def of(cls, label: str, positive: NDArray[np.bool_], scores: Numbers, tally: Tally) -> Scored:
        """Sort the rows."""
        ranked = Ranked.of(positive, scores)
        return cls(label, ranked, tally.ordered(ranked.order))

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest score; 0 and 1 where all are probabilities."""
        low, high = float(self.ranked.scores[-1]), float(self.ranked.scores[0])
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    @property
    def are_probabilities(self) -> bool:
        """Whether all scores lie between 0 and 1."""
        return self.ends == (0.0, 1.0)

    def count(self) -> None:
        """Go through the rows for all that is summed over them, before groupings ask for it."""
        names = ["whole", "touched", "histogram"]
        if self.are_probabilities:
            names += ["bands", "_first", "_second", "_fourth"]
        together(partial(getattr, self), names)

    @cached_property
    def touched(self) -> Tallied:
        """Pairs of any positive with a lower negative of each group, and the other way round.

        Shape (groups, 2): first the pairs with the group's negatives, then those of its positives
        with any lower negative.
        """
        ranked, positive = self.ranked, self.ranked.positive
        return self.tally.count(
            positive.__getitem__,
            2,
            lambda part: np.where(positive[part], ranked.below(part), ranked.above(part)),
        )

    @cached_property
    def histogram(self) -> Tallied:
        """Rows of every group by outcome and step of the score, shape (groups, 2, steps)."""
        positive = self.ranked.positive
        counts = self.tally.count(
            lambda part: positive[part] * np.intp(STEPS) + self._step(part), 2 * STEPS
        )
        return counts.then(lambda table: table.reshape(-1, 2, STEPS))

    @cached_property
    def band_counts(self) -> Tallied:
        """Rows of every group by outcome and band, shape (groups, 2 * bands)."""
        shape = (-1, 2 * BANDS, STEPS // BANDS)
        return self.histogram.then(lambda table: table.reshape(shape).sum(axis=2))

    @cached_property
    def bands(self) -> Tallied:
        """Sum of scores of every group by outcome and band, shape (groups, 2 * bands)."""
        ranked, wide = self.ranked, STEPS // BANDS
        return self.tally.count(
            lambda part: ranked.positive[part] * np.intp(BANDS) + self._step(part) // wide,
            2 * BANDS,
            lambda part: ranked.scores[part].astype(np.float64),
        )

    def _step(self, part: slice) -> NDArray[np.intp]:
        low, high = self.ends
        width = (high - low) or 1.0
        # A score on a threshold counts as reaching it, also where the division rounds down.
        step = (self.ranked.scores[part].astype(np.float64) - low) / width * STEPS + 1e-9
        return np.clip(step.astype(np.intp), 0, STEPS - 1)

    @cached_property
    def errors(self) -> Summed:
        """Sums of score minus outcome."""
        total = self._first.then(lambda table: table[:, 0] - table[:, 1])
        return Summed(self._rows, total, self._second.then(_added), 0.0)

    @cached_property
    def squares(self) -> Summed:
        """Sums of its square."""
        return Summed(self._rows, self._second.then(_added), self._fourth.then(_added), 0.0)

    @cached_property
    def _rows(self) -> Tallied:
        return self.histogram.then(lambda table: table.sum(axis=(1, 2)))

    @cached_property
    def _first(self) -> Tallied:
        return self._distances(1)

    @cached_property
    def _second(self) -> Tallied:
        return self._distances(2)

    @cached_property
    def _fourth(self) -> Tallied:
        return self._distances(4)

    def _distances(self, power: int) -> Tallied:
        """Add up a power of the distance of score and outcome, by outcome, shape (groups, 2)."""
        positive, scores = self.ranked.positive, self.ranked.scores

        def powers(part: slice) -> Numbers:
            distance = np.abs(scores[part] - positive[part].astype(np.float64))
            return np.asarray(distance**power, np.float64)

        return self.tally.count(positive.__getitem__, 2, powers)

    @cached_property
    def whole(self) -> Segments:
        """Areas of all rows."""
        return self.ranked.by_placed(np.zeros(self.tally.rows, np.int8), 1)

    def segments(self, grouping: Grouping) -> Segments:
        """Return areas and curves of each group of a grouping."""
        groups = len(grouping.names)
        most = max(POINTS // (2 * groups), FEWEST)
        return self.ranked.by_placed(self.tally.codes(grouping), groups, most)


def _added(table: Numbers) -> Numbers:
    return np.asarray(table.sum(axis=1), np.float64)


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
    above, below = scored.touched.by(compared.grouping).T
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

    def figures(counts: Counts, sums: Numbers) -> Figures:
        mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
        ends = calibration_intervals(counts, sums, compared.spec.confidence)
        rows = counts.sum(axis=1)
        return measured(calibration_error(counts, mean), ends, rows, "test_inversion")

    whole = figures(counts.sum(axis=0, keepdims=True), sums.sum(axis=0, keepdims=True))
    return Block(
        metrics={"calibration_error": figures(counts, sums)},
        overall={"calibration_error": whole[0]},
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
