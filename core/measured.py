"""A measured figure: a value with its interval and the number of rows behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One figure as it was measured.

    Attributes
    ----------
    value
        Point estimate; NaN where it is not defined (no positives, say).
    low, high
        Ends of the interval, None where none was computed.
    n
        Number of rows that the figure rests on.
    method
        How the interval was found (``wilson``, ``bootstrap``, ``permutation``), if any.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that JSON files carry: what is no finite number becomes null."""
        out: dict[str, Any] = {
            "value": _plain(self.value),
            "low": _plain(self.low),
            "high": _plain(self.high),
            "n": self.n,
        }
        if self.method is not None:
            out["method"] = self.method
        return out

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Measured:
        """Read what `as_json` wrote."""
        value = raw.get("value")
        return cls(
            math.nan if value is None else float(value),
            raw.get("low"),
            raw.get("high"),
            raw.get("n"),
            raw.get("method"),
        )

    @property
    def defined(self) -> bool:
        """Whether the value is a number."""
        return not math.isnan(self.value)

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies wholly on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def show(self, digits: int = 3, *, signed: bool = False) -> str:
        """Write the figure for people: ``0.843 (0.821 to 0.864)``."""
        if not self.defined:
            return "not defined"
        form = f"{'+' if signed else ''}.{digits}f"
        text = format(self.value, form)
        if self.low is None or self.high is None or math.isnan(self.low) or math.isnan(self.high):
            return text
        return f"{text} ({format(self.low, form)} to {format(self.high, form)})"


def _plain(number: float | None) -> float | None:
    if number is None or not math.isfinite(number):
        return None
    return float(number)
