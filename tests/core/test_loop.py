"""The training loop against closed forms, other libraries and itself interrupted."""

from __future__ import annotations

import shutil
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
from pellucid.core.loop import Fitted, fit
from pellucid.core.spec import TrainSpec
from pellucid.errors import Cancelled, DivergedError, JobError


class Rows:
    """Samples of three numbers each."""

    def __init__(self, count: int = 60, seed: int = 0) -> None:
        self.x = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
        self.lengths = np.ones(count, dtype=np.int64)
        self.units = np.ones(count, dtype=np.int64)
        self.weight = np.ones(count, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
        x = torch.from_numpy(self.x[rows])
        return {"x": x, "target": (x[:, 0] > 0).long()}

    def ids(self, rows: np.ndarray) -> list[str]:
        return [f"r{row}" for row in rows]


class Linear(torch.nn.Module):
    """A linear classifier with dropout, so that random numbers matter."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.drop = torch.nn.Dropout(dropout)
        self.out = torch.nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> Any:
        return SimpleNamespace(logits=self.out(self.drop(x)))


def cross_entropy(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    logits = model(batch["x"]).logits
    return torch.nn.functional.cross_entropy(logits.float(), batch["target"], reduction="none")


def train(model: Linear, rows: Rows, folder: Path, spec: TrainSpec, **others: Any) -> Fitted:
    given: dict[str, Any] = {
        "loss": cross_entropy,
        "metric": "f1_macro",
        "device": device.choose("fp32"),
        "checkpoints": Checkpoints(folder, spec.keep_checkpoints),
        "validate": None,
        "emit": events.silent,
        "cancel": CancelToken(),
    }
    return fit(model, rows, spec, **(given | others))


def learn(folder: Path, spec: TrainSpec, **others: Any) -> tuple[Linear, Fitted, list[Any]]:
    rows, model, heard = Rows(), Linear(others.pop("dropout", 0.2)), []
    fitted = train(model, rows, folder, spec, **({"emit": heard.append} | others))
    return model, fitted, heard


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
            cross_entropy(plain, rows.batch(chosen)).mean().backward()
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
    train(model, few, tmp_path / "b", spec)
    torch.testing.assert_close(weighted.out.weight, model.out.weight)


@pytest.mark.parametrize("when", [1, 7, 8, 9, 13, 16, 23])
def test_stopped_and_resumed_equals_undisturbed(tmp_path: Path, when: int) -> None:
    spec = TrainSpec(epochs=3, batch_size=8, learning_rate=0.05, checkpoint_steps=3)
    quality = iter([0.5, 0.7, 0.6] * 2)

    def validate(model: torch.nn.Module, step: int) -> dict[str, float]:
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

    def validate(model: torch.nn.Module, step: int) -> dict[str, float]:
        seen.append(model.out.weight.detach().clone())
        return {"f1_macro": next(quality)}

    spec = TrainSpec(epochs=5, batch_size=20, learning_rate=0.05)
    model, fitted, _ = learn(tmp_path, spec, validate=validate)
    assert len(seen) == 4 and fitted.state.ended
    assert fitted.state.best_epoch == 2
    assert torch.equal(model.out.weight, seen[1])


def test_log_loss_is_better_when_smaller(tmp_path: Path) -> None:
    quality = iter([0.9, 0.4, 0.6])
    spec = TrainSpec(epochs=3, batch_size=20)
    _, fitted, _ = learn(
        tmp_path, spec, metric="log_loss", validate=lambda model, step: {"log_loss": next(quality)}
    )
    assert fitted.state.best == 0.4


def test_only_the_last_checkpoints_are_kept(tmp_path: Path) -> None:
    learn(tmp_path, TrainSpec(epochs=4, batch_size=20, checkpoint_steps=1, keep_checkpoints=3))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["step-00000010", "step-00000011", "step-00000012"]


def test_a_loss_that_is_no_number_names_step_and_rows(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=1, batch_size=6, checkpoint_steps=3)
    steps = 0

    def broken(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        nonlocal steps
        steps += 1
        losses = cross_entropy(model, batch)
        return torch.where(batch["x"][:, 0] == worst, float("nan"), losses)

    rows = Rows()
    chosen = length_buckets(rows.lengths, 6, [spec.seed, 0])[4]
    worst = float(rows.x[chosen[2], 0])
    with pytest.raises(DivergedError, match=rf"step 5: the loss of row r{chosen[2]} is no number"):
        learn(tmp_path, spec, loss=broken)
    # What was saved before is whole; nothing holds what diverged.
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000003"]


def test_a_loss_that_explodes_ends_the_training(tmp_path: Path) -> None:
    factor = iter([1.0] * 12 + [1e5] * 100)

    def growing(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return cross_entropy(model, batch) * next(factor)

    with pytest.raises(DivergedError, match=r"step 13.*learning rate"):
        learn(tmp_path, TrainSpec(epochs=4, batch_size=6), loss=growing)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_it_learns_the_same_mask_for_mask(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=2, batch_size=8, learning_rate=0.05)
    plain, _, _ = learn(tmp_path / "a", spec)
    compiled, _, _ = learn(tmp_path / "b", spec.model_copy(update={"compile": True}))
    torch.testing.assert_close(compiled.out.weight, plain.out.weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_micro_batches_add_up_to_the_step(tmp_path: Path, size: int) -> None:
    """The mean runs over the units of a whole step, not over its micro-batches."""
    units = np.random.default_rng(3).integers(1, 9, 60)

    class Uneven(Rows):
        def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
            return {**super().batch(rows), "target_units": torch.from_numpy(units[rows])}

    def summed(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return cross_entropy(model, batch) * batch["target_units"]

    found = []
    for number, micro in enumerate((None, size)):
        rows, model = Uneven(), Linear(0.0)
        rows.units = units
        spec = TrainSpec(epochs=2, batch_size=8, learning_rate=0.05, micro_batch_size=micro)
        train(model, rows, tmp_path / str(number), spec, loss=summed)
        found.append(model.out.weight)
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-6)


def test_where_memory_runs_out_the_micro_batch_is_halved(tmp_path: Path) -> None:
    sizes = []

    def hungry(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        sizes.append(len(batch["x"]))
        if len(batch["x"]) > 5:
            torch.empty(2**50)  # four million gigabytes, which no machine holds
        return cross_entropy(model, batch)

    spec = TrainSpec(epochs=1, batch_size=20, learning_rate=0.05)
    model, fitted, heard = learn(tmp_path / "a", spec, dropout=0.0, loss=hungry)
    whole, _, _ = learn(tmp_path / "b", spec, dropout=0.0)
    assert sizes[:3] == [20, 10, 5] and set(sizes[3:]) == {5}
    assert fitted.state.micro == 5
    told = [one.text for one in heard if isinstance(one, events.Warning)]
    assert len(told) == 2 and "5 samples go through the model at once" in told[1]
    torch.testing.assert_close(model.out.weight, whole.out.weight, rtol=1e-5, atol=1e-6)


class Together(Rows):
    """Samples of which each is told from the others of its step."""

    together = True


def test_samples_that_are_told_from_each_other_stay_together(tmp_path: Path) -> None:
    """Neither the recipe's micro-batches nor what a CPU's caches hold split their steps."""
    sizes = []

    def counted(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        sizes.append(len(batch["x"]))
        return cross_entropy(model, batch)

    rows = Together()
    rows.lengths = np.full(60, 4000)
    spec = TrainSpec(epochs=1, batch_size=20, micro_batch_size=4)
    train(Linear(0.0), rows, tmp_path / "together", spec, loss=counted)
    assert sizes == [20, 20, 20]
    apart = Rows()
    apart.lengths = rows.lengths
    sizes.clear()
    train(Linear(0.0), apart, tmp_path / "apart", spec, loss=counted)
    assert sizes == [1] * 60


def test_where_memory_runs_out_such_a_step_says_what_to_do(tmp_path: Path) -> None:
    def hungry(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        torch.empty(2**50)  # four million gigabytes, which no machine holds
        return cross_entropy(model, batch)

    spec = TrainSpec(epochs=1, batch_size=20)
    with pytest.raises(JobError, match=r"20 samples of a step can't be split.*train\.batch_size"):
        train(Linear(0.0), Together(), tmp_path, spec, loss=hungry)


def test_steps_may_be_bounded(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=4, batch_size=20, max_steps=5)
    _, fitted, heard = learn(tmp_path, spec, validate=lambda model, step: {"f1_macro": 0.5})
    assert fitted.state.step == 5 and not fitted.stopped
    judged = [one.at for one in heard if isinstance(one, events.Metric) and one.split != "train"]
    assert judged == [3, 5]


def test_time_may_be_bounded(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=4, batch_size=20, max_minutes=1e-9)
    _, fitted, _ = learn(tmp_path, spec)
    assert fitted.state.step == 1 and not fitted.stopped


def test_validation_between_the_ends_of_epochs(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=2, batch_size=10, validate_steps=5)
    quality = iter([0.3, 0.9, 0.5])
    _, fitted, _ = learn(tmp_path, spec, validate=lambda model, step: {"f1_macro": next(quality)})
    assert [one["step"] for one in fitted.state.history] == [5, 10, 12]
    assert fitted.state.best == 0.9


def test_the_average_of_the_weights_is_what_is_kept(tmp_path: Path) -> None:
    spec = TrainSpec(epochs=1, batch_size=20, learning_rate=0.05, average=0.5)
    seen = []

    def noting(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        seen.append(model.out.weight.detach().clone())
        return cross_entropy(model, batch)

    model, _, _ = learn(tmp_path / "a", spec, loss=noting, dropout=0.0)
    plain, _, _ = learn(tmp_path / "b", spec.model_copy(update={"average": None}), dropout=0.0)
    mean = seen[0]
    for weight in (*seen[1:], plain.out.weight):
        mean = 0.5 * mean + 0.5 * weight
    torch.testing.assert_close(model.out.weight, mean)


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

    def loss(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        clock.now += 2
        return cross_entropy(model, batch)

    def validate(model: torch.nn.Module, step: int) -> dict[str, float]:
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
        train(model, rows, tmp_path / str(number), spec, device=device.choose(precision))
        assert seen == [torch.bfloat16 if precision == "bf16" else torch.float32]
