"""One report as any document: the file's ending says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from ...errors import RunError, paragraph
from .tree import Report

TABLES = "_tables"
"""Behind the file's name: the folder that takes the CSV files."""


def write(report: Report, path: Path, date: datetime | None = None) -> Path:
    """Write a report as the kind of document that the file's ending names.

    Parameters
    ----------
    report
        The whole tree.
    path
        Ends in ``.html``, ``.pdf``, ``.md``, ``.json``, ``.zip`` (CSV files in one file) or
        ``.csv``, which stands for a folder of CSV files: ``report.csv`` becomes
        ``report_tables/``. Markdown keeps its pictures in a folder beside it.
    date
        When the report was made, for documents that say so; now if left out.

    Returns
    -------
    pathlib.Path
        The file or folder that was written.

    Raises
    ------
    RunError
        If nothing is written with this ending.
    """
    return checked(path)(report, path, date)


def checked(path: Path) -> Callable[[Report, Path, datetime | None], Path]:
    """Return what writes this kind of document, before any work is done for it.

    Raises
    ------
    RunError
        If nothing is written with this ending.
    """
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise RunError(
            paragraph(
                str(path),
                f"a report can’t be written as “{ending or path.name}”",
                f"Choose a name that ends in {', '.join(WRITERS)}",
            )
        )
    return WRITERS[ending]


def _html(report: Report, path: Path, date: datetime | None) -> Path:
    from . import html

    html.write(report, path)
    return path


def _pdf(report: Report, path: Path, date: datetime | None) -> Path:
    from . import pdf

    pdf.write(report, path, date)
    return path


def _markdown(report: Report, path: Path, date: datetime | None) -> Path:
    from . import markdown

    markdown.write(report, path)
    return path


def _json(report: Report, path: Path, date: datetime | None) -> Path:
    from . import data

    data.write(report, path)
    return path


def _zip(report: Report, path: Path, date: datetime | None) -> Path:
    from . import data

    data.zip_tables(report, path)
    return path


def _csv(report: Report, path: Path, date: datetime | None) -> Path:
    from . import data

    folder = path.with_name(f"{path.stem}{TABLES}")
    data.write_tables(report, folder)
    return folder


WRITERS: Mapping[str, Callable[[Report, Path, datetime | None], Path]] = {
    ".html": _html,
    ".pdf": _pdf,
    ".md": _markdown,
    ".json": _json,
    ".csv": _csv,
    ".zip": _zip,
}
"""What writes each kind of document, by the ending of its name."""
