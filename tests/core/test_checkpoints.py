"""Checkpoints: whole or not at all, noticed where damaged, bounded, and nothing lost in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from pellucid.core import events
from pellucid.core.checkpoints import Checkpoints, State
from pellucid.errors import DiskFullError, RunError


def network(seed: int = 0, width: int = 8) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(4, width), torch.nn.BatchNorm1d(width), torch.nn.Linear(width, 2)
    )


def adamw(model: torch.nn.Module) -> torch.optim.AdamW:
    return torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=0.05)


def step(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    model(torch.randn(16, 4)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


def three(folder: Path, **settings: Any) -> tuple[torch.nn.Module, list[dict[str, torch.Tensor]]]:
    """Save three checkpoints; return the model and its weights at each of them."""
    model, seen = network(), []
    optimizer = adamw(model)
    checkpoints = Checkpoints(folder, settings.pop("keep", 3), **settings)
    for number in range(1, 4):
        step(model, optimizer)
        checkpoints.save(State(step=number, best=0.5), model, optimizer)
        seen.append({name: one.clone() for name, one in model.state_dict().items()})
    return model, seen


def same(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one, weights[name]) for name, one in model.state_dict().items())


def test_what_is_restored_goes_on_bit_for_bit(tmp_path: Path) -> None:
    model = network()
    optimizer = adamw(model)
    step(model, optimizer)
    state = State(
        step=1, seconds=1.5, micro=3, best=0.25, best_epoch=1, history=[{"epoch": 1, "loss": 0.25}]
    )
    average = {"average": {"0.weight": torch.randn(8, 4), "steps": torch.tensor(7)}}
    Checkpoints(tmp_path, 2).save(state, model, optimizer, average)
    step(model, optimizer)
    expected, drawn = model.state_dict(), torch.rand(3)

    other = network(5)
    stepper = adamw(other)
    found = Checkpoints(tmp_path, 2).restore(other, stepper)
    assert found is not None
    step(other, stepper)
    assert found[0] == state
    assert found[1].keys() == average.keys()
    for name, tensor in average["average"].items():
        assert torch.equal(found[1]["average"][name], tensor)
    assert same(other, expected)
    assert torch.equal(torch.rand(3), drawn)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    file.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("model.safetensors", cut, r"model.safetensors has [\d,]+ bytes where [\d,]+ were written"),
        ("optimizer.safetensors", flip, "the content of optimizer.safetensors is not"),
        ("generators.safetensors", Path.unlink, "generators.safetensors is missing"),
        ("state.json", flip, "the content of state.json is not"),
        ("manifest.json", Path.unlink, "its manifest.json is missing"),
        ("manifest.json", cut, "its manifest.json can't be read"),
    ],
)
def test_a_damaged_one_is_set_aside_and_the_one_before_it_taken(
    tmp_path: Path, name: str, harm: Any, said: str
) -> None:
    import re

    _, seen = three(tmp_path)
    harm(tmp_path / "step-00000003" / name)
    heard: list[Any] = []
    model = network(9)
    found = Checkpoints(tmp_path, 3, emit=heard.append).restore(model, adamw(model))
    assert found is not None and found[0].step == 2
    assert same(model, seen[1])
    (told,) = heard
    assert isinstance(told, events.Warning)
    assert str(tmp_path / "step-00000003") in told.text and re.search(said, told.text)
    # Set aside, not deleted; the next look finds it no more.
    assert (tmp_path / "damaged-step-00000003").is_dir()
    assert not (tmp_path / "step-00000003").exists()
    assert Checkpoints(tmp_path, 3).restore(model, adamw(model))[0].step == 2  # type: ignore[index]


def test_where_all_are_damaged_training_begins_anew(tmp_path: Path) -> None:
    three(tmp_path)
    for path in list(tmp_path.glob("step-*")):
        flip(path / "model.safetensors")
    heard: list[Any] = []
    model = network(9)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    assert Checkpoints(tmp_path, 3, emit=heard.append).restore(model, adamw(model)) is None
    assert len(heard) == 3 and len(list(tmp_path.glob("damaged-*"))) == 3
    assert same(model, before)


def test_damaged_best_weights_are_not_taken(tmp_path: Path) -> None:
    model, heard = network(), []
    Checkpoints(tmp_path, 1).save_best(model)
    flip(tmp_path / "best" / "model.safetensors")
    other = network(3)
    before = {name: one.clone() for name, one in other.state_dict().items()}
    assert not Checkpoints(tmp_path, 1, emit=heard.append).load_best(other)
    assert same(other, before)
    assert "weights of the last step" in heard[0].text


def test_the_best_weights_come_back(tmp_path: Path) -> None:
    model, other = network(), network(3)
    checkpoints = Checkpoints(tmp_path, 1)
    assert not checkpoints.load_best(other)
    checkpoints.save_best(model)
    assert checkpoints.load_best(other)
    assert same(other, model.state_dict())


@pytest.mark.parametrize(("keep", "names"), [(1, "3"), (2, "23"), (5, "123")])
def test_bounded_in_number(tmp_path: Path, keep: int, names: str) -> None:
    three(tmp_path, keep=keep)
    assert [one.name[-1] for one in sorted(tmp_path.iterdir())] == list(names)


@pytest.mark.parametrize(("share", "names"), [(0.0, "3"), (1.5, "3"), (2.5, "23"), (3.5, "123")])
def test_bounded_in_bytes_and_the_newest_stays(tmp_path: Path, share: float, names: str) -> None:
    three(tmp_path / "one", keep=1)
    (one,) = (tmp_path / "one").iterdir()
    size = sum(file.stat().st_size for file in one.iterdir())
    three(tmp_path / "more", most_bytes=int(share * size))
    assert [path.name[-1] for path in sorted((tmp_path / "more").iterdir())] == list(names)


def test_best_weights_count_among_the_bytes(tmp_path: Path) -> None:
    three(tmp_path)
    size = sum(file.stat().st_size for file in (tmp_path / "step-00000001").iterdir())
    model = network(width=200)  # larger than all that may be kept
    checkpoints = Checkpoints(tmp_path, 3, most_bytes=3 * size)
    checkpoints.save_best(model)
    checkpoints.save(State(step=4), model, adamw(model))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "step-00000004"]


def test_weights_that_are_not_trained_are_left_out(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import BertConfig, BertForSequenceClassification

    def lora(seed: int) -> tuple[torch.nn.Module, torch.nn.Module]:
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=200,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        )
        base = BertForSequenceClassification(config)
        torch.manual_seed(seed)
        return get_peft_model(base, LoraConfig(task_type="SEQ_CLS", r=2)), base

    def learn(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        ids = torch.arange(24).reshape(4, 6)
        model(input_ids=ids, labels=torch.tensor([0, 1, 0, 1])).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    model, _ = lora(1)
    optimizer = adamw(model)
    learn(model, optimizer)
    checkpoints = Checkpoints(tmp_path, 1)
    path = checkpoints.save(State(step=1), model, optimizer)
    held = load_file(path / "model.safetensors")
    trained = {name for name, one in model.named_parameters() if one.requires_grad}
    persistent = {name for name, _ in model.named_buffers()} & model.state_dict().keys()
    assert held.keys() == trained | persistent
    whole = sum(one.numel() for one in model.parameters())
    assert sum(one.numel() for one in held.values()) < whole / 5
    learn(model, optimizer)

    other, _ = lora(2)
    stepper = adamw(other)
    assert checkpoints.restore(other, stepper) is not None
    learn(other, stepper)
    assert same(other, model.state_dict())


def test_tied_weights_stay_tied(tmp_path: Path) -> None:
    class Tied(torch.nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.words = torch.nn.Embedding(10, 4)
            self.out = torch.nn.Linear(4, 10, bias=False)
            self.out.weight = self.words.weight

    model, other = Tied(0), Tied(1)
    checkpoints = Checkpoints(tmp_path, 1)
    path = checkpoints.save(State(step=1), model, adamw(model))
    assert len(load_file(path / "model.safetensors")) == 1
    checkpoints.restore(other, adamw(other))
    assert torch.equal(other.out.weight, model.words.weight)
    assert other.out.weight is other.words.weight


@pytest.mark.parametrize("other", [network(width=9), torch.nn.Linear(4, 2)])
def test_another_model_is_refused_by_name(tmp_path: Path, other: torch.nn.Module) -> None:
    three(tmp_path)
    with pytest.raises(RunError, match="step-00000003: the checkpoint doesn't fit the model"):
        Checkpoints(tmp_path, 3).restore(other, adamw(other))


def test_a_full_disk_leaves_the_old_ones(small_disk: Path) -> None:
    model = network(width=20_000)  # 0.6 MB, and twice that for the optimiser
    optimizer = adamw(model)
    checkpoints = Checkpoints(small_disk / "checkpoints", 3)
    checkpoints.save(State(step=1), model, optimizer)  # the optimiser has no state yet
    step(model, optimizer)
    with pytest.raises(DiskFullError, match="step-00000002: there is no space left on the disk"):
        checkpoints.save(State(step=2), model, optimizer)
    assert [path.name for path in (small_disk / "checkpoints").iterdir()] == ["step-00000001"]
    found = checkpoints.restore(model, optimizer)
    assert found is not None and found[0].step == 1


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    three(tmp_path)
    left = tmp_path / ".partial-1234-step-00000004"
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half")
    model = network()
    assert Checkpoints(tmp_path, 3).restore(model, adamw(model))[0].step == 3  # type: ignore[index]
    assert not left.exists()


def test_state_is_plain_json(tmp_path: Path) -> None:
    three(tmp_path)
    raw = json.loads((tmp_path / "step-00000003" / "state.json").read_text())
    assert raw["step"] == 3 and raw["micro"] is None and raw["seconds"] == 0
