"""Intersections of two columns as a table of colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.report.tree import Block, HeatmapFigure, Text
from ..audit import RECALL, Audit
from ..groups import CROSS
from ..table import GroupTable
from ..words import TITLES, inner, of_class

_MOST = 20


def heatmaps(audit: Audit, table: GroupTable) -> list[Block]:
    """Draw how far each meeting of two groups lies from all other rows; none for three columns."""
    singles = [audit.groupings.get(column) for column in table.columns]
    first, second = (singles[0], singles[1]) if len(singles) == 2 else (None, None)
    if first is None or second is None or max(len(first.names), len(second.names)) > _MOST:
        return []
    shown = table if table.label is not None else None
    metrics = ("selection_rate", RECALL) if shown is not None else ("accuracy", "mean_error")
    out: list[HeatmapFigure | Text] = []
    for metric in metrics:
        if metric not in table.to_rest:
            continue
        place = {name: i for i, name in enumerate(table.names)}
        values = np.full((len(first.names), len(second.names)), np.nan)
        for i, one in enumerate(first.names):
            for j, other in enumerate(second.names):
                at = place.get(f"{one}{CROSS}{other}")
                if at is not None:
                    values[i, j] = table.to_rest[metric][at].value
        if np.isnan(values).all():
            continue
        title = f"{TITLES[metric]}{of_class(table)}: each meeting minus all other rows"
        few = {
            (i, j)
            for i, one in enumerate(first.names)
            for j, other in enumerate(second.names)
            if place.get(f"{one}{CROSS}{other}") in table.small
        }
        low, high = _ends(values, few)
        said = " and ".join(
            f"{word} where {first.names[i]} meets {second.names[j]} ({values[i, j]:+.2f})"
            for word, (i, j) in (("lowest", low), ("highest", high))
        )
        out.append(
            HeatmapFigure(
                title,
                first.column,
                second.column,
                first.names,
                second.names,
                values,
                f"{title}: {inner(metric)} is {said}.",
                marked=frozenset(few),
                written=True,
            )
        )
    if any(figure.marked for figure in out if isinstance(figure, HeatmapFigure)):
        out.append(Text(f"◇: fewer than {audit.spec.small} rows."))
    return [*out]


def _ends(values: NDArray[np.float64], few: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places of the lowest and the highest value; small groups only if all are."""
    known = np.argwhere(np.isfinite(values)).tolist()
    cells = [(i, j) for i, j in known if (i, j) not in few] or [(i, j) for i, j in known]
    return [end(cells, key=lambda cell: float(values[cell])) for end in (min, max)]
