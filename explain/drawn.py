"""An attribution as one picture, whatever parts its sample has."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PIL import Image

from .attribution import Attribution

GAP = 12
"""Pixels between two parts."""


SHARE = 0.75
"""Share of the maps in which no segment is stronger than the end of the scale that they share: a
few maps must not leave all others pale."""


def shared_scale(found: Iterable[Attribution]) -> float:
    """Return the absolute score that gets the strongest colour in all of some maps."""
    strongest = [scale_of(one) for one in found]
    return float(np.quantile(strongest, SHARE)) if strongest else 1.0


def scale_of(one: Attribution) -> float:
    """Return the largest absolute score, by which a map is coloured."""
    return float(np.abs(one.scores).max(initial=0)) or 1.0


def png(found: Sequence[Attribution], cells: Mapping[str, str]) -> bytes:
    """Draw attributions of one row below each other, all parts by one scale.

    Parameters
    ----------
    found
        At least one; several of a row's entities or labels.
    cells
        The row's cells by column; files as paths.

    Returns
    -------
    bytes
        A PNG file.

    Raises
    ------
    Unreadable
        If a file can't be read any more.
    """
    scale = max(map(scale_of, found))
    drawn = [outline.png(scores, scale) for one in found for outline, scores in one.outlines(cells)]
    if len(drawn) == 1:
        return drawn[0]
    pictures = [Image.open(io.BytesIO(one)).convert("RGB") for one in drawn]
    size = max(one.width for one in pictures), sum(one.height + GAP for one in pictures) - GAP
    page = Image.new("RGB", size, pictures[0].getpixel((0, 0)))
    top = 0
    for one in pictures:
        page.paste(one, (0, top))
        top += one.height + GAP
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
