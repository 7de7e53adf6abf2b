"""The audit: whom a model treats worse, on which rows, with which uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.measured import Measured
from ..core.runs import Run
from ..errors import RecipeError, RunError, nearest, paragraph
from .counts import accuracy_share, contingency, one_vs_rest, outcome_cells, shares
from .curves import GroupCurve, group_curves
from .frame import MOST_GROUPS, Outcomes, from_predictions, is_predictions, read_predictions
from .groups import Grouping, intersections
from .spec import AuditSpec
from .table import Figures, GroupTable, group_table

RECALL = "true_positive_rate"


@dataclass(frozen=True)
class Finding:
    """The group whose recall lies furthest below that of all other rows.

    Attributes
    ----------
    column, group
        Sensitive column and group.
    label
        Class whose recall it is.
    rows
        Rows of the group, of any label.
    rate, rest
        Recall in the group and in all other rows; `n` counts the rows with that label.
    difference
        The group minus all others, with its interval.
    """

    column: str
    group: str
    label: str
    rows: int
    rate: Measured
    rest: Measured
    difference: Measured


@dataclass(frozen=True, eq=False)
class Audit:
    """What was measured.

    Attributes
    ----------
    positive
        The favourable class; None where every class is looked at in turn.
    labels
        All classes.
    groupings
        Column, or ``a×b`` for an intersection, to its figures; single columns come first.
    curves
        ROC and precision-recall curves of every group, where the table has scores.
    rows, dropped
        Rows audited, and rows left out because label or prediction is missing.
    skipped
        Intersections left out because they have more than a thousand groups.
    split
        Name of the split that the rows are, if any (``test``).
    spec
        Level of the intervals, size of a small group, permutations and seed.
    """

    positive: str | None
    labels: tuple[str, ...]
    groupings: Mapping[str, GroupTable]
    curves: tuple[GroupCurve, ...]
    rows: int
    dropped: int
    skipped: tuple[str, ...]
    split: str | None
    spec: AuditSpec

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that audit.json holds."""
        return {
            "positive": self.positive,
            **{column: table.as_json() for column, table in self.groupings.items()},
        }

    def worst(self) -> Finding | None:
        """Return the group whose recall is lowest against all other rows, if the data show one.

        Looked at are the groups of single columns that are not small, for the positive class or,
        without one, for every class. The difference must be negative with an interval that
        excludes zero. Among many groups some would pass by chance: see `comparisons`.
        """
        found = [
            finding
            for finding in self._recalls()
            if finding.difference.value < 0 and finding.difference.excludes_zero
        ]
        return min(found, key=lambda finding: finding.difference.value, default=None)

    @property
    def comparisons(self) -> int:
        """Number of signed differences with an interval that this audit holds."""
        return sum(
            figure.low is not None
            for table in self._tables()
            for figures in table.to_rest.values()
            for figure in figures
        )

    @property
    def tests(self) -> int:
        """Number of permutation p-values that this audit holds."""
        return sum(
            gap.p_value is not None for table in self._tables() for gap in table.gaps.values()
        )

    def _tables(self) -> Iterator[GroupTable]:
        for grouping in self.groupings.values():
            yield from grouping.tables()

    def _recalls(self) -> Iterator[Finding]:
        for grouping in self.groupings.values():
            if len(grouping.columns) > 1:
                continue
            tables = [grouping] if self.positive is not None else grouping.per_class.values()
            for table in tables:
                for i, group in enumerate(table.names):
                    if i not in table.small and table.label is not None:
                        yield Finding(
                            table.column,
                            group,
                            table.label,
                            table.n[i],
                            table.metrics[RECALL][i],
                            table.rest[RECALL][i],
                            table.to_rest[RECALL][i],
                        )


