"""What stereotype tests found, as it is kept in a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...core.files import read_json, write_json
from ...core.measured import Measured
from ...errors import DataError, paragraph

FILE = "audit/stereotypes.json"
"""Where a run's folder holds them."""

EXAMPLES = 5
"""Rows of a test that are kept as examples."""


@dataclass(frozen=True)
class Part:
    """The figures of some rows: those of a type of bias, an occupation, a term."""

    name: str
    figures: Mapping[str, Measured]


@dataclass(frozen=True)
class Breakdown:
    """The rows of a test apart, by something that is known of them."""

    by: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Example:
    """One pair of texts of which the model prefers the first most, and by how much."""

    part: str
    preferred: str
    other: str
    difference: float


@dataclass(frozen=True)
class Tested:
    """What one test found of one model.

    Attributes
    ----------
    test
        Its name (`spec.Test`).
    model
        Name of the run or model.
    kind
        ``masked``, ``causal``, ``classification`` or ``regression``.
    scoring
        What was measured of each sentence, in words.
    files
        Name and SHA-256 of each file that was read.
    licence
        As the test's authors state it.
    rows, of
        Pairs, questions or sentences that were measured, and how many the files hold.
    precision
        Number format of the model's weights.
    confidence, replicates, seed
        Level of the intervals, bootstrap replicates, and seed of these and of drawn rows.
    figures
        What all rows come to.
    breakdowns
        The same of some rows each.
    examples
        Rows on which the model leans most to the stereotype.
    notes
        What a reader should know about these figures.
    positive
        Classes whose probability was compared.
    """

    test: str
    model: str
    kind: str
    scoring: str
    files: Mapping[str, str]
    licence: str
    rows: int
    of: int
    precision: str
    confidence: float
    replicates: int
    seed: int
    figures: Mapping[str, Measured]
    breakdowns: tuple[Breakdown, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    positive: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON file carries."""
        plain = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("figures", "breakdowns", "examples")
        }
        return {
            **{name: list(one) if isinstance(one, tuple) else one for name, one in plain.items()},
            "files": dict(self.files),
            "figures": _plain(self.figures),
            "breakdowns": [
                {
                    "by": one.by,
                    "parts": [
                        {"name": part.name, "figures": _plain(part.figures)} for part in one.parts
                    ],
                }
                for one in self.breakdowns
            ],
            "examples": [asdict(one) for one in self.examples],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Tested:
        """Read what `as_json` wrote."""
        known = {name: raw[name] for name in cls.__dataclass_fields__ if name in raw}
        return cls(
            **{
                **known,
                "figures": _figures(raw["figures"]),
                "breakdowns": tuple(
                    Breakdown(
                        one["by"],
                        tuple(
                            Part(part["name"], _figures(part["figures"])) for part in one["parts"]
                        ),
                    )
                    for one in raw["breakdowns"]
                ),
                "examples": tuple(Example(**one) for one in raw["examples"]),
                "notes": tuple(raw["notes"]),
                "positive": tuple(raw["positive"]),
            }
        )


@dataclass(frozen=True)
class Stereotypes:
    """Every test that was made of a model, the newest result of each."""

    tests: tuple[Tested, ...] = ()

    def with_test(self, found: Tested) -> Stereotypes:
        """Put a result in the place of an older one of the same test, or behind the others."""
        if all(one.test != found.test for one in self.tests):
            return Stereotypes((*self.tests, found))
        return Stereotypes(tuple(found if one.test == found.test else one for one in self.tests))

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON file carries."""
        return {"tests": [one.as_json() for one in self.tests]}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Stereotypes:
        """Read what `as_json` wrote."""
        return cls(tuple(Tested.from_json(one) for one in raw["tests"]))


def write_stereotypes(path: Path, found: Stereotypes) -> None:
    """Write the results, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, found.as_json())


def read_stereotypes(path: Path) -> Stereotypes:
    """Read the results; none where the file is not there.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    if not path.is_file():
        return Stereotypes()
    try:
        return Stereotypes.from_json(read_json(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            paragraph(
                str(path),
                f"the file is damaged ({str(error) or type(error).__name__})",
                "Remove it, and make the tests again",
            )
        ) from None


def _plain(figures: Mapping[str, Measured]) -> dict[str, Any]:
    return {name: one.as_json() for name, one in figures.items()}


def _figures(raw: Mapping[str, Any]) -> dict[str, Measured]:
    return {name: Measured.from_json(one) for name, one in raw.items()}
