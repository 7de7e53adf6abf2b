"""What was done to a table between the file and the model, step by step."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step: its name, why, and how many rows were there before and after it."""

    name: str
    reason: str
    before: int
    after: int

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for environment.json."""
        return asdict(self)
