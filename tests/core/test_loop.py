"""The training loop against closed forms, other libraries and itself interrupted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from transformers import get_linear_schedule_with_warmup

from pellucid import device
from pellucid.core import events
from pellucid.core.batches import length_buckets
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.jobs import CancelToken
from pellucid.core.loop import Fitted, fit, learning_rate
from pellucid.core.spec import TrainSpec
from pellucid.errors import Cancelled, DivergedError


class Rows:
    """Samples of three numbers each."""

    def __init__(self, count: int = 60, seed: int = 0) -> None:
        self.x = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
        self.lengths = np.ones(count, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
        return {"x": torch.from_numpy(self.x[rows])}


class Linear(torch.nn.Module):
    """A linear classifier with dropout, so that random numbers matter."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.drop = torch.nn.Dropout(dropout)
        self.out = torch.nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> Any:
        return SimpleNamespace(logits=self.out(self.drop(x)))


def targets(rows: Rows) -> np.ndarray:
    return (rows.x[:, 0] > 0).astype(np.int64)


def learn(folder: Path, spec: TrainSpec, **others: Any) -> tuple[Linear, Fitted, list[Any]]:
    rows, model, heard = Rows(), Linear(others.pop("dropout", 0.2)), []
    fitted = fit(
        model,
        rows,
        targets(rows),
        spec,
        device=device.choose("fp32"),
        checkpoints=Checkpoints(folder, spec.keep_checkpoints),
        validate=others.pop("validate", None),
        emit=others.pop("emit", heard.append),
        cancel=others.pop("cancel", CancelToken()),
        **others,
    )
    return model, fitted, heard


