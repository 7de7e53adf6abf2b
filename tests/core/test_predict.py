"""Scores: what transformers alone says of the model that a run has saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid.core import Run, events
from pellucid.core.predict import known, logits, predictor, present, softmax
from pellucid.core.tasks.answers import answers, of_classes
from pellucid.device import Device
from pellucid.errors import Cancelled
from pellucid.multimodal.text.encode import encode


@pytest.fixture(scope="module")
def alone(finished: Path) -> tuple[Any, Any]:
    """Load a run's model as anyone would who has never heard of Pellucid."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = finished / "model"
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def test_anyone_gets_the_same_answers_from_the_saved_model(
    finished: Path, table: Path, alone: tuple[Any, Any]
) -> None:
    model, tokenizer = alone
    predictions = pd.read_parquet(finished / "predictions.parquet")
    texts = pd.read_csv(table).set_index("id")["text"]
    assert len(predictions) == 80
    for _, row in predictions.iterrows():
        inputs = tokenizer(texts[row["id"]], return_tensors="pt", truncation=True, max_length=32)
        with torch.no_grad():
            scores = model(**inputs).logits.softmax(-1)[0].numpy()
        names = [model.config.id2label[code] for code in range(len(scores))]
        assert names == ["negative", "positive"]
        assert row[[f"score:{name}" for name in names]].tolist() == pytest.approx(scores, abs=1e-5)
        assert row["prediction"] == names[scores.argmax()]


def test_a_row_of_the_table_of_predictions(finished: Path, table: Path) -> None:
    predictions = pd.read_parquet(finished / "predictions.parquet")
    given = pd.read_csv(table).set_index("id").loc[predictions["id"]]
    assert list(predictions.columns) == [
        "id", "split", "label", "prediction", "score:negative", "score:positive",
        "group:gender", "group:region", "fingerprint",
    ]  # fmt: skip
    assert predictions["label"].tolist() == given["label"].tolist()
    assert predictions["group:region"].tolist() == given["region"].tolist()
    assert predictions["split"].value_counts().to_dict() == {"validation": 40, "test": 40}
    scores = predictions[["score:negative", "score:positive"]]
    assert scores.sum(axis=1).to_numpy() == pytest.approx(1)
    same_text = given["text"].duplicated(keep=False).to_numpy()
    assert predictions["fingerprint"].duplicated(keep=False).tolist() == same_text.tolist()


def test_the_order_and_the_batches_change_nothing(alone: tuple[Any, Any]) -> None:
    model, tokenizer = alone
    generator = np.random.default_rng(0)
    words = ["good", "awful", "room", "the", "we", "calm", "staff"]
    samples = [(" ".join(generator.choice(words, n)),) for n in generator.integers(1, 40, 60)]
    encoded = encode(tokenizer, samples, 48)
    whole = logits(model, encoded)
    with torch.no_grad():
        singles = [model(**tokenizer(text, return_tensors="pt")).logits[0] for (text,) in samples]
    assert whole == pytest.approx(torch.stack(singles).numpy(), abs=1e-5)
    assert logits(model, encoded, budget=50) == pytest.approx(whole, abs=1e-5)


def test_progress_and_cancelling(alone: tuple[Any, Any]) -> None:
    model, tokenizer = alone
    encoded = encode(tokenizer, [("good room",)] * 50, 32)
    told: list[events.Progress] = []
    logits(model, encoded, step="validate", emit=told.append, budget=40)
    done = [one.done for one in told]
    assert done == sorted(done) and done[-1] == told[-1].total == 200
    assert {one.step for one in told} == {"validate"}
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        logits(model, encoded, check=stop, budget=40)
    assert len(calls) == 3


def test_no_rows(finished: Path) -> None:
    run = Run.open(finished)
    assert predictor(run, Device("cpu", "CPU", "fp32", 1))([]).shape == (0, 2)


def test_softmax_is_stable() -> None:
    scores = np.array([[1000.0, 1001.0], [-1000.0, -1000.0], [0.0, -800.0]])
    expected = torch.softmax(torch.from_numpy(scores), -1).numpy()
    assert softmax(scores) == pytest.approx(expected)


def test_columns_without_content_are_left_out(finished: Path) -> None:
    scores = np.array([[0.2, 0.8], [0.6, 0.4]])
    nothing = np.array([None, None], dtype=object)
    two = Run.open(finished).dataset().first(2)
    bare = replace(two, split=nothing, label=nothing, groups={})
    found = answers(bare, known(bare.label), *of_classes(["no", "yes"], scores))
    assert list(found.columns) == ["id", "prediction", "score:no", "score:yes", "fingerprint"]
    assert found["prediction"].tolist() == ["yes", "no"]


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_without_the_runs_device_the_cpu_computes(
    finished: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    elsewhere = Device(kind, "elsewhere", "bf16", 64)
    found = present(elsewhere)
    assert (found.kind, found.precision) == ("cpu", "fp32")
    assert found.threads == torch.get_num_threads()
    here = predictor(Run.open(finished), Device("cpu", "CPU", "fp32", torch.get_num_threads()))
    there = predictor(Run.open(finished), elsewhere)
    assert there([("good room",)]) == pytest.approx(here([("good room",)]))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert present(elsewhere) is elsewhere
