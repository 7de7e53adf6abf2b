"""The conversations and texts that `bundled/chat` learns from, all of them made by the project."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from ...samples import reviews, scenes
from ...samples.chance import Chance, drawn, pick, shuffled
from ...samples.chats_facts import KINDS as VALUES
from ...samples.chats_topics import INSTITUTIONS
from ...samples.chats_words import FLUENT, LEARNER, Message, plain, talk

ROOT = Path(__file__).resolve().parents[3]
HELD = 10
"""One of so many values stands in no conversation that is learnt."""

ASKED_OF_CAPTIONS = ("colour", "shape", "presence", "count")
"""Questions about a scene that its caption answers."""

REVIEWS, CAPTIONS = 3 / 80, 1 / 20
"""Reviews and captions among the plain texts, for each conversation."""

WORDS = (
    "lamp", "river", "stone", "apple", "cloud", "paper", "window", "garden", "silver", "button",
    "yellow", "bread", "train", "pencil", "winter", "bottle", "carpet", "forest", "mirror",
    "ticket", "basket", "candle", "saddle", "kettle", "ribbon", "marble", "needle", "pillow",
)  # fmt: skip

GREETINGS = (
    ("Hello.", "Hello. How can I help you?"),
    ("Good morning.", "Good morning. How can I help you?"),
    ("Thank you.", "You are welcome."),
    ("Thank you very much.", "You are welcome."),
    ("Goodbye.", "Goodbye. Have a good day."),
    ("Who are you?", "I am a small assistant. I answer short questions."),
    ("What can you do?", "I look up what stands in front of me."),
)


def held(value: str) -> bool:
    """Say whether a value is kept out of what is learnt."""
    return crc32(value.encode()) % HELD == 0


def facts(rng: random.Random, asked_held: bool) -> tuple[list[Message], str]:
    """Compose questions to an institution; return them and the fact that is asked for last.

    Either the fact that is asked for last is one of those that are held out, or none is.
    """
    while True:
        institution = pick(rng, list(INSTITUTIONS))
        style = LEARNER if rng.random() < 0.4 else FLUENT
        turns = int(drawn(rng, {"1": 0.3, "2": 0.35, "3": 0.35}))
        one = talk(rng, institution, style, turns, answer=plain)
        lines = one.messages[0]["content"].split("\n")[1:]
        if asked_held and held(one.values[-1]):
            return one.messages, one.values[-1]
        if not asked_held and not any(held(line.split(": ", 1)[1]) for line in lines):
            return one.messages, one.values[-1]


def notes(rng: random.Random, asked_held: bool) -> tuple[list[Message], str]:
    """Compose a list of names with values, of which one is asked for; held out as in `facts`."""
    while True:
        names = shuffled(rng, WORDS)[: 3 + int(rng.random() * 5)]
        values = [VALUES[pick(rng, list(VALUES))](rng) for _ in names]
        at = int(rng.random() * len(names))
        if held(values[at]) if asked_held else not any(map(held, values)):
            break
    listed = "\n".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
    asked = pick(rng, ("What stands at {}?", "{}?", "What is {}?")).format(names[at])
    return _pair(f"{listed}\n{asked}", values[at])


def captions(rng: random.Random) -> tuple[list[Message], str]:
    """Compose a question about a scene that is described in words."""
    chance = np.random.default_rng(int(rng.random() * 2**32))
    scene = scenes.scene(chance)
    asked = [one for one in scenes.questions(scene, chance) if one.asks in ASKED_OF_CAPTIONS]
    one = pick(rng, asked)
    return _pair(f"{scenes.caption(scene, chance).capitalize()}.\n{one.text}", one.answer)


def greetings(rng: random.Random) -> tuple[list[Message], str]:
    """Compose a greeting."""
    return _pair(*pick(rng, GREETINGS))


def opinions(seed: int) -> Callable[[Chance], tuple[list[Message], str]]:
    """Return what composes questions whether an invented review is positive or not."""
    rows, _ = reviews.generate(seed)

    def opinion(rng: Chance) -> tuple[list[Message], str]:
        row = pick(rng, rows)
        asked = "Is this review positive, neutral or negative?"
        return _pair(f"{asked}\n{row['text']}", row["sentiment"])

    return opinion


def _pair(asked: str, answer: str) -> tuple[list[Message], str]:
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return messages, answer


SHARES = {"facts": 0.74, "notes": 0.1, "captions": 0.08, "opinions": 0.06, "greetings": 0.02}
"""Of each kind of conversation."""


def conversations(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield rows with messages, the kind of conversation, the fact asked for last, and a split.

    A fortieth chooses the checkpoint, and a fortieth is measured; there every fact is held out.
    """
    rng = random.Random(seed)
    # Of reviews, one seed's sentences are learnt from, another's are measured.
    learnt, unseen = opinions(seed + 1), opinions(seed + 2)
    for number in range(count):
        split = {0: "validation", 1: "test"}.get(number % 40, "train")
        kind = drawn(rng, SHARES)
        if kind in ("facts", "notes"):
            compose = facts if kind == "facts" else notes
            messages, fact = compose(rng, split == "test")
        elif kind == "opinions":
            messages, fact = (unseen if split == "test" else learnt)(rng)
        else:
            messages, fact = (captions if kind == "captions" else greetings)(rng)
        yield {
            "id": f"{kind}-{number}",
            "messages": messages,
            "kind": kind,
            "fact": fact,
            "split": split,
        }


def documents(count: int, seed: int) -> list[str]:
    """Return plain texts: the project's own documents by the paragraph, reviews, and captions.

    Raises
    ------
    FileNotFoundError
        If the documents are not there, as in an installed package.
    """
    files = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    if not files:
        raise FileNotFoundError(f"{ROOT} holds no documents: bundled/chat is made in a checkout")
    texts = [
        paragraph.strip()
        for file in files
        for paragraph in file.read_text(encoding="utf-8").split("\n\n")
        if len(paragraph) > 80 and not paragraph.lstrip().startswith(("|", "```", "    "))
    ]
    texts += [row["text"] for row in reviews.generate(seed + 1)[0][: round(count * REVIEWS)]]
    chance = np.random.default_rng(seed)
    texts += [scenes.caption(scenes.scene(chance), chance) for _ in range(round(count * CAPTIONS))]
    return texts
