"""From a run to words: which words, whose scores, for which class, on which device."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid.core import Run
from pellucid.errors import DataError, RunError
from pellucid.explain import attribute, read_attributions
from pellucid.explain.attribute import explain_samples
from pellucid.explain.opened import Opened
from pellucid.explain.spec import ExplainSpec
from pellucid.multimodal.spec import ModelSpec


def on(dataset: Any, texts: list[str]) -> Any:
    """Put other texts into the first rows of a dataset."""
    rows = dataset.take(np.arange(len(texts)))
    return replace(rows, inputs={"text": np.array(texts, dtype=object)})


@pytest.fixture(scope="module")
def dataset(finished: Path) -> Any:
    return Run.open(finished).dataset()


def explained(trained: Any, rows: Any, *, max_length: int = 32, **changes: Any) -> Any:
    model, tokenizer = trained
    spec = ExplainSpec(**({"tolerance": 0.01} | changes))
    reads = ModelSpec(max_length=max_length)
    return explain_samples(Opened(model, tokenizer, reads, ("negative", "positive")), rows, spec)


def test_a_run_explains_its_test_rows(finished: Path) -> None:
    found = attribute(finished, rows="2:5")
    predictions = pd.read_parquet(finished / "predictions.parquet")
    test = predictions[predictions["split"] == "test"].reset_index(drop=True)
    assert [one.id for one in found] == test["id"].tolist()[2:5]
    for one, (_, row) in zip(found, test.iloc[2:5].iterrows(), strict=True):
        assert (one.label, one.prediction, one.split) == (row["label"], row["prediction"], "test")
        assert one.target == row["prediction"]
        assert one.converged
    assert [one.id for one in attribute(str(finished), rows=[found[1].id])] == [found[1].id]


def test_what_the_recipe_asked_for_stands_in_the_folder(finished: Path) -> None:
    stored = read_attributions(finished / "explanations" / "integrated_gradients.parquet")
    again = attribute(Run.open(finished))
    assert len(stored) == 20
    for one, other in zip(stored, again, strict=True):
        assert (one.id, one.segments, one.settings) == (other.id, other.segments, other.settings)
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_words_hold_the_sum_of_their_pieces(trained: Any, dataset: Any) -> None:
    from captum.attr import LayerIntegratedGradients

    model, tokenizer = trained
    text = "Kindness was lovely, and  we're\nthere."
    one = explained(trained, on(dataset, [text]), target="positive", steps=64)[0]
    assert one.segments == ("Kindness", "was", "lovely", ",", "and", "we're", "there", ".")
    assert "".join(map("".join, zip(one.segments, one.separators, strict=True))) == text
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    base = torch.where(torch.isin(ids, torch.tensor([2, 3])), ids, 0)
    scores = (
        LayerIntegratedGradients(lambda ids: model(ids).logits, model.get_input_embeddings())
        .attribute(ids, baselines=base, target=1, n_steps=one.evaluations)
        .sum(-1)[0]
        .detach()
        .numpy()
    )
    # kind ##n ##e ##s ##s | was | lovely | , | and | we ' r ##e | there | .
    pieces = [5, 1, 1, 1, 1, 4, 1, 1]
    assert sum(pieces) == ids.shape[1] - 2
    ends = np.cumsum([1, *pieces])
    expected = [scores[low:high].sum() for low, high in pairwise(ends)]
    assert one.scores == pytest.approx(expected, abs=1e-5)
    assert one.special == pytest.approx(scores[[0, -1]].sum(), abs=1e-5)
    with torch.no_grad():
        ends_of = [float(model(part).logits[0, 1]) for part in (ids, base)]
    assert (one.output, one.baseline_output) == pytest.approx(tuple(ends_of), abs=1e-5)
    assert one.scores.sum() + one.special == pytest.approx(ends_of[0] - ends_of[1], abs=0.02)


def test_a_word_that_the_model_does_not_know_has_a_score_too(trained: Any, dataset: Any) -> None:
    _, tokenizer = trained
    assert tokenizer.unk_token_id in tokenizer("the ☂ room")["input_ids"]
    one = explained(trained, on(dataset, ["the ☂ room"]))[0]
    assert one.segments == ("the", "☂", "room")
    assert abs(one.scores[1]) > 1e-6


def test_words_that_the_model_did_not_read_are_not_shown(trained: Any, dataset: Any) -> None:
    rows = on(dataset, ["the room was very good and we stayed there with our staff"])
    one = explained(trained, rows, max_length=8)[0]
    assert one.segments == ("the", "room", "was", "very", "good", "and")
    assert one.separators[-1] == ""


def test_of_two_texts_each_is_shown_as_far_as_it_was_read(trained: Any, dataset: Any) -> None:
    rows = on(dataset, ["the room was very good and we stayed there"])
    second = np.array(["our visit was with rude staff and a dirty desk"], dtype=object)
    kinds = {"text": "text", "second": "text"}
    rows = replace(rows, inputs={**rows.inputs, "second": second}, modalities=kinds)
    one = explained(trained, rows, max_length=11)[0]
    assert one.segments == ("the", "room", "was", "very", "our", "visit", "was", "with")
    assert one.separators == (" ", " ", " ", "\n", " ", " ", " ", "")
    assert one.columns == ("text",) * 4 + ("second",) * 4


def test_a_text_without_words(trained: Any, dataset: Any) -> None:
    for one in explained(trained, on(dataset, ["", " \n "])):
        assert one.segments == one.separators == ()
        assert one.scores.shape == (0,)
        assert one.converged


def test_no_rows(trained: Any, dataset: Any) -> None:
    assert explained(trained, dataset.take(np.empty(0, np.int64))) == []


def test_targets(trained: Any, dataset: Any) -> None:
    rows = dataset.take(np.arange(8))
    assert [one.target for one in explained(trained, rows, target="label")] == list(rows.label)
    for name, code in (("negative", 0), ("positive", 1)):
        found = explained(trained, rows, target=name)
        assert {one.target for one in found} == {name}
        model, tokenizer = trained
        with torch.no_grad():
            ids = torch.tensor([tokenizer(rows.samples()[3][0])["input_ids"]])
            assert found[3].output == pytest.approx(float(model(ids).logits[0, code]), abs=1e-4)


def test_log_odds_of_two_classes_are_the_distance_of_logits(trained: Any, dataset: Any) -> None:
    rows = dataset.take(np.arange(4))
    odds, *logits = (
        explained(trained, rows, **changes)
        for changes in (
            {"target": "positive", "scale": "log_odds"},
            {"target": "positive"},
            {"target": "negative"},
        )
    )
    for one, own, other in zip(odds, *logits, strict=True):
        assert one.output == pytest.approx(own.output - other.output, abs=1e-4)
        assert one.settings["scale"] == "log_odds"
        # Both logits have errors of their own, up to the tolerance.
        near = 0.05 * sum(abs(side.output - side.baseline_output) for side in (own, other))
        assert one.scores == pytest.approx(own.scores - other.scores, abs=max(near, 1e-3))


def test_what_cannot_be_explained_is_named(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="positive"):
        attribute(finished, target="positiv")
    with pytest.raises(DataError, match="tolerance"):
        attribute(finished, tolerance=0.0)
    with pytest.raises(DataError, match="integrated_gradients"):
        attribute(finished, method="integrated_gradient")
    with pytest.raises(DataError, match="nobody"):
        attribute(finished, rows=["nobody"])
    with pytest.raises(RunError):
        attribute(tmp_path)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_run_from_another_device_is_explained_here(
    finished: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    copy = tmp_path / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints"))
    path = copy / "environment.json"
    environment = json.loads(path.read_text())
    environment["device"] |= {"kind": kind, "name": "elsewhere", "precision": "bf16"}
    path.write_text(json.dumps(environment))
    here, there = attribute(finished, rows=2), attribute(copy, rows=2)
    for one, other in zip(here, there, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)
