"""The record of what would have to be different for another answer, and the file that holds many.

Plain data throughout: what is drawn of it needs the row's files, and no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ...core.files import read_json, write_json
from ...multimodal.media import shown
from ...multimodal.modality import of
from ..attribution import Drawn
from .answers import Answer

FORMAT = 1
FILE = "counterfactuals.json"


@dataclass(frozen=True)
class LeftOut:
    """Segments without which another answer is given, or that alone keep the answer.

    Attributes
    ----------
    kept
        Whether these segments alone are kept; else they alone are left out.
    segments
        Their numbers among all segments of the sample, in order.
    names, columns
        Each of them in words, and the column that it stands in.
    count
        Segments of the whole sample.
    answer
        What is answered without them (with them alone), where what is left out is neutral.
    proven
        Whether all smaller sets were tried. If not, still none of the segments can be spared.
    deleted
        What is answered where the left-out words are deleted from the texts; None where the sample
        has other parts, in which nothing can be deleted.
    """

    kept: bool
    segments: tuple[int, ...]
    names: tuple[str, ...]
    columns: tuple[str, ...]
    count: int
    answer: Answer
    proven: bool
    deleted: Answer | None = None

    @property
    def absent(self) -> tuple[int, ...]:
        """Numbers of the segments that are left out."""
        if not self.kept:
            return self.segments
        own = set(self.segments)
        return tuple(one for one in range(self.count) if one not in own)


@dataclass(frozen=True)
class Word:
    """A word in place of which another stands.

    Attributes
    ----------
    segment
        Its number among all segments of the sample.
    column
        The column that it stands in.
    old, new
        Both words.
    """

    segment: int
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Swap:
    """Words in place of which others lead to another answer.

    Attributes
    ----------
    words
        What is changed, in the sample's order.
    cells
        The changed texts by their column.
    answer
        What is answered to the changed sample.
    """

    words: tuple[Word, ...]
    cells: dict[str, str]
    answer: Answer


@dataclass(frozen=True)
class Neighbour:
    """A real row that is near in what the model makes of it, and yet has another label or answer.

    Attributes
    ----------
    id, split, label
        The row.
    answer
        The class that the model answers to it.
    similarity
        Cosine of both rows' features, from -1 to 1.
    cells
        Its inputs by column; files as the table has them.
    why
        ``label``: its label is not the answer to the explained row. ``answer``: the model answers
        another class to it.
    """

    id: str
    split: str
    label: str
    answer: str
    similarity: float
    cells: dict[str, str]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Counterfactual:
    """What would have to be different for another answer to a row.

    Attributes
    ----------
    id, label, split
        The row.
    answer
        What the model answers to it.
    names, drawn
        All its segments in words, and how they are drawn.
    cells
        Its inputs by column; what was read from JSON names files as the table does.
    remove, keep, swap
        What was found; None where it was not asked for or not found.
    neighbours
        The nearest first.
    missing
        Why something that was asked for was not found, by its kind.
    evaluations
        Copies and changed samples that the model answered.
    """

    id: str
    label: str
    split: str
    answer: Answer
    names: tuple[str, ...]
    drawn: tuple[Drawn, ...]
    cells: dict[str, str]
    remove: LeftOut | None = None
    keep: LeftOut | None = None
    swap: Swap | None = None
    neighbours: tuple[Neighbour, ...] = ()
    missing: Mapping[str, str] | None = None
    evaluations: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return plain data, without the paths of files on this machine."""
        cells = {name: shown(cell) for name, cell in self.cells.items()}
        return {**asdict(self), "cells": cells}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Counterfactual:
        """Read what `as_json` returned."""
        return cls(
            **{
                **raw,
                "answer": Answer.from_json(raw["answer"]),
                "names": tuple(raw["names"]),
                "drawn": tuple(
                    Drawn(**{**one, "columns": tuple(one["columns"])}) for one in raw["drawn"]
                ),
                "remove": _left_out(raw["remove"]),
                "keep": _left_out(raw["keep"]),
                "swap": _swap(raw["swap"]),
                "neighbours": tuple(
                    Neighbour(**{**one, "why": tuple(one["why"])}) for one in raw["neighbours"]
                ),
            }
        )

    def html(self, left_out: LeftOut, files: Mapping[str, str] | None = None) -> Markup:
        """Draw the sample with the segments that are left out: words struck, others coloured.

        Parameters
        ----------
        left_out
            `remove` or `keep`.
        files
            The row's cells by column, files as paths; `cells` if left out.
        """
        return self._changed(dict.fromkeys(left_out.absent, ""), files)

    def swapped_html(self, files: Mapping[str, str] | None = None) -> Markup:
        """Draw the sample's texts with their old words struck and the new ones inserted."""
        words = self.swap.words if self.swap is not None else ()
        return self._changed({one.segment: one.new for one in words}, files)

    def _changed(self, changes: Mapping[int, str], files: Mapping[str, str] | None) -> Markup:
        cells = self.cells if files is None else files
        out, first = [], 0
        for one in self.drawn:
            outline = of(one.modality).outline.from_json(
                one.outline,
                self.names[first : first + one.count],
                tuple(cells.get(column, "") for column in one.columns),
            )
            own = {
                number - first: new
                for number, new in changes.items()
                if first <= number < first + one.count
            }
            out.append(outline.changed(own))
            first += one.count
        return Markup("").join(out)


def write_counterfactuals(path: Path, found: Sequence[Counterfactual]) -> None:
    """Write counterfactuals as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"format": FORMAT, "rows": [one.as_json() for one in found]})


def add_counterfactuals(path: Path, found: Sequence[Counterfactual]) -> None:
    """Write counterfactuals beside those of other rows that the file holds already."""
    own = {one.id for one in found}
    before = read_counterfactuals(path) if path.is_file() else []
    write_counterfactuals(path, [*(one for one in before if one.id not in own), *found])


def read_counterfactuals(path: Path) -> list[Counterfactual]:
    """Read what `write_counterfactuals` wrote."""
    return [Counterfactual.from_json(one) for one in read_json(path)["rows"]]


def _left_out(raw: Mapping[str, Any] | None) -> LeftOut | None:
    if raw is None:
        return None
    lists = {name: tuple(raw[name]) for name in ("segments", "names", "columns")}
    deleted = None if raw["deleted"] is None else Answer.from_json(raw["deleted"])
    return LeftOut(
        **{**raw, **lists, "answer": Answer.from_json(raw["answer"]), "deleted": deleted}
    )


def _swap(raw: Mapping[str, Any] | None) -> Swap | None:
    if raw is None:
        return None
    words = tuple(Word(**one) for one in raw["words"])
    return Swap(words, raw["cells"], Answer.from_json(raw["answer"]))
