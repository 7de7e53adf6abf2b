"""Causal language modelling: a random-weight Llama with a tokenizer of its own, on film reviews."""

from __future__ import annotations

import json
from pathlib import Path

from pellucid.benchmarks.learning import reviews
from pellucid.benchmarks.learning.random_model import write_causal


def prepare(data: Path, folder: Path) -> Path:
    """Write the table, the model and the recipe; return the recipe's path."""
    table = reviews.write(data, folder / "reviews.csv")
    learnt = table[table["split"] == "train"]["text"]
    model = write_causal(folder / "model", learnt, words=4000, width=128, layers=4, places=256)
    recipe = {
        "name": "causal-lm",
        "data": {
            "source": "reviews.csv",
            "inputs": {"text": "text"},
            "split": {"column": "split"},
        },
        "model": {"name": str(model.resolve()), "task": "causal_lm", "max_length": 128},
        "train": {"epochs": 4, "learning_rate": 2e-3, "batch_size": 32},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2))
    return path
