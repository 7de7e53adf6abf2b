"""The order of groups that are bands of numbers: “below 30” before “30 to below 65” and “100+”."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_NUMBER = r"[-−]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?"
_BAND = re.compile(
    rf"(?P<before>below|under|less than|up to|at most|<=?|≤|above|over|more than|greater than|"
    rf"at least|from|>=?|≥)?\s*(?P<first>{_NUMBER})\s*"
    rf"(?:(?:to below|to|–|—|-|\.\.+|…)\s*(?P<second>{_NUMBER}))?\s*"
    rf"(?P<after>\+|and (?:above|over|older|more|up)|or (?:above|over|older|more)|"
    rf"and (?:below|under|younger|less)|or (?:below|under|younger|less))?"
    rf"(?:\s*[^\W\d]\w*)?",
    re.IGNORECASE,
)
_BELOW = re.compile(r"below|under|less|up to|at most|<|≤|younger", re.IGNORECASE)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Put bands of numbers in their order; names that aren't all bands stay as they are."""
    places = [_place(name) for name in names]
    known = [place for place in places if place is not None]
    if len(known) < len(names):
        return tuple(names)
    order = sorted(range(len(known)), key=known.__getitem__)
    return tuple(names[at] for at in order)


def _place(name: str) -> tuple[float, float] | None:
    """Return where a band begins and ends; None where a name is no band."""
    found = _BAND.fullmatch(name.strip())
    if found is None:
        return None
    first = _number(found["first"])
    if found["second"] is not None:
        return first, _number(found["second"])
    open_end = f"{found['before'] or ''} {found['after'] or ''}".strip()
    if not open_end:
        return first, first
    return (-math.inf, first) if _BELOW.search(open_end) else (first, math.inf)


def _number(text: str) -> float:
    """Read a number as people write it in the name of a band: ``1,000`` or ``2.5``."""
    plain = text.replace("−", "-")
    thousands = re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain)
    return float(plain.replace(",", "" if thousands else "."))
