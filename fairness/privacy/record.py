"""The record of a run's checks of privacy: audit/privacy.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.files import read_json, write_json
from .exposure import Exposures
from .membership import Membership
from .overlap import Overlap
from .personal import Personal

FORMAT = 1
FILE = "audit/privacy.json"


@dataclass(frozen=True)
class Privacy:
    """What was found; a check that wasn't carried out is None.

    Attributes
    ----------
    membership, canaries, overlap
        Attacks on the run's model.
    personal
        Personal data by the table's file name.
    left_out
        Why a check that was asked for wasn't carried out, by its name.
    confidence
        Level of the intervals.
    """

    membership: Membership | None = None
    canaries: Exposures | None = None
    overlap: Overlap | None = None
    personal: dict[str, Personal] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    confidence: float = 0.95

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "membership": None if self.membership is None else self.membership.as_json(),
            "canaries": None if self.canaries is None else self.canaries.as_json(),
            "overlap": None if self.overlap is None else self.overlap.as_json(),
            "personal": {name: one.as_json() for name, one in self.personal.items()},
            "left_out": dict(self.left_out),
            "confidence": self.confidence,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Privacy:
        """Read what `as_json` wrote."""

        def read(name: str, kind: Any) -> Any:
            return None if raw.get(name) is None else kind.from_json(raw[name])

        return cls(
            read("membership", Membership),
            read("canaries", Exposures),
            read("overlap", Overlap),
            {name: Personal.from_json(one) for name, one in raw["personal"].items()},
            dict(raw["left_out"]),
            raw["confidence"],
        )


def write_privacy(folder: Path, found: Privacy) -> Path:
    """Write a run's checks into its folder, whole or not at all; return the file."""
    path = folder / FILE
    write_json(path, {"format": FORMAT, **found.as_json()})
    return path


def read_privacy(folder: Path) -> Privacy | None:
    """Read what `write_privacy` wrote into a run's folder; None where nothing is there."""
    path = folder / FILE
    return Privacy.from_json(read_json(path)) if path.is_file() else None


def merged(before: Privacy | None, found: Privacy) -> Privacy:
    """Return what was found now, and of checks that were not carried out now what was before."""
    if before is None:
        return found
    kept = {
        name: getattr(found, name) or getattr(before, name)
        for name in ("membership", "canaries", "overlap", "personal")
    }
    left = {
        name: reason
        for name, reason in {**before.left_out, **found.left_out}.items()
        if not kept[name]
    }
    return Privacy(**kept, left_out=left, confidence=found.confidence)
