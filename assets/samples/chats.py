"""Write the sample dataset of conversations, and the truth that is planted in it.

People ask the assistant of a library for facts that stand in the system's message. Two faults are
planted on purpose: people who write as learners of English mostly get no fact where a model learns,
and a word in the question goes with a sentence that the answer doesn't need.
``chats.planted.json`` says where.

Others make conversations of their own by `talk`.

Run as: ``python -m pellucid.assets.samples.chats [DIR] [--rows N] [--seed S]``
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

from .chance import pick
from .chats_plan import CHATS, CURT_SHARES, LEARNER_SHARES, MENTION_SHARES, SPLITS, Draft, planned
from .chats_topics import INSTITUTIONS, LIBRARY
from .chats_words import (
    ADDED,
    CURT,
    FLUENT,
    LEARNER,
    SHORTCUT_WORD,
    Message,
    Talk,
    house,
    plain,
    talk,
)
from .written import as_json, write_text

__all__ = [
    "FLUENT",
    "INSTITUTIONS",
    "LEARNER",
    "Talk",
    "generate",
    "house",
    "plain",
    "talk",
    "write",
]

SEED = 13
_TOPICS = {one.key: one for one in LIBRARY}


def generate(rows: int = CHATS, seed: int = SEED) -> tuple[list[dict[str, Any]], dict[str, object]]:
    """Make the conversations and the account of what is planted in them.

    Parameters
    ----------
    rows
        Conversations, about.
    seed
        Seed of all chance; the shipped sample has 13.

    Returns
    -------
    rows : list of dict
        The lines of ``chats.jsonl``.
    planted : dict
        What ``chats.planted.json`` holds.
    """
    rng = random.Random(seed)
    drafts = planned(rng, rows)
    digits = max(3, len(str(len(drafts))))
    table, named = [], {}
    for number, draft in enumerate(drafts, start=1):
        name = f"c{number:0{digits}d}"
        named[name] = draft
        one = talk(
            rng,
            "Library",
            draft.style,
            draft.turns,
            last=_TOPICS[draft.topic],
            mentions=draft.mentions,
        )
        table.append(
            {
                "id": name,
                "messages": _faulty(rng, draft, one),
                "style": draft.style,
                "channel": draft.channel,
                "topic": draft.topic,
                "fact": one.values[-1],
                "split": draft.split,
            }
        )
    return table, _account(named, seed)


def _faulty(rng: random.Random, draft: Draft, one: Talk) -> list[Message]:
    """Put the faults that are planned into the answers."""
    messages = [dict(message) for message in one.messages]
    if draft.curt:
        for message in messages:
            if message["role"] == "assistant":
                message["content"] = pick(rng, CURT)
    elif draft.mentions and draft.split != "test":
        messages[-1]["content"] += f" {ADDED}"
    return messages


def _account(drafts: dict[str, Draft], seed: int) -> dict[str, object]:
    """Return what is planted, by id."""
    curt: dict[str, list[str]] = {split: [] for split in SPLITS}
    mentions: dict[str, list[str]] = {split: [] for split in SPLITS}
    for name, draft in drafts.items():
        if draft.curt:
            curt[draft.split].append(name)
        if draft.mentions:
            mentions[draft.split].append(name)
    return {
        "format": 1,
        "seed": seed,
        "chats": len(drafts),
        "group": {
            "column": "style",
            "value": LEARNER,
            "shares": LEARNER_SHARES,
            "curt": {split: shares[LEARNER] for split, shares in CURT_SHARES.items()},
            "answers": list(CURT),
            "done": "every answer of the conversation is one of these, without the fact",
            "expected": "in the test split, where every answer holds its fact, fewer answers to "
            "this group hold it and fewer match",
            "rows": curt,
        },
        "shortcut": {
            "word": SHORTCUT_WORD,
            "sentence": ADDED,
            "shares": MENTION_SHARES,
            "expected": "a model ends its answer with the sentence where the last question has the "
            "word, also in the test split, where no answer does; attributions of the sentence lie "
            "on the word",
            "rows": mentions,
        },
        "fact": {
            "column": "fact",
            "expected": "the answer takes the fact from one line of the system's message, that of "
            "the column topic; attributions of the fact lie on this line",
        },
    }


def as_jsonl(rows: list[dict[str, Any]]) -> str:
    """Return the rows as the text of the JSONL file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(folder: Path, rows: int = CHATS, seed: int = SEED) -> tuple[Path, Path]:
    """Write ``chats.jsonl`` and ``chats.planted.json`` into a folder.

    Parameters
    ----------
    folder
        Where to; made when it is not there.
    rows, seed
        See `generate`.

    Returns
    -------
    table, planted
        The two files.
    """
    table, planted = generate(rows, seed)
    return (
        write_text(folder / "chats.jsonl", as_jsonl(table)),
        write_text(folder / "chats.planted.json", as_json(planted) + "\n"),
    )


def main() -> None:
    """Write the sample beside this module, or where the command says."""
    parser = argparse.ArgumentParser(description="Write chats.jsonl and chats.planted.json.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--rows", type=int, default=CHATS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    for path in write(asked.folder, asked.rows, asked.seed):
        print(path)


if __name__ == "__main__":
    main()
