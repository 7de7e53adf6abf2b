"""Language modelling: exact perplexity, heads that are new, models that a task starts from."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers

from pellucid.benchmarks.learning.random_model import write_causal
from pellucid.core import perplexity
from pellucid.core.dataset import Dataset
from pellucid.core.events import Event, Warning
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make
from pellucid.errors import ModelError, RecipeError
from pellucid.multimodal.models import Source, load_tokenizer
from pellucid.multimodal.spec import ModelSpec

TEXTS = [
    "the room was good and the staff were kind and helpful, we stayed there with our dog",
    "bad",
    "it was very slow",
    "a desk. a room. a visit! and the very long story of how we came to stay there at all",
]


def dataset_of(texts: list[str], answers: list[str] | None = None) -> Dataset:
    rows = len(texts)
    label: list[str | None] = [None] * rows if answers is None else list(answers)
    return Dataset(
        inputs={"text": np.array(texts, dtype=object)},
        modalities={"text": "text"},
        label=np.array(label, dtype=object),
        ids=np.array([f"r{row}" for row in range(rows)], dtype=object),
        split=np.array(["test"] * rows, dtype=object),
        labels=(),
        groups={},
        weight=np.ones(rows, np.float32),
        fingerprint="",
        lineage=(),
        task="causal_lm",
    )


def task_of(kind: str, data: dict[str, Any] | None = None, **model: Any) -> Any:
    spec = DataSpec(source=["a.csv"], inputs={"text": "text"}, **(data or {}))  # type: ignore
    return make(kind, spec, ModelSpec(**model), TrainSpec(), EvaluateSpec(replicates=100))


def source_of(folder: Path) -> Source:
    return Source(str(folder), str(folder), True, None)


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "llama"
    return write_causal(folder, TEXTS * 3, words=320, width=32, layers=2, places=64)


def test_perplexity_weighs_every_token_alike() -> None:
    found = perplexity.perplexity(np.array([6.0, 1.0]), np.array([2, 8]))
    assert found == {"loss": 0.7, "perplexity": math.exp(0.7)}
    assert found["perplexity"] != pytest.approx(math.exp((3 + 1 / 8) / 2))  # a mean over rows
    assert math.isnan(perplexity.perplexity(np.zeros(2), np.zeros(2))["loss"])
    assert perplexity.perplexity(np.array([1e5]), np.array([1]))["perplexity"] == math.inf


def test_differences_to_a_baseline_are_paired() -> None:
    generator = np.random.default_rng(0)
    tokens = generator.integers(1, 50, 300)
    nats = tokens * generator.normal(3.0, 0.5, 300)
    table = pd.DataFrame(
        {"id": [f"{row}" for row in range(300)], "split": "test", "nats": nats, "tokens": tokens}
    )
    before = table.assign(nats=nats + 0.2 * tokens)
    spec = EvaluateSpec(replicates=200)
    split = perplexity.evaluate(table, spec, {"untrained": before, "other": "too slow"}).splits[
        "test"
    ]
    assert split.metrics["loss"].value == pytest.approx(nats.sum() / tokens.sum())
    assert split.metrics["loss"].low < split.metrics["loss"].value < split.metrics["loss"].high
    difference = split.versus_baseline["untrained"]["loss"]
    # Each token is 0.2 nats better, whichever rows are drawn.
    assert (difference.low, difference.value, difference.high) == pytest.approx((-0.2,) * 3)
    assert split.n == 300
    assert "No figures for other: too slow." in split.notes


@pytest.mark.parametrize("packing", [True, False])
def test_each_row_gets_the_nats_of_all_its_blocks(causal: Path, packing: bool) -> None:
    task = task_of("causal_lm", name=str(causal), max_length=64)
    task = replace(task, train=TrainSpec(packing=packing))
    tokenizer = load_tokenizer(source_of(causal), task.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    found = task.predict(None, model, tokenizer, dataset_of(TEXTS))
    for row, text in enumerate(TEXTS):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        whole = torch.tensor([[tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]])
        with torch.no_grad():
            mean = float(model(input_ids=whole, labels=whole).loss)
        assert found["tokens"][row] == len(ids) + 1
        assert found["nats"][row] == pytest.approx(mean * (len(ids) + 1), rel=1e-5)
    assert list(found.columns) == ["id", "split", "nats", "tokens", "fingerprint"]
    # Blocks of eight tokens see less, and are as many targets.
    short = replace(task, model=ModelSpec(name=str(causal), max_length=8))
    blocks = short.predict(None, model, tokenizer, dataset_of(TEXTS))
    assert blocks["tokens"].tolist() == found["tokens"].tolist()


def test_validation_is_what_prediction_measures(causal: Path) -> None:
    task = task_of("causal_lm", name=str(causal), max_length=16)
    tokenizer = load_tokenizer(source_of(causal), task.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    data = dataset_of(TEXTS)
    validated = task.validate(model, task.encode(tokenizer, data), data)
    table = task.predict(None, model, tokenizer, data)
    measured = task.evaluate(table, (), EvaluateSpec(replicates=100), {}).splits["test"].metrics
    assert set(validated) == set(task.validated)
    assert measured["perplexity"].value == pytest.approx(validated["perplexity"], rel=1e-9)


def test_answers_are_measured_given_their_prompts_and_generated(causal: Path) -> None:
    task = task_of("causal_lm", {"label": "answer"}, name=str(causal), max_length=48)
    tokenizer = load_tokenizer(source_of(causal), task.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    data = dataset_of(["the room was", "it was"], ["good", "slow"])
    table = task.predict(None, model, tokenizer, data)
    end = [tokenizer.eos_token_id]
    for row, (prompt, answer) in enumerate([("the room was", " good"), ("it was", " slow")]):
        told = tokenizer(answer, add_special_tokens=False)["input_ids"] + end
        asked = end + tokenizer(prompt, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([asked + told])).logits.log_softmax(-1)[0]
            wanted = -sum(
                float(scores[len(asked) - 1 + place, one]) for place, one in enumerate(told)
            )
            written = model.generate(torch.tensor([asked]), max_new_tokens=32, do_sample=False)
        assert table["tokens"][row] == len(told)
        assert table["nats"][row] == pytest.approx(wanted, rel=1e-5)
        text = tokenizer.decode(written[0, len(asked) :], skip_special_tokens=True).strip()
        assert table["prediction"][row] == text
    assert table["label"].tolist() == ["good", "slow"]
    measured = task.evaluate(table, (), EvaluateSpec(replicates=100), {}).splits["test"].metrics
    assert {"perplexity", "exact_match"} <= set(measured)


def test_new_rows_without_answers_are_answered(causal: Path) -> None:
    task = task_of("causal_lm", {"label": "answer"}, name=str(causal), max_length=48)
    tokenizer = load_tokenizer(source_of(causal), task.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    table = task.predict(None, model, tokenizer, dataset_of(["the room was"]))
    assert table["tokens"].tolist() == [0]
    assert isinstance(table["prediction"][0], str)


def test_samples_go_on_from_half_a_text(causal: Path) -> None:
    task = task_of("causal_lm", name=str(causal), max_length=48)
    tokenizer = load_tokenizer(source_of(causal), task.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    (sample,) = task.write(model, tokenizer, dataset_of(["one two three four"]))
    assert (sample.prompt, sample.reference) == ("one two", "three four")


def test_masked_lm_refuses_a_label() -> None:
    task = task_of("masked_lm")
    spec = DataSpec(source=["a.csv"], inputs={"text": "text"}, label="label")  # type: ignore
    with pytest.raises(RecipeError, match=r"data\.label"):
        task.arrange(pd.DataFrame({"text": ["a"], "label": ["b"]}), spec)


def test_a_new_head_is_told_and_the_saved_model_loads(tiny_model: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    task = task_of("masked_lm", name=str(tiny_model))
    model = task.load(source_of(tiny_model), (), 3, emit=told.append)
    assert ["without a head" in one.text for one in told if isinstance(one, Warning)] == [True]
    words = model.get_input_embeddings().weight
    assert model.get_output_embeddings().weight is words
    with torch.no_grad():
        words.mul_(1.5)
    model.save_pretrained(tmp_path)
    again = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path).eval()
    ids = torch.tensor([[2, 7, 9, 3]])
    torch.testing.assert_close(again(ids).logits, model.eval()(ids).logits)
    told.clear()
    task.load(source_of(tmp_path), (), 3, emit=told.append)
    assert not told
    classifier = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert torch.equal(classifier.get_input_embeddings().weight, words)


def test_models_of_the_wrong_kind_are_refused(tiny_model: Path, causal: Path) -> None:
    with pytest.raises(ModelError, match="both directions"):
        task_of("causal_lm").load(source_of(tiny_model), (), 0)
    with pytest.raises(ModelError):
        task_of("masked_lm").load(source_of(causal), (), 0)


def test_models_that_cannot_be_packed_are_told(tmp_path: Path, causal: Path) -> None:
    config = transformers.BloomConfig(
        vocab_size=320, hidden_size=32, n_layer=2, n_head=2, pad_token_id=0
    )
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    told: list[Event] = []
    task_of("causal_lm").load(source_of(tmp_path), (), 0, emit=told.append)
    assert ["batches are padded" in one.text for one in told if isinstance(one, Warning)] == [True]
    told.clear()
    task_of("causal_lm").load(source_of(causal), (), 0, emit=told.append)
    assert not told


def test_a_task_starts_from_an_adapted_model(
    raw_recipe: dict[str, Any], table: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    from pellucid import Recipe, execute

    data = {"source": str(table), "inputs": {"text": "text"}, "id": "id"}
    train = {**raw_recipe["train"], "epochs": 4}
    texts = {
        "name": "adapt",
        "data": data,
        "model": {**raw_recipe["model"], "task": "masked_lm"},
        "train": train,
        "evaluate": {"replicates": 100},
    }
    adapted = execute(Recipe.of(texts), tmp_path, only=("train", "evaluate"))
    measured = json.loads((adapted.path / "evaluation.json").read_text())["test"]
    # The model knows nothing before; a uniform guess over all words is what it must beat.
    words = json.loads((adapted.model / "config.json").read_text())["vocab_size"]
    assert measured["perplexity"]["value"] < words / 2
    assert measured["versus_baseline"]["untrained"]["loss"]["high"] < 0
    transformers.AutoModelForMaskedLM.from_pretrained(adapted.model)

    labelled = {**raw_recipe, "name": "labelled"}
    labelled["model"] = {**raw_recipe["model"], "name": str(adapted.model)}
    labelled["train"] = {**train, "epochs": 1, "max_steps": 1, "learning_rate": 1e-9}
    run = execute(Recipe.of(labelled), tmp_path, only=("train",))
    before = load_file(adapted.model / "model.safetensors")
    after = load_file(run.model / "model.safetensors")
    body = [name for name in before if name.startswith("bert.")]
    assert body
    for name in body:
        torch.testing.assert_close(before[name], after[name], atol=1e-6, rtol=0)


def test_each_epoch_hides_other_tokens_and_a_resumed_one_the_same(tiny_model: Path) -> None:
    task = task_of("masked_lm", name=str(tiny_model), max_length=32)
    tokenizer = load_tokenizer(source_of(tiny_model), task.model)
    rows = np.arange(len(TEXTS))

    def shown(epoch: int | None) -> list[int]:
        samples = task.encode(tokenizer, dataset_of(TEXTS))
        if epoch is not None:
            samples.begin_epoch(0)
            samples.begin_epoch(epoch)
        out: list[int] = samples.batch(rows)["input_ids"].flatten().tolist()
        return out

    assert shown(1) == shown(1)
    assert len({tuple(shown(epoch)) for epoch in (None, 0, 1, 2)}) == 4
