"""One sensitive column: its groups' figures, their differences, the gaps and the curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ...core.report.tree import Block, Cell, Section, Table, Text
from ..audit import RECALL, Audit
from ..curves import GroupCurve
from ..shared_thresholds import GroupScores
from ..table import GroupTable
from ..words import FOUR_FIFTHS, GAPS, TITLES, chance, level, of_class, rows_of, slug
from .curves import curve_figures, score_figures
from .figure import DRAWN, differences_figure

_DRAWN_CLASSES = 6
_TABLE = (
    "base_rate",
    "selection_rate",
    "accuracy",
    RECALL,
    "false_positive_rate",
    "false_negative_rate",
    "precision",
    "exact_match",
    "rougeL",
    "f1",
    "answer_words",
    "loss",
    "roc_auc",
    "average_precision",
    "mean_label",
    "mean_prediction",
    "mean_error",
    "mean_absolute_error",
    "root_mean_squared_error",
)
_SCORES = ("bpsn_auc", "bnsp_auc", "brier_score", "calibration_error", "mean_error")
_OF_ROWS = ("mean_error", "mean_absolute_error", "exact_match", "rougeL", "loss")
"""Figures of numbers and of texts whose differences are drawn."""

_COMPACT = ("selection_rate", "accuracy", RECALL, "false_positive_rate")

Curves = Mapping[tuple[str, str], Sequence[GroupCurve]]
Scores = Mapping[tuple[str, str], Sequence[GroupScores]]
"""By column and class."""


def column_section(
    audit: Audit, table: GroupTable, curves: Curves, scores: Scores, index: int
) -> Section:
    """Return the section on a single column."""
    anchor = f"audit-{index + 1}-{slug(table.column)}"
    blocks: list[Block | Section] = []
    if len(table.names) == 1:
        blocks.append(
            Text(
                f"All rows belong to one group, {table.names[0]}: there is nothing to compare, and "
                "gaps are not defined.",
                "warning",
            )
        )
    blocks += _figures(audit, table, curves, scores)
    shown = [one for one in frequent(table) if one.label != audit.positive]
    blocks += [
        Section(
            f"{table.column}: “{one.label}” against all other classes",
            f"{anchor}-class-{i + 1}",
            tuple(_figures(audit, one, curves, scores)),
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
    about = f"; the positive class is {what}" if audit.has_classes else ""
    return Section(
        f"Groups of {table.column}",
        anchor,
        tuple(blocks),
        f"{len(table.names)} {'group' if len(table.names) == 1 else 'groups'} in "
        f"{rows_of(audit, audit.rows)}{about}. Others are compared with {table.reference}.",
    )


def crossed_section(audit: Audit, table: GroupTable, index: int, drawn: Iterable[Block]) -> Section:
    """Return the section on an intersection."""
    blocks: list[Block] = list(drawn)
    for one in (table,) if table.label is not None else (table, *frequent(table)):
        metrics = [metric for metric in _COMPACT if metric in one.metrics]
        metrics = metrics or [metric for metric in _TABLE if metric in one.metrics][:4]
        difference = next(
            (m for m in (RECALL, "accuracy", *_OF_ROWS) if m in one.to_rest), metrics[0]
        )
        if one.label is None and "accuracy" in one.to_rest:
            difference = "accuracy"
        blocks.append(_metrics_table(audit, one, metrics, difference))
        if len(one.names) > 1:
            blocks.append(_gaps_table(audit, one))
    return Section(table.column, f"audit-cross-{index + 1}-{slug(table.column)}", tuple(blocks))


def frequent(table: GroupTable) -> list[GroupTable]:
    """Return the tables of the most frequent classes, in the order of the classes."""

    def rows(one: GroupTable) -> float:
        return -sum(
            rate.value * rate.n
            for rate in one.metrics["base_rate"]
            if rate.n is not None and rate.defined
        )

    kept = {one.label for one in sorted(table.per_class.values(), key=rows)[:_DRAWN_CLASSES]}
    return [one for one in table.per_class.values() if one.label in kept]


def _figures(
    audit: Audit, table: GroupTable, curves: Curves, scores: Scores
) -> list[Block | Section]:
    """Return the blocks of one table: metrics, differences, gaps, curves."""
    blocks: list[Block | Section] = [_metrics_table(audit, table, _present(table, _TABLE))]
    if len(table.names) > 1:
        differences: tuple[str, ...] = (RECALL, "selection_rate")
        if not audit.has_classes:
            differences = _OF_ROWS
        elif table.label is None:
            differences = ("accuracy",)
        blocks += [block for metric in differences for block in _intervals(audit, table, metric)]
        blocks.append(_gaps_table(audit, table))
        if table.label is not None:
            blocks += _compared_with(audit, table)
    key = (table.column, table.label or "")
    blocks += curve_figures(table, curves.get(key, ()))
    found = score_figures(audit, table, scores.get(key, ()))
    if found:
        blocks += [_scores_table(audit, table), *found]
    return blocks


def _present(table: GroupTable, names: Sequence[str]) -> list[str]:
    own = [name for name in names if name in table.metrics]
    # Of scores the mean error stands among their own figures.
    return [name for name in own if name != "mean_error" or "mean_label" in table.metrics]


def _metrics_table(
    audit: Audit, table: GroupTable, metrics: Sequence[str], difference: str | None = None
) -> Table:
    columns = [table.column, TITLES["count"], *(TITLES[metric] for metric in metrics)]
    rows: list[list[Cell]] = [
        [name, table.n[i], *(table.metrics[metric][i] for metric in metrics)]
        for i, name in enumerate(table.names)
    ]
    overall: list[Cell] = ["all rows", sum(table.n)]
    overall += [table.overall.get(metric) for metric in metrics]
    if difference is not None:
        columns.append(f"{TITLES[difference]}: difference to all others")
        for i, row in enumerate(rows):
            row.append(table.to_rest[difference][i])
        overall.append(None)
    rows.append(overall)
    notes = [f"In brackets: {level(audit)} intervals, where there is one."]
    if table.small:
        notes.append(f"Marked: fewer than {audit.spec.small} rows.")
    if any(
        not table.metrics[metric][i].defined for metric in metrics for i in range(len(table.names))
    ):
        notes.append(
            "“not defined”: the group has no row that the rate counts; it is left out of that gap."
        )
    return Table(
        f"Rates by {table.column}{of_class(table)}"
        if audit.has_classes
        else f"Figures by {table.column}",
        tuple(columns),
        tuple(tuple(row) for row in rows),
        " ".join(notes),
        marked=table.small,
        signed=frozenset() if difference is None else frozenset({len(columns) - 1}),
    )


def _scores_table(audit: Audit, table: GroupTable) -> Table:
    metrics = [name for name in _SCORES if name in table.metrics]
    rows: list[tuple[Cell, ...]] = [
        (name, table.n[i], *(table.metrics[metric][i] for metric in metrics))
        for i, name in enumerate(table.names)
    ]
    means = "; ".join(
        f"{TITLES[name].split(',')[0]} {value:.3f}"
        for name, value in table.generalised.items()
        if not math.isnan(value)
    )
    return Table(
        f"Scores by {table.column}{of_class(table)}",
        (table.column, TITLES["count"], *(TITLES[metric] for metric in metrics)),
        tuple(rows),
        "BPSN: the group's negatives against all other positives (low: harmless rows of the group "
        "score too high). BNSP: its positives against all other negatives (low: they score too "
        "low). Mean error: score minus outcome; above 0 the scores promise more than there is. "
        "Calibration error: how far scores are from the shares they promise, in ten bands."
        + (f" Generalised means over groups (power -5): {means}." if means else ""),
        marked=table.small,
        signed=frozenset({2 + metrics.index("mean_error")} if "mean_error" in metrics else ()),
    )


def _gaps_table(audit: Audit, table: GroupTable) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, title in GAPS.items():
        if f"{name}_difference" not in table.gaps:
            continue
        gap = table.gaps[f"{name}_difference"]
        ratio = table.gaps.get(f"{name}_ratio")
        chances = "not defined" if gap.p_value is None else chance(gap.p_value)
        rows.append(
            (
                title,
                gap.figure,
                gap.corrected,
                chances,
                None if ratio is None else ratio.figure,
                gap.lowest,
                gap.highest,
            )
        )
    parity = table.gaps.get("demographic_parity_ratio")
    fifths = ""
    if parity is not None and parity.figure.defined:
        side = "below" if parity.figure.value < FOUR_FIFTHS else "at or above"
        fifths = (
            f" The ratio of selection rates is {side} four fifths, the rule of thumb of US "
            "employment law."
        )
    return Table(
        f"Largest gaps between groups of {table.column}{of_class(table)}",
        ("Gap", "Difference", "Without chance", "p-value", "Ratio", "Lowest in", "Highest in"),
        tuple(rows),
        "Difference: largest minus smallest figure (0: equal). Without chance: less what chance "
        "adds to the widest of several gaps. Ratio: smallest over largest (1: equal). p-value: how "
        "often the difference would be at least as large were groups given to the counted rows at "
        f"random ({audit.spec.permutations:,} permutations). It says how surprising a gap is, not "
        "how much it matters. Small groups are included and make wide gaps unsurprising, also "
        f"where large groups differ: see the differences to all others.{fifths}",
    )


def _compared_with(audit: Audit, table: GroupTable) -> list[Block]:
    """Set every group beside the reference group, and show what shrinking makes of its rate."""
    metrics = [name for name in ("selection_rate", RECALL) if name in table.to_reference]
    columns: list[str] = [table.column]
    for metric in metrics:
        title = TITLES[metric].split(" (")[0]
        columns += [f"{title}: minus {table.reference}", "ratio", "shrunk"]
    rows: list[tuple[Cell, ...]] = []
    for i, name in enumerate(table.names):
        row: list[Cell] = [name]
        for metric in metrics:
            own = name == table.reference
            row += [
                None if own else table.to_reference[metric][i],
                None if own else table.ratios[metric][i],
                round(float(table.shrunk[metric][i]), 3),
            ]
        rows.append(tuple(row))
    return [
        Table(
            f"Groups of {table.column} beside {table.reference}{of_class(table)}",
            tuple(columns),
            tuple(rows),
            "Shrunk: the rate drawn towards that of all groups, the further the fewer rows it "
            "rests on and the less the groups scatter beyond chance (empirical Bayes); the better "
            "guess for a small group.",
            marked=table.small,
            signed=frozenset(1 + 3 * i for i in range(len(metrics))),
        )
    ]


def _intervals(audit: Audit, table: GroupTable, metric: str) -> list[Block]:
    figure = differences_figure(audit, table, metric)
    if figure is None:
        return []
    blocks: list[Block] = [figure]
    by_size = sorted(range(len(table.names)), key=lambda i: -table.n[i])
    left = [table.names[i] for i in by_size[DRAWN:]]
    if left:
        blocks.append(Text(f"Not drawn, but in the table: {', '.join(left)}.", "note"))
    return blocks
