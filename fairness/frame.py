"""From a table of predictions to the arrays that an audit counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..core.spec import SourceSpec
from ..errors import DataError, RecipeError, nearest, paragraph
from .groups import Codes, Grouping, group_column, natural_order, value_codes

GROUP = "group:"
SCORE = "score:"
MOST_CLASSES = 1000  # more different labels are values, not classes
MOST_GROUPS = 1000  # more different values are measurements or names, not groups


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Labels, predictions, scores and groups of the same rows.

    Attributes
    ----------
    labels
        The classes, in the order of their score columns where every class has one, else in
        natural order.
    true, predicted
        Class of each row, shape (rows,), as positions in `labels`.
    scores
        Class to the score of each row, shape (rows,), where the table has one.
    groups
        One grouping per sensitive column.
    dropped
        Rows left out because label or prediction is missing.
    """

    labels: tuple[str, ...]
    true: Codes
    predicted: Codes
    scores: dict[str, NDArray[np.float64]]
    groups: tuple[Grouping, ...]
    dropped: int


def read_predictions(
    path_or_frame: str | Path | pd.DataFrame,
    label: str,
    prediction: str,
    score: str | None = None,
    groups: Sequence[str] = (),
    *,
    positive: str | None = None,
) -> pd.DataFrame:
    """Bring anyone's table of predictions to the form that an audit reads.

    Parameters
    ----------
    path_or_frame
        A CSV, TSV, JSON, JSONL or Parquet file, or a table in memory.
    label, prediction
        Columns with the true and the predicted class.
    score
        Column with the probability of the positive class. Without it there are no curves.
    groups
        Sensitive columns.
    positive
        The class that `score` speaks about; with two classes the second one if left out.

    Returns
    -------
    pandas.DataFrame
        Columns ``id`` (row number), ``label``, ``prediction``, ``group:<column>`` and, with a
        score, ``score:<positive>`` as float64; one row per row of the table.

    Raises
    ------
    DataError
        A column is not there, a score is not a number, or `score` has no class to speak about.
    """
    if isinstance(path_or_frame, pd.DataFrame):
        where, table = "table", path_or_frame
    else:
        from ..core.tables import read_table

        where = str(path_or_frame)
        table = read_table(SourceSpec(path=where))
    wanted = [label, prediction, *groups, *([] if score is None else [score])]
    for column in wanted:
        if column not in table.columns:
            raise DataError(
                paragraph(
                    where,
                    f"there is no column “{column}” ({nearest(column, table.columns)})",
                    "Name a column that the table has",
                )
            )
    out: dict[str, Any] = {
        "id": pd.Series(np.arange(1, len(table) + 1).astype(str), index=table.index),
        "label": table[label],
        "prediction": table[prediction],
    }
    if score is not None:
        name = positive if positive is not None else _second_class(where, out)
        out[f"{SCORE}{name}"] = _numbers(where, score, table[score])
    out.update({f"{GROUP}{column}": table[column] for column in groups})
    return pd.DataFrame(out)


def from_predictions(frame: pd.DataFrame, groups: Sequence[str] | None = None) -> Outcomes:
    """Turn a predictions table into arrays.

    Parameters
    ----------
    frame
        Columns ``label``, ``prediction``, ``group:<column>`` and, where there are scores,
        ``score:<label>``; all rows are audited, so that the caller chooses the split.
    groups
        Sensitive columns, without ``group:``; all of the table's if left out.

    Raises
    ------
    RecipeError
        A sensitive column is not there, has more than a thousand values, or none is named and the
        table has none.
    DataError
        No row has both label and prediction, all of them are one class, no prediction equals any
        label's class, or there are more than a thousand classes.
    """
    known = [column[len(GROUP) :] for column in frame.columns if column.startswith(GROUP)]
    chosen = known if groups is None else list(dict.fromkeys(groups))
    _check_groups(chosen, known)
    true, predicted, names = _classes(frame["label"], frame["prediction"])
    scored = [column[len(SCORE) :] for column in frame.columns if column.startswith(SCORE)]
    labels = tuple(scored) if set(names) <= set(scored) else names
    kept = (true >= 0) & (predicted >= 0)
    _check_classes(names, kept)
    place = np.array([labels.index(name) for name in names], dtype=np.intp)
    whole = bool(kept.all())
    rows = frame if whole else frame[kept]
    grouped = tuple(group_column(column, rows[f"{GROUP}{column}"]) for column in chosen)
    _check_sizes(grouped)
    return Outcomes(
        labels=labels,
        true=place[true[kept]],
        predicted=place[predicted[kept]],
        scores={
            name: _numbers("predictions", f"{SCORE}{name}", rows[f"{SCORE}{name}"])
            for name in scored
            if name in labels
        },
        groups=grouped,
        dropped=int(len(frame) - np.count_nonzero(kept)),
    )


