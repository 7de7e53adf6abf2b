"""Extractive question answering as a task: tables, targets, losses, and a run that learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForQuestionAnswering

from pellucid import Recipe, execute
from pellucid.core.dataset import Dataset, load
from pellucid.core.predict_table import predict_table
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make
from pellucid.core.tasks.spans import answer, scores
from pellucid.errors import DataError, PellucidError, RecipeError
from pellucid.multimodal.models import load_tokenizer, locate
from pellucid.multimodal.spec import ModelSpec

GOOD, BAD = ["good", "lovely", "kind", "warm"], ["bad", "rude", "cold", "dirty"]
PLAIN = ["the", "room", "was", "very", "and", "staff", "we", "it", "stayed"]


def asked(rows: int = 300, seed: int = 0) -> list[dict[str, Any]]:
    """Ask for the good or the bad word of a text; some texts have none."""
    rng = np.random.default_rng(seed)
    out = []
    for row in range(rows):
        words = [str(word) for word in rng.choice(PLAIN, rng.integers(5, 14))]
        places = rng.choice(len(words), 2, replace=False)
        words[places[0]], words[places[1]] = str(rng.choice(GOOD)), str(rng.choice(BAD))
        good, none = bool(rng.random() < 0.5), bool(rng.random() < 0.25)
        target = words[places[0 if good else 1]]
        if none:
            words[places[0 if good else 1]] = "the"
        context = " ".join(words)
        start = len(" ".join(words[: places[0 if good else 1]]))
        answers = [] if none else [{"text": target, "answer_start": start + (start > 0)}]
        question = "what was good" if good else "what was bad"
        out.append({"id": f"q{row}", "question": question, "context": context, "answers": answers})
    return out


def squad(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Nest rows as SQuAD does, each context by itself."""
    paragraphs = []
    for row in rows:
        question = {key: row[key] for key in ("id", "question", "answers")}
        paragraphs.append({"context": row["context"], "qas": [question]})
    return {"version": "v2.0", "data": [{"title": "t", "paragraphs": paragraphs}]}


def spec(path: Path, **roles: Any) -> DataSpec:
    return DataSpec.model_validate({"source": str(path), **roles})


def task(tiny_model: Path, **settings: Any) -> Any:
    model = ModelSpec(name=str(tiny_model), **{"max_length": 64, **settings})
    data = DataSpec.model_validate({"source": "t.json"})
    return make("extractive_qa", data, model, TrainSpec(), EvaluateSpec())


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qa") / "questions.json"
    path.write_text(json.dumps(squad(asked())))
    return path


@pytest.fixture(scope="module")
def dataset(path: Path) -> Dataset:
    return load(spec(path, id="id"), "extractive_qa")


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(locate(str(tiny_model)), ModelSpec(name=str(tiny_model)))


def test_a_table_in_squads_form(dataset: Dataset) -> None:
    rows = {row["id"]: row for row in asked()}
    assert list(dataset.inputs) == ["question", "context"] and dataset.labels == ()
    for name, question, context, label in zip(
        dataset.ids, *dataset.inputs.values(), dataset.label, strict=True
    ):
        row = rows[name]
        assert (question, context) == (row["question"], row["context"])
        assert json.loads(label) == [
            {"text": one["text"], "start": one["answer_start"]} for one in row["answers"]
        ]


def test_the_same_of_every_kind_of_table(path: Path, dataset: Dataset, tmp_path: Path) -> None:
    rows = asked()
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns = {
        "text": [[one["text"] for one in row["answers"]] for row in rows],
        "answer_start": [[one["answer_start"] for one in row["answers"]] for row in rows],
    }
    answers = [
        {"text": text, "answer_start": start}
        for text, start in zip(columns["text"], columns["answer_start"], strict=True)
    ]
    frame = pd.DataFrame(rows).drop(columns="answers")
    frame.assign(answers=answers).to_parquet(tmp_path / "t.parquet")
    plain = frame.assign(reply=["".join(text) for text in columns["text"]])
    plain.rename(columns={"question": "q", "context": "c"}).to_csv(tmp_path / "t.csv", index=False)
    found = [
        load(spec(tmp_path / "t.jsonl", id="id"), "extractive_qa"),
        load(spec(tmp_path / "t.parquet", id="id"), "extractive_qa"),
        load(
            spec(tmp_path / "t.csv", id="id", inputs={"q": "text", "c": "text"}, label="reply"),
            "extractive_qa",
        ),
    ]
    for one in found:
        assert one.label.tolist() == dataset.label.tolist()
        own, known = (list(each.inputs.values()) for each in (one, dataset))
        assert [cells.tolist() for cells in own] == [cells.tolist() for cells in known]


def test_inputs_in_either_order(path: Path) -> None:
    named = {"inputs": {"context": "text", "question": "text"}, "label": "answers"}
    assert list(load(spec(path, **named), "extractive_qa").inputs) == ["question", "context"]


