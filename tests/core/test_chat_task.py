"""Chat tuning as a task: what is learnt, measured, generated and told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid.core import events
from pellucid.core.dataset import Dataset, load
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks.chat import Chat, make, spread
from pellucid.errors import DataError
from pellucid.multimodal.spec import ModelSpec

COLOURS = ["red", "green", "blue", "black", "white"]
THINGS = ["sky", "grass", "snow", "night", "rose", "leaf", "cloud", "coal"]


def table(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Write questions whose answer follows from the thing that is asked for."""
    generator = np.random.default_rng(seed)
    things = generator.choice(len(THINGS), rows)
    return pd.DataFrame(
        {
            "prompt": [f"what colour is the {THINGS[one]}?" for one in things],
            "completion": [f"it is {COLOURS[one % len(COLOURS)]}." for one in things],
            "who": generator.choice(["ann", "bob"], rows),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the table and a tiny causal model with a tokenizer for it."""
    from pellucid.benchmarks.learning.random_model import write_causal

    folder = tmp_path_factory.mktemp("chat")
    rows = table()
    rows.to_csv(folder / "chats.csv", index=False)
    texts = [*rows["prompt"], *rows["completion"]]
    write_causal(folder / "model", texts, words=320, width=64, layers=2, places=64)
    return folder


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    spec = DataSpec.model_validate({"source": str(folder / "chats.csv"), "groups": ["who"]})
    return load(spec, "chat")


@pytest.fixture
def tokenizer(folder: Path) -> Any:
    from pellucid.multimodal.models import load_tokenizer, locate

    name = str(folder / "model")
    return load_tokenizer(locate(name), ModelSpec(name=name))


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32).eval()


def task(folder: Path, **model: Any) -> Chat:
    settings = ModelSpec(name=str(folder / "model"), task="chat", **{"max_length": 64, **model})
    spec = EvaluateSpec(generations=4, new_tokens=6, replicates=100)
    data = DataSpec.model_validate({"source": "chats.csv"})
    return make("chat", data, settings, TrainSpec(), spec)


class Run:
    """What predict asks of a run: where its model stands."""

    def __init__(self, model: Path) -> None:
        self.model = model


def plain_nats(model: Any, tokens: Sequence[int], learnt: Sequence[bool]) -> tuple[float, int]:
    """Return minus the log-likelihood of some tokens, by a plain loop over one sequence."""
    with torch.no_grad():
        scores = model(input_ids=torch.tensor([list(tokens)])).logits[0].double().log_softmax(-1)
    places = [place for place in range(1, len(tokens)) if learnt[place]]
    return -sum(float(scores[place - 1, tokens[place]]) for place in places), len(places)


def test_a_dataset_holds_messages(dataset: Dataset) -> None:
    assert list(dataset.inputs) == ["messages"]
    assert dataset.labels == ()
    first = json.loads(dataset.inputs["messages"][0])
    assert [one["role"] for one in first] == ["user", "assistant"]
    assert set(dataset.groups) == {"who"}


def test_validation_is_the_token_weighted_perplexity(
    folder: Path, dataset: Dataset, tokenizer: Any, model: Any
) -> None:
    """Against a plain computation, each conversation alone, to 1e-6."""
    own = task(folder)
    held = dataset.take(dataset.rows("validation"))
    samples = own.encode(tokenizer, held)
    found = own.validate(model, samples, held)
    nats, tokens = 0.0, 0
    for row in range(len(held)):
        one = samples.samples
        span = slice(one.starts[row], one.starts[row + 1])
        added = plain_nats(model, one.tokens[span].tolist(), one.learnt[span].tolist())
        nats, tokens = nats + added[0], tokens + added[1]
    assert found["loss"] == pytest.approx(nats / tokens, rel=1e-6)
    assert found["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-5)


def test_the_units_are_the_tokens_of_the_answers(
    folder: Path, dataset: Dataset, tokenizer: Any
) -> None:
    samples = task(folder).encode(tokenizer, dataset)
    for row in range(5):
        answer = json.loads(dataset.inputs["messages"][row])[1]["content"]
        own = tokenizer(answer, add_special_tokens=False)["input_ids"]
        assert samples.units[row] == len(own) + 1, "and the token that ends it"
    assert samples.ids(np.array([3, 1])) == [str(dataset.ids[3]), str(dataset.ids[1])]


def test_what_has_no_template_is_told_and_saved(
    folder: Path, dataset: Dataset, tokenizer: Any, tmp_path: Path
) -> None:
    told: list[events.Event] = []
    task(folder).encode(tokenizer, dataset, emit=told.append)
    assert ["ChatML" in one.text for one in told if isinstance(one, events.Warning)] == [True]
    tokenizer.save_pretrained(tmp_path)
    assert "<|im_start|>" in (tmp_path / "chat_template.jinja").read_text(encoding="utf-8")


def test_cut_conversations_are_counted_and_ones_without_target_told(
    folder: Path, dataset: Dataset, tokenizer: Any
) -> None:
    whole = task(folder).encode(tokenizer, dataset)
    limit = int(np.median(whole.lengths)) - 4
    told: list[events.Event] = []
    cut = task(folder, max_length=limit).encode(tokenizer, dataset, emit=told.append)
    words = " ".join(one.text for one in told if isinstance(one, events.Warning))
    assert f"longer than {limit} tokens" in words
    assert cut.lengths.max() <= limit
    with pytest.raises(DataError, match=r"model\.max_length.*no token of the assistant is left"):
        task(folder, max_length=8).encode(tokenizer, dataset)


def test_predictions_hold_answers_and_their_nats(
    folder: Path, dataset: Dataset, tokenizer: Any, model: Any
) -> None:
    own = task(folder)
    chosen = dataset.take(np.flatnonzero(dataset.split != "train"))
    found = own.predict(Run(folder / "none"), model, tokenizer, chosen)
    assert {"id", "split", "label", "prediction", "nats", "tokens", "group:who"} <= set(found)
    assert found["label"].str.startswith("it is ").all()
    written = found["prediction"].notna()
    assert written.groupby(found["split"]).sum().tolist() == [4, 4]
    samples = own.encode(tokenizer, chosen)
    assert found["tokens"].tolist() == samples.units.tolist()

    # A generated answer is what the plain model says behind the same prompt.
    row = int(np.flatnonzero(written)[0])
    asked = json.loads(chosen.inputs["messages"][row])[:1]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True)["input_ids"]
    with torch.no_grad():
        for _ in range(6):
            token = int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
            if token in (tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")):
                break
            ids.append(token)
    text = tokenizer.decode(ids, skip_special_tokens=True)
    assert text.endswith(found["prediction"][row])

    measured = own.evaluate(found, (), EvaluateSpec(replicates=100), {"untrained": found})
    test = measured.splits["test"]
    assert {"loss", "perplexity", "exact_match"} <= set(test.metrics)
    assert test.metrics["perplexity"].n == int((found["split"] == "test").sum())
    assert test.metrics["exact_match"].n == 4
    assert test.versus_baseline["untrained"]["loss"].value == 0
    json.dumps(measured.as_json())


def test_a_table_without_answers_is_answered_whole(
    folder: Path, dataset: Dataset, tokenizer: Any, model: Any
) -> None:
    from dataclasses import replace

    asked = np.array(
        [json.dumps(json.loads(cell)[:1]) for cell in dataset.inputs["messages"][:6]], object
    )
    new = replace(
        dataset.first(6),
        inputs={"messages": asked},
        split=np.full(6, None, dtype=object),
    )
    found = task(folder).predict(Run(folder / "none"), model, tokenizer, new)
    assert found["prediction"].notna().all()
    assert found["label"].isna().all()
    assert found["tokens"].tolist() == [0] * 6


def test_samples_are_written_while_it_trains(
    folder: Path, dataset: Dataset, tokenizer: Any, model: Any
) -> None:
    own = task(folder)
    own.encode(tokenizer, dataset)
    written = own.write(model, tokenizer, dataset.first(2))
    assert len(written) == 2
    assert written[0].prompt.startswith("what colour is the")
    assert str(written[0].reference).startswith("it is")


def test_rows_to_generate_are_spread_over_each_split() -> None:
    split = np.array(["train"] * 10 + ["test"] * 5, dtype=object)
    assert spread(split, 3).tolist() == [0, 4, 9, 10, 12, 14]
    assert spread(split, 0).tolist() == []
    assert spread(split, 100).tolist() == list(range(15))
    assert spread(np.full(3, None, dtype=object), 1).tolist() == [0, 1, 2]


def test_it_learns_and_its_model_answers_from_its_folder(folder: Path, tmp_path: Path) -> None:
    """A run from table to evaluation; transformers alone then reads the model and its template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pellucid import Recipe, execute

    recipe = {
        "name": "chat",
        "data": {"source": str(folder / "chats.csv")},
        "model": {"name": str(folder / "model"), "task": "chat", "max_length": 64},
        "train": {
            "epochs": 15,
            "learning_rate": 5e-3,
            "batch_size": 16,
            "checkpoint_steps": None,
            "early_stopping": {"patience": 0},
        },
        "evaluate": {"generations": 6, "new_tokens": 12, "replicates": 100},
    }
    told: list[events.Event] = []
    run = execute(
        Recipe.of(recipe), tmp_path / "runs", only=("train", "evaluate"), emit=told.append
    )
    written = [one for one in told if isinstance(one, events.Sample)]
    assert len(written) == 2 * 15
    validated = [one.at for one in told if getattr(one, "split", None) == "validation"]
    assert [one.at for one in written] == [at for at in sorted(set(validated)) for _ in range(2)]
    assert written[-1].text == written[-1].reference
    measured = json.loads((run.path / "evaluation.json").read_text())["test"]
    before = measured["baselines"]["untrained"]["perplexity"]["value"]
    assert before > 50
    assert measured["perplexity"]["value"] < 3
    assert measured["versus_baseline"]["untrained"]["loss"]["high"] < 0
    assert measured["exact_match"]["value"] > 0.5

    tokenizer = AutoTokenizer.from_pretrained(run.model)
    model = AutoModelForCausalLM.from_pretrained(run.model).eval()
    asked = [{"role": "user", "content": "what colour is the snow?"}]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt")
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    out = model.generate(
        **ids, max_new_tokens=12, do_sample=False, eos_token_id=end, pad_token_id=end
    )
    text = tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    assert text == "it is blue."


def test_the_demo_tables_can_be_learnt_from(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    from pellucid.benchmarks.learning.chat import prepare

    path = prepare(real_data("chat_demos").parent, tmp_path)
    recipe = json.loads(path.read_text(encoding="utf-8"))
    found = load(DataSpec.model_validate(recipe["data"]), "chat")
    assert found.lineage[0].after == 999 + 91 + 300
    assert 1300 < len(found) < 999 + 91 + 300, "instructions that stand there twice are dropped"
    model = sum(file.stat().st_size for file in (tmp_path / "model").glob("*.safetensors")) / 4
    assert 5e6 < model < 15e6
