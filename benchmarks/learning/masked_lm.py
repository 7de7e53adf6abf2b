"""Masked language modelling: MiniLM, which comes without a head for it, on film reviews."""

from __future__ import annotations

import json
from pathlib import Path

from pellucid.benchmarks.learning import reviews

ROWS = 4000


def prepare(data: Path, folder: Path) -> Path:
    """Write the table and the recipe; return the recipe's path."""
    reviews.write(data, folder / "reviews.csv", ROWS)
    recipe = {
        "name": "masked-lm",
        "data": {
            "source": "reviews.csv",
            "inputs": {"text": "text"},
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/minilm", "task": "masked_lm", "max_length": 64},
        "train": {"epochs": 3, "learning_rate": 3e-4, "batch_size": 32},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2))
    return path
