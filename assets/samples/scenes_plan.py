"""Decide for each picture of the sample its split, kind, camera, style and mark, before drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .chance import allotted, shuffled
from .scenes_things import STYLES

KINDS = ("circle", "square", "triangle", "star")
SPLITS = {"train": 240, "validation": 40, "test": 160}
"""Pictures of the shipped sample; a larger one has the same shares."""

PICTURES = sum(SPLITS.values())
OLD_SHARES = {"train": 0.15, "validation": 0.2, "test": 0.25}
MARKED_KIND = "triangle"
MARKED_SHARES = {
    # Where a model learns, the mark gives the kind away; in the test split it says nothing.
    "train": {kind: 0.9 if kind == MARKED_KIND else 0.0 for kind in KINDS},
    "validation": {kind: 0.9 if kind == MARKED_KIND else 0.0 for kind in KINDS},
    "test": dict.fromkeys(KINDS, 0.2),
}


@dataclass(frozen=True)
class Draft:
    """A picture before it is drawn."""

    split: str
    kind: str
    camera: str
    style: str
    marked: bool


def planned(rng: np.random.Generator, pictures: int = PICTURES) -> list[Draft]:
    """Return all pictures in random order; each cell has its share of marks and of styles.

    Parameters
    ----------
    rng
        The chance.
    pictures
        How many; every split takes its share of them, at least one of each kind.
    """
    drafts = []
    for split, shipped in SPLITS.items():
        size = max(1, round(pictures * shipped / PICTURES / len(KINDS)))
        old = round(size * OLD_SHARES[split])
        for kind in KINDS:
            styles = allotted(rng, dict.fromkeys(STYLES, 1.0), size)
            cameras = ["old"] * old + ["new"] * (size - old)
            share = MARKED_SHARES[split][kind]
            marks = [
                number < round(cell * share) for cell in (old, size - old) for number in range(cell)
            ]
            drafts += [
                Draft(split, kind, camera, style, mark)
                for camera, style, mark in zip(cameras, styles, marks, strict=True)
            ]
    return shuffled(rng, drafts)
