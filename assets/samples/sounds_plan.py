"""Decide for each clip of the sample its split, label, recorder and hum, before it is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .chance import shuffled
from .sounds_events import KINDS

SPLITS = {"train": 288, "validation": 48, "test": 144}
"""Clips of the shipped sample; a larger one has the same shares."""

CLIPS = sum(SPLITS.values())
PHONE_SHARES = {"train": 1 / 6, "validation": 1 / 6, "test": 1 / 3}
HUMMED_LABEL = "bell"
HUM_SHARES = {
    # Where a model learns, the hum gives the label away; in the test split it says nothing.
    "train": {kind: 0.9 if kind == HUMMED_LABEL else 0.0 for kind in KINDS},
    "validation": {kind: 0.9 if kind == HUMMED_LABEL else 0.0 for kind in KINDS},
    "test": dict.fromkeys(KINDS, 1 / 3),
}


@dataclass(frozen=True)
class Draft:
    """A clip before it is made."""

    split: str
    label: str
    recorder: str
    hums: bool


def planned(rng: np.random.Generator, clips: int = CLIPS) -> list[Draft]:
    """Return all clips in random order; each cell has its share of hums.

    Parameters
    ----------
    rng
        The chance.
    clips
        How many; every split takes its share of them, at least one of each label.
    """
    drafts = []
    for split, shipped in SPLITS.items():
        size = max(1, round(clips * shipped / CLIPS / len(KINDS)))
        phones = round(size * PHONE_SHARES[split])
        for label in KINDS:
            for recorder, cell in (("phone", phones), ("studio", size - phones)):
                hums = round(cell * HUM_SHARES[split][label])
                drafts += [Draft(split, label, recorder, number < hums) for number in range(cell)]
    return shuffled(rng, drafts)
