"""From a table of predictions to the arrays that an audit counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..core.spec import SourceSpec
from ..errors import DataError, RecipeError, nearest, paragraph
from .cut import cut_column
from .groups import Grouping, group_column, natural_order, renumbered, value_codes
from .numeric import numeric_figures
from .passes import Codes, together
from .written import Figures, cut_figures, written_figures

GROUP = "group:"
SCORE = "score:"
TEXT = "text"
MOST_CLASSES = 1000  # more different labels are values, not classes
MOST_GROUPS = 1000  # more different values are measurements or names, not groups

Kind = Literal["classes", "label_sets", "numbers", "texts", "spans"]
"""What labels and predictions are: one class, a set of labels, a number, or a text, written or cut
from another one."""

KINDS: dict[str, Kind] = {
    "classification": "classes",
    "multilabel": "label_sets",
    "regression": "numbers",
    "chat": "texts",
    "causal_lm": "texts",
    "masked_lm": "texts",
    "extractive_qa": "spans",
}
"""What the answers of each audited task are."""


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


def read_predictions(
    path_or_frame: str | Path | pd.DataFrame,
    label: str,
    prediction: str | None,
    score: str | None = None,
    groups: Sequence[str] = (),
    *,
    positive: str | None = None,
    threshold: float = 0.5,
    text: str | None = None,
) -> pd.DataFrame:
    """Bring anyone's table of predictions to the form that an audit reads.

    Parameters
    ----------
    path_or_frame
        A CSV, TSV, JSON, JSONL or Parquet file, or a table in memory.
    label, prediction
        Columns with the true and the predicted class. Without a prediction a row is predicted
        positive where its score reaches the threshold.
    score
        Column with the probability of the positive class. Without it there are no curves.
    groups
        Sensitive columns and control columns.
    positive
        The class that `score` speaks about; with two classes the second one if left out.
    threshold
        The lowest score that is predicted positive, where there is no column of predictions.
    text
        Column of texts, which is kept as ``text``.

    Returns
    -------
    pandas.DataFrame
        Columns ``label``, ``prediction``, ``group:<column>`` and, with a score,
        ``score:<positive>`` as float64; one row per row of the table.

    Raises
    ------
    DataError
        A column is not there, a score is not a number, or `score` has no class to speak about.
    """
    named = [label, prediction, *groups, score, text]
    wanted = [column for column in named if column is not None]
    where, table = _table(path_or_frame, wanted)
    for column in wanted:
        if column not in table.columns:
            raise DataError(
                paragraph(
                    where,
                    f"there is no column “{column}” ({nearest(column, table.columns)})",
                    "Name a column that the table has",
                )
            )
    out: dict[str, Any] = {"label": table[label]}
    if prediction is not None:
        out["prediction"] = table[prediction]
    if score is not None:
        pair = table[label], table[label if prediction is None else prediction]
        name = positive if positive is not None else _second_class(where, *pair)
        values = finite(where, score, table[score])
        if prediction is None:
            out["prediction"] = _thresholded(where, table[label], values >= threshold, name)
        out[f"{SCORE}{name}"] = values
    if text is not None:
        out[TEXT] = table[text]
    out.update({f"{GROUP}{column}": table[column] for column in groups})
    return pd.DataFrame(out, copy=False)


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
    labels, true, predicted, kept, figures = _READ[kind](frame, separator)
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
            for name in _scored(frame)
            if name in labels
        },
        figures=figures if whole else {name: one[kept] for name, one in figures.items()},
        groups=sensitive,
        controls=control,
        dropped=int(len(frame) - np.count_nonzero(kept)),
    )


def is_predictions(frame: pd.DataFrame) -> bool:
    """Whether a table has the form that an audit reads."""
    return {"label", "prediction"} <= set(frame.columns) and any(
        str(column).startswith(GROUP) for column in frame.columns
    )


def _table(
    path_or_frame: str | Path | pd.DataFrame, wanted: Sequence[str]
) -> tuple[str, pd.DataFrame]:
    """Return what errors call the table, and at least its wanted columns where it has them."""
    if isinstance(path_or_frame, pd.DataFrame):
        return "table", path_or_frame
    from ..core.tables import read_columns, read_table

    path = Path(path_or_frame)
    if path.suffix.lower() == ".parquet" and path.is_file():
        found = read_columns(path, wanted)
        if set(wanted) <= set(found.columns):
            return str(path), found
    return str(path), read_table(SourceSpec(path=str(path)))


def _grouped(
    column: str, values: pd.Series[Any], cut: Mapping[str, int | Sequence[float]]
) -> Grouping:
    if column in cut:
        return cut_column(column, values, cut[column])
    return group_column(column, values)


def _scored(frame: pd.DataFrame) -> list[str]:
    return [str(c)[len(SCORE) :] for c in frame.columns if str(c).startswith(SCORE)]


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


_Read = tuple[tuple[str, ...], NDArray[Any], NDArray[Any], NDArray[np.bool_], Figures]
"""Labels, what is true, what was predicted, which rows have both, and numbers of rows."""


def _read_classes(frame: pd.DataFrame, separator: str) -> _Read:
    del separator
    true, predicted, names = class_codes(frame["label"], frame["prediction"])
    scored = _scored(frame)
    labels = tuple(scored) if set(names) <= set(scored) else names
    kept = (true >= 0) & (predicted >= 0)
    check_classes(names, kept)
    place = [labels.index(name) for name in names]
    return labels, renumbered(true, place), renumbered(predicted, place), kept, {}


def _read_label_sets(frame: pd.DataFrame, separator: str) -> _Read:
    """Read cells such as ``a|b``; an empty one is an empty set, a missing one is left out."""
    kept = (frame["label"].notna() & frame["prediction"].notna()).to_numpy(dtype=bool)
    _check_rows(kept)
    cells = [value_codes(frame[column]) for column in ("label", "prediction")]
    # Each different set is taken apart once; rows without one have no label.
    sets = [[*(_parts(name, separator) for name in names), frozenset()] for _, names in cells]
    scored = _scored(frame)
    found = {name for each in sets for one in each for name in one}
    labels = tuple(scored) if found <= set(scored) else natural_order(found)
    if not labels:
        raise DataError(
            paragraph(
                "predictions",
                "no row has any label, so no rate can differ",
                "Bring rows with labels",
            )
        )
    true, predicted = (
        np.array([[label in one for label in labels] for one in each])[codes]
        for (codes, _), each in zip(cells, sets, strict=True)
    )
    return labels, true, predicted, kept, {}


def _parts(cell: str, separator: str) -> frozenset[str]:
    return frozenset(part.strip() for part in cell.split(separator)) - {""}


def _read_numbers(frame: pd.DataFrame, separator: str) -> _Read:
    del separator
    kept = (frame["label"].notna() & frame["prediction"].notna()).to_numpy(dtype=bool)
    _check_rows(kept)
    pair = []
    for column in ("label", "prediction"):
        values = np.full(len(frame), np.nan)
        values[kept] = finite("predictions", column, frame[column][kept])
        pair.append(values)
    nothing = np.empty((len(frame), 0), np.bool_)
    return (), nothing, nothing, kept, numeric_figures(*pair)


def _read_texts(frame: pd.DataFrame, separator: str) -> _Read:
    del separator
    return _without_classes(frame, written_figures(frame))


def _read_spans(frame: pd.DataFrame, separator: str) -> _Read:
    del separator
    return _without_classes(frame, cut_figures(frame))


def _without_classes(frame: pd.DataFrame, figures: Figures) -> _Read:
    kept = np.zeros(len(frame), np.bool_)
    for values in figures.values():
        kept |= ~np.isnan(values)
    _check_rows(kept)
    nothing = np.empty((len(frame), 0), np.bool_)
    return (), nothing, nothing, kept, figures


_READ = {
    "classes": _read_classes,
    "label_sets": _read_label_sets,
    "numbers": _read_numbers,
    "texts": _read_texts,
    "spans": _read_spans,
}


def _check_rows(kept: NDArray[np.bool_]) -> None:
    if not kept.any():
        raise DataError(
            paragraph(
                "predictions",
                f"none of the {len(kept)} rows has both a label and a prediction",
                "Bring rows whose true class is known",
            )
        )


def check_classes(names: tuple[str, ...], kept: NDArray[np.bool_]) -> None:
    """Refuse columns that hold no classes, or a single one."""
    _check_rows(kept)
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
                "Name the columns that hold the class, not a score or a text; where the label is a "
                "number, say --task regression",
            )
        )


def class_codes(
    label: pd.Series[Any], prediction: pd.Series[Any]
) -> tuple[Codes, Codes, tuple[str, ...]]:
    """Give the classes of both columns the same numbers; missing is -1. Return their names, too."""
    (true, true_names), (predicted, predicted_names) = together(value_codes, (label, prediction))
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
    return (
        renumbered(true, [place[name] for name in true_names]),
        renumbered(predicted, [place[name] for name in predicted_names]),
        names,
    )


def _as_numbers(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(format(float(name), "g") for name in names)
    except ValueError:
        return names


def _second_class(where: str, label: pd.Series[Any], prediction: pd.Series[Any]) -> str:
    _, _, names = class_codes(label, prediction)
    if len(names) == 2:
        return names[1]
    raise DataError(
        paragraph(
            where,
            f"a score column is named, and there are {len(names)} classes ({_some(names)})",
            "Name the class whose probability it holds as the positive one",
        )
    )


def _thresholded(
    where: str, label: pd.Series[Any], reached: NDArray[np.bool_], positive: str
) -> pd.Series[Any]:
    """Return predictions of two classes from a score."""
    _, names = value_codes(label)
    others = [name for name in names if name != positive]
    if len(others) != 1:
        raise DataError(
            paragraph(
                where,
                f"no column of predictions is named, and beside “{positive}” the labels are "
                f"{_some(others) or 'nothing'}, expected one other class",
                "Name the column with the predicted class (--prediction)",
            )
        )
    both = pd.Index([others[0], positive])
    said = pd.Categorical.from_codes(reached.view(np.int8), categories=both)
    return pd.Series(said, index=label.index)


def finite(where: str, column: str, values: pd.Series[Any]) -> NDArray[np.float64]:
    """Return the numbers of a column, shape (rows,); the first cell that is none is an error."""
    known = values if values.dtype == float else pd.to_numeric(values, errors="coerce")
    numbers = known.to_numpy(dtype=float, na_value=np.nan)
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
