"""Answering the rows of a new table with a run's model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ..device import Device
from ..errors import DataError, nearest, paragraph
from . import decision
from .events import Emit, silent
from .files import write_with
from .predict import frame, predictor
from .roles import by_value
from .runs import Run
from .spec import DataSpec, SourceSpec
from .tables import as_text, read_table

WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
    ".jsonl": lambda table, path: table.to_json(
        path, orient="records", lines=True, force_ascii=False
    ),
}


def predict_table(
    run: Run,
    table: str | Path,
    out: str | Path,
    *,
    encoding: str = "utf-8",
    emit: Emit = silent,
) -> pd.DataFrame:
    """Score every row of a table and write id, prediction and scores.

    The prediction is the class with the highest score, or what the run's decision says.

    Parameters
    ----------
    run
        A run whose training has ended.
    table
        A table with the run's input columns; an id column and label and group columns are taken
        over where they are there. Missing inputs are read as empty texts.
    out
        Where to write; the ending decides the form.
    encoding
        Character encoding of the table.
    emit
        Listener.

    Returns
    -------
    pandas.DataFrame
        What was written, rows in the table's order.

    Raises
    ------
    DataError
        If an input column is missing, or `out` ends in no known form.
    RunError
        If the run has no model yet, or its decision can't be read.
    """
    path = Path(out)
    if path.suffix.lower() not in WRITERS:
        raise DataError(
            paragraph(
                f"--out {path}",
                f"“{path.suffix}” is no known form; expected one of {', '.join(WRITERS)}",
                "Choose another ending",
            )
        )
    spec = run.section("data", DataSpec)
    decided = decision.read(run.path, run.labels)
    rows = read_table(SourceSpec(path=str(table), encoding=encoding))
    for name in spec.inputs:
        if name not in rows.columns:
            raise DataError(
                paragraph(
                    f"{table}, column “{name}”",
                    f"the model reads this column, and it is not there "
                    f"({nearest(name, map(str, rows.columns))})",
                    "Rename the column",
                )
            )
    text = {name: as_text(rows[name], str(table)) for name in spec.columns if name in rows.columns}
    # As in training, white space around a label or a group's name means nothing.
    beside = {
        name: by_value(text[name], lambda cell: cell.strip() or None)
        for name in (*spec.groups, spec.label)
        if name in text
    }
    parts = [text[name].fillna("").to_numpy(object) for name in spec.inputs]
    samples = list(zip(*parts, strict=True))
    device = Device.from_json(run.environment["device"])
    scores = predictor(run, device)(samples, emit=emit)
    if spec.id in text:
        ids = text[spec.id].to_numpy(object)
    else:
        ids = np.array([str(row) for row in range(1, len(rows) + 1)], dtype=object)
    predicted = frame(
        ids,
        run.labels,
        scores,
        samples,
        groups={name: beside[name] for name in spec.groups if name in beside},
        label=beside.get(spec.label),
    )
    if decided is not None:
        codes = decided.answers(scores, run.labels)
        predicted["prediction"] = np.array(run.labels, dtype=object)[codes]
    write_with(path, lambda partial: WRITERS[path.suffix.lower()](predicted, partial))
    return predicted
