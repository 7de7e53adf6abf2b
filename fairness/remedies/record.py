"""The record of a comparison of remedies: audit/remedies.json in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.files import read_json, write_json
from ...core.measured import Measured

FILE = "audit/remedies.json"
FORMAT = 1

UNMITIGATED = "unmitigated"


@dataclass(frozen=True)
class Change:
    """By how much something is above what it is without a remedy, on the same rows.

    Attributes
    ----------
    what
        ``accuracy``, ``disparity``, or ``recall of …``.
    by
        The difference, with a paired interval.
    """

    what: str
    by: Measured


@dataclass(frozen=True)
class Point:
    """A remedy at a strength, or the model without one, on one split.

    Attributes
    ----------
    name
        Such as ``reweigh 0.5``, or ``unmitigated``.
    kind, strength
        None without a remedy.
    run
        Name of the run that was trained for it, if any.
    accuracy, disparity
        What was measured.
    accuracy_change, disparity_change
        Less the same without a remedy; None there.
    recalls
        Recall by group, or by ``group: class`` where no class is the favourable one.
    worse
        What is worse than without a remedy, its interval wholly on that side of zero.
    """

    name: str
    kind: str | None
    strength: float | None
    run: str | None
    accuracy: Measured
    disparity: Measured
    accuracy_change: Measured | None
    disparity_change: Measured | None
    recalls: Mapping[str, Measured]
    worse: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "strength": self.strength,
            "run": self.run,
            "accuracy": self.accuracy.as_json(),
            "disparity": self.disparity.as_json(),
            "accuracy_change": _json(self.accuracy_change),
            "disparity_change": _json(self.disparity_change),
            "recalls": {name: one.as_json() for name, one in self.recalls.items()},
            "worse": [{"what": one.what, "by": one.by.as_json()} for one in self.worse],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Point:
        """Read what `as_json` wrote."""
        return cls(
            raw["name"],
            raw["kind"],
            raw["strength"],
            raw["run"],
            Measured.from_json(raw["accuracy"]),
            Measured.from_json(raw["disparity"]),
            _measured(raw["accuracy_change"]),
            _measured(raw["disparity_change"]),
            {name: Measured.from_json(one) for name, one in raw["recalls"].items()},
            tuple(Change(one["what"], Measured.from_json(one["by"])) for one in raw["worse"]),
        )


@dataclass(frozen=True)
class Remedies:
    """Remedies beside each other.

    Attributes
    ----------
    column
        The sensitive column.
    measure
        What groups are compared by.
    positive
        The favourable class; None: every class.
    on_features
        Whether heads were trained on frozen features, or whole models.
    rows
        Rows of each group by split.
    left_out
        Groups with too few rows for the disparity, by split.
    validation
        Every point on the validation rows, the unmitigated one first.
    frontier
        Names of the points than which no other has both more accuracy and less disparity.
    chosen
        Name of the point that was chosen on the validation rows.
    at_most
        Largest disparity that could be chosen; None: below the unmitigated one.
    test
        The unmitigated point and the chosen one on the test rows.
    impossible
        Why remedies could not be applied, by name.
    confidence, replicates
        Level of the intervals, and resamples behind them.
    """

    column: str
    measure: str
    positive: str | None
    on_features: bool
    rows: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, tuple[str, ...]]
    validation: tuple[Point, ...]
    frontier: tuple[str, ...]
    chosen: str
    at_most: float | None
    test: tuple[Point, ...]
    impossible: Mapping[str, str]
    confidence: float
    replicates: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "rows": {split: dict(rows) for split, rows in self.rows.items()},
            "left_out": {split: list(names) for split, names in self.left_out.items()},
            "validation": [one.as_json() for one in self.validation],
            "frontier": list(self.frontier),
            "test": [one.as_json() for one in self.test],
            "impossible": dict(self.impossible),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Remedies:
        """Read what `as_json` wrote."""
        known = {name: value for name, value in raw.items() if name != "format"}
        return cls(
            **{
                **known,
                "left_out": {split: tuple(names) for split, names in raw["left_out"].items()},
                "validation": tuple(Point.from_json(one) for one in raw["validation"]),
                "frontier": tuple(raw["frontier"]),
                "test": tuple(Point.from_json(one) for one in raw["test"]),
            }
        )


def write_remedies(folder: Path, found: Remedies) -> Path:
    """Write the record to a run's folder, whole or not at all; return its file."""
    write_json(folder / FILE, {"format": FORMAT, **found.as_json()})
    return folder / FILE


def read_remedies(folder: Path) -> Remedies | None:
    """Read the record of a run's folder; None where there is none."""
    path = folder / FILE
    return Remedies.from_json(read_json(path)) if path.is_file() else None


def _json(figure: Measured | None) -> dict[str, Any] | None:
    return None if figure is None else figure.as_json()


def _measured(raw: dict[str, Any] | None) -> Measured | None:
    return None if raw is None else Measured.from_json(raw)
