"""Samples of several parts: each encoded by its own modality, then put side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from pellucid.errors import RecipeError
from pellucid.multimodal.classifiers import IMAGE_TEXT, auto_of
from pellucid.multimodal.encode import Repeated, Together, encode, limits
from pellucid.multimodal.processors import Processors
from pellucid.multimodal.spec import ModelSpec


@pytest.fixture
def samples(tmp_path: Path) -> list[tuple[str, ...]]:
    """Write two pictures, and ask five questions about them."""
    for name, value in (("dark", 20), ("bright", 220)):
        Image.fromarray(np.full((9, 9, 3), value, np.uint8)).save(tmp_path / f"{name}.png")
    asked = ["was it good", "was it very very very very good", "it was bad", "was it", "it"]
    names = ["dark", "bright", "dark", "bright", "bright"]
    return [(str(tmp_path / f"{name}.png"), text) for name, text in zip(names, asked, strict=True)]


def test_parts_stand_side_by_side(samples: list[tuple[str, ...]], tiny_model: Path) -> None:
    words = transformers.AutoTokenizer.from_pretrained(tiny_model)
    pictures = transformers.ViTImageProcessor(size={"height": 16, "width": 16})
    both = Processors({"image": pictures, "text": words})
    spec = ModelSpec(max_length=8)
    found = encode(both, samples, ("image", "text"), spec)
    assert isinstance(found, Together) and isinstance(found.parts["image"], Repeated)
    assert len(found.parts["image"].parts) == 2  # each picture once
    rows = np.array([4, 1, 0])
    batch = found.batch(rows)
    seen = [Image.open(samples[row][0]) for row in rows]
    torch.testing.assert_close(
        batch["pixel_values"],
        torch.as_tensor(pictures(images=seen, return_tensors="pt")["pixel_values"]),
    )
    asked = words(
        [samples[row][1] for row in rows],
        truncation=True,
        max_length=8,
        padding=True,
        return_tensors="pt",
    )
    assert torch.equal(batch["input_ids"], asked["input_ids"])
    lengths = [len(words(text, truncation=True, max_length=8)["input_ids"]) for _, text in samples]
    assert found.lengths.tolist() == [1 + length for length in lengths]
    assert found.cut.tolist() == [False, True, False, False, False]


def test_text_alone_is_read_as_before(tiny_model: Path) -> None:
    words = transformers.AutoTokenizer.from_pretrained(tiny_model)
    found = encode(words, [("it was", "good")], ("text", "text"), ModelSpec())
    assert found.batch(np.array([0]))["input_ids"].tolist() == [
        words("it was", "good")["input_ids"]
    ]


def test_limits_in_words() -> None:
    spec = ModelSpec(max_length=99, max_seconds=2.5)
    assert limits(("image",), spec) == ""
    assert "99 tokens" in limits(("image", "text"), spec)
    assert limits(("audio", "text"), spec) == (
        "99 tokens (model.max_length) or 2.5 seconds (model.max_seconds)"
    )


def test_heads_by_modality() -> None:
    assert auto_of(["text", "text"]) == "AutoModelForSequenceClassification"
    assert auto_of(["image"]) == "AutoModelForImageClassification"
    assert auto_of(["audio"]) == "AutoModelForAudioClassification"
    assert auto_of(["text", "image", "text"]) == IMAGE_TEXT
    for refused in (["image", "image"], ["audio", "text"], ["audio", "audio"]):
        with pytest.raises(RecipeError, match=r"data.inputs"):
            auto_of(refused)
