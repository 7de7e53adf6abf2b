"""The audit: whom a model treats worse, on which rows, with which uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.dataset import Dataset
from ..core.measured import Measured
from ..core.runs import Run
from .answers import Kind
from .conditional import Conditional
from .curves import GroupCurve
from .frame import MOST_GROUPS, Outcomes
from .groups import intersections
from .measuring import measure
from .prepared import prepare
from .shared_thresholds import GroupScores
from .spec import AuditSpec
from .table import GroupTable, adjust

RECALL = "true_positive_rate"
HEADLINE: dict[Kind, str] = {
    "classes": RECALL,
    "label_sets": RECALL,
    "texts": "exact_match",
    "spans": "exact_match",
}
"""The figure in which a group may be the worst: the share of what is sought that is found."""

UNITS_DIFFER: tuple[Kind, ...] = ("texts", "spans")
"""Answers whose figures have units of their own, so that their differences have no order."""


@dataclass(frozen=True)
class Finding:
    """A group whose figure lies apart from that of all other rows.

    Attributes
    ----------
    column, group
        Sensitive column and group.
    label
        Class whose figure it is; None where it speaks of all classes, or of numbers.
    metric
        Name of the figure.
    rows
        Rows of the group, of any label.
    rate, rest
        The figure in the group and in all other rows; `n` counts the rows that it counts.
    difference
        The group minus all others, with its interval.
    adjusted
        P-value of no difference, adjusted for all comparisons of the audit.
    """

    column: str
    group: str
    label: str | None
    metric: str
    rows: int
    rate: Measured
    rest: Measured
    difference: Measured
    adjusted: float


@dataclass(frozen=True, eq=False)
class Audit:
    """What was measured.

    Attributes
    ----------
    kind
        What was predicted: classes, sets of labels, or numbers.
    positive
        The favourable class; None where every class is looked at in turn.
    labels
        All classes.
    groupings
        Column, or ``a×b`` for an intersection, to its figures; single columns come first.
    curves
        ROC and precision-recall curves of every group, where the table has scores.
    scores
        The scores of every group over shared thresholds, where the table has scores.
    conditional
        Groups compared within the strata of control columns.
    rows, dropped
        Rows audited, and rows left out because label or prediction is missing.
    skipped
        Intersections left out because they have more than a thousand groups.
    split
        Name of the split that the rows are, if any (``test``).
    spec
        Level of the intervals, size of a small group, draws and seed.
    """

    kind: Kind
    positive: str | None
    labels: tuple[str, ...]
    groupings: Mapping[str, GroupTable]
    curves: tuple[GroupCurve, ...]
    scores: tuple[GroupScores, ...]
    conditional: tuple[Conditional, ...]
    rows: int
    dropped: int
    skipped: tuple[str, ...]
    split: str | None
    spec: AuditSpec

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that audit.json holds."""
        out: dict[str, Any] = {"positive": self.positive}
        for column, table in self.groupings.items():
            out[column] = table.as_json() | {"confidence": self.spec.confidence}
            within = [one.as_json() for one in self.conditional if one.column == column]
            if within:
                out[column]["conditional"] = within
        return out

    def worst(self) -> Finding | None:
        """Return the group whose recall is lowest against all other rows, if the data show one.

        Of written answers it is the share that equals the expected one; of numbers there is none.
        Looked at are the groups of single columns that are not small, for the positive class or,
        without one, for every class. Like every alarm it stands the adjustment for all comparisons
        of the audit.
        """
        found = (
            one
            for one in self.alarms()
            if one.metric == HEADLINE.get(self.kind)
            and one.difference.value < 0
            and one.column in self.single
            and (self.positive is None or one.label == self.positive)
        )
        return min(found, key=lambda finding: finding.difference.value, default=None)

    def alarms(self) -> tuple[Finding, ...]:
        """Return differences to all others that stand the adjustment, the widest first.

        Those of texts, whose figures have units of their own, come by their p-value.

        They are those whose adjusted p-value is at most one minus the level of the intervals, of
        groups that are not small.
        """
        found = [
            one
            for table in self._tables()
            for one in _differences(table)
            if one.adjusted <= 1 - self.spec.confidence
        ]
        if self.kind in UNITS_DIFFER:
            return tuple(sorted(found, key=lambda one: one.adjusted))
        return tuple(sorted(found, key=lambda one: -abs(one.difference.value)))

    def gap_alarms(self) -> tuple[tuple[GroupTable, str], ...]:
        """Return largest gaps that stand the adjustment, as tables and the gaps' names."""
        return tuple(
            (table, name)
            for table in self._tables()
            for name, gap in table.gaps.items()
            if gap.adjusted is not None and gap.adjusted <= 1 - self.spec.confidence
        )

    @property
    def has_classes(self) -> bool:
        """Whether answers are classes or sets of labels, not numbers or texts."""
        return bool(self.labels)

    @property
    def comparisons(self) -> int:
        """Number of differences to all others that were adjusted for one another."""
        return sum(
            int(np.count_nonzero(~np.isnan(values)))
            for table in self._tables()
            for values in table.adjusted.values()
        )

    @property
    def tests(self) -> int:
        """Number of largest gaps that were adjusted together with them."""
        return sum(
            gap.adjusted is not None for table in self._tables() for gap in table.gaps.values()
        )

    @property
    def single(self) -> set[str]:
        """Names of groupings that are one column, not crossed."""
        return {name for name, table in self.groupings.items() if len(table.columns) == 1}

    def _tables(self) -> Iterator[GroupTable]:
        for grouping in self.groupings.values():
            yield from grouping.tables()


