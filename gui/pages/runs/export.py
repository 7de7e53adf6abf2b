"""The table as a file for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ....core.files import write_text
from .model import RunsModel
from .rows import Row


def export_csv(path: Path, model: RunsModel, rows: Sequence[Row]) -> None:
    """Write rows as CSV, numbers in full and each end of an interval in a column of its own.

    Parameters
    ----------
    path
        The file.
    model
        Says which metrics are shown, and how runs stand.
    rows
        The rows, in the order to write.
    """
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    ends = [f"{name}{end}" for name in model.metrics for end in ("", "_low", "_high")]
    lines.writerow(
        ["run", "status", *ends, "model", "data", "rows", "created", "seconds", "tags", "note"]
    )
    for row in rows:
        figures: list[object] = []
        for name in model.metrics:
            figure = row.metrics.get(name)
            figures += ["", "", ""] if figure is None else [figure.value, figure.low, figure.high]
        created = (
            datetime.fromtimestamp(row.created, UTC).isoformat(timespec="seconds")
            if row.created is not None
            else ""
        )
        lines.writerow(
            [
                row.name,
                model.status(row),
                *figures,
                row.model,
                row.data,
                row.rows,
                created,
                model.seconds(row),
                ";".join(row.tags),
                row.note,
            ]
        )
    write_text(path, out.getvalue())
