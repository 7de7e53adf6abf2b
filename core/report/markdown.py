"""The report as Markdown, in GitHub's flavour, with its figures as SVG files beside it.

Text from data is made inert as in the model card: no name becomes a link, a heading, a table's edge
or HTML. Of what modalities draw, pictures become files, words stay words, and sounds are said in
words.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from ...multimodal.escape import visible
from ..files import folder_whole, write_text
from .card import markdown
from .contents import Names
from .numbers import Shown, numeric, shown
from .paper.markup import Node, parse
from .paper.svg import stylesheet
from .tree import Block, Drawing, Figure, Gallery, Report, Section, Table, Text

FILES = "_files"
"""Behind the document's name: the folder with its pictures."""

LONGEST = 6
"""Deepest level of a heading."""

_TONES = {"finding": "Finding", "warning": "Warning", "note": "Note"}
SVG = "http://www.w3.org/2000/svg"

_PICTURE = re.compile(
    r'<img src="data:image/(?P<kind>png|jpeg);base64,(?P<coded>[A-Za-z0-9+/=]+)"'
    r"|(?P<drawn><svg .*?</svg>)",
    re.DOTALL,
)
_VIEW = re.compile(r'<svg [^>]*viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"[^>]*>')


@dataclass
class _Files:
    """Files beside the document, by their names; where no folder takes them there are none."""

    folder: str | None
    content: dict[str, bytes] = field(default_factory=dict)
    names: Names = field(default_factory=lambda: Names(set()))

    def add(self, wanted: str, ending: str, content: bytes) -> str:
        name = f"{self.names.give(wanted)}.{ending}"
        self.content[name] = content
        return f"{self.folder}/{name}"


def render(report: Report) -> str:
    """Render a report as one Markdown text, its figures and pictures said in words.

    Parameters
    ----------
    report
        The whole tree.
    """
    return _render(report, _Files(None))


def write(report: Report, path: Path) -> None:
    """Write a report as Markdown, and its figures and pictures into a folder beside it.

    Parameters
    ----------
    report
        The whole tree.
    path
        The document; ``report.md`` takes its pictures from ``report_files/``.
    """
    files = _Files(f"{path.stem}{FILES}")
    text = _render(report, files)
    if files.content:
        with folder_whole(path.with_name(f"{path.stem}{FILES}")) as partial:
            for name, content in files.content.items():
                (partial / name).write_bytes(content)
    write_text(path, text)


def _render(report: Report, files: _Files) -> str:
    parts = [f"# {_line(report.title, 300)}"]
    if report.subtitle:
        parts.append(_said(report.subtitle))
    if report.facts:
        rows = [f"| {_line(name, 120)} | {_line(value, 600)} |" for name, value in report.facts]
        parts.append("\n".join(["| Fact of this run | |", "| --- | --- |", *rows]))
    if report.summary:
        parts += ["## Summary", *map(_paragraph, report.summary)]
    for section in report.sections:
        parts += _section(section, 2, files)
    parts.append(
        "---\n\nFigures in brackets are the ends of an interval: the smaller the number of rows, "
        "the wider it is. Rows marked “few rows” rest on too little data to tell much."
    )
    return "\n\n".join(parts) + "\n"


def _section(section: Section, level: int, files: _Files) -> Iterator[str]:
    yield f"{'#' * min(level, LONGEST)} {_line(section.title, 300)}"
    if section.lead:
        yield f"*{_line(section.lead)}*"
    for block in section.blocks:
        if isinstance(block, Section):
            yield from _section(block, level + 1, files)
        else:
            yield from _block(block, files)


def _block(block: Block, files: _Files) -> Iterator[str]:
    if isinstance(block, Text):
        yield _paragraph(block)
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Drawing):
        yield _drawing(block, files)
    elif isinstance(block, Gallery):
        for drawing in block.drawings:
            yield _drawing(drawing, files)
    elif isinstance(block, get_args(Figure)):
        yield _figure(block, files)


def _paragraph(text: Text) -> str:
    if text.tone in _TONES:
        return f"> **{_TONES[text.tone]}** {_said(text.text, '> ')}"
    return _said(text.text)


