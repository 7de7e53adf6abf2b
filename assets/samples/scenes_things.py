"""What a drawn scene consists of: one to three shapes on a background, placed by lot.

Every fact about a scene follows from its items, so each caption, question and label is true by
construction. All numbers are shares of the picture's side, so a scene can be drawn at any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .chance import between, drawn, pick, shuffled

RGB = tuple[float, float, float]

COLOURS: dict[str, RGB] = {
    "red": (212, 36, 44),
    "orange": (244, 132, 24),
    "yellow": (240, 208, 20),
    "green": (38, 152, 66),
    "cyan": (34, 186, 206),
    "blue": (36, 78, 206),
    "purple": (122, 46, 160),
    "pink": (240, 118, 182),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "heart")
STYLES = ("plain", "gradient", "noise", "stripes")
SIZES = {"small": (0.080, 0.094), "medium": (0.112, 0.132), "large": (0.158, 0.182)}
"""Radius of the circle that has an item's area; any size is clearly larger than the one before."""

REACH = {
    "circle": 1.0,
    "square": 1.2534,
    "triangle": 1.5552,
    "star": 1.5413,
    "cross": 1.2259,
    "heart": 1.2000,
}
"""How far a shape of radius 1 reaches from its middle; `scenes_drawing` has the outlines."""

CORNER = 0.18
"""Side of the square at the top left that stays free of items."""

_PAPERS: tuple[RGB, ...] = (
    (214, 218, 222),
    (224, 218, 206),
    (206, 218, 210),
    (222, 212, 216),
    (204, 212, 224),
    (198, 198, 200),
)
_COUNTS = {"1": 0.2, "2": 0.4, "3": 0.4}
_GAP, _MARGIN = 0.02, 0.02
_TRIES = 60


@dataclass(frozen=True)
class Item:
    """One shape of a scene.

    Attributes
    ----------
    shape, colour, size
        Of `SHAPES`, `COLOURS` and `SIZES`.
    x, y
        The middle, from the left and from the top.
    radius
        Of the circle that has the same area.
    turn
        Angle in radians, clockwise.
    rgb
        The colour with its small deviation, 0 to 255.
    """

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float
    turn: float
    rgb: RGB

    @property
    def reach(self) -> float:
        """Radius of a circle around the middle that holds the whole item."""
        return self.radius * REACH[self.shape]


@dataclass(frozen=True)
class Ground:
    """What lies behind the items: a style of `STYLES`, two colours, an angle, and a seed."""

    style: str
    paper: RGB
    second: RGB
    angle: float
    width: float
    seed: int


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn: no two items share both shape and colour, none overlap."""

    items: tuple[Item, ...]
    ground: Ground

    @property
    def largest(self) -> Item:
        """The item with the largest area; it is of a larger size than all others."""
        return max(self.items, key=lambda item: item.radius)


def scene(
    rng: np.random.Generator, *, largest: str | None = None, style: str | None = None
) -> Scene:
    """Make a scene by lot.

    Parameters
    ----------
    rng
        The chance; only ``rng.random()`` is drawn from.
    largest
        Shape of the largest item; by lot if left out.
    style
        Style of the background; by lot if left out.
    """
    while True:
        items = _placed(rng, _bare(rng, largest))
        if items is not None:
            return Scene(items, _ground(rng, style))


def _bare(rng: np.random.Generator, largest: str | None) -> list[tuple[str, str, str]]:
    """Return shape, colour and size of each item, the largest first."""
    count = int(drawn(rng, _COUNTS))
    sizes = list(SIZES)
    top = pick(rng, sizes if count == 1 else sizes[1:])
    kinds = [(largest or pick(rng, SHAPES), pick(rng, tuple(COLOURS)))]
    found = [(*kinds[0], top)]
    while len(found) < count:
        kind = (pick(rng, SHAPES), pick(rng, tuple(COLOURS)))
        if kind not in kinds:
            kinds.append(kind)
            found.append((*kind, pick(rng, sizes[: sizes.index(top)])))
    return found


def _placed(rng: np.random.Generator, bare: list[tuple[str, str, str]]) -> tuple[Item, ...] | None:
    """Give every item a place of its own; None where that doesn't come out."""
    items: list[Item] = []
    for shape, colour, size in bare:
        for _ in range(_TRIES):
            item = _item(rng, shape, colour, size)
            if _is_free(item, items):
                items.append(item)
                break
        else:
            return None
    return tuple(shuffled(rng, items))


def _item(rng: np.random.Generator, shape: str, colour: str, size: str) -> Item:
    radius = between(rng, *SIZES[size])
    reach = radius * REACH[shape] + _MARGIN
    red, green, blue = (
        min(255.0, max(0.0, value + between(rng, -8, 8))) for value in COLOURS[colour]
    )
    return Item(
        shape,
        colour,
        size,
        x=between(rng, reach, 1 - reach),
        y=between(rng, reach, 1 - reach),
        radius=radius,
        turn=math.radians(between(rng, -14, 14)),
        rgb=(red, green, blue),
    )


def _is_free(item: Item, others: list[Item]) -> bool:
    """Whether an item keeps its distance to all others and to the corner."""
    near_x, near_y = max(0.0, item.x - CORNER), max(0.0, item.y - CORNER)
    if math.hypot(near_x, near_y) < item.reach:
        return False
    return all(
        math.hypot(item.x - other.x, item.y - other.y) > item.reach + other.reach + _GAP
        for other in others
    )


def _ground(rng: np.random.Generator, style: str | None) -> Ground:
    style = style or pick(rng, STYLES)
    paper = pick(rng, _PAPERS)
    darker = between(rng, 18, 34)
    red, green, blue = (value - darker for value in paper)
    angle = between(rng, 0, math.pi)
    return Ground(
        style, paper, (red, green, blue), angle, between(rng, 0.06, 0.1), int(rng.random() * 2**32)
    )
