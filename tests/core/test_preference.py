"""Preference tuning: forms of tables, the loss and gradient of trl, rewards and accuracy."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers

from pellucid.benchmarks.learning.random_model import write_causal
from pellucid.core.preference_metrics import evaluate, measured
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks.preference import Pairs, Preference
from pellucid.core.tasks.sequences import nats
from pellucid.errors import DataError
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.chat import choose
from pellucid.multimodal.text.preferences import find, read_pair, sequences

ASKED = [{"role": "user", "content": "How was the room?"}]
ANSWERED = [
    *ASKED,
    {"role": "assistant", "content": "It was clean."},
    {"role": "user", "content": "And the staff?"},
]
ROWS = [
    (ASKED, "It was very clean and warm.", "Bad."),
    (ANSWERED, "Kind and helpful.", "They were there, I think, but I do not know."),
    (ASKED, "Lovely.", "It was a room. It had a desk and a door and a lamp."),
]


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [str(part) for row in ROWS for part in row] * 3
    made = tmp_path_factory.mktemp("models") / request.param
    return write_causal(made, texts, kind=request.param, words=330, width=32, layers=2, places=128)


def as_pairs() -> list[tuple[str, str, str]]:
    return [
        (json.dumps(asked), *(json.dumps([{"role": "assistant", "content": one}]) for one in both))
        for asked, *both in ROWS
    ]


def pairs_of(folder: Path, reference: torch.nn.Module) -> Pairs:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found, kept = sequences(choose(tokenizer), as_pairs(), 128)
    known = -nats(reference.eval(), found).reshape(-1, 2)
    ids = np.array(["a", "b", "c"], dtype=object)
    return Pairs(found, known.astype(np.float32), np.ones(3, np.float32), ids, kept)


def shaken(model: torch.nn.Module) -> torch.nn.Module:
    """Move a model away from the reference, so that no term of the loss is at its beginning."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=generator))
    return model.eval()


@pytest.mark.parametrize("beta", [0.1, 0.7])
def test_loss_and_gradient_are_trls(folder: Path, tmp_path: Path, beta: float) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    load = transformers.AutoModelForCausalLM.from_pretrained
    policy, reference = shaken(load(folder)), load(folder).eval()
    ours = Preference(ModelSpec(name=str(folder)), TrainSpec(beta=beta))
    pairs = pairs_of(folder, reference)
    batch = pairs.batch(np.arange(3))
    losses = ours.loss(policy, batch)
    assert losses.shape == (3,)
    losses.mean().backward()
    wanted = {name: one.grad.clone() for name, one in policy.named_parameters()}
    policy.zero_grad()

    tokens = []  # the same ones, as trl's collator takes them
    found = pairs.sequences
    for row in range(3):
        one = {}
        for side, name in enumerate(("chosen_ids", "rejected_ids")):
            span = slice(*found.starts[2 * row + side : 2 * row + side + 2])
            learnt = np.flatnonzero(found.learnt[span])
            one["prompt_ids"] = found.tokens[span][: learnt[0]].tolist()
            one[name] = found.tokens[span][learnt].tolist()
        tokens.append(one)
    trainer = trl.DPOTrainer(
        model=policy,
        ref_model=reference,
        args=trl.DPOConfig(
            output_dir=str(tmp_path), use_cpu=True, report_to="none", beta=beta, bf16=False
        ),
        train_dataset=datasets.Dataset.from_list(
            [{"prompt": "a ", "chosen": "b", "rejected": "c"}] * 3
        ),
        processing_class=transformers.AutoTokenizer.from_pretrained(folder),
    )
    given = trainer.data_collator(tokens)
    trl_loss = trainer.compute_loss(policy.eval(), given)
    assert float(losses.detach().mean()) == pytest.approx(float(trl_loss.detach()), rel=1e-5)
    trl_loss.backward()
    scale = max(float(one.abs().max()) for one in wanted.values())
    for name, one in policy.named_parameters():
        assert float((one.grad - wanted[name]).abs().max()) <= 1e-5 * scale, name


