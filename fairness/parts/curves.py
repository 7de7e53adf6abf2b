"""Curves of every group: ranking, calibration, and what each threshold would do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.curves import thin
from ...core.report.tree import Block, Line, LineFigure, Text
from ..audit import Audit
from ..curves import GroupCurve
from ..shared_thresholds import GroupScores
from ..table import GroupTable
from ..words import of_class

DRAWN = 8
_POINTS = 400
_BINS = 20


def curve_figures(table: GroupTable, curves: Sequence[GroupCurve]) -> list[Block]:
    """Draw ROC and precision-recall curves of the largest groups."""
    largest = sorted(curves, key=lambda curve: -(curve.positives + curve.negatives))
    drawn = largest[:DRAWN]
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
        named = f"{title} by {table.column}{of_class(table)}"
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
    left = [curve.group for curve in largest[DRAWN:]]
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


def score_figures(audit: Audit, table: GroupTable, scores: Sequence[GroupScores]) -> list[Block]:
    """Draw calibration, spread of scores, and rates over shared thresholds."""
    drawn = sorted(scores, key=lambda one: -int(one.counts.sum()))[:DRAWN]
    if not drawn:
        return []
    few = {table.names[i] for i in table.small}
    behind = f"by {table.column}{of_class(table)}"
    blocks: list[Block] = []
    if drawn[0].bands.size:
        blocks.append(_calibration(audit, drawn, few, behind))
    blocks.append(_spread(drawn, few, behind))
    for outcome, title, y_label in (
        (None, "Selection rate at every threshold", "selection rate"),
        (1, "Recall at every threshold", "true positive rate (recall)"),
        (0, "False positive rate at every threshold", "false positive rate"),
    ):
        blocks.append(
            LineFigure(
                f"{title} {behind}",
                "threshold, the same for all groups",
                y_label,
                tuple(
                    Line(one.group, one.thresholds, one.reached(outcome), dashed=one.group in few)
                    for one in drawn
                    if not np.isnan(one.reached(outcome)).any()
                ),
                f"{title} {behind}: at a threshold in the middle "
                + "; ".join(
                    f"{one.group} {one.reached(outcome)[len(one.thresholds) // 2]:.2f}"
                    for one in drawn
                )
                + ".",
                unit_square=drawn[0].bands.size > 0,
            )
        )
    return blocks


def _calibration(
    audit: Audit, drawn: Sequence[GroupScores], few: set[str], behind: str
) -> LineFigure:
    lines, said = [], []
    for one in drawn:
        x, figures = one.calibration(audit.spec.confidence)
        y, low, high = (
            np.array([getattr(figure, end) for figure in figures])
            for end in ("value", "low", "high")
        )
        banded = len(drawn) <= 3
        lines.append(
            Line(
                one.group,
                x,
                y,
                low if banded else None,
                high if banded else None,
                dashed=one.group in few,
            )
        )
        said.append(f"{one.group}: where scores average {x[-1]:.2f}, {y[-1]:.2f} are of the class")
    return LineFigure(
        f"Calibration {behind}",
        "mean score of a band",
        "share of the class in it",
        tuple(lines),
        f"Calibration {behind}. {'; '.join(said)}.",
        unit_square=True,
        diagonal=True,
        diagonal_name="scores that hold",
    )


def _spread(drawn: Sequence[GroupScores], few: set[str], behind: str) -> LineFigure:
    lines = []
    for one in drawn:
        edges = np.linspace(one.low, one.high, _BINS + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        lines.append(Line(one.group, middle, one.density(_BINS), dashed=one.group in few))
    said = "; ".join(
        f"{one.group} {one.reached()[len(one.thresholds) // 2]:.0%} in the upper half"
        for one in drawn
    )
    return LineFigure(
        f"Spread of scores {behind}",
        "score",
        "share of the group's rows",
        tuple(lines),
        f"Spread of scores {behind}: {said}.",
    )


def _line(curve: GroupCurve, kind: str, few: bool) -> Line | None:
    points = curve.roc if kind == "roc" else curve.pr
    if points is None:
        return None
    short = thin(points, _POINTS)
    area = curve.roc_auc if kind == "roc" else curve.average_precision
    name = f"{curve.group} ({'AUC' if kind == 'roc' else 'AP'} {area.value:.2f})"
    return Line(name, short.x, short.y, dashed=few)


def _areas_said(curve: GroupCurve) -> str:
    return (
        f"{curve.group}, {curve.positives:,} positive and {curve.negatives:,} other rows: "
        f"AUC {curve.roc_auc.show(2)}, average precision (AP) {curve.average_precision.show(2)}"
    )
