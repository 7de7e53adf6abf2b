"""From a table of predictions to the arrays that an audit counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import RecipeError, nearest, paragraph
from .answers import SCORE, Kind, finite, read_answers, scored
from .cut import cut_column
from .groups import Grouping, group_column
from .written import Figures

GROUP = "group:"
MOST_GROUPS = 1000  # more different values are measurements or names, not groups


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Labels, predictions, scores and groups of the same rows.

    Attributes
    ----------
    kind
        What labels and predictions are.
    labels
        The classes, in the order of their score columns where every class has one, else in
        natural order; none where they are numbers or texts.
    true, predicted
        Class of each row as positions in `labels`, shape (rows,), or which labels it has, shape
        (rows, labels), none where there are no classes.
    figures
        Name to a number of each row, shape (rows,), where there are no classes; NaN where a row has
        none.
    scores
        Class to the score of each row, shape (rows,), where the table has one.
    groups
        One grouping per sensitive column.
    controls
        One grouping per control column.
    dropped
        Rows left out because label or prediction is missing.
    """

    kind: Kind
    labels: tuple[str, ...]
    true: NDArray[Any]
    predicted: NDArray[Any]
    scores: dict[str, NDArray[np.float64]]
    groups: tuple[Grouping, ...]
    dropped: int
    figures: Figures = field(default_factory=dict)
    controls: tuple[Grouping, ...] = ()


def from_predictions(
    frame: pd.DataFrame,
    groups: Sequence[str] | None = None,
    *,
    kind: Kind = "classes",
    separator: str = "|",
    controls: Sequence[str] = (),
    cut: Mapping[str, int | Sequence[float]] | None = None,
) -> Outcomes:
    """Turn a predictions table into arrays.

    Parameters
    ----------
    frame
        Columns ``label``, ``prediction``, ``group:<column>`` and, where there are scores,
        ``score:<label>``; all rows are audited, so that the caller chooses the split.
    groups
        Sensitive columns, without ``group:``; all of the table's but the control columns if left
        out.
    kind
        What labels and predictions are.
    separator
        What stands between the labels of a set.
    controls
        Control columns, without ``group:``.
    cut
        Column to the number of bands, or the edges, by which its numbers become groups.

    Raises
    ------
    RecipeError
        A column is not there, has more than a thousand values, or no sensitive one is named and the
        table has none.
    DataError
        No row has both label and prediction, all of them are one class, no prediction equals any
        label's class, there are more than a thousand classes, or a cell is no number.
    """
    known = [str(c)[len(GROUP) :] for c in frame.columns if str(c).startswith(GROUP)]
    rest = [column for column in known if column not in controls]
    chosen = rest if groups is None else list(dict.fromkeys(groups))
    _check_groups(chosen, known, "audit.groups")
    if controls:
        _check_groups(controls, known, "audit.control")
    labels, true, predicted, kept, figures = read_answers(frame, kind, separator)
    whole = bool(kept.all())
    rows = frame if whole else frame[kept]

    def grouped(columns: Sequence[str]) -> tuple[Grouping, ...]:
        return tuple(_grouped(column, rows[f"{GROUP}{column}"], cut or {}) for column in columns)

    sensitive, control = grouped(chosen), grouped(controls)
    _check_sizes((*sensitive, *control))
    return Outcomes(
        kind=kind,
        labels=labels,
        true=true if whole else true[kept],
        predicted=predicted if whole else predicted[kept],
        scores={
            name: finite("predictions", f"{SCORE}{name}", rows[f"{SCORE}{name}"])
            for name in scored(frame)
            if name in labels
        },
        figures=figures if whole else {name: one[kept] for name, one in figures.items()},
        groups=sensitive,
        controls=control,
        dropped=int(len(frame) - np.count_nonzero(kept)),
    )


def _grouped(
    column: str, values: pd.Series[Any], cut: Mapping[str, int | Sequence[float]]
) -> Grouping:
    if column in cut:
        return cut_column(column, values, cut[column])
    return group_column(column, values)


def _check_groups(chosen: Sequence[str], known: list[str], key: str) -> None:
    if not chosen:
        raise RecipeError(
            paragraph(
                key,
                "no sensitive column is named, so there are no groups to compare",
                "Name columns under data.groups or audit.groups, or with --groups",
            )
        )
    for column in chosen:
        if column not in known:
            raise RecipeError(
                paragraph(
                    key,
                    f"the predictions have no group column “{column}” ({nearest(column, known)})",
                    "Name a column that stood under data.groups when the run was made",
                )
            )
    for column in chosen:
        if column in RESERVED:
            raise RecipeError(
                paragraph(
                    key,
                    f"a sensitive column is called “{column}”, which is a key of audit.json",
                    "Rename that column",
                )
            )


RESERVED = ("positive",)
"""Keys of audit.json beside the columns."""


def _check_sizes(groupings: Sequence[Grouping]) -> None:
    for grouping in groupings:
        if len(grouping.names) > MOST_GROUPS:
            raise RecipeError(
                paragraph(
                    "audit.groups",
                    f"“{grouping.column}” has {len(grouping.names):,} different values, expected "
                    f"groups (at most {MOST_GROUPS:,})",
                    "Where they are numbers, cut them into bands by audit.cut (--cut age=4); else "
                    "bring a column that sums them up in kinds",
                )
            )
