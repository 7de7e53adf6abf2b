"""Reading ahead: the same batches in the same order, and errors and ends come through."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid import device
from pellucid.core import ahead
from pellucid.core.ahead import Ahead
from pellucid.core.batches import Rows, micro_batches
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.events import silent
from pellucid.core.jobs import CancelToken
from pellucid.core.loop import fit
from pellucid.core.spec import TrainSpec

BATCHES = [np.array([4, 2]), np.array([0, 5]), np.array([1, 3]), np.array([6])]


class Read:
    """Samples that note which thread reads them, and add a random number to each."""

    def __init__(self, broken: int | None = None) -> None:
        self.broken = broken
        self.lengths = np.ones(7, np.int64)
        self.threads: list[str] = []

    def __len__(self) -> int:
        return len(self.lengths)

    def fetch(self, rows: Rows) -> torch.Tensor:
        self.threads.append(threading.current_thread().name)
        if self.broken in rows.tolist():
            raise OSError(f"sample {self.broken} can't be read")
        return torch.from_numpy(rows).float()

    def finish(self, fetched: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"value": fetched + torch.rand(len(fetched))}

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        return self.finish(self.fetch(rows))


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read ahead on the CPU too."""
    monkeypatch.setattr(ahead, "DEVICES", ("cpu",))


def reader(samples: Any, size: int = 2) -> Ahead:
    return Ahead(
        samples, lambda rows: micro_batches(rows, samples.lengths, size), torch.device("cpu")
    )


def drawn(samples: Read, *, over: bool) -> list[torch.Tensor]:
    """Take every batch; a training draws dropout in between."""
    torch.manual_seed(5)
    one, found = reader(samples), []
    for rows in one.over(BATCHES) if over else BATCHES:
        found.append(one.batch(rows)["value"])
        torch.rand(3)
    return found


def test_the_same_is_drawn_in_the_same_order(beside: None) -> None:
    early, late = Read(), Read()
    found, expected = drawn(early, over=True), drawn(late, over=False)
    for one, same in zip(found, expected, strict=True):
        assert torch.equal(one, same)
    assert all(name.startswith("ahead") for name in early.threads)
    assert not any(name.startswith("ahead") for name in late.threads)


def test_a_cpu_reads_nothing_ahead() -> None:
    samples = Read()
    drawn(samples, over=True)
    assert not any(name.startswith("ahead") for name in samples.threads)


def test_an_error_comes_with_the_step_that_it_belongs_to(beside: None) -> None:
    one = reader(Read(broken=1))
    taken = []
    with pytest.raises(OSError, match="sample 1 can't be read"):
        for rows in one.over(BATCHES):
            one.batch(rows)
            taken.append(rows.tolist())
    assert taken == [[4, 2], [0, 5]]


def test_a_step_that_is_split_otherwise_is_read_anew(beside: None) -> None:
    samples = Read()
    one = reader(samples)
    for rows in one.over(BATCHES[:1]):
        halves = [one.batch(part)["value"].int().tolist() for part in (rows[:1], rows[1:])]
    assert halves == [[4], [2]]
    assert threading.current_thread().name in samples.threads


def test_its_thread_ends_with_a_training_that_is_stopped(beside: None) -> None:
    one = reader(Read())
    for rows in one.over(BATCHES):
        one.batch(rows)
        break
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())


class Noisy(Read):
    """Samples to be learnt from, of three numbers each, that are changed at random."""

    def __init__(self) -> None:
        super().__init__()
        self.x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
        self.lengths = self.units = np.ones(40, np.int64)
        self.weight = np.ones(40, np.float32)

    def fetch(self, rows: Rows) -> torch.Tensor:
        self.threads.append(threading.current_thread().name)
        return torch.from_numpy(self.x[rows])

    def finish(self, fetched: torch.Tensor) -> dict[str, torch.Tensor]:
        noise = torch.rand(fetched.shape)
        return {"x": fetched + noise, "target": (fetched[:, 0] > 0).long()}

    def ids(self, rows: Rows) -> list[str]:
        return [f"r{row}" for row in rows]


class StopAt(CancelToken):
    """Stops a training at one of its steps."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop()


def learnt(folder: Path, samples: Noisy, stop: int = 0) -> torch.Tensor:
    """Train with dropout, from the newest checkpoint; return the weights."""
    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(3, 2))

    def loss(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        scores = model(batch["x"])
        return torch.nn.functional.cross_entropy(scores, batch["target"], reduction="none")

    fit(
        model,
        samples,
        TrainSpec(epochs=3, batch_size=8, micro_batch_size=3, learning_rate=0.05),
        loss=loss,
        metric="loss",
        device=device.choose("fp32"),
        checkpoints=Checkpoints(folder, 2),
        validate=None,
        emit=silent,
        cancel=StopAt(stop),
    )
    return model[1].weight.detach().clone()


@pytest.mark.parametrize("stop", [3, 5, 12])
def test_a_training_that_goes_on_learns_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    late, early = Noisy(), Noisy()
    whole = learnt(tmp_path / "whole", late)
    monkeypatch.setattr(ahead, "DEVICES", ("cpu",))
    part = learnt(tmp_path / "parts", early, stop)
    assert not torch.equal(part, whole)
    assert torch.equal(learnt(tmp_path / "parts", early), whole)
    assert all(name.startswith("ahead") for name in early.threads)
    assert not any(name.startswith("ahead") for name in late.threads)