def audit(
    run_or_frame: Run | pd.DataFrame | str | Path,
    *,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    groups: Sequence[str] | None = None,
    positive: str | None = None,
    task: str | None = None,
    separator: str | None = None,
    text: str | None = None,
    threshold: float = 0.5,
    spec: AuditSpec | None = None,
    dataset: Dataset | None = None,
) -> Audit:
    """Compare the groups of a run's test rows, or of anyone's table of predictions.

    Parameters
    ----------
    run_or_frame
        A run (its test split is audited); a table in the form of ``predictions.parquet`` (all its
        rows are); or any table or file of predictions, with the next three arguments.
    label, prediction
        Columns with the true and the predicted class, set of labels or number, for anyone's table
        (``label`` and ``prediction`` if left out). Where `score` is named and no `prediction`, a
        row is predicted positive from a score of `threshold` on.
    score
        Column with the probability of the positive class, for anyone's table.
    groups
        Sensitive columns; those of `spec`, then all of the run's, if left out.
    positive
        The favourable class; that of `spec` if left out. With two classes the second one by
        default, with more every class in turn.
    task
        ``classification``, ``multilabel`` or ``regression``; the run's, or the first, if left out.
    separator
        What stands between the labels of a set; the run's, or ``|``, if left out.
    text
        Column of texts in which the terms of ``spec.terms`` are looked for, for anyone's table.
    threshold
        Score from which a row is predicted positive, for a table without predictions.
    spec
        Everything else; the run's recipe's, then the defaults, if left out.
    dataset
        The run's rows, where they are loaded already.

    Returns
    -------
    Audit
        Per group and intersection of groups: rates with Wilson intervals, signed differences to
        all others with Newcombe intervals, largest gaps with permutation p-values, and so on; with
        scores areas, calibration and curves.

    Raises
    ------
    RecipeError
        The positive class or a sensitive column is not in the data, or the task is another one.
    DataError
        The table lacks a column, or has no rows that can be compared.
    RunError
        The run has no predictions on test rows.
    """
    rows = prepare(
        run_or_frame,
        label=label,
        prediction=prediction,
        score=score,
        groups=groups,
        positive=positive,
        task=task,
        separator=separator,
        text=text,
        threshold=threshold,
        spec=spec,
        dataset=dataset,
    )
    return _measure(rows.outcomes, rows.positive, rows.spec, rows.split)


def _measure(outcomes: Outcomes, positive: str | None, spec: AuditSpec, split: str | None) -> Audit:
    crossed = intersections(outcomes.groups, spec.depth)
    skipped = tuple(one.column for one in crossed if len(one.names) > MOST_GROUPS)
    groupings = [*outcomes.groups, *(one for one in crossed if one.column not in skipped)]
    found = measure(outcomes, groupings, positive, spec)
    return Audit(
        kind=outcomes.kind,
        positive=positive,
        labels=outcomes.labels,
        groupings=adjust({one.table.column: one.table for one in found.groupings}),
        curves=tuple(curve for one in found.groupings for curve in one.curves),
        scores=tuple(group for one in found.groupings for group in one.scores),
        conditional=found.conditional,
        rows=len(outcomes.true),
        dropped=outcomes.dropped,
        skipped=skipped,
        split=split,
        spec=spec,
    )


def _differences(table: GroupTable) -> Iterator[Finding]:
    """Go through the adjusted differences of groups that are not small."""
    for metric, values in table.adjusted.items():
        for i, value in enumerate(values.tolist()):
            if i in table.small or math.isnan(value):
                continue
            yield Finding(
                table.column,
                table.names[i],
                table.label if metric != "accuracy" or not table.per_class else None,
                metric,
                table.n[i],
                table.metrics[metric][i],
                table.rest[metric][i],
                table.to_rest[metric][i],
                value,
            )
