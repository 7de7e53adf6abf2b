"""A run that tells dark from bright pictures, some of which are near the border between both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core import Run

MIDDLES = {"far": (40, 215), "near": (105, 150)}
"""Grey of dark and of bright pictures, by group."""


@pytest.fixture(scope="session")
def pictures(tiny_vision: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train a tiny ResNet on 240 pictures; the run's folder must not be changed."""
    work = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    rows = []
    for row in range(240):
        bright, camera = row % 2, ("far", "near")[row // 2 % 2]
        middle = MIDDLES[camera][bright]
        pixels = generator.integers(middle - 10, middle + 10, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(work / f"p{row:03}.png")
        rows.append(
            {
                "image": f"p{row:03}.png",
                "label": ("dark", "bright")[bright],
                "camera": camera,
                "split": "test" if row % 3 == 0 else "train",
            }
        )
    pd.DataFrame(rows).to_csv(work / "t.csv", index=False)
    raw = {
        "name": "pictures",
        "data": {
            "source": str(work / "t.csv"),
            "inputs": {"image": "image"},
            "label": "label",
            "groups": ["camera"],
            "split": {"column": "split"},
        },
        "model": {"name": str(tiny_vision)},
        "train": {"epochs": 30, "batch_size": 16, "learning_rate": 2e-2},
        "evaluate": {"replicates": 100, "baselines": False},
    }
    return execute(Recipe.of(raw), Path(work) / "runs", only=["train", "evaluate"])
