"""The record of attributions by group."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core.files import read_json, write_json
from ...core.measured import Measured
from .explained import Spot

FORMAT = 1
FILE = "audit/attributed.json"

LEAST = 5
"""Rows that either side of a comparison must have."""

Against = Literal["others", "right"]
"""Whom rows are compared with: all others, or those of the same group that are answered right."""


@dataclass(frozen=True)
class Difference:
    """How a word or place differs between two sets of rows.

    Attributes
    ----------
    spot
        The word or place.
    rows, other_rows
        Share of the rows of either set in which it is.
    mass, other_mass
        Mean share of a row's absolute scores that lies on it.
    mean, other_mean
        Mean score, 0 in rows where it is not.
    difference
        The first minus the second mean, with a bootstrap interval; `n` counts the first set.
    p_value, adjusted
        By permutation, and adjusted over all words and places of the comparison.
    """

    spot: Spot
    rows: float
    other_rows: float
    mass: float
    other_mass: float
    mean: float
    other_mean: float
    difference: Measured
    p_value: float
    adjusted: float


@dataclass(frozen=True, eq=False)
class Map:
    """Mean scores of two sets of rows over the places of one column's pictures or sounds.

    Attributes
    ----------
    column, modality
        Where the pictures or sounds stand.
    across, down
        Edges of the places: shares of the width or the time, and shares of the height from the top
        or Hz from the lowest; one more than there are columns and rows.
    own, others
        Mean scores; shape (rows, columns).
    """

    column: str
    modality: str
    across: tuple[float, ...]
    down: tuple[float, ...]
    own: NDArray[np.float64]
    others: NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """Two sets of rows, and what their answers rest on.

    Attributes
    ----------
    column, group
        Whose rows they are; empty of all rows.
    against
        ``others``: the group and all other rows. ``right``: its wrong and its right answers.
    rows, other_rows
        Explained rows of either set.
    small
        Whether one of the two has fewer than the recipe calls few.
    tested
        Words and places that were compared.
    differences
        Those that differ most.
    maps
        Mean scores over places, one for each column of pictures or sounds.
    """

    column: str
    group: str
    against: Against
    rows: int
    other_rows: int
    small: bool
    tested: int
    differences: tuple[Difference, ...]
    maps: tuple[Map, ...]

    @property
    def named(self) -> str:
        """The group in words."""
        return f"{self.column} {self.group}".strip() or "all rows"


@dataclass(frozen=True)
class OnTerms:
    """How much of the attribution lies on the terms that were asked for, in one group.

    Attributes
    ----------
    column, group
        Empty of all rows.
    rows
        Explained rows.
    holding
        Share of the rows that hold a term (Wilson).
    share
        Mean share of a row's absolute scores on terms, of all of its rows (Student's t).
    to_rest
        That minus the share in all other rows; None of all rows.
    """

    column: str
    group: str
    rows: int
    holding: Measured
    share: Measured
    to_rest: Measured | None


@dataclass(frozen=True)
class Attributed:
    """Attributions by group.

    Attributes
    ----------
    method, target
        By which they were made, and for which answer; None where each row is explained for its own.
    rows
        Explained rows.
    noun
        What segments are: ``word``, ``place``, or ``word or place``.
    signed
        Whether scores below zero speak against the answer.
    compared
        Groups and all other rows; wrong and right answers.
    terms
        What lies on terms; empty where none were asked for.
    sought
        Which terms were asked for.
    confidence, permutations, replicates, small, seed
        As they were asked for.
    """

    method: str
    target: str | None
    rows: int
    noun: str
    signed: bool
    compared: tuple[Compared, ...]
    terms: tuple[OnTerms, ...]
    sought: str
    confidence: float
    permutations: int
    replicates: int
    small: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Attributed:
        """Read what `as_json` wrote."""
        known = {one.name: raw[one.name] for one in fields(cls)}
        return cls(
            **known
            | {
                "compared": tuple(_compared(one) for one in raw["compared"]),
                "terms": tuple(_on_terms(one) for one in raw["terms"]),
            }
        )


def write_attributed(path: Path, found: Attributed) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **found.as_json()})


def read_attributed(path: Path) -> Attributed:
    """Read what `write_attributed` wrote."""
    return Attributed.from_json(read_json(path))


def _plain(value: Any) -> Any:
    if isinstance(value, Measured):
        return value.as_json()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _compared(raw: dict[str, Any]) -> Compared:
    differences = tuple(
        Difference(
            **{
                **one,
                "spot": Spot(**{**one["spot"], "box": _tuple(one["spot"]["box"])}),
                "difference": Measured.from_json(one["difference"]),
            }
        )
        for one in raw["differences"]
    )
    maps = tuple(
        Map(
            **{
                **one,
                "across": tuple(one["across"]),
                "down": tuple(one["down"]),
                "own": np.array(one["own"], np.float64),
                "others": np.array(one["others"], np.float64),
            }
        )
        for one in raw["maps"]
    )
    return Compared(**{**raw, "differences": differences, "maps": maps})


def _on_terms(raw: dict[str, Any]) -> OnTerms:
    rest = raw["to_rest"]
    return OnTerms(
        **{
            **raw,
            "holding": Measured.from_json(raw["holding"]),
            "share": Measured.from_json(raw["share"]),
            "to_rest": None if rest is None else Measured.from_json(rest),
        }
    )


def _tuple(box: list[float] | None) -> Any:
    return None if box is None else tuple(box)
