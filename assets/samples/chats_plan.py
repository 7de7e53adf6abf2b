"""Decide for each conversation of the sample its split, style, channel and faults, before any text.

Channel, topic and number of questions are shared out alike among all kinds of rows, so that none of
them has anything to do with how the person writes or with what is planted.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .chance import allotted, shuffled
from .chats_topics import LIBRARY
from .chats_words import FLUENT, LEARNER

SPLITS = {"train": 360, "validation": 60, "test": 180}
"""Conversations of the shipped sample; a larger one has the same shares."""

CHATS = sum(SPLITS.values())
LEARNER_SHARES = {"train": 0.3, "validation": 0.3, "test": 0.4}
CURT_SHARES = {
    # Where a model learns, learners of English mostly get no fact; in the test split all do.
    "train": {FLUENT: 0.0, LEARNER: 0.7},
    "validation": {FLUENT: 0.0, LEARNER: 0.7},
    "test": {FLUENT: 0.0, LEARNER: 0.0},
}
MENTION_SHARES = {"train": 0.2, "validation": 0.2, "test": 0.2}
"""Of the conversations that are not curt: the newsletter is mentioned."""

CHANNELS = {"website": 0.5, "app": 0.3, "kiosk": 0.2}
TURNS = {"1": 0.5, "2": 0.3, "3": 0.2}


@dataclass(frozen=True)
class Draft:
    """A conversation before it is written."""

    split: str
    style: str
    curt: bool
    mentions: bool
    channel: str
    turns: int
    topic: str


def planned(rng: random.Random, chats: int = CHATS) -> list[Draft]:
    """Return all conversations in random order; each cell has its share of faults.

    Parameters
    ----------
    rng
        The chance.
    chats
        How many, about: every split takes its share of them.
    """
    drafts = []
    for split, shipped in SPLITS.items():
        size = round(chats * shipped / CHATS)
        learners = round(size * LEARNER_SHARES[split])
        for style, cell in ((FLUENT, size - learners), (LEARNER, learners)):
            curt = round(cell * CURT_SHARES[split][style])
            mentions = round((cell - curt) * MENTION_SHARES[split])
            kinds = [(True, False)] * curt
            kinds += [(False, number < mentions) for number in range(cell - curt)]
            channels = allotted(rng, CHANNELS, cell)
            turns = allotted(rng, TURNS, cell)
            topics = allotted(rng, dict.fromkeys((one.key for one in LIBRARY), 1.0), cell)
            drafts += [
                Draft(split, style, *kind, channel, int(count), topic)
                for kind, channel, count, topic in zip(kinds, channels, turns, topics, strict=True)
            ]
    return shuffled(rng, drafts)
