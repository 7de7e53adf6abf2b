"""What was answered: labels and predictions of each kind, brought from a table to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from .groups import natural_order, renumbered, value_codes
from .numeric import numeric_figures
from .passes import Codes, together
from .written import Figures, cut_figures, written_figures

SCORE = "score:"
MOST_CLASSES = 1000  # more different labels are values, not classes

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


ReadAnswers = tuple[tuple[str, ...], NDArray[Any], NDArray[Any], NDArray[np.bool_], Figures]
"""Labels, what is true, what was predicted, which rows have both, and numbers of rows."""


def read_answers(frame: pd.DataFrame, kind: Kind, separator: str) -> ReadAnswers:
    """Read the columns ``label`` and ``prediction``, or what else tells of answers of a kind.

    Parameters
    ----------
    frame
        A table of predictions.
    kind
        What labels and predictions are.
    separator
        What stands between the labels of a set.

    Raises
    ------
    DataError
        No row has both, all are one class, no prediction equals any label's class, there are more
        than a thousand classes, or a cell is no number.
    """
    return _READ[kind](frame, separator)


def scored(frame: pd.DataFrame) -> list[str]:
    """Name the classes that have a column of scores, in the order of the columns."""
    return [str(c)[len(SCORE) :] for c in frame.columns if str(c).startswith(SCORE)]


def _read_classes(frame: pd.DataFrame, separator: str) -> ReadAnswers:
    del separator
    true, predicted, names = class_codes(frame["label"], frame["prediction"])
    known = scored(frame)
    labels = tuple(known) if set(names) <= set(known) else names
    kept = (true >= 0) & (predicted >= 0)
    check_classes(names, kept)
    place = [labels.index(name) for name in names]
    return labels, renumbered(true, place), renumbered(predicted, place), kept, {}


def _read_label_sets(frame: pd.DataFrame, separator: str) -> ReadAnswers:
    """Read cells such as ``a|b``; an empty one is an empty set, a missing one is left out."""
    kept = (frame["label"].notna() & frame["prediction"].notna()).to_numpy(dtype=bool)
    _check_rows(kept)
    cells = [value_codes(frame[column]) for column in ("label", "prediction")]
    # Each different set is taken apart once; rows without one have no label.
    sets = [[*(_parts(name, separator) for name in names), frozenset()] for _, names in cells]
    known = scored(frame)
    found = {name for each in sets for one in each for name in one}
    labels = tuple(known) if found <= set(known) else natural_order(found)
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


def _read_numbers(frame: pd.DataFrame, separator: str) -> ReadAnswers:
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


def _read_texts(frame: pd.DataFrame, separator: str) -> ReadAnswers:
    del separator
    return _without_classes(frame, written_figures(frame))


def _read_spans(frame: pd.DataFrame, separator: str) -> ReadAnswers:
    del separator
    return _without_classes(frame, cut_figures(frame))


def _without_classes(frame: pd.DataFrame, figures: Figures) -> ReadAnswers:
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
                f"{some(true_names)}, predictions are {some(predicted_names)}",
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


def some(names: Sequence[str]) -> str:
    """Name a few of them."""
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return f"{shown}, …" if len(names) > 5 else shown
