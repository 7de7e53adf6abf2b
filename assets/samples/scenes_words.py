"""What can truly be said of a scene: its caption, questions with their answers, its labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .chance import Chance, pick, shuffled
from .scenes_things import COLOURS, SHAPES, Item, Scene

APART = 0.1
"""How far apart two middles are before one item is left of or above the other."""

_SIDES: dict[str, Callable[[Item, Item], float]] = {
    "left of": lambda one, other: other.x - one.x,
    "right of": lambda one, other: one.x - other.x,
    "above": lambda one, other: other.y - one.y,
    "below": lambda one, other: one.y - other.y,
}
_OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
_GROUNDS = {
    "plain": "a plain background",
    "gradient": "a shaded background",
    "noise": "a grainy background",
    "stripes": "a striped background",
}


@dataclass(frozen=True)
class Question:
    """A question about a scene.

    Attributes
    ----------
    text, answer
        What is asked, and the one true answer.
    asks
        What for: ``colour``, ``shape``, ``largest``, ``presence``, ``count`` or ``side``.
    """

    text: str
    answer: str
    asks: str


def labels(scene: Scene) -> set[str]:
    """Return the colours and shapes that are in a scene."""
    return {item.colour for item in scene.items} | {item.shape for item in scene.items}


def caption(scene: Scene, rng: Chance) -> str:
    """Describe every item of a scene in one phrase, such as “a small red circle left of …”.

    Parameters
    ----------
    scene
        What to describe.
    rng
        Chooses the order, and what is said beside shape and colour.
    """
    items = shuffled(rng, scene.items)
    with_size = rng.random() < 0.6
    named = [_a(_described(item, with_size)) for item in items]
    if len(items) == 1:
        said = named[0]
    elif len(items) == 2:
        side = pick(rng, sides(*items))
        said = f"{named[0]} {side} {named[1]}"
    else:
        side = pick(rng, sides(items[1], items[2]))
        said = f"{named[0]}, and {named[1]} {side} {named[2]}"
    return f"{said} on {_GROUNDS[scene.ground.style]}" if rng.random() < 0.3 else said


def questions(scene: Scene, rng: np.random.Generator) -> list[Question]:
    """Ask one question of each kind that a scene has an answer to; there are at least four.

    A question with yes or no for an answer has either as often.

    Parameters
    ----------
    scene
        What is asked about.
    rng
        Chooses which items are asked for, and in which words.
    """
    return [found for ask in _ASKED if (found := ask(scene, rng)) is not None]


def sides(one: Item, other: Item) -> list[str]:
    """Return where one item clearly is, seen from another; one answer at least."""
    return [side for side, distance in _SIDES.items() if distance(one, other) > APART]


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _described(item: Item, with_size: bool) -> str:
    """Name an item; “medium” says too little to be said."""
    size = f"{item.size} " if with_size and item.size != "medium" else ""
    return f"{size}{item.colour} {item.shape}"


def _alone(scene: Scene, attribute: str) -> list[Item]:
    """Return the items whose shape or colour no other item has."""
    values = [getattr(item, attribute) for item in scene.items]
    return [item for item in scene.items if values.count(getattr(item, attribute)) == 1]


# ------------------------------------------------------------------------------ what is asked


def _colour(scene: Scene, rng: np.random.Generator) -> Question | None:
    items = _alone(scene, "shape")
    if not items:
        return None
    item = pick(rng, items)
    words = pick(rng, ("what colour is the {}?", "which colour does the {} have?"))
    return Question(words.format(item.shape), item.colour, "colour")


def _shape(scene: Scene, rng: np.random.Generator) -> Question | None:
    items = _alone(scene, "colour")
    if not items:
        return None
    item = pick(rng, items)
    words = pick(rng, ("what shape is {}?", "which shape is {}?"))
    return Question(words.format(item.colour), item.shape, "shape")


def _largest(scene: Scene, rng: np.random.Generator) -> Question | None:
    if len(scene.items) == 1:
        return None
    if rng.random() < 0.5:
        return Question("what is the largest shape?", scene.largest.shape, "largest")
    return Question("what colour is the largest shape?", scene.largest.colour, "largest")


def _presence(scene: Scene, rng: np.random.Generator) -> Question:
    """Ask for a shape, a colour, or both together."""
    yes = rng.random() < 0.5
    asked = pick(rng, ("shape", "colour", "both"))
    there = {
        "shape": {item.shape for item in scene.items},
        "colour": {f"{item.colour} shape" for item in scene.items},
        "both": {_described(item, False) for item in scene.items},
    }[asked]
    whole = {
        "shape": SHAPES,
        "colour": tuple(
            f"{colour} shape"
            for colour in dict.fromkeys([*COLOURS, *(item.colour for item in scene.items)])
        ),
        # Only colours that are there, or the answer would be no for the colour alone.
        "both": tuple(f"{i.colour} {shape}" for i in scene.items for shape in SHAPES),
    }[asked]
    thing = pick(rng, [one for one in whole if (one in there) == yes])
    return Question(f"is there {_a(thing)}?", "yes" if yes else "no", "presence")


def _count(scene: Scene, rng: np.random.Generator) -> Question:
    """Ask for the number of all items, or of those of one shape or colour."""
    asked = pick(rng, ("all", "all", "shape", "colour"))
    item = pick(rng, scene.items)
    if asked == "all":
        return Question("how many shapes are there?", str(len(scene.items)), "count")
    if asked == "shape":
        words = f"how many {_plural(item.shape)} are there?"
        found = [one for one in scene.items if one.shape == item.shape]
    else:
        words = f"how many {item.colour} shapes are there?"
        found = [one for one in scene.items if one.colour == item.colour]
    return Question(words, str(len(found)), "count")


def _side(scene: Scene, rng: np.random.Generator) -> Question | None:
    if len(scene.items) == 1:
        return None
    one, other = shuffled(rng, scene.items)[:2]
    side = pick(rng, sides(one, other))
    yes = rng.random() < 0.5
    asked = side if yes else _OPPOSITE[side]
    text = f"is the {_called(scene, one)} {asked} the {_called(scene, other)}?"
    return Question(text, "yes" if yes else "no", "side")


def _called(scene: Scene, item: Item) -> str:
    """Name an item by its shape, where that is enough to know it."""
    return item.shape if item in _alone(scene, "shape") else _described(item, False)


def _plural(shape: str) -> str:
    return f"{shape}es" if shape.endswith("s") else f"{shape}s"


_ASKED: tuple[Callable[[Scene, np.random.Generator], Question | None], ...] = (
    _colour,
    _shape,
    _largest,
    _presence,
    _count,
    _side,
)
