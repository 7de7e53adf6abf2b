"""The record of how answers changed with their samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ...core.files import read_json, write_json
from ...core.measured import Measured

FORMAT = 1
FILE = "audit/perturbed.json"

ALL = "all rows"
"""Name of the group that every row is in; its column is empty."""


@dataclass(frozen=True)
class At:
    """Answers of one group at one strength.

    Attributes
    ----------
    strength
        In the unit of the change.
    score
        Accuracy, or the mean absolute error of tasks whose answers are numbers.
    flips
        Share of the answers that differ from those to the unchanged rows; None of numbers.
    drop
        How much worse the score is than that of the same rows unchanged: accuracy that is lost, or
        error that is gained.
    to_rest
        The group's drop minus that of all other rows; None of all rows.
    """

    strength: float
    score: Measured
    flips: Measured | None
    drop: Measured
    to_rest: Measured | None


@dataclass(frozen=True)
class Hit:
    """What a change did to the answers of one group.

    Attributes
    ----------
    column, group
        Empty and `ALL` of all rows.
    rows
        How many rows the group has.
    small
        Whether it has fewer rows than the recipe calls few.
    unchanged
        Score of the rows as they are.
    at
        By rising strength.
    drop, to_rest
        Means of `at` over the strengths.
    p_value
        How often the mean drop lies as far from that of all others when groups are given to the
        rows at random; None where there are no others.
    adjusted
        The same, adjusted for all comparisons of the record (Benjamini and Hochberg).
    """

    column: str
    group: str
    rows: int
    small: bool
    unchanged: Measured
    at: tuple[At, ...]
    drop: Measured
    to_rest: Measured | None
    p_value: float | None = None
    adjusted: float | None = None

    @property
    def named(self) -> str:
        """The group in words: ``camera old``."""
        return f"{self.column} {self.group}".strip()


@dataclass(frozen=True)
class Changed:
    """One kind of change, and what it did to the answers; the first hit is that of all rows."""

    modality: str
    kind: str
    hits: tuple[Hit, ...]

    @property
    def strengths(self) -> tuple[float, ...]:
        """What was measured, rising."""
        return tuple(one.strength for one in self.hits[0].at)


@dataclass(frozen=True)
class Perturbed:
    """Answers to changed samples.

    Attributes
    ----------
    metric
        ``accuracy`` or ``mean_absolute_error``.
    rows
        How many rows were changed.
    changes
        One for each kind.
    example
        Id of a row that the report shows at each strength.
    confidence, permutations, small, seed
        As they were asked for.
    split
        The rows' split.
    """

    metric: str
    rows: int
    changes: tuple[Changed, ...]
    example: str
    confidence: float
    permutations: int
    small: int
    seed: int
    split: str = "test"

    @property
    def comparisons(self) -> int:
        """How many groups were compared to all other rows, over all kinds."""
        return sum(one.p_value is not None for change in self.changes for one in change.hits)

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Perturbed:
        """Read what `as_json` wrote."""
        known = {one.name for one in fields(cls)}
        changes = tuple(
            Changed(one["modality"], one["kind"], tuple(_hits(one["hits"])))
            for one in raw["changes"]
        )
        return cls(**{name: raw[name] for name in raw if name in known} | {"changes": changes})


def write_perturbed(path: Path, found: Perturbed) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **found.as_json()})


def read_perturbed(path: Path) -> Perturbed:
    """Read what `write_perturbed` wrote."""
    return Perturbed.from_json(read_json(path))


def _plain(value: Any) -> Any:
    if isinstance(value, Measured):
        return value.as_json()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _hits(raw: list[dict[str, Any]]) -> Iterator[Hit]:
    for one in raw:
        at = tuple(
            At(
                part["strength"],
                Measured.from_json(part["score"]),
                _figure(part["flips"]),
                Measured.from_json(part["drop"]),
                _figure(part["to_rest"]),
            )
            for part in one["at"]
        )
        yield Hit(
            **{
                **one,
                "at": at,
                "unchanged": Measured.from_json(one["unchanged"]),
                "drop": Measured.from_json(one["drop"]),
                "to_rest": _figure(one["to_rest"]),
            }
        )


def _figure(raw: dict[str, Any] | None) -> Measured | None:
    return None if raw is None else Measured.from_json(raw)