def _said(text: str, before: str = "") -> str:
    """Return a paragraph whose line breaks stay."""
    return f"  \n{before}".join(_line(line) for line in text.split("\n"))


def _line(text: str, limit: int | None = None) -> str:
    return markdown(visible(text, limit) if limit is not None else text)


def _table(table: Table) -> Iterator[str]:
    count = max(len(table.columns), 1)
    right = [numeric(tuple(row[at] for row in table.rows if at < len(row))) for at in range(count)]
    lines = [
        _row([_line(name, 120) for name in table.columns] or [" "]),
        _row(["---:" if one else "---" for one in right]),
    ]
    for number, row in enumerate(table.rows):
        cells = [
            _cell(shown(cell, signed=at in table.signed)) for at, cell in enumerate(row[:count])
        ]
        if number in table.marked and cells:
            cells[0] += " *(few rows)*"
        lines.append(_row([*cells, *[""] * (count - len(cells))]))
    yield f"**{_line(table.title, 300)}**"
    yield "\n".join(lines)
    if table.note:
        yield f"*{_line(table.note)}*"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Shown) -> str:
    return _line(f"{cell.text} {cell.interval}".rstrip(), 400)


def _figure(figure: Figure, files: _Files) -> str:
    alt, title = _line(figure.alt, 2000), _line(figure.title, 300)
    if files.folder is None:
        return f"**{title}**\n\n{alt}"
    from ..figures import alone, svg

    name = files.add(figure.title, "svg", alone(svg(figure, "figure")).encode("utf-8"))
    return f"**{title}**\n\n![{alt}]({name})"


def _drawing(drawing: Drawing, files: _Files) -> str:
    """Return a drawing's words and pictures, or what it shows in words, and its caption."""
    alt = _line(drawing.alt, 600)
    pictures = []
    if files.folder is not None:
        for found in _PICTURE.finditer(str(drawing.html)):
            ending, content = _picture(found)
            if content is not None:
                pictures.append(f"![{alt}]({files.add(drawing.alt, ending, content)})")
    words = list(_words(parse(str(drawing.html))))
    parts = [" ".join(pictures), *words] if pictures else words or [alt]
    if drawing.caption:
        parts.append(_said(drawing.caption))
    return "\n\n".join(parts)


def _picture(found: re.Match[str]) -> tuple[str, bytes | None]:
    """Return the ending and the content of a picture's file; None where it holds no picture."""
    if found["drawn"]:
        style = f"<style>{stylesheet()}</style>"
        size = _VIEW.search(found["drawn"])
        own = f' width="{size[1]}" height="{size[2]}"' if size and " width=" not in size[0] else ""
        start = f'<svg xmlns="{SVG}" font-family="sans-serif"{own} '
        whole = found["drawn"].replace("<svg ", start, 1).replace(">", f">{style}", 1)
        return "svg", whole.encode("utf-8")
    try:
        raw = base64.b64decode(found["coded"])
    except binascii.Error:
        raw = None
    return "jpg" if found["kind"] == "jpeg" else "png", raw


def _words(node: Node) -> Iterator[str]:
    """Return the texts of a drawing; what speaks strongly is bold, or italic where against."""
    for one in node.elements:
        if one.tag == "p" and "scale" not in one.classes:
            told = "".join(_marked(inner) for inner in one.inside)
            strong = any("strong" in inner.classes for inner in one.elements)
            yield told.strip() + (" (bold: for the answer, italic: against it)" if strong else "")
        elif "speaker" in one.classes:
            yield f"**{_line(one.text)}**"
        elif one.tag not in {"svg", "audio", "table"}:
            yield from _words(one)


def _marked(part: Node | str) -> str:
    if isinstance(part, str):
        # Blanks around a piece part it from the words beside it.
        before, behind = (" " if end.isspace() else "" for end in (part[:1], part[-1:]))
        return f"{before}{_said(part.strip())}{behind}" if part.strip() else " "
    text = _line(part.text)
    mark = ""
    if "strong" in part.classes:
        mark = "**" if any(name[:1] == "p" for name in part.classes) else "*"
    mark = {"del": "~~", "ins": "**"}.get(part.tag, mark)
    return f"{mark}{text}{mark}" if text else ""
