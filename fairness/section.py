"""The audit as report sections: tables, intervals, gaps and curves of every column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..core.curves import thin
from ..core.report.tree import Block, Cell, IntervalFigure, Line, LineFigure, Section, Table, Text
from .audit import RECALL, Audit
from .curves import GroupCurve
from .findings import comparisons_note
from .table import GroupTable
from .words import GAPS, TITLES, chance, level, rows_of

_DRAWN_CURVES = 8
_DRAWN_BARS = 40
_DRAWN_CLASSES = 6
_CURVE_POINTS = 400
_TABLE = (
    "base_rate",
    "selection_rate",
    "accuracy",
    RECALL,
    "false_positive_rate",
    "false_negative_rate",
    "precision",
    "roc_auc",
    "average_precision",
)
_COMPACT = ("selection_rate", "accuracy", RECALL, "false_positive_rate")


def sections(audit: Audit) -> tuple[Section, ...]:
    """Return the report's sections of an audit.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    tuple of Section
        One per sensitive column, one for intersections where there are any, and one that says
        what the audit can't tell.
    """
    curves: dict[tuple[str, str], list[GroupCurve]] = {}
    for curve in audit.curves:
        curves.setdefault((curve.column, curve.label), []).append(curve)
    singles = [table for table in audit.groupings.values() if len(table.columns) == 1]
    crossed = [table for table in audit.groupings.values() if len(table.columns) > 1]
    out = [_column(audit, table, curves, i) for i, table in enumerate(singles)]
    if crossed:
        out.append(
            Section(
                "Intersections of groups",
                "audit-intersections",
                tuple(_intersection(audit, table, i) for i, table in enumerate(crossed)),
                "A model can treat two groups alike on average and still fail the rows where two "
                "of them meet.",
            )
        )
    out.append(_limits(audit))
    return tuple(out)


def _column(
    audit: Audit,
    table: GroupTable,
    curves: Mapping[tuple[str, str], Sequence[GroupCurve]],
    index: int,
) -> Section:
    anchor = f"audit-{index + 1}-{_slug(table.column)}"
    blocks: list[Block | Section] = []
    if len(table.names) == 1:
        blocks.append(
            Text(
                f"All rows belong to one group, {table.names[0]}: there is nothing to compare, and "
                "gaps are not defined.",
                "warning",
            )
        )
    blocks += _figures(audit, table, curves)
    shown = [one for one in _frequent(table) if one.label != audit.positive]
    blocks += [
        Section(
            f"{table.column}: “{one.label}” against all other classes",
            f"{anchor}-class-{i + 1}",
            tuple(_figures(audit, one, curves)),
        )
        for i, one in enumerate(shown)
    ]
    left = [f"“{label}”" for label in table.per_class if label not in {t.label for t in shown}]
    left = [label for label in left if label != f"“{audit.positive}”"]
    if left:
        blocks.append(
            Text(
                f"The figures of the rarer classes stand in audit.json: {', '.join(left)}.", "note"
            )
        )
    what = "every class in turn" if audit.positive is None else f"“{audit.positive}”"
    return Section(
        f"Groups of {table.column}",
        anchor,
        tuple(blocks),
        f"{len(table.names)} {'group' if len(table.names) == 1 else 'groups'} in "
        f"{rows_of(audit, audit.rows)}; the positive class is {what}.",
    )


def _figures(
    audit: Audit, table: GroupTable, curves: Mapping[tuple[str, str], Sequence[GroupCurve]]
) -> list[Block]:
    """Return the blocks of one table: metrics, differences, gaps, curves."""
    metrics = [metric for metric in _TABLE if metric in table.metrics]
    blocks: list[Block] = [_metrics_table(audit, table, metrics)]
    if len(table.names) > 1:
        differences = (RECALL, "selection_rate") if table.label is not None else ("accuracy",)
        blocks += [block for metric in differences for block in _intervals(audit, table, metric)]
        blocks.append(_gaps_table(audit, table))
    drawn = curves.get((table.column, table.label or ""), ())
    return blocks + _curve_figures(table, drawn)


def _intersection(audit: Audit, table: GroupTable, index: int) -> Section:
    blocks: list[Block] = []
    for one in (table,) if table.label is not None else (table, *_frequent(table)):
        metrics = [metric for metric in _COMPACT if metric in one.metrics]
        difference = "accuracy" if one.label is None else RECALL
        blocks.append(_metrics_table(audit, one, metrics, difference))
        if len(one.names) > 1:
            blocks.append(_gaps_table(audit, one))
    return Section(
        table.column,
        f"audit-cross-{index + 1}-{_slug(table.column)}",
        tuple(blocks),
    )


def _metrics_table(
    audit: Audit, table: GroupTable, metrics: Sequence[str], difference: str | None = None
) -> Table:
    columns = [table.column, TITLES["count"], *(TITLES[metric] for metric in metrics)]
    rows: list[list[Cell]] = [
        [name, table.n[i], *(table.metrics[metric][i] for metric in metrics)]
        for i, name in enumerate(table.names)
    ]
    if difference is not None:
        columns.append(f"{TITLES[difference]}: difference to all others")
        for i, row in enumerate(rows):
            row.append(table.to_rest[difference][i])
    notes = [f"In brackets: {level(audit)} intervals, where there is one."]
    if table.small:
        notes.append(f"Marked: fewer than {audit.spec.small} rows.")
    if any(not table.metrics[metric][i].defined for metric in metrics for i in range(len(rows))):
        notes.append(
            "“not defined”: the group has no row that the rate counts; it is left out of that gap."
        )
    return Table(
        f"Rates by {table.column}{_of_class(table)}",
        tuple(columns),
        tuple(tuple(row) for row in rows),
        " ".join(notes),
        marked=table.small,
        signed=frozenset() if difference is None else frozenset({len(columns) - 1}),
    )


def _gaps_table(audit: Audit, table: GroupTable) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, title in GAPS.items():
        if f"{name}_difference" not in table.gaps:
            continue
        gap = table.gaps[f"{name}_difference"]
        ratio = table.gaps[f"{name}_ratio"].figure
        chances = "not defined" if gap.p_value is None else chance(gap.p_value)
        rows.append((title, gap.figure, chances, ratio, gap.lowest, gap.highest))
    return Table(
        f"Largest gaps between groups of {table.column}{_of_class(table)}",
        ("Gap", "Difference", "p-value", "Ratio", "Lowest in", "Highest in"),
        tuple(rows),
        "Difference: largest minus smallest rate (0: equal). Ratio: smallest over largest "
        "(1: equal). p-value: how often the difference would be at least as large were groups "
        f"given to the counted rows at random ({audit.spec.permutations:,} permutations). It says "
        "how surprising a gap is, not how much it matters. Small groups are included and make wide "
        "gaps unsurprising, also where large groups differ: see the differences to all others.",
    )


def _intervals(audit: Audit, table: GroupTable, metric: str) -> list[Block]:
    figures = table.to_rest[metric]
    by_size = sorted(range(len(figures)), key=lambda i: -table.n[i])
    drawn = sorted(by_size[:_DRAWN_BARS])
    title = f"{TITLES[metric]}{_of_class(table)}: each group minus all other rows"
    said = "; ".join(f"{table.names[i]} {figures[i].show(signed=True)}" for i in drawn)
    blocks: list[Block] = [
        IntervalFigure(
            title,
            f"difference ({level(audit)} interval); rows: those of the group that the rate counts",
            tuple(table.names[i] for i in drawn),
            tuple(figures[i] for i in drawn),
            f"{title}. {said}.",
            reference=0.0,
            marked=frozenset(place for place, i in enumerate(drawn) if i in table.small),
        )
    ]
    left = [table.names[i] for i in by_size[_DRAWN_BARS:]]
    if left:
        blocks.append(Text(f"Not drawn, but in the table: {', '.join(left)}.", "note"))
    return blocks


def _curve_figures(table: GroupTable, curves: Sequence[GroupCurve]) -> list[Block]:
    largest = sorted(curves, key=lambda curve: -(curve.positives + curve.negatives))
    drawn = largest[:_DRAWN_CURVES]
    few = {table.names[i] for i in table.small}
    said = "; ".join(_areas_said(curve) for curve in drawn)
    blocks: list[Block] = []
    for kind, title, x_label, y_label in (
        ("roc", "ROC curves", "false positive rate", "true positive rate (recall)"),
        ("pr", "Precision-recall curves", "recall", "precision"),
    ):
        lines = [_line(curve, kind, curve.group in few) for curve in drawn]
        if not any(lines):
            continue
        named = f"{title} by {table.column}{_of_class(table)}"
        blocks.append(
            LineFigure(
                named,
                x_label,
                y_label,
                tuple(line for line in lines if line is not None),
                f"{named} (dashed: small groups): {said}.",
                unit_square=True,
                diagonal=kind == "roc",
            )
        )
    left = [curve.group for curve in largest[_DRAWN_CURVES:]]
    left += [curve.group for curve in drawn if curve.roc is None]
    if blocks and left:
        blocks.append(
            Text(
                "Not drawn in both figures, because other groups are larger or the group lacks one "
                f"of the two labels: {', '.join(left)}. What curves there are stand in "
                "audit/curves.parquet.",
                "note",
            )
        )
    return blocks


def _line(curve: GroupCurve, kind: str, few: bool) -> Line | None:
    points = curve.roc if kind == "roc" else curve.pr
    if points is None:
        return None
    short = thin(points, _CURVE_POINTS)
    area = curve.roc_auc if kind == "roc" else curve.average_precision
    name = f"{curve.group} ({'AUC' if kind == 'roc' else 'AP'} {area.value:.2f})"
    return Line(name, short.x, short.y, dashed=few)


def _areas_said(curve: GroupCurve) -> str:
    return (
        f"{curve.group}, {curve.positives:,} positive and {curve.negatives:,} other rows: "
        f"AUC {curve.roc_auc.show(2)}, average precision (AP) {curve.average_precision.show(2)}"
    )


def _frequent(table: GroupTable) -> list[GroupTable]:
    """Return the tables of the most frequent classes, in the order of the classes."""

    def rows(one: GroupTable) -> float:
        return -sum(
            rate.value * rate.n
            for rate in one.metrics["base_rate"]
            if rate.n is not None and rate.defined
        )

    kept = {one.label for one in sorted(table.per_class.values(), key=rows)[:_DRAWN_CLASSES]}
    return [one for one in table.per_class.values() if one.label in kept]


def _limits(audit: Audit) -> Section:
    return Section(
        "What this audit can't tell",
        "audit-limits",
        (
            Text(
                "Why groups differ. A difference in rates is not a cause: the groups may differ in "
                "what they were asked, in how their labels came about, or in how many rows the "
                "model was trained on."
            ),
            Text(
                "Whether the labels are fair. Every rate but the selection rate takes them for the "
                "truth."
            ),
            Text(
                f"Anything sure about small groups. Groups with fewer than {audit.spec.small} rows "
                "are marked; a missing value is a group of its own, “(missing)”."
            ),
            Text(
                "Which yardstick is right. Where base rates differ, demographic parity, equalized "
                "odds and equal precision can't all hold at once unless predictions are perfect; "
                "people have to choose."
            ),
            comparisons_note(audit),
        ),
    )


def _of_class(table: GroupTable) -> str:
    return "" if table.label is None else f", “{table.label}”"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "column"
