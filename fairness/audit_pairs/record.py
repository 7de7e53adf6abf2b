"""The record of two audits beside each other: audit/against.json in the later run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.files import read_json, write_json
from ...core.measured import Measured

FILE = "audit/against.json"
FORMAT = 1


@dataclass(frozen=True)
class Change:
    """A figure before and after.

    Attributes
    ----------
    before, after
        What was measured.
    by
        After less before, with its interval.
    """

    before: Measured
    after: Measured
    by: Measured

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: getattr(self, name).as_json() for name in ("before", "after", "by")}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Change:
        """Read what `as_json` wrote."""
        return cls(*(Measured.from_json(raw[name]) for name in ("before", "after", "by")))


@dataclass(frozen=True)
class OfGroup:
    """What changed of one figure in one group.

    Attributes
    ----------
    column, group
        Sensitive column, ``a×b`` for an intersection, and group.
    label
        Class whose figure it is; None where it speaks of all classes, or of numbers.
    metric
        Name of the figure.
    rows
        Rows of the group before and after.
    small
        Whether the group is marked as small in either audit.
    own
        The group's figure.
    apart
        Its difference to all other rows; None where there is none.
    adjusted
        P-value of no change of that difference, adjusted for all comparisons; None where it is
        not among them.
    """

    column: str
    group: str
    label: str | None
    metric: str
    rows: tuple[int, int]
    small: bool
    own: Change
    apart: Change | None
    adjusted: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "rows": list(self.rows),
            "own": self.own.as_json(),
            "apart": None if self.apart is None else self.apart.as_json(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> OfGroup:
        """Read what `as_json` wrote."""
        before, after = raw["rows"]
        return cls(
            **{
                **raw,
                "rows": (before, after),
                "own": Change.from_json(raw["own"]),
                "apart": None if raw["apart"] is None else Change.from_json(raw["apart"]),
            }
        )


@dataclass(frozen=True)
class OfGap:
    """What changed of a largest gap between groups.

    Attributes
    ----------
    column, label, name
        Sensitive column, class, and yardstick (``equalized_odds``).
    width
        The gap. Its change carries an interval from which the mean excess of draws is taken, since
        a largest gap is never below zero.
    """

    column: str
    label: str | None
    name: str
    width: Change

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "width": self.width.as_json()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> OfGap:
        """Read what `as_json` wrote."""
        return cls(**{**raw, "width": Change.from_json(raw["width"])})


@dataclass(frozen=True)
class OfAll:
    """What changed of one figure over all rows."""

    label: str | None
    metric: str
    value: Change

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "value": self.value.as_json()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> OfAll:
        """Read what `as_json` wrote."""
        return cls(**{**raw, "value": Change.from_json(raw["value"])})


@dataclass(frozen=True)
class AuditPair:
    """Two audits beside each other.

    Attributes
    ----------
    before, after
        What the two are called.
    rows
        Rows of each.
    positive
        The favourable class of each; None: every class in turn.
    paired
        Whether both answered the same rows, so that intervals are paired.
    overall, groups, gaps
        What changed.
    alone
        Groups, columns and figures that only one of the two has, by ``before`` or ``after``.
    notes
        What has to be known of how they were compared.
    confidence, replicates, seed
        Level of the intervals, draws behind those of largest gaps, and their seed.
    """

    before: str
    after: str
    rows: tuple[int, int]
    positive: tuple[str | None, str | None]
    paired: bool
    overall: tuple[OfAll, ...]
    groups: tuple[OfGroup, ...]
    gaps: tuple[OfGap, ...]
    alone: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    confidence: float
    replicates: int
    seed: int

    @property
    def comparisons(self) -> int:
        """Number of changes that were adjusted for one another."""
        return sum(one.adjusted is not None for one in self.groups)

    def changed(self) -> tuple[OfGroup, ...]:
        """Return changed differences that stand the adjustment, the surest first."""
        found = [
            (one.adjusted, at, one)
            for at, one in enumerate(self.groups)
            if one.adjusted is not None and one.adjusted <= 1 - self.confidence
        ]
        return tuple(one for _, _, one in sorted(found, key=lambda each: each[:2]))

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "rows": list(self.rows),
            "positive": list(self.positive),
            "alone": {side: list(names) for side, names in self.alone.items()},
            "notes": list(self.notes),
            "overall": [one.as_json() for one in self.overall],
            "groups": [one.as_json() for one in self.groups],
            "gaps": [one.as_json() for one in self.gaps],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> AuditPair:
        """Read what `as_json` wrote."""
        known = {name: value for name, value in raw.items() if name != "format"}
        return cls(
            **{
                **known,
                "rows": tuple(raw["rows"]),
                "positive": tuple(raw["positive"]),
                "alone": {side: tuple(names) for side, names in raw["alone"].items()},
                "notes": tuple(raw["notes"]),
                "overall": tuple(OfAll.from_json(one) for one in raw["overall"]),
                "groups": tuple(OfGroup.from_json(one) for one in raw["groups"]),
                "gaps": tuple(OfGap.from_json(one) for one in raw["gaps"]),
            }
        )


def write_pair(folder: Path, found: AuditPair) -> Path:
    """Write the record to a run's folder, whole or not at all; return its file."""
    write_json(folder / FILE, {"format": FORMAT, **found.as_json()})
    return folder / FILE


def read_pair(folder: Path) -> AuditPair | None:
    """Read the record of a run's folder; None where there is none."""
    path = folder / FILE
    return AuditPair.from_json(read_json(path)) if path.is_file() else None
