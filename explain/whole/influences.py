"""The record of which training rows made a model answer as it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...core.files import read_json, write_json

Measure = Literal["tracin", "cosine"]
Asked = Literal["predicted", "label"]

FORMAT = 1
FILE = "influences.json"


@dataclass(frozen=True)
class Influential:
    """A training row, and what it did for a test row's answer.

    Attributes
    ----------
    id, label
        The row.
    score
        Above zero: learning it spoke for the answer. Of ``tracin`` the estimated fall of the
        answer's loss in nats, for plain gradient descent; of ``cosine`` from -1 to 1.
    alike
        Cosine of the last layer's features of both rows: near 1 the model takes them for the same.
    same
        Whether both rows hold the same, byte for byte.
    """

    id: str
    label: str
    score: float
    alike: float
    same: bool


@dataclass(frozen=True)
class Influence:
    """What the training rows did for one test row's answer.

    Attributes
    ----------
    id, label, prediction
        The row, and the answer that is asked about.
    helpful, harmful
        Training rows that spoke most for it, and most against it; the strongest first.
    """

    id: str
    label: str
    prediction: str
    helpful: tuple[Influential, ...]
    harmful: tuple[Influential, ...]


@dataclass(frozen=True)
class Suspected:
    """A training row whose label is at odds with the rows like it.

    Attributes
    ----------
    id, label
        The row.
    score
        Its self-influence, in the units of ``tracin``.
    answer
        What the trained model answers.
    probability
        How probable the label is to it.
    """

    id: str
    label: str
    score: float
    answer: str
    probability: float


@dataclass(frozen=True)
class Influences:
    """Influence of the training rows on some test rows.

    Attributes
    ----------
    measure
        ``tracin`` or ``cosine``.
    checkpoints
        Checkpoints that it was summed over; 0: the trained model alone.
    rows
        The test rows.
    suspected
        Training rows of the largest self-influence.
    answer
        Whether the model's answers were asked about, or the true ones.
    """

    measure: Measure
    checkpoints: int
    rows: tuple[Influence, ...]
    suspected: tuple[Suspected, ...]
    answer: Asked = "predicted"

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "measure": self.measure,
            "answer": self.answer,
            "checkpoints": self.checkpoints,
            "rows": [
                {
                    **vars(one),
                    "helpful": [vars(row) for row in one.helpful],
                    "harmful": [vars(row) for row in one.harmful],
                }
                for one in self.rows
            ],
            "suspected": [vars(one) for one in self.suspected],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Influences:
        """Read what `as_json` wrote."""
        rows = tuple(
            Influence(
                **{
                    **one,
                    "helpful": tuple(Influential(**row) for row in one["helpful"]),
                    "harmful": tuple(Influential(**row) for row in one["harmful"]),
                }
            )
            for one in raw["rows"]
        )
        suspected = tuple(Suspected(**one) for one in raw["suspected"])
        return cls(raw["measure"], raw["checkpoints"], rows, suspected, raw["answer"])


def write_influences(path: Path, found: Influences) -> None:
    """Write influences as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **found.as_json()})


def read_influences(path: Path) -> Influences:
    """Read what `write_influences` wrote."""
    return Influences.from_json(read_json(path))
