"""What TensorBoard's own reader finds in what the listener wrote."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pellucid.core.events import Metric, Progress, Sample
from pellucid.core.tensorboard import TensorBoard, require
from pellucid.errors import RecipeError


def test_metrics_become_curves(tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    board = TensorBoard(tmp_path / "tensorboard")
    for step in (10, 20):
        board(Metric(name="loss", value=1 / step, at=step))
        board(Metric(name="f1_macro", value=step / 100, at=step, split="validation"))
    board(Progress(step="train", done=1, total=2))
    board(Sample(prompt="Say hello.", text="Hello!", at=20))
    board.close()
    found = accumulators.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert sorted(found.Tags()["scalars"]) == ["train/loss", "validation/f1_macro"]
    losses = [(one.step, round(one.value, 6)) for one in found.Scalars("train/loss")]
    assert losses == [(10, 0.1), (20, 0.05)]
    assert found.Tags()["tensors"] == ["samples/text_summary"]


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    with pytest.raises(RecipeError, match=r"train\.tensorboard.*pip install 'pellucid\[tensor"):
        require()
