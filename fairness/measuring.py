"""How an audit measures: rows counted and sorted once, and read for each grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import RecipeError, nearest, paragraph
from .block import Block, Compared
from .conditional import Conditional, conditional
from .counts import Counted, accuracy_share, class_counts, one_class, shares
from .curves import GroupCurve, group_curves
from .frame import Outcomes
from .groups import CROSS, Grouping
from .indices import index_block
from .means import Summed
from .numeric import numeric_block
from .passes import together
from .rates import rate_block
from .scored import Scored, generalised, score_block
from .shared_thresholds import GroupScores, group_scores
from .spec import AuditSpec
from .table import GroupTable, group_table
from .tally import Tally

RATIOS = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy")
"""Rates whose ratio to the reference group's is measured."""


@dataclass(frozen=True, eq=False)
class Found:
    """What was measured of all groupings, in their order, and within strata."""

    groupings: Sequence[Groups]
    conditional: tuple[Conditional, ...]


def measure(
    outcomes: Outcomes, groupings: Sequence[Grouping], positive: str | None, spec: AuditSpec
) -> Found:
    """Measure every grouping.

    Parameters
    ----------
    outcomes
        Labels, predictions, scores and groups.
    groupings
        The groups of `outcomes`, and intersections of them.
    positive
        The favourable class; None where every class is looked at in turn.
    spec
        Level of the intervals, references, draws and seed.
    """
    measuring = _Measuring(outcomes, positive, spec, Tally.of(outcomes.groups, groupings))
    return Found(together(measuring.grouping, groupings), measuring.conditional())


@dataclass(frozen=True, eq=False)
class _Class:
    """What was measured of one class against all others."""

    compared: Compared
    block: Block
    means: Mapping[str, float] = field(default_factory=dict)
    curves: Sequence[GroupCurve] = ()
    scores: Sequence[GroupScores] = ()


@dataclass(frozen=True, eq=False)
class Groups:
    """What was measured of one grouping."""

    table: GroupTable
    curves: Sequence[GroupCurve] = ()
    scores: Sequence[GroupScores] = ()


class _Measuring:
    """The rows, counted and sorted once, and what is read of them for each grouping."""

    def __init__(
        self, outcomes: Outcomes, positive: str | None, spec: AuditSpec, tally: Tally
    ) -> None:
        self.outcomes = outcomes
        self.positive = positive
        self.spec = spec
        self.counted: Counted | None = None
        self.sums: dict[str, Summed] = {}
        self.scored: dict[str, Scored] = {}
        true, predicted = outcomes.true, outcomes.predicted
        if outcomes.figures:
            self.sums = {name: Summed.of(tally, one) for name, one in outcomes.figures.items()}
            self.rows = tally.count_rows()
            return
        self.counted = class_counts(tally, true, predicted, len(outcomes.labels))
        self.rows = self.counted.right.then(lambda table: table.sum(axis=1))
        self.scored = {
            label: Scored.of(label, self._is(label), outcomes.scores[label], tally)
            for label in self._asked
            if label in outcomes.scores
        }
        for scored in self.scored.values():
            scored.count()

    @property
    def _asked(self) -> tuple[str, ...]:
        """The classes that are set against all others."""
        outcomes = self.outcomes
        every = self.positive is None or len(outcomes.labels) > 2
        return outcomes.labels if every else (str(self.positive),)

    def grouping(self, grouping: Grouping) -> Groups:
        """Measure one grouping."""
        n = self.rows.by(grouping)
        reference = _reference(grouping, n, self.spec)
        whole = Compared(grouping, self.positive, reference, self.spec)
        if self.counted is None:
            return Groups(group_table(whole, n, numeric_block(self.sums, whole)))
        classes = {
            label: self._class(grouping, Compared(grouping, label, reference, self.spec))
            for label in self._asked
        }
        right = {"accuracy": accuracy_share(self.counted.right.by(grouping))}
        overall = rate_block(right, Compared(grouping, None, reference, self.spec))
        own = classes.get(str(self.positive), _Class(whole, Block()))
        several = len(self.outcomes.labels) > 2 or self.outcomes.kind == "label_sets"
        table = group_table(
            whole,
            n,
            Block.joined([own.block, overall] if several else [overall, own.block]),
            generalised=own.means,
            per_class={
                label: group_table(one.compared, n, one.block, generalised=one.means)
                for label, one in classes.items()
                if several
            },
        )
        return Groups(
            table,
            [curve for one in classes.values() for curve in one.curves],
            [group for one in classes.values() for group in one.scores],
        )

    def _class(self, grouping: Grouping, compared: Compared) -> _Class:
        """Measure one class against all others."""
        assert self.counted is not None
        assert compared.label is not None
        label = compared.label
        cells = self.counted.by_class[self.outcomes.labels.index(label)].by(grouping)
        blocks = [rate_block(shares(cells), compared), index_block(cells, compared, RATIOS)]
        if label not in self.scored:
            return _Class(compared, Block.joined(blocks))
        scored = self.scored[label]
        segments = scored.segments(grouping)
        found = score_block(scored, segments, compared)
        return _Class(
            compared,
            Block.joined([*blocks, found]),
            generalised(found),
            group_curves(grouping, label, segments, found.metrics),
            group_scores(scored, grouping),
        )

    def conditional(self) -> tuple[Conditional, ...]:
        """Compare the groups of single columns within the strata of every control column."""
        if self.counted is None:
            return ()
        out = []
        for label in self._asked:
            at = self.outcomes.labels.index(label)
            cells = one_class(self.outcomes.true, self.outcomes.predicted, at)
            for control in self.outcomes.controls:
                out += [
                    conditional(grouping, control, label, cells, self.spec.confidence)
                    for grouping in self.outcomes.groups
                ]
        return tuple(out)

    def _is(self, label: str) -> Any:
        at = self.outcomes.labels.index(label)
        true = self.outcomes.true
        return true[:, at] if true.ndim == 2 else true == at


def _reference(grouping: Grouping, n: Any, spec: AuditSpec) -> int:
    """Return the position of the group that others are compared with."""
    named = [spec.reference.get(column) for column in grouping.columns]
    if all(name is not None for name in named):
        name = CROSS.join(str(name) for name in named)
        if name in grouping.names:
            return grouping.names.index(name)
        if len(named) == 1:
            raise RecipeError(
                paragraph(
                    f"audit.reference, key “{grouping.column}”",
                    f"no row is in the group “{name}” ({nearest(name, grouping.names)})",
                    "Name one of the groups",
                )
            )
    return int(np.argmax(n))