def audit(
    run_or_frame: Run | pd.DataFrame | str | Path,
    *,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    groups: Sequence[str] | None = None,
    positive: str | None = None,
    spec: AuditSpec | None = None,
) -> Audit:
    """Compare the groups of a run's test rows, or of anyone's table of predictions.

    Parameters
    ----------
    run_or_frame
        A run (its test split is audited); a table in the form of ``predictions.parquet`` (all its
        rows are); or any table or file of predictions, with the next three arguments.
    label, prediction
        Columns with the true and the predicted class, for anyone's table (``label`` and
        ``prediction`` if left out).
    score
        Column with the probability of the positive class, for anyone's table.
    groups
        Sensitive columns; those of `spec`, then all of the run's, if left out.
    positive
        The favourable class; that of `spec` if left out. With two classes the second one by
        default, with more every class in turn.
    spec
        Everything else; the run's recipe's, then the defaults, if left out.

    Returns
    -------
    Audit
        Per group and intersection of groups: rates with Wilson intervals, signed differences to
        all others with Newcombe intervals, largest gaps with permutation p-values, curves.

    Raises
    ------
    RecipeError
        The positive class or a sensitive column is not in the data.
    DataError
        The table lacks a column, or has no rows that can be compared.
    RunError
        The run has no predictions on test rows.
    """
    own = run_or_frame.section("audit", AuditSpec) if isinstance(run_or_frame, Run) else AuditSpec()
    chosen = spec or own
    named = groups if groups is not None else chosen.groups
    wanted = positive if positive is not None else chosen.positive
    split = None
    if not isinstance(run_or_frame, Run):
        frame = run_or_frame
        if not (isinstance(frame, pd.DataFrame) and label is None and is_predictions(frame)):
            frame = read_predictions(
                frame,
                label or "label",
                prediction or "prediction",
                score,
                named or (),
                positive=None if wanted is None else str(wanted),
            )
    else:
        if label or prediction or score:
            raise RecipeError(
                paragraph(
                    "label, prediction, score",
                    "a run names these columns itself",
                    "Leave them out, or bring a table instead of a run",
                )
            )
        split = "test"
        frame = _test_rows(run_or_frame)
    outcomes = from_predictions(frame, named)
    return _measure(outcomes, _positive(outcomes, wanted), chosen, split)


def _test_rows(run: Run) -> pd.DataFrame:
    frame = run.predictions()
    test = frame[frame["split"] == "test"]
    if test.empty:
        raise RunError(
            paragraph(
                "predictions.parquet",
                "there are no predictions on test rows, which is what an audit compares",
                "Give data.split.test a share above 0, and predict the test split "
                "(evaluate.splits)",
            )
        )
    return test


def _positive(outcomes: Outcomes, asked: str | None) -> str | None:
    if asked is None:
        return outcomes.labels[1] if len(outcomes.labels) == 2 else None
    if str(asked) not in outcomes.labels:
        raise RecipeError(
            paragraph(
                "audit.positive",
                f"no row has the label or the prediction “{asked}” "
                f"({nearest(str(asked), outcomes.labels)})",
                "Name one of the classes",
            )
        )
    return str(asked)


def _measure(outcomes: Outcomes, positive: str | None, spec: AuditSpec, split: str | None) -> Audit:
    cells = outcome_cells(outcomes.true, outcomes.predicted, len(outcomes.labels))
    tables: dict[str, GroupTable] = {}
    curves: list[GroupCurve] = []
    crossed = intersections(outcomes.groups, spec.depth)
    skipped = tuple(one.column for one in crossed if len(one.names) > MOST_GROUPS)
    for grouping in (*outcomes.groups, *crossed):
        if grouping.column in skipped:
            continue
        counts = contingency(grouping.codes, cells, len(grouping.names), len(outcomes.labels))
        drawn = _curves(outcomes, grouping, positive, spec.confidence)
        curves += [curve for group in drawn.values() for curve in group]
        n = counts.sum(axis=(1, 2))
        by_class = {
            label: shares(one_vs_rest(counts, i)) for i, label in enumerate(outcomes.labels)
        }
        per_class = {
            label: group_table(
                grouping,
                n,
                rates,
                spec,
                label=label,
                areas=_areas(drawn.get(label)),
            )
            for label, rates in by_class.items()
            if len(outcomes.labels) > 2
        }
        tables[grouping.column] = group_table(
            grouping,
            n,
            {
                "accuracy": accuracy_share(counts),
                **({} if positive is None else by_class[positive]),
            },
            spec,
            label=positive,
            areas=None if positive is None else _areas(drawn.get(positive)),
            per_class=per_class,
        )
    return Audit(
        positive=positive,
        labels=outcomes.labels,
        groupings=tables,
        curves=tuple(curves),
        rows=len(outcomes.true),
        dropped=outcomes.dropped,
        skipped=skipped,
        split=split,
        spec=spec,
    )


def _curves(
    outcomes: Outcomes, grouping: Grouping, positive: str | None, confidence: float
) -> dict[str, tuple[GroupCurve, ...]]:
    return {
        label: group_curves(grouping, label, outcomes.true == i, outcomes.scores[label], confidence)
        for i, label in enumerate(outcomes.labels)
        if label in outcomes.scores and (len(outcomes.labels) > 2 or label == positive)
    }


def _areas(curves: tuple[GroupCurve, ...] | None) -> dict[str, Figures]:
    if curves is None:
        return {}
    return {
        "roc_auc": tuple(curve.roc_auc for curve in curves),
        "average_precision": tuple(curve.average_precision for curve in curves),
    }
