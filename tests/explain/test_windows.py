"""Entities and answers in texts that are longer than the model reads."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.dataset import Dataset
from pellucid.errors import DataError
from pellucid.explain.attribute import explain_samples
from pellucid.explain.opened import Opened, ask
from pellucid.explain.outputs import SpanLogits, TokenLogits
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.value import Value
from pellucid.multimodal.spec import ModelSpec

TAGS = ("O", "B-GOOD", "I-GOOD", "B-BAD", "I-BAD")
READS = ModelSpec(max_length=12, stride=3)


def dataset(inputs: dict[str, list[str]], label: list[Any], task: str) -> Dataset:
    rows = len(label)
    cells = {name: np.array(one, dtype=object) for name, one in inputs.items()}
    return Dataset(
        inputs=cells,
        modalities=dict.fromkeys(inputs, "text"),
        label=np.array(label, dtype=object),
        ids=np.array([f"r{row}" for row in range(rows)], dtype=object),
        split=np.array(["test"] * rows, dtype=object),
        labels=TAGS if task == "token_classification" else (),
        groups={},
        weight=np.ones(rows, np.float32),
        fingerprint="",
        lineage=(),
        task=task,
    )


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture(scope="module")
def tagger(tokenizer: Any, tiny_model: Path) -> Opened:
    from transformers import AutoModelForTokenClassification

    torch.manual_seed(1)
    model = AutoModelForTokenClassification.from_pretrained(tiny_model, num_labels=len(TAGS))
    # Large weights, so that tags differ.
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    return Opened(model.eval(), tokenizer, READS, TAGS, "token_classification")


@pytest.fixture(scope="module")
def reader(tokenizer: Any, tiny_model: Path) -> Opened:
    from transformers import AutoModelForQuestionAnswering

    torch.manual_seed(2)
    model = AutoModelForQuestionAnswering.from_pretrained(tiny_model)
    torch.nn.init.normal_(model.qa_outputs.weight, std=2.0)
    return Opened(model.eval(), tokenizer, READS, (), "extractive_qa")


LONG = "the room was very good and we stayed there with our rude staff and a dirty desk it was cold"
SHORT = "a kind desk"


def tagged(labels: list[Any] | None = None) -> Dataset:
    texts = [LONG, SHORT]
    label = labels or [None, None]
    return dataset({"words": texts}, label, "token_classification")


def test_each_entity_is_explained_by_its_tags(tagger: Opened, tokenizer: Any) -> None:
    from pellucid.core.tasks.word_tags import answer
    from pellucid.multimodal.text.tag_schemes import entities
    from pellucid.multimodal.text.tags import tagged_words

    rows = tagged()
    asked = ask(tagger, rows, ExplainSpec())
    words = tagged_words(tokenizer, [LONG.split(), SHORT.split()], None, 12, 3)
    codes = answer(tagger.model, words, rows).codes
    expected = [
        (row, one.type, " ".join(text.split()[one.start : one.end]))
        for row, text in enumerate((LONG, SHORT))
        for one in entities([TAGS[code] for code in codes[row]])
    ]
    assert len(expected) > 3 and {row for row, *_ in expected} == {0, 1}
    assert list(zip(asked.rows, asked.targets, asked.about, strict=True)) == expected
    assert set(asked.labels) == {""}
    # The number is the mean logit of the tags at the words' first tokens, in one of the windows.
    subject = asked.subject
    for number, (_, _, about) in enumerate(expected):
        pieces = subject.cut(number)
        assert set(about.split()) <= set(pieces.names)
        found = Value(subject)(number, np.ones((1, len(pieces)), bool))
        batch = subject.batch(np.array([number]))
        with torch.no_grad():
            scores = tagger.model(**batch).logits[0]
        text = tokenizer.convert_ids_to_tokens(batch["input_ids"][0])
        places = [at for at, piece in enumerate(text) if piece in about.split()]
        names = {float(scores[at].max()) for at in places}
        if len(about.split()) == 1 and len(places) == 1:
            assert float(found[0]) == pytest.approx(names.pop(), abs=1e-4)


def test_a_batch_of_entities_equals_single_ones(tagger: Opened) -> None:
    subject = ask(tagger, tagged(), ExplainSpec()).subject
    rng = np.random.default_rng(0)
    asked = [(row, rng.random((3, len(subject.cut(row)))) < 0.5) for row in range(len(subject))]
    together = Value(subject).many(asked)
    for (row, keep), many in zip(asked, together, strict=True):
        assert Value(subject)(row, keep) == pytest.approx(many, abs=1e-4)


def test_entities_that_are_there_in_truth(tagger: Opened) -> None:
    tags = ["O"] * len(LONG.split())
    tags[4], tags[11], tags[12] = "B-GOOD", "B-BAD", "I-BAD"
    rows = tagged([json.dumps(tags), json.dumps(["O", "O", "O"])])
    asked = ask(tagger, rows, ExplainSpec(target="label"))
    assert asked.about == ("good", "rude staff") and asked.targets == ("GOOD", "BAD")
    assert asked.labels == ("GOOD", "BAD") and asked.rows.tolist() == [0, 0]
    some = ask(tagger, rows, ExplainSpec(target="BAD"))
    assert set(some.targets) <= {"BAD"}
    with pytest.raises(DataError, match="WORSE"):
        ask(tagger, rows, ExplainSpec(target="WORSE"))
    with pytest.raises(DataError, match="have no labels"):
        ask(tagger, tagged(), ExplainSpec(target="label"))


def test_gradients_of_entities_add_up(tagger: Opened) -> None:
    found = explain_samples(tagger, tagged(), ExplainSpec(tolerance=0.02, steps=64))
    assert len(found) > 3
    for one in found:
        assert one.converged and one.about and one.task == "token_classification"
        assert one.segments and one.columns == ("words",) * len(one.segments)


def test_a_text_without_entities_has_no_attribution(tagger: Opened) -> None:
    rows = tagged().take(np.array([1]))
    labelled = tagged([json.dumps(["O"] * 19), json.dumps(["O"] * 3)]).take(np.array([1]))
    assert explain_samples(tagger, labelled, ExplainSpec(target="label")) == []
    assert len(explain_samples(tagger, rows, ExplainSpec())) > 0


def asked_texts(label: list[Any]) -> Dataset:
    inputs = {"question": ["was it cold", "was it"], "context": [LONG, SHORT]}
    return dataset(inputs, label, "extractive_qa")


def test_an_answer_is_explained_by_its_ends(reader: Opened) -> None:
    from pellucid.core.tasks.spans import answer
    from pellucid.multimodal.text.windows import windows

    rows = asked_texts([None, None])
    asked = ask(reader, rows, ExplainSpec())
    questions, contexts = (cells.tolist() for cells in rows.inputs.values())
    cut = windows(reader.processor, questions, contexts, [None, None], 12, 3)
    expected, _ = answer(reader.model, cut, rows)
    assert [one.replace("no answer", "") for one in asked.predictions] == (
        expected["prediction"].tolist()
    )
    assert asked.about == tuple(expected["prediction"])
    subject = asked.subject
    for row in range(2):
        with torch.no_grad():
            found = reader.model(**subject.batch(np.array([row])))
        ends = subject.read.ends[row].tolist()  # type: ignore[attr-defined]
        length = int(subject.lengths[row])
        shift = found.start_logits.shape[1] - length
        value = found.start_logits[0, ends[0] + shift] + found.end_logits[0, ends[1] + shift]
        answered = Value(subject)(row, np.ones((1, len(subject.cut(row))), bool))
        assert float(answered[0]) == pytest.approx(float(value), abs=1e-4)
        assert set(subject.cut(row).columns) == {"question", "context"}
        if asked.about[row]:
            assert set(asked.about[row].split()) <= set(subject.cut(row).names)


def test_the_answer_that_is_there_in_truth(reader: Opened) -> None:
    start = LONG.index("dirty desk")
    cell = json.dumps([{"text": "dirty desk", "start": start}])
    asked = ask(reader, asked_texts([cell, "[]"]), ExplainSpec(target="label"))
    assert asked.about == ("dirty desk", "") and asked.targets == ("answer", "no answer")
    assert asked.labels[1] == "no answer"
    words = asked.subject.cut(0).names
    assert "dirty" in words and "desk" in words
    first, last = asked.subject.read.ends[0].tolist()  # type: ignore[attr-defined]
    tokens = reader.processor.convert_ids_to_tokens(
        asked.subject.batch(np.array([0]))["input_ids"][0]
    )
    assert tokens[first : last + 1] == ["dirty", "desk"]
    found = explain_samples(reader, asked_texts([cell, "[]"]), ExplainSpec(steps=64))
    assert all(one.converged for one in found)
    with pytest.raises(DataError, match="no classes to name"):
        ask(reader, asked_texts([cell, "[]"]), ExplainSpec(target="cold"))


@pytest.mark.parametrize("left", [False, True])
def test_tokens_are_found_on_whichever_side_padding_stands(left: bool) -> None:
    lengths = torch.tensor([2, 4])
    rows = torch.tensor([1, 0, 1])
    scores = torch.arange(3 * 5 * 2, dtype=torch.float32).reshape(3, 5, 2)
    shift = [1, 3, 1] if left else [0, 0, 0]
    tokens, labels = torch.tensor([[1, -1], [0, 3]]), torch.tensor([[1, 0], [0, 1]])
    found = TokenLogits(tokens, labels, lengths, left)(SimpleNamespace(logits=scores), rows)
    expected = [
        (scores[0, shift[0], 0] + scores[0, 3 + shift[0], 1]) / 2,
        scores[1, 1 + shift[1], 1],
        (scores[2, shift[2], 0] + scores[2, 3 + shift[2], 1]) / 2,
    ]
    assert found[:, 0].tolist() == [float(one) for one in expected]
    both = SimpleNamespace(start_logits=scores[..., 0], end_logits=scores[..., 1])
    answered = SpanLogits(torch.tensor([[0, 1], [2, 3]]), lengths, left)(both, rows)
    ends = [(2, 3), (0, 1), (2, 3)]
    assert answered[:, 0].tolist() == [
        float(scores[at, first + shift[at], 0] + scores[at, last + shift[at], 1])
        for at, (first, last) in enumerate(ends)
    ]
