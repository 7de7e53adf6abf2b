"""Models that were not trained here, and rows of any origin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from pellucid.errors import DataError, ModelError, RunError
from pellucid.explain import attribute

TEXTS = ["the room was good", "a dirty desk", "we stayed there with our staff"]


@pytest.fixture(scope="module")
def foreign(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a model with a head as anyone would, by transformers alone."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("foreign")
    torch.manual_seed(4)
    names = {0: "calm", 1: "loud", 2: "clean"}
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model, id2label=names)
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


def answers(folder: Path) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return [model(**tokenizer(one, return_tensors="pt")).logits[0].numpy() for one in TEXTS]


def test_a_folder_of_transformers_and_rows_of_any_kind(foreign: Path, tmp_path: Path) -> None:
    scores = answers(foreign)
    names = np.array(["calm", "loud", "clean"])
    frame = pd.DataFrame({"id": ["a", "b", "c"], "words": TEXTS})
    found = attribute(foreign, frame, inputs={"words": "text"}, tolerance=0.02)
    assert [one.id for one in found] == ["a", "b", "c"]
    for one, score, text in zip(found, scores, TEXTS, strict=True):
        assert one.segments == tuple(text.split())
        assert one.columns == ("words",) * len(text.split())
        assert one.target == one.prediction == names[score.argmax()]
        assert one.output == pytest.approx(score.max(), abs=1e-4)
        assert one.converged and one.right is None
    frame.to_csv(tmp_path / "t.csv", index=False)
    others = [
        attribute(str(foreign), tmp_path / "t.csv", inputs={"words": "text"}, tolerance=0.02),
        attribute(foreign, TEXTS, tolerance=0.02),
        attribute(foreign, [{"words": one} for one in TEXTS], inputs={"words": "text"}),
    ]
    for other in others:
        for one, two in zip(found, other, strict=True):
            assert one.scores == pytest.approx(two.scores, abs=0.05)


def test_a_label_column_tells_right_from_wrong(foreign: Path) -> None:
    labels = ["calm", "loud", "clean"]
    frame = pd.DataFrame({"text": TEXTS, "is": labels})
    found = attribute(foreign, frame, label="is", target="label")
    assert [one.target for one in found] == labels
    assert [one.right for one in found] == [one.prediction == one.label for one in found]
    with pytest.raises(DataError, match="“noisy” is none of the model’s classes"):
        attribute(foreign, frame.assign(**{"is": "noisy"}), label="is", target="label")


def test_a_run_answers_other_rows_too(finished: Path) -> None:
    found = attribute(finished, pd.DataFrame({"text": ["a good room", "a rude desk"]}))
    assert [one.segments for one in found] == [("a", "good", "room"), ("a", "rude", "desk")]
    assert [one.prediction for one in found] == ["positive", "negative"]


def test_pictures_lie_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic", num_labels=2
    )
    ResNetForImageClassification(config).save_pretrained(tmp_path / "model")
    ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(tmp_path / "model")
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"photo": ["a.png"]})
    settings = {"segments": {"image": "patches", "count": 4}}
    (one,) = attribute(tmp_path / "model", frame, inputs={"photo": "image"}, **settings)
    assert len(one.scores) == 4 and one.drawn[0].modality == "image"
    with pytest.raises(DataError, match="there is no such file"):
        attribute("model", pd.DataFrame({"image": ["b.png"]}))
    with pytest.raises(DataError, match="leads out of"):
        attribute("model", pd.DataFrame({"image": ["../b.png"]}))


def test_what_cannot_be_explained_is_named(foreign: Path, tiny_model: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame({"words": TEXTS})
    with pytest.raises(ModelError, match="answers can be explained of models for classes"):
        attribute(tiny_model, frame, inputs={"words": "text"})  # a body without a head
    with pytest.raises(DataError, match=r"column “wrods”.*did you mean “words”"):
        attribute(foreign, frame, inputs={"wrods": "text"})
    with pytest.raises(DataError, match="“txt”, which is no modality"):
        attribute(foreign, frame, inputs={"words": "txt"})
    with pytest.raises(DataError, match="no column is named that a model could read"):
        attribute(foreign, frame)
    with pytest.raises(DataError, match="column “label”"):
        attribute(foreign, frame, inputs={"words": "text"}, label="label")
    with pytest.raises(DataError, match=r"explain.segment.*did you mean “segments”"):
        attribute(foreign, frame, inputs={"words": "text"}, segment={})
    with pytest.raises(DataError, match="some have 1 parts and some 2"):
        attribute(foreign, [("a",), ("a", "b")])
    with pytest.raises(DataError, match="there are none"):
        attribute(foreign)
    with pytest.raises(ModelError, match="there is no such folder"):
        attribute(tmp_path / "nothing", frame, inputs={"words": "text"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=r"holds no recipe\.yaml"):
        attribute(tmp_path / "empty", frame, inputs={"words": "text"})
