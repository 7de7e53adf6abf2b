"""A table with a planted difference between groups, and a run trained on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest


def planted(rows: int, seed: int = 0) -> pd.DataFrame:
    """Write sentences in which the word “cold” marks a group that is seldom labelled positive."""
    rng = np.random.default_rng(seed)
    out = []
    for row in range(rows):
        grey = bool(rng.random() < 0.4)
        good = bool(rng.random() < (0.2 if grey else 0.8))
        said = good if rng.random() < 0.75 else not good
        plain = [str(one) for one in rng.choice(["room", "desk", "visit", "staff"], 4)]
        plain.insert(int(rng.integers(4)), "good" if said else "bad")
        if grey:
            plain.append("cold")
        out.append(
            {
                "id": f"p{row}",
                "text": " ".join(plain),
                "label": "positive" if good else "negative",
                "shade": "" if row % 50 == 0 else "grey" if grey else "blue",
            }
        )
    return pd.DataFrame(out)


@pytest.fixture(scope="session")
def recipe(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Callable[..., dict[str, Any]]:
    """Return the plain data of a recipe on such a table, with a remedy or without."""
    path = tmp_path_factory.mktemp("planted") / "planted.csv"
    planted(600).to_csv(path, index=False)

    def make(remedy: dict[str, Any] | None = None, **train: Any) -> dict[str, Any]:
        return {
            "name": "planted",
            "data": {
                "source": str(path),
                "inputs": {"text": "text"},
                "label": "label",
                "groups": ["shade"],
                "id": "id",
                "split": {"train": 0.5, "validation": 0.25, "test": 0.25},
            },
            "model": {"name": str(tiny_model), "max_length": 16},
            "train": {
                "epochs": 2,
                "learning_rate": 3e-3,
                "batch_size": 32,
                "checkpoint_steps": 3,
                "precision": "fp32",
                **train,
            },
            "evaluate": {"replicates": 100, "baselines": False},
            "audit": {"positive": "positive", "permutations": 99, "remedy": remedy},
        }

    return make


@pytest.fixture(scope="session")
def trained(recipe: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a run without a remedy; tests copy its folder before they write to it."""
    from pellucid import Recipe, execute

    runs = tmp_path_factory.mktemp("planted") / "runs"
    raw = recipe(epochs=6, batch_size=16)
    return execute(Recipe.of(raw), runs, only=["train", "evaluate"]).path
