"""Scores over the places of many pictures or sounds at once, without any of them below."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from . import overlay
from .legend import scale_html

WIDTH, HEIGHT = 280, 220
"""Pixels of a map in a page."""


def heat_map(
    scores: NDArray[np.float64], said: str, *, scale: float | None = None, rising: bool = False
) -> Markup:
    """Colour a grid by its scores, as HTML without styles of its own.

    Parameters
    ----------
    scores
        Shape (rows, columns); what is not a number stays without colour.
    said
        What the map shows, for those who can't see it.
    scale
        Absolute score that gets the strongest colour; the largest one if left out. Give the same
        scale to maps that are compared.
    rising
        Whether the first row stands at the bottom, as the lowest frequency of a sound does.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="heat">`` with the map and the scale. Places tell their scores where the
        pointer rests.
    """
    shown = scores[::-1] if rising else scores
    rows, columns = shown.shape
    labels = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    values = overlay.checked(labels.size, shown.ravel())
    most = (overlay.largest(values) if scale is None else scale) or 1.0
    matrix = WIDTH / columns, HEIGHT / rows, 0.0, 0.0
    return Markup(
        '<div class="heat"><div class="pair"><svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-label="{said}">{drawn}</svg></div>{scale}</div>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        said=f"{said}, from {-most:.3g} to {most:.3g}",
        drawn=overlay.svg(labels, values, most, matrix, outlined=True),
        scale=scale_html(most, lines=labels.size <= overlay.MOST_NAMED),
    )
