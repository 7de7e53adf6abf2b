"""A run's figures, tables and maps as files of their own: for slides, papers, spreadsheets.

Everything that a report shows has a name that stays the same for the same run: the anchor of its
section and its title, such as ``evaluation-test.confusion-matrix``. Besides there are ``map:<row
id>`` for the map of one row by the first method (``map:<row id>@<method>`` by any other one), and
``rows`` for the predictions with the inputs that were answered:
``input:<column>`` as the table has it, ``file:<column>`` where a picture or sound lies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from .core.files import read_json, write_bytes, write_text, write_with
from .core.report.data import Grid, blank, csv_text, grid
from .core.report.tree import Figure, Section, Table
from .core.runs import Run
from .errors import RunError, paragraph
from .multimodal.draw import has_pictures
from .multimodal.media import shown

Theme = Literal["light", "dark"]
MAP, ROWS = "map:", "rows"
_LONGEST = 60


@dataclass(frozen=True, eq=False)
class Named:
    """A figure or table of the report with its name.

    Attributes
    ----------
    name
        ``<anchor of the section>.<title>``, in lower-case letters, digits and hyphens.
    section
        Title of the section it stands in.
    block
        The plain data.
    """

    name: str
    section: str
    block: Figure | Table

    @property
    def kind(self) -> Literal["figure", "table"]:
        """What it is."""
        return "table" if isinstance(self.block, Table) else "figure"

    def as_json(self) -> dict[str, str]:
        """Return a mapping for programs."""
        title = self.block.title
        return {"name": self.name, "kind": self.kind, "section": self.section, "title": title}


@dataclass(frozen=True, eq=False)
class Contents:
    """What a run has to export."""

    blocks: tuple[Named, ...]
    maps: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name."""
        return (*(one.name for one in self.blocks), *self.maps, ROWS)

    def as_json(self) -> list[dict[str, str]]:
        """Return mappings for programs."""
        maps = [
            {
                "name": name,
                "kind": "map",
                "section": "",
                "title": f"Map of row {name[len(MAP) :]}",
            }
            for name in self.maps
        ]
        rows = {"name": ROWS, "kind": "table", "section": "", "title": "Predictions with inputs"}
        return [*(one.as_json() for one in self.blocks), *maps, rows]


def named(sections: Sequence[Section]) -> list[Named]:
    """Give every figure and table of these sections its name, in the order of the report."""
    taken: set[str] = set()
    return [
        Named(_unique(f"{_slug(section.anchor)}.{_slug(block.title)}", taken), section.title, block)
        for section, block in _walk(sections)
    ]


def contents(run: Run) -> Contents:
    """Find what a run has to export.

    Raises
    ------
    RunError
        If the run has not been evaluated, or its table has changed.
    """
    from .fairness.reading import read_audit
    from .writeup import compose

    report = compose(run, run.dataset(), read_audit(run))
    return Contents(tuple(named(report.sections)), tuple(_maps(run)))


def export(run: Run, name: str, out: Path, *, theme: Theme = "light") -> None:
    """Write one figure, table or word map to a file, whole or not at all.

    Parameters
    ----------
    run
        An evaluated run.
    name
        One of `contents`.
    out
        The file. Its ending says what is written: figures ``.svg``, ``.png``, ``.csv`` (their
        numbers); tables ``.csv``, ``.parquet``; word maps ``.png``, ``.csv``.
    theme
        Colours of a PNG of a figure; SVG takes those of the light theme, and so do word maps.

    Raises
    ------
    RunError
        If there is nothing of this name, or it can't be written so.
    """
    writers = _map(run, name) if name.startswith(MAP) else None
    if writers is None:
        writers = _rows(run) if name == ROWS else _block(run, name, theme)
    ending = out.suffix.lower()
    if ending not in writers:
        raise RunError(
            paragraph(
                str(out),
                f"“{name}” can be written as {_either(list(writers))}, not as “{ending}”",
                "Choose another ending",
            )
        )
    if theme == "dark" and (ending != ".png" or name.startswith(MAP)):
        raise RunError(
            paragraph(
                "--theme dark",
                "only the PNG of a figure comes in dark colours",
                "Leave --theme out, or name a figure and a file that ends in .png",
            )
        )
    writers[ending](out)


