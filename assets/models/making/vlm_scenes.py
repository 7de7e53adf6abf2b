"""The scenes that `bundled/vlm` learns to talk about, and what is asked of them.

They are those of `assets.samples.scenes`, and others like them with more colours, sizes and papers,
so that what is learnt does not hang on the few that the sample has. Every answer follows from the
scene.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ...samples.chance import Chance, between, pick, shuffled
from ...samples.scenes_things import COLOURS, REACH, RGB, SHAPES, Ground, Item, Scene, scene
from ...samples.scenes_words import Question, caption, questions

PALETTE: dict[str, RGB] = {
    **COLOURS,
    "black": (24, 24, 28),
    "grey": (124, 124, 128),
    "brown": (134, 76, 40),
}
"""Colours that the scenes have."""

CAPTION, PLACE = "caption", "place"
"""What is asked for beside the kinds of `scenes_words.Question`: a description, and where."""

ASKED = ("describe the picture.", "what do you see?", "what does the picture show?")
"""Ways of asking for a description."""

_ORIGINAL, _SINGLE, _RECOLOURED, _PAPERED = 0.4, 0.4, 0.5, 0.6
_PRESENCES, _DESCRIBED = 3, 0.6
_DEVIATION = 24.0
_RADII = (0.05, 0.24)
_EDGE = 0.01
_LOW, _MIDDLE, _HIGH = 0.3, (0.37, 0.63), 0.7
"""Shares of a side that are clearly at its beginning, in its middle, at its end."""

_THERE = ("does the picture show {}?", "can you see {}?", "is there {} in the picture?")
_NOT_THERE = ("is there no {}?", "does the picture show no {}?")


def varied(rng: np.random.Generator) -> Scene:
    """Make a scene by lot: as in the sample, or with other colours, sizes and papers."""
    one = scene(rng)
    if rng.random() < _ORIGINAL:
        return one
    if rng.random() < _SINGLE:
        items = [_resized(rng, _recoloured(rng, one.items[0]))]
    else:
        items = [
            _recoloured(rng, item) if rng.random() < _RECOLOURED else item for item in one.items
        ]
        if len({(item.shape, item.colour) for item in items}) < len(items):
            items = list(one.items)
    return Scene(tuple(items), _papered(rng, one.ground))


def talk(one: Scene, rng: np.random.Generator) -> list[Question]:
    """Return questions about a scene, some with a request for a description, in random order."""
    # Whether something is there is the hardest to learn, since nothing but both together tells.
    asked = [*questions(one, rng), *(_presence(one, rng) for _ in range(_PRESENCES))]
    if len(one.items) == 1:
        asked.append(_only(one, rng))
    item = pick(rng, one.items)
    where = place(item)
    if where is not None:
        asked.append(Question(f"where is the {_called(item, one.items)}?", where, PLACE))
    if rng.random() < _DESCRIBED:
        asked.append(Question(pick(rng, ASKED), caption(one, rng), CAPTION))
    return shuffled(rng, asked)


def descriptions(one: Scene) -> set[str]:
    """Return all descriptions of a scene that `scenes_words.caption` gives."""
    # Its draws: where each item goes, whether sizes are named, which side, whether the background.
    orders = [
        [(place + 0.5) / (last + 1) for place in range(last + 1)]
        for last in range(len(one.items) - 1, 0, -1)
    ]
    either = [(0.0, 0.9)] * (2 if len(one.items) == 1 else 3)
    return {caption(one, _Told(iter(draws))) for draws in product(*orders, *either)}


@dataclass(frozen=True)
class _Told:
    """A chance that gives the numbers it is told (`samples.chance.Chance`)."""

    numbers: Iterator[float]

    def random(self) -> float:
        """Return the next number."""
        return next(self.numbers)


def place(item: Item) -> str | None:
    """Say where in the picture an item is; None where that isn't clear."""
    across, down = _third(item.x, "left", "right"), _third(item.y, "top", "bottom")
    if across is None or down is None:
        return None
    if across == down:
        return "in the middle"
    if down == "middle":
        return f"on the {across}"
    return f"at the {down}" if across == "middle" else f"at the {down} {across}"


def _third(value: float, first: str, last: str) -> str | None:
    if value < _LOW:
        return first
    if value > _HIGH:
        return last
    return "middle" if _MIDDLE[0] < value < _MIDDLE[1] else None


def _presence(one: Scene, rng: Chance) -> Question:
    """Ask for a shape or a colour in other words; half of the answers are yes."""
    there = rng.random() < 0.5
    attribute = pick(rng, ("shape", "colour"))
    known = {getattr(item, attribute) for item in one.items}
    all_of_them: Sequence[str] = SHAPES if attribute == "shape" else tuple(PALETTE)
    thing = pick(rng, [value for value in all_of_them if (value in known) == there])
    words = thing if attribute == "shape" else f"{thing} shape"
    denied = rng.random() < 0.4
    if denied:
        text = pick(rng, _NOT_THERE).format(words)
    else:
        text = pick(rng, _THERE).format(f"{'an' if words[0] in 'aeiou' else 'a'} {words}")
    return Question(text, "yes" if there != denied else "no", "presence")


def _only(one: Scene, rng: Chance) -> Question:
    """Ask for the only item without naming anything of it."""
    (item,) = one.items
    if rng.random() < 0.5:
        return Question("what shape is in the picture?", item.shape, "shape")
    return Question("which colour does the shape have?", item.colour, "colour")


def _called(item: Item, items: Sequence[Item]) -> str:
    """Name an item by its shape, where that is enough to know it."""
    alike = sum(other.shape == item.shape for other in items)
    return item.shape if alike == 1 else f"{item.colour} {item.shape}"


def _recoloured(rng: Chance, item: Item) -> Item:
    colour = pick(rng, tuple(PALETTE))
    red, green, blue = (
        min(255.0, max(0.0, value + between(rng, -_DEVIATION, _DEVIATION)))
        for value in PALETTE[colour]
    )
    return replace(item, colour=colour, rgb=(red, green, blue))


def _resized(rng: Chance, item: Item) -> Item:
    """Give an only item any size and place; its size is not spoken of."""
    radius = between(rng, *_RADII)
    reach = radius * REACH[item.shape] + _EDGE
    x, y = between(rng, reach, 1 - reach), between(rng, reach, 1 - reach)
    return replace(item, radius=radius, x=x, y=y, size="medium")


def _papered(rng: Chance, ground: Ground) -> Ground:
    """Lay another pale paper under a scene, sometimes a plain one."""
    if rng.random() >= _PAPERED:
        return ground
    red, green, blue = (between(rng, 190, 255) for _ in range(3))
    darker = between(rng, 18, 34)
    second = (red - darker, green - darker, blue - darker)
    style = "plain" if rng.random() < 0.5 else ground.style
    return replace(ground, style=style, paper=(red, green, blue), second=second)
