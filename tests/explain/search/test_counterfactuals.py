"""From a run to counterfactuals: whether flips are flips, with the saved model alone as judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core import Run
from pellucid.errors import DataError, ModelError
from pellucid.explain.opened import Opened, ask, open_run
from pellucid.explain.search import (
    Counterfactual,
    counterfactuals,
    read_counterfactuals,
    what_if,
    write_counterfactuals,
)
from pellucid.explain.spec import ExplainSpec


@pytest.fixture(scope="module")
def fooled(shortcut_run: Path) -> list[Counterfactual]:
    """Ask why good reviews that hold the shortcut word are called bad."""
    run = Run.open(shortcut_run)
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    texts = test.inputs["text"]
    rows = [
        str(test.ids[row])
        for row in range(len(test))
        if "voucher" in texts[row].lower() and test.label[row] == "positive"
    ]
    found = counterfactuals(run, rows=rows)
    wrong = [one for one in found if one.answer.label == "negative"]
    assert len(wrong) > 10
    return wrong


def reads(run: Path, texts: list[str]) -> list[str]:
    """Have the saved model answer texts, by transformers alone."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(run / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(run / "model")
    with torch.no_grad():
        batch = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
        codes = model(**batch).logits.argmax(-1).tolist()
    return [model.config.id2label[code] for code in codes]


def test_the_planted_word_is_what_has_to_go(fooled: list[Counterfactual]) -> None:
    removed = [one.remove for one in fooled if one.remove is not None]
    assert len(removed) >= 0.9 * len(fooled)
    planted = [any("voucher" in name.lower() for name in one.names) for one in removed]
    assert np.mean(planted) >= 0.9
    assert np.median([len(one.names) for one in removed]) == 1
    kept = [one.keep for one in fooled if one.keep is not None and one.keep.segments]
    assert np.mean([any("voucher" in name.lower() for name in one.names) for one in kept]) >= 0.7


def test_deleted_words_are_really_deleted(fooled: list[Counterfactual], shortcut_run: Path) -> None:
    alone = [one for one in fooled if one.remove is not None and len(one.remove.names) == 1]
    texts = [one.cells["text"].replace(one.remove.names[0], "", 1) for one in alone]
    said = [one.remove.deleted.label for one in alone]
    assert said == reads(shortcut_run, texts)


def test_swaps_flip_the_answer_of_the_saved_model(
    fooled: list[Counterfactual], shortcut_run: Path
) -> None:
    swapped = [one for one in fooled if one.swap is not None]
    alone = [one for one in fooled if one.remove is not None and len(one.remove.names) == 1]
    assert sum(one.swap is not None for one in alone) >= 0.9 * len(alone)
    texts = [one.swap.cells["text"] for one in swapped]
    assert reads(shortcut_run, texts) == [one.swap.answer.label for one in swapped]
    for one, text in zip(swapped, texts, strict=True):
        assert one.swap.answer.label != one.answer.label
        before, after = one.cells["text"].split(), text.split()
        changed = sum(old != new for old, new in zip(before, after, strict=True))
        assert changed == len(one.swap.words)
        for word in one.swap.words:
            assert one.names[word.segment] == word.old != word.new
            assert word.new in text


def test_each_change_of_a_swap_is_needed(fooled: list[Counterfactual], shortcut_run: Path) -> None:
    several = [one for one in fooled if one.swap is not None and len(one.swap.words) > 1]
    for one in several:
        for word in one.swap.words:
            text = one.swap.cells["text"].replace(word.new, word.old, 1)
            assert reads(shortcut_run, [text]) == [one.answer.label]
    assert np.mean([len(one.swap.words) for one in fooled if one.swap is not None]) < 2


def test_the_same_again(fooled: list[Counterfactual], shortcut_run: Path, tmp_path: Path) -> None:
    ids = [one.id for one in fooled[:3]]
    again = counterfactuals(shortcut_run, rows=ids)
    assert counterfactuals(shortcut_run, rows=ids) == again
    for one, other in zip(fooled[:3], again, strict=True):
        assert (one.remove.segments, one.keep.segments) == (
            other.remove.segments,
            other.keep.segments,
        )
        assert one.swap.cells == other.swap.cells
        near, same = ([each.similarity for each in row.neighbours] for row in (one, other))
        assert near == pytest.approx(same, abs=1e-4)
    write_counterfactuals(tmp_path / "found.json", again)
    assert read_counterfactuals(tmp_path / "found.json") == again
    assert json.dumps(again[0].as_json())