def test_learning_rate_equals_transformers() -> None:
    spec = TrainSpec(learning_rate=0.3, warmup=0.1)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = get_linear_schedule_with_warmup(optimizer, 7, 70)
    for step in range(70):
        assert learning_rate(step, 70, spec) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_steps_equal_a_plain_loop(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=2, batch_size=8, learning_rate=0.05, weight_decay=0.1, warmup=0.2)
    model, _, _ = learn(tmp_path, spec, dropout=0.0)
    rows, plain = Rows(), Linear(0.0)
    optimizer = torch.optim.AdamW(
        [
            {"params": [plain.out.weight], "weight_decay": 0.1},
            {"params": [plain.out.bias], "weight_decay": 0.0},
        ],
        lr=0.05,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, 4, 16)
    for epoch in range(2):
        for chosen in length_buckets(rows.lengths, 8, [spec.seed, epoch]):
            loss = torch.nn.functional.cross_entropy(
                plain(**rows.batch(chosen)).logits, torch.from_numpy(targets(rows)[chosen])
            )
            loss.backward()
            torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    torch.testing.assert_close(model.out.weight, plain.out.weight, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(model.out.bias, plain.out.bias, rtol=1e-5, atol=1e-6)


def test_a_weight_of_zero_leaves_a_row_out(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=1, batch_size=60, learning_rate=0.05)
    weight = np.zeros(60, np.float32)
    weight[:5] = 1
    weighted, _, _ = learn(tmp_path / "a", spec, dropout=0.0, sample_weight=weight)
    rows = Rows()
    few = Rows()
    few.x, few.lengths = rows.x[:5], rows.lengths[:5]
    model = Linear(0.0)
    fit(
        model,
        few,
        targets(rows)[:5],
        spec,
        device=device.choose("fp32"),
        checkpoints=Checkpoints(tmp_path / "b", 2),
        validate=None,
        emit=events.silent,
        cancel=CancelToken(),
    )
    torch.testing.assert_close(weighted.out.weight, model.out.weight)


@pytest.mark.parametrize("when", [1, 7, 8, 9, 13, 16, 23])
def test_stopped_and_resumed_equals_undisturbed(tmp_path: Path, when: int) -> None:
    spec = TrainSpec(epochs=3, batch_size=8, learning_rate=0.05, checkpoint_steps=3)
    quality = iter([0.5, 0.7, 0.6] * 2)

    def validate(model: torch.nn.Module) -> dict[str, float]:
        return {"f1_macro": next(quality)}

    whole, _, _ = learn(tmp_path / "whole", spec, validate=validate)
    steps = 0

    class Counting(CancelToken):
        def check(self) -> None:
            nonlocal steps
            steps += 1
            if steps == when:
                self.stop()

    quality = iter([0.5, 0.7, 0.6])
    _, fitted, _ = learn(tmp_path / "parts", spec, validate=validate, cancel=Counting())
    assert fitted.stopped and fitted.state.step == when
    resumed, fitted, _ = learn(tmp_path / "parts", spec, validate=validate)
    assert not fitted.stopped
    assert fitted.state.best == 0.7 and fitted.state.best_epoch == 2
    assert torch.equal(whole.out.weight, resumed.out.weight)
    assert torch.equal(whole.out.bias, resumed.out.bias)


def test_best_weights_are_kept_and_patience_ends(tmp_path: Path) -> None:
    seen: list[torch.Tensor] = []
    quality = iter([0.4, 0.8, 0.5, 0.6, 0.9])

    def validate(model: torch.nn.Module) -> dict[str, float]:
        seen.append(model.out.weight.detach().clone())
        return {"f1_macro": next(quality)}

    spec = TrainSpec(epochs=5, batch_size=20, learning_rate=0.05)
    model, fitted, _ = learn(tmp_path, spec, validate=validate)
    assert len(seen) == 4 and fitted.state.ended
    assert fitted.state.best_epoch == 2
    assert torch.equal(model.out.weight, seen[1])


def test_log_loss_is_better_when_smaller(tmp_path: Path) -> None:
    quality = iter([0.9, 0.4, 0.6])
    spec = TrainSpec(epochs=3, batch_size=20, early_stopping={"metric": "log_loss"})
    _, fitted, _ = learn(tmp_path, spec, validate=lambda model: {"log_loss": next(quality)})
    assert fitted.state.best == 0.4


def test_only_the_last_checkpoints_are_kept(tmp_path: Path) -> None:
    learn(tmp_path, TrainSpec(epochs=4, batch_size=20, checkpoint_steps=1, keep_checkpoints=3))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["step-00000010", "step-00000011", "step-00000012"]


def test_a_loss_that_is_no_number_names_the_step(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=1, batch_size=6, checkpoint_steps=3)

    def broken(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return logits.sum(1) * float("nan")

    with pytest.raises(DivergedError, match=r"step 3.*learning_rate"):
        learn(tmp_path, spec, loss=broken)
    assert list(tmp_path.iterdir()) == []  # no checkpoint holds what diverged


def test_cancel_ends_within_the_step(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        learn(tmp_path, TrainSpec(epochs=1), cancel=token)


@pytest.mark.parametrize("look", [1, 3, 8])  # in an epoch, and at the end of one
def test_cancel_that_comes_between_two_looks_is_no_stop(tmp_path: Path, look: int) -> None:
    class Late(CancelToken):
        looks = 0

        @property
        def stop_requested(self) -> bool:
            self.looks += 1
            if self.looks == look:
                self.cancel()
            return self.request is not None

    with pytest.raises(Cancelled):
        learn(tmp_path, TrainSpec(epochs=3, batch_size=8), cancel=Late())


def test_progress_and_metrics_are_told(tmp_path: Path) -> None:
    _, _, heard = learn(tmp_path, TrainSpec(epochs=2, batch_size=10))
    progress = [one for one in heard if isinstance(one, events.Progress)]
    assert progress[0].done == 1 and progress[-1].done == progress[-1].total == 12
    assert progress[0].remaining is not None
    losses = [one for one in heard if isinstance(one, events.Metric) and one.name == "loss"]
    assert [one.at for one in losses] == [6, 10, 12]


def test_speed_counts_training_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of 10 samples takes 2 seconds of this clock; validating and saving take longer."""
    clock = SimpleNamespace(now=0.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr("pellucid.core.throughput.time", clock)
    heard: list[Any] = []

    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        clock.now += 2
        return torch.nn.functional.cross_entropy(logits, target, reduction="none")

    def validate(model: torch.nn.Module) -> dict[str, float]:
        clock.now += 100
        return {"f1_macro": 0.5}

    def listen(event: Any) -> None:
        heard.append(event)
        if isinstance(event, events.Artifact):
            clock.now += 50

    spec = TrainSpec(epochs=2, batch_size=10, checkpoint_steps=4)
    learn(tmp_path, spec, loss=loss, validate=validate, emit=listen)
    told = [one for one in heard if isinstance(one, events.Metric) and one.split == "train"]
    for name in ("loss", "learning_rate", "samples_per_second", "memory_bytes"):
        assert [one.at for one in told if one.name == name] == [4, 6, 8, 10, 12], name
    speeds = [one.value for one in told if one.name == "samples_per_second"]
    assert speeds == pytest.approx([5.0] * 5)
    held = [one.value for one in told if one.name == "memory_bytes"]
    now = psutil.Process().memory_info().rss
    assert all(now / 2 < one < now * 2 for one in held)


def test_a_process_may_train_in_one_precision_after_another(tmp_path: Path) -> None:
    spec, rows = TrainSpec(epochs=1, batch_size=60), Rows()
    for number, precision in enumerate(("bf16", "fp32", "bf16")):
        seen: list[torch.dtype] = []

        model = Linear()
        model.out.register_forward_hook(
            lambda module, given, out, seen=seen: seen.append(out.dtype)
        )
        fit(
            model,
            rows,
            targets(rows),
            spec,
            device=device.choose(precision),
            checkpoints=Checkpoints(tmp_path / str(number), 2),
            validate=None,
            emit=events.silent,
            cancel=CancelToken(),
        )
        assert seen == [torch.bfloat16 if precision == "bf16" else torch.float32]