def is_predictions(frame: pd.DataFrame) -> bool:
    """Whether a table has the form that an audit reads."""
    return {"label", "prediction"} <= set(frame.columns) and any(
        str(column).startswith(GROUP) for column in frame.columns
    )


def _check_groups(chosen: list[str], known: list[str]) -> None:
    if not chosen:
        raise RecipeError(
            paragraph(
                "audit.groups",
                "no sensitive column is named, so there are no groups to compare",
                "Name columns under data.groups or audit.groups, or with --groups",
            )
        )
    for column in chosen:
        if column not in known:
            raise RecipeError(
                paragraph(
                    "audit.groups",
                    f"the predictions have no group column “{column}” ({nearest(column, known)})",
                    "Name a column that stood under data.groups when the run was made",
                )
            )
    for column in chosen:
        if column == "positive":
            raise RecipeError(
                paragraph(
                    "audit.groups",
                    "a sensitive column is called “positive”, which is a key of audit.json",
                    "Rename that column",
                )
            )


def _check_sizes(groupings: Sequence[Grouping]) -> None:
    for grouping in groupings:
        if len(grouping.names) > MOST_GROUPS:
            raise RecipeError(
                paragraph(
                    "audit.groups",
                    f"“{grouping.column}” has {len(grouping.names):,} different values, expected "
                    f"groups (at most {MOST_GROUPS:,})",
                    "Bring a column that sums them up in bands or kinds (18-24, 25-44, …)",
                )
            )


def _check_classes(names: tuple[str, ...], kept: NDArray[np.bool_]) -> None:
    if not kept.any():
        raise DataError(
            paragraph(
                "predictions",
                f"none of the {len(kept)} rows has both a label and a prediction",
                "Bring rows whose true class is known",
            )
        )
    if len(names) < 2:
        raise DataError(
            paragraph(
                "predictions",
                f"every label and every prediction is “{names[0]}”, so no rate can differ",
                "Bring rows of at least two classes",
            )
        )
    if len(names) > MOST_CLASSES:
        raise DataError(
            paragraph(
                "predictions",
                f"there are {len(names)} different labels and predictions, expected classes "
                f"(at most {MOST_CLASSES})",
                "Name the columns that hold the class, not a score or a text",
            )
        )


def _classes(
    label: pd.Series[Any], prediction: pd.Series[Any]
) -> tuple[Codes, Codes, tuple[str, ...]]:
    true, true_names = value_codes(label)
    predicted, predicted_names = value_codes(prediction)
    if not set(predicted_names) & set(true_names):
        # A file may write 1 in one column and 1.0 in the other.
        true_names, predicted_names = _as_numbers(true_names), _as_numbers(predicted_names)
    names = natural_order({*true_names, *predicted_names})
    if true_names and predicted_names and not set(predicted_names) & set(true_names):
        raise DataError(
            paragraph(
                "predictions",
                "no prediction equals any label: labels are "
                f"{_some(true_names)}, predictions are {_some(predicted_names)}",
                "Write both with the same class names",
            )
        )
    place = {name: code for code, name in enumerate(names)}
    lookup_true = np.array([*(place[name] for name in true_names), -1], dtype=np.intp)
    lookup_predicted = np.array([*(place[name] for name in predicted_names), -1], dtype=np.intp)
    return lookup_true[true], lookup_predicted[predicted], names


def _as_numbers(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(format(float(name), "g") for name in names)
    except ValueError:
        return names


def _second_class(where: str, columns: dict[str, pd.Series[Any]]) -> str:
    _, _, names = _classes(columns["label"], columns["prediction"])
    if len(names) == 2:
        return names[1]
    raise DataError(
        paragraph(
            where,
            f"a score column is named, and there are {len(names)} classes ({_some(names)})",
            "Name the class whose probability it holds as the positive one",
        )
    )


def _numbers(where: str, column: str, values: pd.Series[Any]) -> NDArray[np.float64]:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise DataError(
            paragraph(
                f"{where}, row {wrong[0] + 1}, column “{column}”",
                f"“{values.iloc[wrong[0]]}” is not a number",
                "Give every row a score, or leave the score column out",
            )
        )
    return np.ascontiguousarray(numbers)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return f"{shown}, …" if len(names) > 5 else shown
