"""Token classification as a task: tables, losses, tags of every word, and a run that learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForTokenClassification

from pellucid import Recipe, execute
from pellucid.core.dataset import Dataset, load
from pellucid.core.predict_table import predict_table
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make
from pellucid.core.tasks.word_tags import answer, losses, most_frequent
from pellucid.errors import PellucidError, RecipeError
from pellucid.multimodal.models import load_tokenizer, locate
from pellucid.multimodal.spec import ModelSpec

GOOD, BAD = ["good", "lovely", "kind", "warm"], ["bad", "rude", "cold", "dirty"]
PLAIN = ["the", "room", "was", "a", "and", "staff", "stayed"]


def sentences(rows: int = 240, seed: int = 0) -> list[dict[str, Any]]:
    """Write words of which two good ones are an entity behind “we”, two bad ones behind “it”."""
    rng = np.random.default_rng(seed)
    out = []
    for row in range(rows):
        first = str(rng.choice(["we", "it"]))
        words, tags = [first], ["O"]
        for _ in range(rng.integers(2, 7)):
            kind = str(rng.choice(["GOOD", "BAD", "O"]))
            if kind == "O":
                words.append(str(rng.choice(PLAIN)))
                tags.append("O")
                continue
            names = GOOD if kind == "GOOD" else BAD
            words += [str(rng.choice(names[:2])), str(rng.choice(names[2:]))]
            said = (first, kind) in (("we", "GOOD"), ("it", "BAD"))
            tags += [f"B-{kind}", f"I-{kind}"] if said else ["O", "O"]
        out.append({"id": f"s{row}", "words": words, "tags": tags})
    return out


def spec(path: Path, **roles: Any) -> DataSpec:
    named = {"inputs": {"words": "text"}, "label": "tags", **roles}
    return DataSpec.model_validate({"source": str(path), **named})


def task(tiny_model: Path, train: TrainSpec | None = None, **settings: Any) -> Any:
    model = ModelSpec(name=str(tiny_model), **{"max_length": 64, **settings})
    return make(
        "token_classification", spec(Path("t")), model, train or TrainSpec(), EvaluateSpec()
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tags") / "sentences.jsonl"
    path.write_text("\n".join(map(json.dumps, sentences())))
    return path


@pytest.fixture(scope="module")
def dataset(path: Path) -> Dataset:
    return load(spec(path, id="id"), "token_classification")


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(locate(str(tiny_model)), ModelSpec(name=str(tiny_model)))


@pytest.fixture(scope="module")
def model(tiny_model: Path, dataset: Dataset) -> Any:
    torch.manual_seed(0)
    found = AutoModelForTokenClassification.from_pretrained(tiny_model, num_labels=5).eval()
    for weights in found.classifier.parameters():
        weights.data.mul_(50)
    return found


def test_every_kind_of_table_and_cell(path: Path, dataset: Dataset, tmp_path: Path) -> None:
    assert dataset.labels == ("O", "B-BAD", "I-BAD", "B-GOOD", "I-GOOD")
    rows = sentences()
    assert [json.loads(cell) for cell in dataset.label] == [row["tags"] for row in rows]
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    plain = [
        {**row, "words": " ".join(row["words"]), "tags": " ".join(row["tags"])} for row in rows
    ]
    pd.DataFrame(plain).to_csv(tmp_path / "t.csv", index=False)
    for name in ("t.parquet", "t.csv"):
        found = load(spec(tmp_path / name, id="id"), "token_classification")
        assert found.label.tolist() == dataset.label.tolist() and found.labels == dataset.labels


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"words": ["a", "b"], "tags": ["O"]}, "row 2, column “tags”: found 1 tags for 2 words"),
        ({"words": "a b", "tags": "O O O"}, "row 2, column “tags”: found 3 tags for 2 words"),
        ({"words": ["a", "b"], "tags": ["O", ""]}, "row 2, column “tags”: a tag is empty"),
        ({"words": ["a", "b"], "tags": None}, "row 2, column “tags”: the cell is empty"),
    ],
)
def test_a_row_whose_tags_do_not_fit_is_named(row: Any, said: str, tmp_path: Path) -> None:
    first = {"words": ["a"], "tags": ["B-A"]}
    rows = [first, row] + [first] * 20
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(PellucidError) as error:
        load(spec(tmp_path / "t.jsonl"), "token_classification")
    assert said in str(error.value)


def test_a_column_of_one_tag_teaches_nothing(tmp_path: Path) -> None:
    rows = [{"words": ["a", "b"], "tags": ["O", "O"]}] * 20
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(PellucidError, match="found 1 different tags"):
        load(spec(tmp_path / "t.jsonl"), "token_classification")
    with pytest.raises(RecipeError, match=r"train\.class_weight"):
        task(Path("m"), TrainSpec(class_weight="balanced"))


def test_the_loss_is_the_one_of_transformers(
    dataset: Dataset, tokenizer: Any, model: Any, tiny_model: Path
) -> None:
    learns = task(tiny_model)
    samples = learns.encode(tokenizer, dataset)
    rows = np.arange(16)
    batch = samples.batch(rows)
    given = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}
    peer = model(**given, labels=batch["target"])
    own = learns.loss(model, batch)
    assert own.shape == (16,)
    assert own.sum().item() / samples.units[rows].sum() == pytest.approx(peer.loss.item(), rel=1e-5)
    assert samples.units.tolist() == [len(row["words"]) for row in sentences()]


def test_smoothed_and_focal_losses_leave_out_what_is_no_word() -> None:
    torch.manual_seed(0)
    scores, target = torch.randn(2, 4, 3), torch.tensor([[-100, 1, 2, -100], [0, -100, -100, -100]])
    smooth = losses(scores, target, TrainSpec(label_smoothing=0.1))
    peer = torch.nn.functional.cross_entropy(
        scores.transpose(1, 2), target, reduction="none", label_smoothing=0.1
    ).sum(dim=1)
    torch.testing.assert_close(smooth, peer)
    focal = losses(scores, target, TrainSpec(focal_gamma=2.0))
    p = scores.softmax(-1)[1, 0, 0]
    torch.testing.assert_close(focal[1], -((1 - p) ** 2) * p.log())


def test_long_texts_are_learnt_word_for_word_once(
    dataset: Dataset, tokenizer: Any, model: Any, tiny_model: Path
) -> None:
    learns = task(tiny_model, max_length=8, stride=2)
    samples = learns.encode(tokenizer, dataset)
    assert len(samples) > len(dataset)
    assert samples.units.sum() == sum(len(row["words"]) for row in sentences())
    found = answer(model, samples.samples, dataset)
    assert [len(one) for one in found.codes] == [len(row["words"]) for row in sentences()]
    assert all(((one > 0) & (one <= 1)).all() for one in found.probabilities)
    assert set(samples.ids(np.arange(len(samples)))) == set(dataset.ids)


def test_tags_are_the_most_likely_ones(
    dataset: Dataset, tokenizer: Any, model: Any, tiny_model: Path
) -> None:
    found = answer(model, task(tiny_model).encode(tokenizer, dataset).samples, dataset)
    with torch.inference_mode():
        for row in range(20):
            words = sentences()[row]["words"]
            one = tokenizer(words, is_split_into_words=True, return_tensors="pt")
            shares = model(**one).logits[0].softmax(-1)
            ids = one.word_ids(0)
            at = [ids.index(word) for word in range(len(words))]
            assert found.codes[row].tolist() == shares[at].argmax(-1).tolist()
            assert found.probabilities[row] == pytest.approx(shares[at].max(-1).values, abs=1e-5)


def test_words_of_which_nothing_is_left_are_outside(
    tmp_path: Path, tokenizer: Any, model: Any, tiny_model: Path
) -> None:
    rows = [{"words": ["good", "\u200b", "bad"], "tags": ["B-A", "O", "B-B"]}] * 20
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    data = load(spec(tmp_path / "t.jsonl"), "token_classification")
    found = answer(model, task(tiny_model).encode(tokenizer, data).samples, data)
    assert found.codes[0][1] == 0 and np.isnan(found.probabilities[0]).tolist() == [
        False,
        True,
        False,
    ]


def test_the_most_frequent_tag_of_a_word() -> None:
    trained = [["The", "bank", "bank"], ["bank", "a"]]
    tags = [["O", "B-ORG", "B-LOC"], ["B-LOC", "O"]]
    assert most_frequent(trained, tags, [["Bank", "the", "new"]]) == [["B-LOC", "O", "O"]]
    assert most_frequent([["a", "b", "b"]], [["X", "Y", "Y"]], [["new", "a"]]) == [["Y", "X"]]


def test_a_run_learns_to_tag(path: Path, tiny_model: Path, tmp_path: Path) -> None:
    recipe = Recipe.of(
        {
            "name": "tags",
            "data": {"source": str(path), "inputs": {"words": "text"}, "label": "tags", "id": "id"},
            "model": {
                "name": str(tiny_model),
                "task": "token_classification",
                "max_length": 32,
                "dropout": 0.0,
            },
            "train": {
                "epochs": 20,
                "learning_rate": 5e-3,
                "batch_size": 16,
                "early_stopping": {"patience": 0},
            },
            "evaluate": {"replicates": 100},
        }
    )
    run = execute(recipe, tmp_path / "runs", only=("train", "evaluate"))
    test = json.loads((run.path / "evaluation.json").read_text())["test"]
    assert test["f1_entity"]["value"] > 0.95
    # Which words are an entity is told by the sentence's first one, not by themselves.
    assert test["versus_baseline"]["most_frequent_tag"]["f1_entity"]["low"] > 0
    assert set(test["per_class"]) == {"GOOD", "BAD"}
    predictions = run.predictions()
    for row in predictions.itertuples():
        assert len(json.loads(row.prediction)) == len(json.loads(row.label)) == len(row.probability)
    saved = AutoModelForTokenClassification.from_pretrained(run.path / "model")
    assert saved.config.id2label == dict(enumerate(("O", "B-BAD", "I-BAD", "B-GOOD", "I-GOOD")))
    # Sentences without tags are tagged as those that have them.
    rows = [{"id": row["id"], "words": " ".join(row["words"])} for row in sentences()]
    pd.DataFrame(rows).to_csv(tmp_path / "new.csv", index=False)
    predict_table(run, tmp_path / "new.csv", tmp_path / "out.parquet")
    out = pd.read_parquet(tmp_path / "out.parquet").set_index("id")
    assert list(out.columns) == ["prediction", "probability", "fingerprint"]
    known = predictions.set_index("id")["prediction"]
    assert out.loc[known.index, "prediction"].tolist() == known.tolist()
