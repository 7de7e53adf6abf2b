"""The record of what swapped terms change in the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...core.files import read_json, write_json
from ...core.measured import Measured

FILE = "audit/swapped.json"
TABLE = "audit/swapped.parquet"
FORMAT = 1

Kind = Literal["classes", "labels", "number", "text"]

FLIPS, ROWS_FLIPPED = "flip_rate", "rows_flipped"
SHIFT, SIZE = "shift:", "absolute_shift:"
EQUAL, LENGTHS, ALIKE = "equal", "length_ratio", "similarity"
NUMBER = "prediction"
"""What the number of a regression is called where classes have names."""


@dataclass(frozen=True)
class Figures:
    """What was measured of some pairs.

    Attributes
    ----------
    name
        Of which: a pair of groups (``male → female``), a label, a category.
    category
        Of terms; empty where all of them count.
    rows, pairs
        Rows, and swapped texts.
    figures
        ``flip_rate``, ``rows_flipped``, ``shift:<class>`` and ``absolute_shift:<class>``; of a
        model that writes ``equal``, ``length_ratio`` and ``similarity``.
    """

    name: str
    category: str
    rows: int
    pairs: int
    figures: Mapping[str, Measured]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "figures": {name: one.as_json() for name, one in self.figures.items()},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Figures:
        """Read what `as_json` wrote."""
        figures = {name: Measured.from_json(one) for name, one in raw["figures"].items()}
        return cls(raw["name"], raw["category"], raw["rows"], raw["pairs"], figures)


@dataclass(frozen=True)
class Example:
    """A pair whose answers differ much.

    Attributes
    ----------
    id, label
        The row, and what is true of it.
    category, pair
        What was swapped.
    original, swapped
        Both texts; several of one row stand below one another.
    changes
        Passages of the original, from and to, and what stands in their place.
    before, after
        Both answers.
    scores
        Of each class before and after.
    shift
        By how much they differ (`measure.largest`).
    """

    id: str
    label: str
    category: str
    pair: str
    original: str
    swapped: str
    changes: tuple[tuple[int, int, str], ...]
    before: str
    after: str
    scores: Mapping[str, tuple[float, float]]
    shift: float

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "changes": [list(one) for one in self.changes],
            "scores": {name: list(one) for name, one in self.scores.items()},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Example:
        """Read what `as_json` wrote."""
        changes = tuple((int(a), int(b), str(new)) for a, b, new in raw["changes"])
        scores = {name: (one[0], one[1]) for name, one in raw["scores"].items()}
        return cls(**{**raw, "changes": changes, "scores": scores})


@dataclass(frozen=True)
class Swaps:
    """What swapped terms change in a run's answers.

    Attributes
    ----------
    kind
        What the model answers.
    labels
        Its classes.
    terms
        Categories that were swapped.
    looked
        Test rows that were looked through.
    most
        Most swaps of a row; None for all.
    whole
        Of all pairs; None where no row has a term.
    categories, groups, by_label
        Of each category, of each pair of groups, of the rows of each true label.
    examples
        The pairs whose answers differ most, one for each row.
    level
        Of the intervals.
    """

    kind: Kind
    labels: tuple[str, ...]
    terms: tuple[str, ...]
    looked: int
    most: int | None
    whole: Figures | None
    categories: tuple[Figures, ...]
    groups: tuple[Figures, ...]
    by_label: tuple[Figures, ...]
    examples: tuple[Example, ...]
    level: float

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        several = ("categories", "groups", "by_label", "examples")
        return {
            **vars(self),
            "labels": list(self.labels),
            "terms": list(self.terms),
            "whole": None if self.whole is None else self.whole.as_json(),
            **{name: [one.as_json() for one in getattr(self, name)] for name in several},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Swaps:
        """Read what `as_json` wrote."""
        several = ("categories", "groups", "by_label")
        known = {key: value for key, value in raw.items() if key != "format"}
        figures = {name: tuple(map(Figures.from_json, raw[name])) for name in several}
        return cls(
            **{
                **known,
                **figures,
                "labels": tuple(raw["labels"]),
                "terms": tuple(raw["terms"]),
                "whole": None if raw["whole"] is None else Figures.from_json(raw["whole"]),
                "examples": tuple(map(Example.from_json, raw["examples"])),
            }
        )


def write_swaps(path: Path, found: Swaps) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **found.as_json()})


def read_swaps(path: Path) -> Swaps:
    """Read what `write_swaps` wrote."""
    return Swaps.from_json(read_json(path))