def test_neighbours_are_those_of_scikit_learn(
    fooled: list[Counterfactual], shortcut_run: Path
) -> None:
    from sklearn.neighbors import NearestNeighbors
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    run = Run.open(shortcut_run)
    model = AutoModelForSequenceClassification.from_pretrained(run.model).eval()
    tokenizer = AutoTokenizer.from_pretrained(run.model)

    def pooled(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            batch = tokenizer(
                texts, padding=True, truncation=True, max_length=64, return_tensors="pt"
            )
            found = model.bert(**batch).pooler_output
            return found.numpy(), model.classifier(found).argmax(-1).numpy()

    dataset = run.dataset()
    train = dataset.take(dataset.rows("train"))
    known, answers = pooled(list(train.inputs["text"]))
    said = np.array([model.config.id2label[code] for code in answers])
    for one in fooled[:5]:
        own, _ = pooled([one.cells["text"]])
        allowed = (train.label != one.answer.label) | (said != one.answer.label)
        search = NearestNeighbors(n_neighbors=3, metric="cosine").fit(known[allowed])
        distance, _ = search.kneighbors(own)
        near = one.neighbours
        assert [1 - each.similarity for each in near] == pytest.approx(distance[0], abs=1e-4)
        for each in near:
            row = int(np.flatnonzero(train.ids == each.id)[0])
            cosine = known[row] @ own[0] / np.linalg.norm(known[row]) / np.linalg.norm(own[0])
            assert each.similarity == pytest.approx(cosine, abs=1e-4)
            assert allowed[row]
            assert (each.label, each.answer) == (train.label[row], said[row])
            assert ("label" in each.why) == (each.label != one.answer.label)
            assert ("answer" in each.why) == (each.answer != one.answer.label)


def looked(run: Path, row: str) -> tuple[Opened, Any, Any]:
    opened, dataset = open_run(Run.open(run)), Run.open(run).dataset()
    place = np.flatnonzero(dataset.ids == row)
    spec = Run.open(run).section("explain", ExplainSpec)
    return opened, dataset.take(place), ask(opened, dataset.take(place), spec).subject


@pytest.mark.parametrize("fixture", ["picture_run", "sound_run"])
def test_pictures_and_sounds(fixture: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(fixture)
    found = counterfactuals(path, rows=3, kinds=["remove", "keep", "neighbour", "swap"])
    spec = Run.open(path).section("explain", ExplainSpec)
    done = 0
    for one in found:
        assert "swap" in one.missing
        assert one.neighbours and one.neighbours[0].similarity <= 1
        opened, row, subject = looked(path, one.id)
        for left in (one.remove, one.keep):
            if left is None:
                continue
            done += 1
            keep = np.ones((1, left.count), bool)
            keep[0, list(left.absent)] = False
            with torch.no_grad():
                logits = opened.model(**subject.cut(0).inputs(keep)).logits[0]
            assert opened.labels[int(logits.argmax())] == left.answer.label
            assert (left.answer.label == one.answer.label) == left.kept
            edited = what_if(opened, row, without=left.absent, spec=spec)
            assert edited.before.label == one.answer.label
            assert edited.after.scores == pytest.approx(left.answer.scores, abs=1e-5)
            assert "<" in one.html(left)
        assert one.as_json()["cells"] == {name: Path(cell).name for name, cell in one.cells.items()}
    assert done >= 3


def test_what_cannot_be_searched_for(shortcut_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="remove"):
        counterfactuals(shortcut_run, rows=1, kinds=["removal"])
    with pytest.raises(DataError, match="none"):
        counterfactuals(shortcut_run, rows=1, kinds=[])
    with pytest.raises(DataError, match="nobody"):
        counterfactuals(shortcut_run, rows=["nobody"])
    with pytest.raises(ModelError, match="guess"):
        counterfactuals(shortcut_run, rows=1, kinds=["swap"], masked_lm=str(shortcut_run / "model"))
    monkeypatch.setattr(Run, "task", "regression")
    with pytest.raises(ModelError, match="class"):
        counterfactuals(shortcut_run, rows=1)


def test_progress_ends_at_its_total(shortcut_run: Path) -> None:
    told: list[Any] = []
    counterfactuals(shortcut_run, rows=3, kinds=["remove", "keep"], emit=told.append)
    assert (told[-1].done, told[-1].total) == (6, 6)
    assert [one.done for one in told] == sorted(one.done for one in told)
