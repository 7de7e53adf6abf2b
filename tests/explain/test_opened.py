"""What is explained of labels and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.dataset import Dataset
from pellucid.errors import DataError
from pellucid.explain.attribute import explain_samples
from pellucid.explain.opened import Opened, ask
from pellucid.explain.spec import ExplainSpec
from pellucid.multimodal.spec import ModelSpec

LABELS = ("calm", "loud", "clean")
TEXTS = ["the room was good and warm", "a dirty desk", "we stayed"]


@pytest.fixture(scope="module")
def opened(tiny_model: Path) -> Opened:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(3)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model, num_labels=3)
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    return Opened(model.eval(), tokenizer, ModelSpec(max_length=16), LABELS, "multilabel")


def rows(label: list[Any], task: str = "multilabel") -> Dataset:
    return Dataset(
        inputs={"text": np.array(TEXTS, dtype=object)},
        modalities={"text": "text"},
        label=np.array(label, dtype=object),
        ids=np.array(["a", "b", "c"], dtype=object),
        split=np.array(["test"] * 3, dtype=object),
        labels=LABELS if task == "multilabel" else (),
        groups={},
        weight=np.ones(3, np.float32),
        fingerprint="",
        lineage=(),
        task=task,
    )


def logits(opened: Opened) -> Any:
    with torch.no_grad():
        return np.stack(
            [
                opened.model(**opened.processor(text, return_tensors="pt")).logits[0].numpy()
                for text in TEXTS
            ]
        )


SETS = [json.dumps(one) for one in (["calm", "clean"], ["loud"], [])]


def test_the_strongest_label_each_named_one_or_each_true_one(opened: Opened) -> None:
    scores = logits(opened)
    asked = ask(opened, rows(SETS), ExplainSpec())
    assert asked.targets == tuple(LABELS[code] for code in scores.argmax(axis=1))
    assert asked.labels == ("calm|clean", "loud", "none")
    assert asked.predictions == tuple(
        "|".join(name for name, score in zip(LABELS, row, strict=True) if score > 0) or "none"
        for row in scores
    )
    named = explain_samples(opened, rows(SETS), ExplainSpec(target="clean, calm", steps=64))
    assert [(one.id, one.target) for one in named] == [
        (row, name) for row in "abc" for name in ("clean", "calm")
    ]
    for one in named:
        expected = scores["abc".index(one.id), LABELS.index(one.target)]
        assert one.output == pytest.approx(expected, abs=1e-4) and one.converged
    true = ask(opened, rows(SETS), ExplainSpec(target="label"))
    assert true.rows.tolist() == [0, 0, 1, 2]
    assert true.targets == ("calm", "clean", "loud", LABELS[scores[2].argmax()])


def test_a_label_that_is_not_there(opened: Opened) -> None:
    with pytest.raises(DataError, match="“lout”"):
        ask(opened, rows(SETS), ExplainSpec(target="calm, lout"))


def test_a_number(opened: Opened) -> None:
    own = replace(opened, labels=("stars",), task="regression")
    given = rows(["1.5", "2", "-3"], "regression")
    asked = ask(own, given, ExplainSpec())
    scores = logits(opened)[:, 0]
    assert asked.targets == ("stars",) * 3 and asked.labels == ("1.5", "2", "-3")
    assert [float(one) for one in asked.predictions] == pytest.approx(scores, rel=1e-3)
    found = explain_samples(own, given, ExplainSpec(steps=64))
    assert [one.output for one in found] == pytest.approx(scores, abs=1e-4)
    assert all(one.right is None and one.converged for one in found)
    with pytest.raises(DataError, match="no classes to name"):
        ask(own, given, ExplainSpec(target="3"))
