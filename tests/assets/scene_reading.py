"""Reading scenes from their pixels, and answering questions from what was read.

Items are found by connected areas, known by moments and convex hulls, and asked about anew; no
line of the generator is used for it.
"""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull

from pellucid.assets.samples.scenes_things import COLOURS, SHAPES, SIZES

# The farthest point in radii of a circle of the same area, the area by that of the convex hull, and
# the third moment from top to bottom, times 20: of a triangle the tip, of a heart the lobes.
OUTLINES = {
    "circle": (1.05, 0.97, 0.0),
    "square": (1.26, 0.97, 0.0),
    "triangle": (1.55, 0.92, -1.7),
    "star": (1.52, 0.58, 0.0),
    "cross": (1.24, 0.74, 0.0),
    "heart": (1.19, 0.94, 0.44),
}


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def nearest_colour(rgb: np.ndarray) -> str:
    return min(COLOURS, key=lambda name: ((np.array(COLOURS[name]) - rgb) ** 2).sum())


def colour_in(picture: np.ndarray, box: list[int]) -> str:
    """Name the colour of the middle of a box: left, top, right, bottom in pixels."""
    left, top, right, bottom = box
    third, fourth = (right - left) // 3, (bottom - top) // 3
    part = picture[top + fourth : bottom - fourth, left + third : right - third]
    return nearest_colour(part.reshape(-1, 3).mean(0))


def asked_box(row, objects: dict) -> list[int]:
    """Return the box of the item that a question about a colour names."""
    shape = next(word for word in row.question.rstrip("?").split() if word in SHAPES)
    (box,) = [one[3:] for one in objects[row.file_name] if one[0] == shape]
    return box


def read(picture: np.ndarray) -> list[dict]:
    """Find the items of a picture: what is colourful on a background that is nearly grey."""
    values = picture.astype(float)
    areas, number = ndimage.label(values.max(2) - values.min(2) > 55, np.ones((3, 3)))
    parts = [areas == one for one in range(1, number + 1)]
    return [item(values, part) for part in parts if part.mean() > 0.003]


def item(values: np.ndarray, inside: np.ndarray) -> dict:
    y, x = np.nonzero(inside)
    # The corners of the pixels: their middles alone would make small things smaller.
    corners = np.concatenate([np.stack([x + dx, y + dy], 1) for dx in (0, 1) for dy in (0, 1)])
    middle = np.array([x.mean() + 0.5, y.mean() + 0.5])
    radius = np.sqrt(len(x) / np.pi)
    farthest = np.hypot(*(corners - middle).T).max() / radius
    leaning = 20 * ((y + 0.5 - middle[1]) ** 3).mean() / radius**3
    outline = np.array([farthest, len(x) / ConvexHull(corners).volume, leaning])
    shape = min(OUTLINES, key=lambda name: abs(outline - OUTLINES[name]).sum())
    return {
        "shape": shape,
        "colour": nearest_colour(np.median(values[inside], axis=0)),
        "x": middle[0] / len(values),
        "y": middle[1] / len(values),
        "radius": radius / len(values),
    }


def answer(question: str, items: list[dict]) -> str:
    """Answer a question from what was read off the pixels."""
    if found := re.fullmatch(
        r"(?:what colour is|which colour does) the (\w+)(?: have)?\?", question
    ):
        (one,) = [one for one in items if one["shape"] == found[1]]
        return one["colour"]
    if found := re.fullmatch(r"(?:what|which) shape is (\w+)\?", question):
        (one,) = [one for one in items if one["colour"] == found[1]]
        return one["shape"]
    if found := re.fullmatch(r"what (is|colour is) the largest shape\?", question):
        largest = max(items, key=lambda one: one["radius"])
        return largest["shape" if found[1] == "is" else "colour"]
    if found := re.fullmatch(r"is there an? (.+)\?", question):
        return yes(bool(called(found[1], items)))
    if found := re.fullmatch(r"how many (.+) are there\?", question):
        return str(len(called(found[1].replace("crosses", "cross").rstrip("s"), items)))
    found = re.fullmatch(r"is the (.+) (left of|right of|above|below) the (.+)\?", question)
    assert found is not None, question
    (one,), (other,) = called(found[1], items), called(found[3], items)
    return yes(beside(one, found[2], other))


def yes(fact: bool) -> str:
    return "yes" if fact else "no"


def called(words: str, items: list[dict]) -> list[dict]:
    """Find the items that a name of shape, colour or both applies to; sizes aside."""
    said = [word for word in words.split() if word not in ("shape", *SIZES)]
    said = [word[:-1] if word == "cros" else word for word in said]
    return [one for one in items if all(matches(word, one) for word in said)]


def matches(word: str, one: dict) -> bool:
    assert word in COLOURS or word in SHAPES or word == "cro", word
    return word in (one["colour"], one["shape"]) or (word == "cro" and one["shape"] == "cross")


def beside(one: dict, side: str, other: dict) -> bool:
    axis, sign = {
        "left of": ("x", 1), "right of": ("x", -1), "above": ("y", 1), "below": ("y", -1),
    }[side]  # fmt: skip
    distance = sign * (other[axis] - one[axis])
    assert abs(distance) > 0.08, "too close to say"
    return distance > 0
