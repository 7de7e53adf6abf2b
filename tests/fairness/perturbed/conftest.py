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
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train a tiny ResNet on 240 pictures; the run's folder must not be changed."""
    import torch
    from transformers import ResNetConfig, ResNetModel, ViTImageProcessor

    work = tmp_path_factory.mktemp("pictures")
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic",
        downsample_in_first_stage=False,
    )  # fmt: skip
    ResNetModel(config).save_pretrained(work / "model")
    ViTImageProcessor(size={"height": 8, "width": 8}).save_pretrained(work / "model")
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
        "model": {"name": str(work / "model")},
        "train": {"epochs": 30, "batch_size": 16, "learning_rate": 2e-2},
        "evaluate": {"replicates": 100, "baselines": False},
    }
    return execute(Recipe.of(raw), Path(work) / "runs", only=["train", "evaluate"])