def _block(run: Run, name: str, theme: Theme) -> dict[str, Callable[[Path], None]]:
    found = contents(run)
    block = next((one.block for one in found.blocks if one.name == name), None)
    if block is None:
        raise RunError(
            paragraph(
                f"“{name}”",
                f"the run {run.name} has no figure or table of this name{_close(name, found)}",
                f"`pellucid export {run.path}` lists the names",
            )
        )
    writers: dict[str, Callable[[Path], None]] = {".csv": lambda out: _csv(out, grid(block))}
    if isinstance(block, Table):
        return {**writers, ".parquet": lambda out: _parquet(out, grid(block))}
    from .core.figures import alone, png, svg

    return {
        ".svg": lambda out: write_text(out, alone(svg(block, "figure"))),
        ".png": lambda out: write_bytes(out, png(block, theme)),
        **writers,
    }


def _map(run: Run, name: str) -> dict[str, Callable[[Path], None]]:
    places = _maps(run)
    if name not in places:
        rows = {row for row, _ in places.values()}
        raise RunError(
            paragraph(
                f"“{name}”",
                f"row “{name.removeprefix(MAP)}” is none of the {len(rows)} rows of this run that "
                "were explained",
                f"`pellucid explain {run.path} --rows ID` explains rows; it takes their ids",
            )
        )
    from .explain.attribution import Stored
    from .explain.drawn import png
    from .explain.section import cells_of

    row, method = places[name]
    found = [one for one in Stored(_file(run, method)) if one.id == row]
    lines: Grid = []
    for one in found:
        words = all(part.modality == "text" for part in one.drawn)
        lines = lines or [["word" if words else "segment", "score"]]
        lines += [list(line) for line in zip(one.segments, one.scores.tolist(), strict=True)]

    def picture(out: Path) -> None:
        write_bytes(out, png(found, cells_of(run.dataset())(row)))

    return {".png": picture, ".csv": lambda out: _csv(out, lines)}


def _rows(run: Run) -> dict[str, Callable[[Path], None]]:
    import pandas as pd

    frame = run.predictions()
    dataset = run.dataset()
    cells: dict[str, Any] = {"id": dataset.ids}
    for name, parts in dataset.inputs.items():
        cells[f"input:{name}"] = [shown(part) for part in parts]
        if has_pictures([dataset.modalities[name]]):
            cells[f"file:{name}"] = [str(part) for part in parts]
    # A row may be predicted once only, so the order is that of the predictions.
    joined = frame.merge(pd.DataFrame(cells), on="id", how="left", validate="one_to_one")
    first = [name for name in ("id", "split", "label", "prediction") if name in joined]
    ordered = [*first, *(name for name in cells if name != "id")]
    joined = joined[[*ordered, *(name for name in frame.columns if name not in first)]]
    return {
        ".csv": lambda out: write_with(out, lambda part: joined.to_csv(part, index=False)),
        ".parquet": lambda out: write_with(out, lambda part: joined.to_parquet(part, index=False)),
    }


def _close(name: str, found: Contents) -> str:
    close = get_close_matches(name, found.names, n=1)
    return f" (did you mean “{close[0]}”?)" if close else ""


def _csv(out: Path, rows: Grid) -> None:
    write_text(out, csv_text(rows))


def _parquet(out: Path, rows: Grid) -> None:
    import pandas as pd

    names, *cells = rows
    columns = {}
    for at, name in enumerate(names):
        values = [None if blank(row[at]) else row[at] for row in cells]
        kinds = {type(value) for value in values if value is not None}
        mixed = len(kinds) > 1 and not kinds <= {int, float}
        columns[name] = [None if v is None else str(v) for v in values] if mixed else values
    write_with(out, lambda part: pd.DataFrame(columns).to_parquet(part, index=False))


def _maps(run: Run) -> dict[str, tuple[str, str]]:
    """Return by the name of each map the row and the method that it is of."""
    if not run.has("explanations/importance.json"):
        return {}
    import pyarrow.parquet as pq

    out: dict[str, tuple[str, str]] = {}
    for number, method in enumerate(read_json(run.path / "explanations/importance.json")):
        behind = f"@{method}" if number else ""
        for row in pq.read_table(_file(run, method), columns=["id"])["id"].to_pylist():
            out.setdefault(f"{MAP}{row}{behind}", (row, method))
    return out


def _file(run: Run, method: str) -> Path:
    return run.path / f"explanations/{method}.parquet"


def _walk(sections: Sequence[Section]) -> Iterator[tuple[Section, Figure | Table]]:
    kinds = (Table, *get_args(Figure))
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Section):
                yield from _walk([block])
            elif isinstance(block, kinds):
                yield section, block


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].strip("-") or "block"


def _unique(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
