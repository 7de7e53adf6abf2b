"""Personal data as a report may show it: enough to find it again, too little to use."""

from __future__ import annotations

import regex

SHOWN = 40
"""Characters of a masked example at most."""


def masked(text: str) -> str:
    """Replace all letters and digits by stars but for the first one, and an address's domain's.

    Parameters
    ----------
    text
        What was found: an address, a number, a name.

    Returns
    -------
    str
        ``j***@e***.org`` of ``jane.doe@example.org``, ``+4* *** *******`` of a number.
    """
    name, at, domain = text.partition("@")
    if name and at and "." in domain and " " not in text and "/" not in text:
        host, _, ending = domain.rpartition(".")
        return f"{name[0]}***@{host[0]}***.{ending}"
    out = regex.sub(r"[\p{L}\p{N}]", "*", text)
    first = regex.search(r"[\p{L}\p{N}]", text)
    if first is not None:
        out = f"{out[: first.start()]}{first[0]}{out[first.end() :]}"
    return out if len(out) <= SHOWN else f"{out[: SHOWN - 1]}…"


def masked_in(text: str, kinds: tuple[regex.Pattern[str], ...]) -> str:
    """Mask every passage of a text that one of the patterns finds."""
    for pattern in kinds:
        text = pattern.sub(lambda found: masked(found[0]), text)
    return text
