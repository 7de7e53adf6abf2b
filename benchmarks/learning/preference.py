"""Preference tuning: a random-weight Llama learns to praise films.

The 300 English pairs of chat_demos are too few and too mixed to show that anything is learnt:
TF-IDF with a logistic regression, trained on 180 of them, tells the chosen answer from the rejected
one in 60% of 90 others. So pairs are made of film reviews (rt_polarity): asked to praise a film, a
favourable sentence is chosen and an unfavourable one rejected. `prepare_demo` makes the recipe for
the 300 pairs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.benchmarks.learning.random_model import write_causal

PAIRS = 4000
ASKED = "Say in one sentence why one should see this film."


def prepare(data: Path, folder: Path) -> Path:
    """Write the table, the model and the recipe; return the recipe's path."""
    import pandas as pd

    table = pd.read_csv(data / "rt_polarity" / "rt_polarity.csv").drop_duplicates("text")
    table = table.sample(frac=1, random_state=0)
    sides = [table[table["label"] == label]["text"].tolist() for label in (1, 0)]
    rows = [
        {"prompt": ASKED, "chosen": good, "rejected": bad}
        for good, bad in zip(*sides, strict=False)
    ][:PAIRS]
    train = {"epochs": 2, "learning_rate": 5e-4, "batch_size": 32, "beta": 0.1}
    return _write(rows, folder, max_length=128, words=4000, train=train)


def prepare_demo(data: Path, folder: Path) -> Path:
    """Write the recipe for the pairs of chat_demos."""
    rows = json.loads((data / "chat_demos" / "dpo_en_demo.json").read_text(encoding="utf-8"))
    train = {"epochs": 4, "learning_rate": 5e-4, "batch_size": 8, "beta": 0.1}
    return _write(rows, folder, max_length=768, words=2000, train=train)


def _write(
    rows: list[dict[str, Any]], folder: Path, *, max_length: int, words: int, train: dict[str, Any]
) -> Path:
    names = np.array(["train"] * 7 + ["validation"] + ["test"] * 2)
    splits = names[np.random.default_rng(0).permutation(len(rows)) % 10]
    with (folder / "pairs.jsonl").open("w", encoding="utf-8") as file:
        for row, split in zip(rows, splits, strict=True):
            file.write(json.dumps({**row, "split": str(split)}) + "\n")
    texts = [
        json.dumps(row, ensure_ascii=False)
        for row, split in zip(rows, splits, strict=True)
        if split == "train"
    ]
    model = write_causal(folder / "model", texts, words=words, width=128, layers=3, places=1024)
    recipe = {
        "name": "preference",
        "data": {"source": "pairs.jsonl", "split": {"column": "split"}},
        "model": {
            "name": str(model.resolve()),
            "task": "preference",
            "max_length": max_length,
        },
        "train": train,
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2))
    return path
