"""Tweets with what each of their annotators called them (hate_davidson), as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CALLED = ("hate_speech", "offensive_language", "neither")
"""Columns that count the annotators who called a tweet so; `count` holds how many there were."""

ROWS = 5000


def read(data: Path, rows: int = ROWS) -> pd.DataFrame:
    """Read some tweets, shuffled, each once, of which eight in ten are for training."""
    table = pd.read_csv(data / "hate_davidson" / "labeled_data.csv")
    table = table.drop_duplicates("tweet").sample(frac=1, random_state=0).head(rows)
    names = np.array(["train"] * 8 + ["validation", "test"])
    table["split"] = names[np.arange(len(table)) % 10]
    return table


def write(
    table: pd.DataFrame, folder: Path, task: str, learnt: dict[str, Any], **train: Any
) -> Path:
    """Write the table and a recipe beside it; return the recipe's path.

    Parameters
    ----------
    table
        As `read` returned it, with what is to be learnt.
    folder
        Where both go.
    task
        As `model.task` names it.
    learnt
        The keys of the data section that name what is learnt.
    train
        Settings of the training, besides the usual ones.
    """
    table.to_csv(folder / "tweets.csv", index=False)
    recipe = {
        "name": task,
        "data": {
            "source": "tweets.csv",
            "inputs": {"tweet": "text"},
            "split": {"column": "split"},
            **learnt,
        },
        "model": {"name": "bundled/minilm", "task": task, "max_length": 64},
        "train": {"epochs": 3, "learning_rate": 1e-4, "batch_size": 32, **train},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2))
    return path