@pytest.mark.parametrize(
    ("rows", "roles", "said"),
    [
        ([{"question": "a", "text": "b", "answers": []}], {}, "column “context”: there is no such"),
        ([{"question": "a", "context": "b"}], {}, "column “answers”: there is no such column"),
        (
            [{"question": "a", "context": "b", "answers": ["b"]}] * 2
            + [{"question": "a", "context": "b", "answers": ["c"]}],
            {},
            "t.json, row 3, column “answers”: the answer “c” doesn't stand in the context",
        ),
        ([{"question": "a", "context": "b", "answers": []}] * 9, {}, "no question has an answer"),
        (
            [{"question": "a", "context": "b", "answers": ["b"]}],
            {"inputs": {"question": "text"}, "label": "answers"},
            "1 columns are named",
        ),
        (
            [
                {"question": "a", "context": "", "answers": []},
                {"question": "a", "context": "b", "answers": ["b"]},
            ],
            {},
            "t.json, row 1, column “context”: the cell is empty",
        ),
    ],
)
def test_tables_that_are_no_questions(
    rows: list[Any], roles: Any, said: str, tmp_path: Path
) -> None:
    (tmp_path / "t.json").write_text(json.dumps(rows))
    with pytest.raises(PellucidError) as error:
        load(spec(tmp_path / "t.json", **roles), "extractive_qa")
    assert said in str(error.value)


@pytest.mark.parametrize("setting", [{"label_smoothing": 0.1}, {"class_weight": "balanced"}])
def test_settings_of_classes_are_refused(setting: Any) -> None:
    data = DataSpec.model_validate({"source": "t.json"})
    with pytest.raises(RecipeError, match=next(iter(setting))):
        make("extractive_qa", data, ModelSpec(), TrainSpec(**setting), EvaluateSpec())


def test_the_loss_is_the_one_of_transformers(
    dataset: Dataset, tokenizer: Any, tiny_model: Path
) -> None:
    learns = task(tiny_model)
    model = AutoModelForQuestionAnswering.from_pretrained(tiny_model).eval()
    samples = learns.encode(tokenizer, dataset)
    assert len(samples) == len(dataset) and (samples.units == 1).all()
    assert samples.ids(np.array([3, 1])) == [dataset.ids[3], dataset.ids[1]]
    rows = np.flatnonzero(samples.lengths == samples.lengths[0])  # no padding
    batch = samples.batch(rows)
    peer = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
        start_positions=batch["target"][:, 0],
        end_positions=batch["target"][:, 1],
    )
    assert learns.loss(model, batch).mean().item() == pytest.approx(peer.loss.item(), rel=1e-5)
    # A sample's loss doesn't depend on the padding that its batch brings.
    alone = torch.cat([learns.loss(model, samples.batch(np.array([row]))) for row in range(6)])
    together = learns.loss(model, samples.batch(np.arange(6)))
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)


def test_windows_that_miss_the_answer_are_told(dataset: Dataset, tokenizer: Any) -> None:
    told: list[Any] = []
    learns = task(Path("tiny"), max_length=8, stride=0)
    samples = learns.encode(tokenizer, dataset, emit=told.append)
    assert len(samples) > len(dataset) and not told  # each answer is one word
    assert samples.weight.shape == (len(samples),)


def test_answers_are_the_best_pieces_of_text(
    dataset: Dataset, tokenizer: Any, tiny_model: Path
) -> None:
    torch.manual_seed(1)
    model = AutoModelForQuestionAnswering.from_pretrained(tiny_model).eval()
    for weights in model.qa_outputs.parameters():
        weights.data.mul_(20)
    few = dataset.take(np.arange(40))
    learns = task(tiny_model, max_length=20, stride=4)
    samples = learns.encode(tokenizer, few).samples
    found, losses = answer(model, samples, few)
    assert len(losses) == len(samples) > len(few)
    empty = 0
    with torch.inference_mode():
        for row, (question, context) in enumerate(zip(*few.inputs.values(), strict=True)):
            best, nothing, text = -np.inf, np.inf, ""
            peer = tokenizer(
                question, context, truncation="only_second", max_length=20, stride=4,
                return_overflowing_tokens=True, return_offsets_mapping=True,
            )  # fmt: skip
            for window, offsets in enumerate(peer["offset_mapping"]):
                ids = torch.tensor([peer["input_ids"][window]])
                types = torch.tensor([peer["token_type_ids"][window]])
                out = model(input_ids=ids, token_type_ids=types)
                start, end = out.start_logits[0].numpy(), out.end_logits[0].numpy()
                nothing = min(nothing, start[0] + end[0])
                inside = [n for n, part in enumerate(peer.sequence_ids(window)) if part == 1]
                for first in inside:
                    for last in [place for place in inside if first <= place < first + 30]:
                        if start[first] + end[last] > best:
                            best = start[first] + end[last]
                            text = context[offsets[first][0] : offsets[last][1]]
            expected = "" if nothing > best else text
            given = found.iloc[row]
            assert given["prediction"] == expected
            assert 0 < given["score"] <= 1
            if expected:
                assert context[given["start"] : given["end"]] == expected
            else:
                empty += 1
                assert (given["start"], given["end"]) == (-1, -1)
    assert 0 < empty < len(few)
    start, _ = scores(model, samples.batch(np.arange(8)))
    padding = samples.batch(np.arange(8))["attention_mask"] == 0
    assert (start[padding] == float("-inf")).all() and torch.isfinite(start[~padding]).all()