def test_before_tuning_every_margin_is_zero(folder: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ours = Preference(ModelSpec(name=str(folder)), TrainSpec())
    pairs = pairs_of(folder, model)
    losses = ours.loss(model, pairs.batch(np.array([2, 0])))
    torch.testing.assert_close(losses, torch.full((2,), math.log(2)), atol=1e-5, rtol=0)
    assert ours.validate(model, pairs, None)["preference_loss"] == pytest.approx(math.log(2))


def test_only_the_last_answer_is_a_target(folder: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found, kept = sequences(choose(tokenizer), as_pairs(), 128)
    assert kept.tolist() == [0, 1, 2]
    for row, (_, *both) in enumerate(ROWS):
        for side, answer in enumerate(both):
            span = slice(*found.starts[2 * row + side : 2 * row + side + 2])
            learnt = found.tokens[span][found.learnt[span]]
            assert tokenizer.decode(learnt) == f"{answer}<|im_end|>"


def test_pairs_whose_answers_are_cut_off_are_left_out(folder: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    template = choose(tokenizer)
    lengths = sequences(template, as_pairs(), 128)[0].lengths.reshape(-1, 2)
    limit = int(lengths[0].min()) - 1  # the second row's prompt alone is longer than that
    found, kept = sequences(template, as_pairs(), limit)
    assert 1 not in kept.tolist()
    assert len(found) == 2 * len(kept)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "How was the room?", "chosen": "Good.", "rejected": "Bad."},
        {
            "conversations": json.dumps([{"from": "human", "value": "How was the room?"}]),
            "chosen": json.dumps({"from": "gpt", "value": "Good."}),
            "rejected": json.dumps({"from": "gpt", "value": "Bad."}),
        },
        {
            "messages": json.dumps(ASKED),
            "Chosen": "Good.",
            "Rejected": json.dumps([{"role": "assistant", "content": "Bad."}]),
        },
        {
            "chosen": json.dumps([*ASKED, {"role": "assistant", "content": "Good."}]),
            "rejected": json.dumps([*ASKED, {"role": "assistant", "content": "Bad."}]),
        },
        {
            "prompt": "How was the room?",
            "chosen": json.dumps([*ASKED, {"role": "assistant", "content": "Good."}]),
            "rejected": json.dumps([*ASKED, {"role": "assistant", "content": "Bad."}]),
        },
    ],
)
def test_forms_of_tables(row: dict[str, str]) -> None:
    where = find(list(row), row)
    assert where is not None
    prompt, chosen, rejected = (json.loads(one) for one in read_pair(where, row) or ())
    assert prompt == ASKED
    assert chosen == [{"role": "assistant", "content": "Good."}]
    assert rejected == [{"role": "assistant", "content": "Bad."}]


def test_a_table_without_preferences_is_refused() -> None:
    spec = DataSpec(source=["table.jsonl"])  # type: ignore[list-item]
    with pytest.raises(DataError, match="“chosen” and “rejected” among text, label"):
        Preference(ModelSpec(), TrainSpec()).arrange(
            pd.DataFrame({"text": ["a"], "label": ["b"]}), spec
        )


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"chosen": "Good.", "rejected": "Bad."}, "there is no prompt"),
        ({"prompt": "a", "chosen": json.dumps(ASKED), "rejected": "b"}, "answer of the assistant"),
        ({"messages": "hello", "chosen": "b", "rejected": "c"}, "list of messages"),
    ],
)
def test_an_unreadable_row_is_named(row: dict[str, str], problem: str) -> None:
    from pellucid.core import roles

    table = pd.DataFrame([{"prompt": "a", "chosen": "b", "rejected": "c"} | row])[list(row)]
    table[roles.WHERE], table[roles.ROW] = "table.jsonl", 1
    spec = DataSpec(source=["table.jsonl"])  # type: ignore[list-item]
    with pytest.raises(DataError, match=f"table.jsonl, row 1, column .*{problem}"):
        Preference(ModelSpec(), TrainSpec()).arrange(table, spec)


def test_real_preferences_are_read(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    from pellucid.core.dataset import load

    raw = json.loads((real_data("chat_demos") / "dpo_en_demo.json").read_text())
    file = tmp_path / "table.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in raw))
    spec = DataSpec(source=[{"path": str(file)}])  # type: ignore[list-item]
    dataset = load(spec, "preference")
    assert len(dataset) == len(raw) == 300
    assert tuple(dataset.inputs) == ("messages", "chosen", "rejected")
    row = 7
    assert json.loads(dataset.inputs["chosen"][row])[0]["content"] == raw[row]["chosen"]["value"]
    asked = json.loads(dataset.inputs["messages"][row])
    assert [one["content"] for one in asked] == [one["value"] for one in raw[row]["conversations"]]


def test_measures_equal_their_definitions() -> None:
    chosen, rejected = np.array([1.0, 0.5, 0.0, -2.0]), np.array([0.0, 1.5, 0.0, -3.0])
    found = measured(chosen, rejected)
    margins = [1.0, -1.0, 0.0, 1.0]
    assert found["accuracy"] == (1 + 0 + 0.5 + 1) / 4
    assert found["margin"] == pytest.approx(sum(margins) / 4)
    wanted = sum(math.log(1 + math.exp(-one)) for one in margins) / 4
    assert found["preference_loss"] == pytest.approx(wanted)


def test_rows_without_rewards_are_left_out_and_told() -> None:
    rewards = {"reward_chosen": [1.0, np.nan, 0.2], "reward_rejected": [0.0, np.nan, 0.4]}
    table = pd.DataFrame({"id": ["a", "b", "c"], "split": ["test"] * 3, **rewards})
    zero = table.assign(reward_chosen=0.0, reward_rejected=0.0)
    split = evaluate(table, EvaluateSpec(replicates=100), {"untrained": zero}).splits["test"]
    assert split.n == 2
    assert split.metrics["accuracy"].value == 0.5
    assert split.metrics["margin"].value == pytest.approx(0.4)
    assert split.baselines["untrained"]["preference_loss"].value == pytest.approx(math.log(2))
    assert split.versus_baseline["untrained"]["margin"].value == pytest.approx(0.4)
    assert any("left out: 1" in note for note in split.notes)
