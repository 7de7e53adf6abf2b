"""The rows of each split that are measured: a model's, and those of the baselines beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DataError, paragraph
from .baselines import NAMES
from .row_bootstrap import STREAMS
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SplitRows:
    """The labelled rows of one split.

    Attributes
    ----------
    split
        Its name.
    stream
        Which random numbers its intervals draw.
    own
        The model's predictions.
    beside
        Those of each baseline, the same rows in the same order.
    notes
        What could not be measured, in plain words.
    """

    split: str
    stream: int
    own: pd.DataFrame
    beside: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def evaluated_rows(
    predictions: pd.DataFrame,
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
    columns: Sequence[str] = ("id", "split", "label", "prediction"),
) -> Iterator[SplitRows]:
    """Yield each split that has labelled rows, in the order train, validation, test.

    Parameters
    ----------
    predictions
        As predictions.parquet holds them.
    spec
        Which splits.
    beside
        Predictions of the baselines, or the reason why there are none.
    columns
        What every table must have.

    Raises
    ------
    DataError
        If a column is missing, or a baseline's rows are not the model's.
    """
    import pandas as pd

    for name, frame in {"predictions": predictions, **beside}.items():
        for column in columns:
            if isinstance(frame, pd.DataFrame) and column not in frame.columns:
                problem = f"column {column!r} is missing"
                raise DataError(paragraph(name, problem, "Predict the rows once more"))
    for split in sorted(set(spec.splits), key=STREAMS.__getitem__):
        part = predictions[predictions["split"] == split]
        labelled = part["label"].notna().to_numpy()
        if not labelled.any():
            continue
        notes, frames = [], {}
        if not labelled.all():
            notes.append(f"Rows without a label, left out: {int((~labelled).sum())}.")
        for name, frame in beside.items():
            if isinstance(frame, str):
                notes.append(f"No figures for {NAMES.get(name, name)}: {frame}.")
                continue
            rows = frame[frame["split"] == split]
            if list(rows["id"]) != list(part["id"]):
                problem = f"its {split} rows are not the rows that the model predicted"
                raise DataError(paragraph(name, problem, "Predict both from the same table"))
            frames[name] = rows[labelled]
        yield SplitRows(split, STREAMS[split], part[labelled], frames, tuple(notes))
