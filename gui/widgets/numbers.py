"""Numbers as people read them: a true minus, thousands apart, no more digits than tell anything."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...core.report.numbers import true_minus

if TYPE_CHECKING:
    from ...core.measured import Measured


def decimals(values: Iterable[float | None]) -> int:
    """Return the decimals with which numbers are written that stand below one another.

    Three below 100, one below 10,000, none beyond.
    """
    sizes = [abs(one) for one in values if one is not None and math.isfinite(one)]
    most = max(sizes, default=0.0)
    return 3 if most < 100 else 1 if most < 10_000 else 0


def number(value: float, digits: int | None = None) -> str:
    """Write a number with these decimals, or with those that its size needs."""
    if not math.isfinite(value):
        return "–"
    return true_minus(f"{value:,.{decimals([value]) if digits is None else digits}f}")


def measured(figure: Measured) -> str:
    """Write a figure with its interval: ``0.843 (0.821 to 0.864)``."""
    if not figure.defined:
        return figure.show()
    digits = decimals([figure.value])
    text = number(figure.value, digits)
    if figure.low is None or figure.high is None or not math.isfinite(figure.low + figure.high):
        return text
    return f"{text} ({number(figure.low, digits)} to {number(figure.high, digits)})"
