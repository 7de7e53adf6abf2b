"""Anyone's table of predictions, brought to the form that an audit reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..core.spec import SourceSpec
from ..errors import DataError, nearest, paragraph
from .answers import SCORE, class_codes, finite, some
from .frame import GROUP
from .groups import value_codes

TEXT = "text"


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


def _second_class(where: str, label: pd.Series[Any], prediction: pd.Series[Any]) -> str:
    _, _, names = class_codes(label, prediction)
    if len(names) == 2:
        return names[1]
    raise DataError(
        paragraph(
            where,
            f"a score column is named, and there are {len(names)} classes ({some(names)})",
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
                f"{some(others) or 'nothing'}, expected one other class",
                "Name the column with the predicted class (--prediction)",
            )
        )
    both = pd.Index([others[0], positive])
    said = pd.Categorical.from_codes(reached.view(np.int8), categories=both)
    return pd.Series(said, index=label.index)
