"""Tables that several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ADULT_ROWS = 48_842


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Return the folder of a public dataset, or skip the test where there is none."""

    def folder(name: str) -> Path:
        beside = Path(__file__).resolve().parents[3] / "shared" / "data"
        path = Path(os.environ.get("PELLUCID_DATA", beside)) / name
        if not path.is_dir():
            pytest.skip("skipped: no real data")
        return path

    return folder


@pytest.fixture
def random_table() -> Callable[..., pd.DataFrame]:
    """Make a table of the size of Adult with rare and missing groups and tied scores."""

    def make(seed: int, rows: int = ADULT_ROWS, labels: tuple[str, ...] = ("no", "yes")):
        rng = np.random.default_rng(seed)
        race = rng.choice(
            ["white", "black", "asian", "other", "native", None],
            size=rows,
            p=[0.8, 0.12, 0.04, 0.02, 0.01, 0.01],
        )
        sex = rng.choice(["female", "male"], size=rows, p=[0.33, 0.67])
        race[:3] = "rare"  # three rows only
        truth = rng.integers(len(labels), size=rows)
        wrong = rng.random(rows) < np.where(sex == "female", 0.3, 0.2)
        guess = np.where(wrong, rng.integers(len(labels), size=rows), truth)
        score = np.round(np.clip(0.5 * (guess == 1) + 0.5 * rng.random(rows), 0, 1), 2)  # ties
        names = np.array(labels, dtype=object)
        return pd.DataFrame(
            {
                "label": names[truth],
                "prediction": names[guess],
                "score:yes": score,
                "group:race": race,
                "group:sex": sex,
            }
        )

    return make
