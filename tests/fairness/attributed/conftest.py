"""Runs' folders with attributions that are made up, so that it is known what differs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.explain.attribution import Attribution, Drawn, write_attributions
from pellucid.multimodal.image.outline import Outline

SIDE = 16
"""Pixels of the made-up pictures, cut into single pixels of 8 × 8 patches."""


@pytest.fixture
def made(finished: Path, tmp_path: Path) -> Callable[..., Path]:
    """Give what writes a run whose rows have these attributions and groups.

    ``made(rows)`` with mappings of ``parts`` (a list of drawn, segments, columns and scores),
    ``label``, ``prediction``, and a value for each group column.
    """

    def make(rows: list[dict], method: str = "integrated_gradients") -> Path:
        run = tmp_path / "run"
        if not run.exists():
            shutil.copytree(
                finished, run, ignore=shutil.ignore_patterns("explanations", "model", "check*")
            )
        found = [attribution(number, row, method) for number, row in enumerate(rows)]
        write_attributions(run / "explanations" / f"{method}.parquet", found)
        groups = {key for row in rows for key in row if key.startswith("group:")}
        table = {
            "id": [one.id for one in found],
            "split": "test",
            "label": [one.label for one in found],
            "prediction": [one.prediction for one in found],
            **{key: [row[key] for row in rows] for key in groups},
        }
        pd.DataFrame(table).to_parquet(run / "predictions.parquet")
        return run

    return make


def attribution(number: int, row: dict, method: str) -> Attribution:
    """Put a made-up row in the form that a run's folder holds."""
    parts = row["parts"]
    return Attribution(
        id=f"r{number}",
        method=method,
        settings={"tolerance": 0.05},
        target=row.get("target", row["prediction"]),
        segments=tuple(name for part in parts for name in part["segments"]),
        columns=tuple(name for part in parts for name in part["columns"]),
        scores=np.array([score for part in parts for score in part["scores"]], np.float64),
        special=0.0,
        output=1.0,
        baseline_output=0.0,
        evaluations=1,
        label=row["label"],
        prediction=row["prediction"],
        split="test",
        drawn=tuple(part["drawn"] for part in parts),
    )


@pytest.fixture
def text() -> Callable[..., dict]:
    """Give what makes a text's part of its words with scores."""

    def part(scores: list[tuple[str, float]], column: str = "text") -> dict:
        words = [word for word, _ in scores]
        between = [" "] * (len(words) - 1) + [""]
        return {
            "segments": words,
            "columns": [column] * len(words),
            "scores": [score for _, score in scores],
            "drawn": Drawn("text", (column,), len(words), {"between": between}),
        }

    return part


@pytest.fixture
def picture() -> Callable[..., dict]:
    """Give what makes a picture's part of scores of its 8 × 8 patches."""

    def part(scores: np.ndarray, column: str = "image") -> dict:
        labels = np.kron(np.arange(64, dtype=np.int32).reshape(8, 8), np.ones((2, 2), np.int32))
        outline = json.loads(json.dumps(Outline("", labels, None).as_json()))
        return {
            "segments": [str(one) for one in range(64)],
            "columns": [column] * 64,
            "scores": scores.ravel().tolist(),
            "drawn": Drawn("image", (column,), 64, outline),
        }

    return part


@pytest.fixture
def sound() -> Callable[..., dict]:
    """Give what makes a sound's part of scores of 4 bands and 8 parts of its time."""

    def part(scores: np.ndarray, column: str = "audio") -> dict:
        outline = {
            "frames": list(range(0, 81, 10)), "bins": [0, 8, 32, 128, 257],
            "samples": 81 * 160, "rate": 16_000, "points": 512,
        }  # fmt: skip
        return {
            "segments": [str(one) for one in range(32)],
            "columns": [column] * 32,
            "scores": scores.ravel().tolist(),
            "drawn": Drawn("audio", (column,), 32, outline),
        }

    return part
