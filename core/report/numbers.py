"""Numbers as people read them: true minus signs, thousands apart, no false digits."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..measured import Measured
from .tree import Cell

UNDEFINED = "not defined"
_LIKE_NUMBER = re.compile(r"[<>≤≥≈~]?\s?[+−-]?\d[\d.,]*\s?%?")


@dataclass(frozen=True)
class Shown:
    """A cell as it is shown: its text, its interval, and what a pointer resting on it shows."""

    text: str
    interval: str = ""
    hover: str = ""
    quiet: bool = False


def true_minus(number: str) -> str:
    """Write a formatted number with a true minus, and zero without any sign."""
    if number[:1] in {"-", "+"} and not any(char in "123456789" for char in number):
        number = number[1:]
    return number.replace("-", "−")


def number(value: float, *, signed: bool = False) -> str:
    """Write a number with three decimals, or as a power of ten where these would be zeros."""
    if not math.isfinite(value):
        return UNDEFINED
    plus = "+" if signed else ""
    if 0 < abs(value) < 0.0005:
        digits, _, power = f"{value:{plus}.1e}".partition("e")
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{true_minus(digits)}×10{raised}"
    return true_minus(f"{value:{plus},.{3 if abs(value) < 1000 else 1}f}")


def shown(cell: Cell, *, signed: bool = False) -> Shown:
    """Write one cell of a table.

    Parameters
    ----------
    cell
        What stands in the table.
    signed
        Write + before positive numbers.
    """
    if cell is None:
        return Shown("–", quiet=True)
    if isinstance(cell, bool):
        return Shown("yes" if cell else "no")
    if isinstance(cell, Measured):
        return _measured(cell, signed)
    if isinstance(cell, int):
        return Shown(true_minus(f"{cell:{'+' if signed else ''},}"))
    if isinstance(cell, float):
        return Shown(number(cell, signed=signed), quiet=not math.isfinite(cell))
    return Shown(str(cell))


def numeric(column: tuple[Cell, ...]) -> bool:
    """Whether a column holds numbers, so that it is set flush right."""
    filled = [cell for cell in column if cell is not None and cell != UNDEFINED]
    return bool(filled) and all(
        (isinstance(cell, int | float | Measured) and not isinstance(cell, bool))
        or (isinstance(cell, str) and _LIKE_NUMBER.fullmatch(cell))
        for cell in filled
    )


def _measured(cell: Measured, signed: bool) -> Shown:
    rows = "" if cell.n is None else f"from {cell.n:,} {'row' if cell.n == 1 else 'rows'}"
    if not cell.defined:
        return Shown(UNDEFINED, hover=rows, quiet=True)
    interval = ""
    if cell.low is not None and cell.high is not None and math.isfinite(cell.low + cell.high):
        ends = (number(end, signed=signed) for end in (cell.low, cell.high))
        interval = f"({' to '.join(ends)})"
    method = "" if cell.method is None else f"interval: {cell.method}"
    hover = "; ".join(part for part in (rows, method) if part)
    return Shown(number(cell.value, signed=signed), interval, hover)
