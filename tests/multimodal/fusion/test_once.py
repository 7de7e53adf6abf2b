"""Pictures and texts that samples share are encoded once, and answers stay what they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.core.batches import inputs
from pellucid.core.labelled import Labelled
from pellucid.core.predict import logits
from pellucid.multimodal.encode import Repeated, Together
from pellucid.multimodal.fusion import once as module
from pellucid.multimodal.fusion.modeling import FusedConfig, FusedModel
from pellucid.multimodal.fusion.once import Once, once
from pellucid.multimodal.image.encode import Affine, EncodedImages
from pellucid.multimodal.text.encode import EncodedText

QUESTIONS = [[2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 5, 6, 3]]
PLACES = np.array([0, 1, 0, 2, 1, 0, 2, 2])
ASKED = [0, 1, 2, 0, 0, 0, 1, 2]


@pytest.fixture(scope="module")
def model() -> Any:
    """Join two tiny encoders with random weights."""
    torch.manual_seed(0)
    vision = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1])
    text = transformers.BertConfig(
        vocab_size=12,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    config = FusedConfig(vision.to_dict(), text.to_dict(), fusion_size=16, num_labels=3)
    return FusedModel(config).eval()


def questions(*, left: bool) -> Together:
    """Ask three pictures eight times, by three questions that are padded at a side."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 16, 16), np.uint8)
    one = np.full(3, 1 / 128, np.float32)
    pictures = EncodedImages(pixels, lambda rows: pixels[rows], Affine(one, -128 * one), 3)
    asked = [QUESTIONS[number] for number in ASKED]
    tokens = np.concatenate(asked).astype(np.int32)
    starts = np.cumsum([0, *map(len, asked)])
    cut = np.zeros(len(asked), bool)
    types = np.zeros(len(tokens), np.int8)
    texts = EncodedText(tokens, types, starts, cut, 0, left)
    return Together({"image": Repeated(pictures, PLACES), "text": texts})


@pytest.fixture(scope="module")
def samples() -> Together:
    """Ask questions that are padded at the right."""
    return questions(left=False)


@pytest.fixture
def encoded(model: Any) -> Any:
    """Count the pictures and texts that the encoders see."""
    seen = SimpleNamespace(vision=0, text=0)

    def count(name: str) -> Any:
        def look(module: Any, args: Any, given: dict[str, Any]) -> None:
            first = next(iter(given.values()))
            setattr(seen, name, getattr(seen, name) + len(first))

        return getattr(model.encoders, name).register_forward_pre_hook(look, with_kwargs=True)

    hooks = [count("vision"), count("text")]
    yield seen
    for hook in hooks:
        hook.remove()


def expected(model: Any, samples: Together) -> Any:
    """Answer each sample by itself."""
    with torch.inference_mode():
        rows = [samples.batch(np.array([row])) for row in range(len(samples))]
        return np.concatenate([model(**batch).logits.numpy() for batch in rows])


def test_answers_stay_and_each_part_is_encoded_once(
    model: Any, samples: Together, encoded: Any
) -> None:
    targets = Labelled(samples, np.zeros(8, np.int64), np.ones(8, np.float32), PLACES)
    found = logits(model, targets, budget=24)  # several batches
    assert (encoded.vision, encoded.text) == (3, 3)
    np.testing.assert_allclose(found, expected(model, samples), atol=1e-5)


@pytest.mark.parametrize("left", [False, True])
def test_a_padded_batch_gives_the_same(model: Any, left: bool) -> None:
    samples, rows = questions(left=left), np.arange(8)
    with torch.inference_mode():
        whole = model(**inputs(samples.batch(rows))).logits
        shared = model(**once(model, samples).batch(rows)).logits
    torch.testing.assert_close(shared, whole, atol=1e-5, rtol=1e-4)


def test_what_is_too_much_to_keep_is_made_again(
    model: Any, samples: Together, encoded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = logits(model, samples, budget=24)
    monkeypatch.setattr(module, "MOST", 0)
    assert np.allclose(logits(model, samples, budget=24), kept, atol=1e-5)
    assert encoded.vision > 6


def test_other_models_and_samples_stay_as_they_are(model: Any, samples: Together) -> None:
    assert isinstance(once(model, samples), Once)
    assert once(torch.nn.Linear(1, 1), samples) is samples
    pictures = samples.parts["image"]
    assert once(model, pictures) is pictures
