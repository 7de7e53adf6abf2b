"""The record of which training rows made a model answer as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Measure = Literal["tracin", "cosine"]


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
    """

    measure: Measure
    checkpoints: int
    rows: tuple[Influence, ...]
    suspected: tuple[Suspected, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "measure": self.measure,
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
        return cls(raw["measure"], raw["checkpoints"], rows, suspected)
