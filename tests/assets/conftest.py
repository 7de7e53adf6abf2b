"""The shipped scenes as tests see them."""

from __future__ import annotations

import io
import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from pellucid.tests.assets.scene_reading import decoded

FOLDER = files("pellucid.assets.samples")


@pytest.fixture(scope="session")
def asked() -> pd.DataFrame:
    text = (FOLDER / "scenes" / "metadata.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)


@pytest.fixture(scope="session")
def shown(asked: pd.DataFrame) -> pd.DataFrame:
    """Give one row for each picture."""
    return asked.drop_duplicates("file_name").set_index("file_name", drop=False)


@pytest.fixture(scope="session")
def scene_truth() -> dict:
    return json.loads((FOLDER / "scenes.planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def pixels(shown: pd.DataFrame) -> dict[str, np.ndarray]:
    return {name: decoded((FOLDER / "scenes" / name).read_bytes()) for name in shown.file_name}
