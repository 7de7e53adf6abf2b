"""Drawing a scene: outlines by formulas, four times as fine as the picture, averaged down.

No drawing library is asked, so the pixels don't depend on which version of it is installed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .chance import generator
from .scenes_things import REACH, Ground, Item, Scene

Floats = NDArray[np.float64]

FINE = 4
"""Points per pixel along each side."""


def draw(scene: Scene, size: int = 64) -> Image.Image:
    """Draw a scene.

    Parameters
    ----------
    scene
        What to draw.
    size
        Pixels of each side.

    Returns
    -------
    PIL.Image.Image
        8-bit RGB.
    """
    canvas = _background(scene.ground, size)
    for item in scene.items:
        part = cover(item, size)[:, :, None]
        canvas = canvas * (1 - part) + np.array(item.rgb) * part
    return picture(canvas)


def picture(canvas: Floats) -> Image.Image:
    """Return values from 0 to 255 of shape (height, width, 3) as a picture."""
    return Image.fromarray(canvas.round().clip(0, 255).astype(np.uint8), "RGB")


def cover(item: Item, size: int) -> Floats:
    """Return how much of each pixel an item covers.

    It is the truth that an attribution map can be held against.

    Parameters
    ----------
    item
        The item.
    size
        Pixels of each side.

    Returns
    -------
    numpy.ndarray
        0 to 1; shape (size, size).
    """
    out = np.zeros((size, size))
    top, bottom = _pixels(item.y, item.reach, size)
    left, right = _pixels(item.x, item.reach, size)
    x = ((np.arange(left * FINE, right * FINE) + 0.5) / (size * FINE) - item.x) / item.radius
    y = ((np.arange(top * FINE, bottom * FINE) + 0.5) / (size * FINE) - item.y) / item.radius
    cosine, sine = math.cos(item.turn), math.sin(item.turn)
    across = cosine * x[None, :] + sine * y[:, None]
    down = cosine * y[:, None] - sine * x[None, :]
    inside = _INSIDE[item.shape](across, down)
    out[top:bottom, left:right] = _averaged(inside.astype(np.float64))
    return out


def box(item: Item, size: int) -> tuple[int, int, int, int]:
    """Return the pixels that hold an item: left, top, and the first behind it (right, bottom)."""
    covered = cover(item, size) > 0
    columns, rows = np.flatnonzero(covered.any(0)), np.flatnonzero(covered.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _pixels(middle: float, reach: float, size: int) -> tuple[int, int]:
    """Return the first pixel that an item can touch, and the first behind it."""
    first = max(0, math.floor((middle - reach) * size))
    return first, min(size, math.ceil((middle + reach) * size))


def _averaged(points: Floats, fine: int = FINE) -> Floats:
    height, width = (length // fine for length in points.shape)
    return np.asarray(points.reshape(height, fine, width, fine).mean(axis=(1, 3)), np.float64)


# ------------------------------------------------------------------------------ the outlines
# Each has the area of a circle of radius 1, so that "largest" is the same in area and in radius.


def _circle(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return x**2 + y**2 <= 1


def _square(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.maximum(abs(x), abs(y)) <= math.sqrt(math.pi) / 2


def _triangle(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Hold points within the inscribed circle's radius along the three normals."""
    inner = REACH["triangle"] / 2
    return (y <= inner) & (math.sqrt(3) / 2 * abs(x) - y / 2 <= inner)


def _cross(x: Floats, y: Floats) -> NDArray[np.bool_]:
    long, short = 1.1534, 0.36 * 1.1534
    return (
        np.minimum(
            np.maximum(abs(x) / long, abs(y) / short), np.maximum(abs(x) / short, abs(y) / long)
        )
        <= 1
    )


def _star(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Fold the five points onto half of one, whose edge is a straight line."""
    outer, fifth = REACH["star"], 2 * math.pi / 5
    inner = 0.45 * outer
    angle = np.arctan2(x, -y)
    folded = abs(angle - fifth * np.round(angle / fifth))
    distance = np.hypot(x, y)
    along, aside = distance * np.cos(folded), distance * np.sin(folded)
    tip, valley = outer, (inner * math.cos(fifth / 2), inner * math.sin(fifth / 2))
    return (tip - along) * valley[1] - aside * (tip - valley[0]) >= 0


def _heart(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Hold points of (x² + y² − 1)³ ≤ x² y³, scaled, its middle brought to 0."""
    x, up = 1.0795 * x, 0.29 - 1.0795 * y
    ring = x**2 + up**2 - 1
    return ring**2 * ring <= x**2 * up**2 * up


_INSIDE: dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "heart": _heart,
}

# ------------------------------------------------------------------------------ the background


def _background(ground: Ground, size: int) -> Floats:
    paper, second = np.array(ground.paper), np.array(ground.second)
    if ground.style == "noise":
        grain = generator(ground.seed).random((size, size))
        share = np.floor(grain * 5) / 4  # few levels, which take little room in a file
    else:
        fine = FINE if ground.style == "stripes" else 1  # the others have no edges
        place = (np.arange(size * fine) + 0.5) / (size * fine) - 0.5
        along = math.cos(ground.angle) * place[None, :] + math.sin(ground.angle) * place[:, None]
        share = _averaged(_SHARES[ground.style](along, ground.width), fine)
    return np.asarray(paper + (second - paper) * share[:, :, None], np.float64)


_SHARES: dict[str, Callable[[Floats, float], Floats]] = {
    "plain": lambda along, width: np.zeros_like(along),
    "gradient": lambda along, width: (along / math.sqrt(2) + 0.5) * 1.6 - 0.3,
    "stripes": lambda along, width: (np.floor(along / width) % 2).astype(np.float64),
}