def test_a_run_learns_to_answer(path: Path, tiny_model: Path, tmp_path: Path) -> None:
    recipe = Recipe.of(
        {
            "name": "qa",
            "data": {
                "source": str(path),
                "id": "id",
                "split": {"train": 0.7, "validation": 0.1, "test": 0.2},
            },
            "model": {
                "name": str(tiny_model),
                "task": "extractive_qa",
                "max_length": 48,
                "dropout": 0.0,
            },
            "train": {
                "epochs": 30,
                "learning_rate": 5e-3,
                "batch_size": 16,
                "early_stopping": {"patience": 0},
            },
            "evaluate": {"replicates": 100},
        }
    )
    run = execute(recipe, tmp_path / "runs", only=("train", "evaluate"))
    test = json.loads((run.path / "evaluation.json").read_text())["test"]
    # How well a network this small answers about other texts differs between processors.
    assert test["f1"]["value"] > 2 * test["baselines"]["untrained"]["f1"]["value"]
    assert test["versus_baseline"]["untrained"]["f1"]["low"] > 0
    assert set(test["per_class"]) == {"has answer", "no answer"}
    predictions = run.predictions()
    columns = ["id", "split", "label", "prediction", "score", "start", "end", "fingerprint"]
    assert list(predictions.columns) == columns
    contexts = {row["id"]: row["context"] for row in asked()}
    for row in predictions.itertuples():
        if row.prediction:
            assert contexts[row.id][row.start : row.end] == row.prediction
    AutoModelForQuestionAnswering.from_pretrained(run.path / "model")
    # Questions without answers are answered as those that have them.
    rows = [{key: row[key] for key in ("id", "question", "context")} for row in asked()]
    (tmp_path / "new.json").write_text(json.dumps(rows))
    predict_table(run, tmp_path / "new.json", tmp_path / "out.parquet")
    out = pd.read_parquet(tmp_path / "out.parquet").set_index("id")
    assert list(out.columns) == ["prediction", "score", "start", "end", "fingerprint"]
    known = predictions.set_index("id")["prediction"]
    assert out.loc[known.index, "prediction"].tolist() == known.tolist()


def test_german_questions_are_read(real_data: Any) -> None:
    data = load(spec(real_data("xquad") / "xquad.de.json", id="id"), "extractive_qa")
    assert len(data) == 1190 and data.labels == ()
    context, label = data.inputs["context"][7], json.loads(data.label[7])
    assert context[label[0]["start"] :].startswith(label[0]["text"])


def test_a_list_is_no_question(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([{"question": "a", "context": "b", "answers": 3}]))
    with pytest.raises(DataError, match=r"row 1, column “answers”: the answer “3” doesn't stand"):
        load(spec(tmp_path / "t.json"), "extractive_qa")


def test_questions_about_one_text_share_a_split(real_data: Any, tmp_path: Path) -> None:
    source = real_data("xquad") / "xquad.en.json"
    spec = DataSpec(source=str(source))  # type: ignore[arg-type]
    found = load(spec, "extractive_qa")
    splits = pd.DataFrame({"text": found.inputs["context"], "split": found.split})
    assert splits.groupby("text").split.nunique().max() == 1
    shares = splits.split.value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.1, abs=0.002)
    assert shares["validation"] == pytest.approx(0.1, abs=0.002)
    assert (load(spec, "extractive_qa").split == found.split).all()
    assert [step.name for step in found.lineage] == ["read", "split"]
    # A column that names the split is followed, whatever texts it parts.
    named = pd.DataFrame(
        {
            "question": ["who?"] * 4,
            "context": ["two of us"] * 4,
            "answers": ["two"] * 4,
            "part": ["train", "test"] * 2,
        }
    )
    named.to_csv(tmp_path / "q.csv", index=False)
    given = {"source": str(tmp_path / "q.csv"), "split": {"column": "part"}}
    parted = load(DataSpec.model_validate(given), "extractive_qa")
    assert parted.split.tolist() == ["train", "test"] * 2 and len(parted.lineage) == 1
    with pytest.raises(DataError, match=r"q\.csv, column “context”: every row has the same text"):
        load(DataSpec.model_validate({"source": given["source"]}), "extractive_qa")
