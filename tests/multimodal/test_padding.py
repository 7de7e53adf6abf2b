"""Batches put together afterwards, against what transformers' own processors pad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import transformers

from pellucid.assets import models
from pellucid.multimodal.audio.encode import encode as encode_sounds
from pellucid.multimodal.encode import Repeated, Together
from pellucid.multimodal.padding import Padding, joined, padding_of
from pellucid.multimodal.text.encode import encode as encode_texts

TEXTS = ["the room was lovely and warm.", "awful", "it was good"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_texts(tiny_model: Path, side: str) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_model, padding_side=side)
    samples = encode_texts(tokenizer, [(text,) for text in TEXTS], 32)
    alone = [samples.batch([row]) for row in range(3)]
    right = tokenizer.pad([tokenizer(text) for text in TEXTS], return_tensors="pt")
    found = joined(alone, padding_of(samples))
    assert set(found) == set(right)
    for name, values in found.items():
        torch.testing.assert_close(values, right[name])
    assert joined(alone[:1], padding_of(samples)).keys() == found.keys()


EXTRACTORS: dict[str, Any] = {
    "waves": lambda: transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True),
    "frames": lambda: transformers.AutoFeatureExtractor.from_pretrained(
        Path(models.__file__).parent / "audio"
    ),
    "whisper": transformers.WhisperFeatureExtractor,
}


@pytest.mark.parametrize("name", EXTRACTORS)
def test_sounds(tmp_path: Path, name: str) -> None:
    extractor = EXTRACTORS[name]()
    rng, waves, files = np.random.default_rng(1), [], []
    for number, size in enumerate([4000, 9000, 6500]):
        waves.append(rng.normal(0, 0.1, size).astype(np.float32))
        files.append(str(tmp_path / f"{number}.wav"))
        soundfile.write(files[-1], waves[-1], 16_000, subtype="FLOAT")
    samples = encode_sounds(extractor, files, 10)
    found = joined([samples.batch(np.array([row])) for row in range(3)], padding_of(samples))
    # Its `pad` is what these batches go through.
    own = samples.batch(np.arange(3))
    assert set(found) == set(own)
    for key, values in found.items():
        torch.testing.assert_close(values, own[key])
    if name == "waves":
        right = extractor(waves, sampling_rate=16_000, padding=True, return_tensors="pt")
        for key, values in found.items():
            torch.testing.assert_close(values, right[key], rtol=1e-4, atol=1e-4)


def test_parts_are_padded_each_in_its_own_way(tiny_model: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_model, padding_side="left")
    texts = encode_texts(tokenizer, [(text,) for text in TEXTS], 32)
    pictures = type("Pictures", (), {"__len__": lambda self: 3})()
    both = Together({"image": Repeated(pictures, np.arange(3)), "text": texts})
    assert padding_of(both) == texts.padding == padding_of(Repeated(texts, np.arange(3)))
    assert padding_of(pictures) == Padding()
    batch = [{"pixel_values": torch.full((1, 3, 2, 2), row), "input_ids": torch.ones(1, row + 1)}
             for row in range(2)]  # fmt: skip
    found = joined(batch, padding_of(both))
    assert found["pixel_values"].shape == (2, 3, 2, 2)
    assert found["input_ids"].tolist() == [[tokenizer.pad_token_id, 1], [1, 1]]
