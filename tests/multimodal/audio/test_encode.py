"""Sounds as a model hears them: what its own feature extractor makes of them, once and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import transformers

from pellucid.multimodal.audio.encode import encode, is_fixed, limit

RATE = 16_000


def _banks() -> Any:
    made: Any = transformers.SeamlessM4TFeatureExtractor
    return made(feature_size=16, num_mel_bins=16, sampling_rate=RATE)


EXTRACTORS: dict[str, Callable[[], Any]] = {
    "wave": lambda: transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True),
    "ast": lambda: transformers.ASTFeatureExtractor(max_length=64, num_mel_bins=32),
    "whisper": lambda: transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=1),
    "banks": _banks,
}


@pytest.fixture
def cells(tmp_path: Path) -> list[str]:
    """Write sounds of different lengths."""
    rng = np.random.default_rng(7)
    out = []
    for number in range(20):
        wave = rng.normal(0, 0.1, 4000 + 321 * number).astype(np.float32)
        soundfile.write(tmp_path / f"{number}.wav", wave, RATE, subtype="FLOAT")
        out.append(str(tmp_path / f"{number}.wav"))
    return out


def expected(extractor: Any, cells: list[str]) -> dict[str, torch.Tensor]:
    waves = [soundfile.read(cell, dtype="float32")[0] for cell in cells]
    padding = {} if is_fixed(extractor) else {"padding": True}
    return dict(extractor(waves, sampling_rate=RATE, return_tensors="pt", **padding))


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("budget", [None, 60_000, 0])
def test_batches_are_what_the_extractor_makes(
    name: str, budget: int | None, cells: list[str], tmp_path: Path
) -> None:
    extractor = EXTRACTORS[name]()
    rows = np.array([3, 19, 0, 7])
    wanted = expected(extractor, [cells[row] for row in rows])
    for cache in (None, tmp_path / "cache"):
        found = encode(extractor, cells, 30, cache=cache, budget=budget)
        batch = found.batch(rows)
        assert set(batch) <= set(wanted)
        there = batch.get("attention_mask", torch.ones(1)).bool()
        for key, one in batch.items():
            # Without a fixed size theirs may be padded to a multiple.
            other = wanted[key] if found.fixed else wanted[key][:, : one.shape[1]]
            masked = key != "attention_mask" and there.shape == one.shape[: there.ndim]
            torch.testing.assert_close(
                one[there] if masked else one,
                other[there] if masked else other,
                atol=1e-5,
                rtol=1e-4,
                check_dtype=False,
            )
        assert len(found) == len(found.lengths) == len(cells) and not found.cut.any()
    if budget == 0:
        assert len(found.values) == 0


def test_without_a_mask_a_sound_is_the_same_in_every_batch(cells: list[str]) -> None:
    extractor = transformers.Wav2Vec2FeatureExtractor()
    batch = encode(extractor, cells, 30).batch(np.array([2, 18]))
    assert set(batch) == {"input_values"}
    for place, row in enumerate((2, 18)):
        alone = expected(extractor, [cells[row]])["input_values"][0]
        torch.testing.assert_close(batch["input_values"][place, : len(alone)], alone)
        assert not batch["input_values"][place, len(alone) :].any()


def test_longer_sounds_are_cut_and_said_to_be(cells: list[str]) -> None:
    extractor = EXTRACTORS["wave"]()
    found = encode(extractor, cells, 0.5)
    long = np.array([4000 + 321 * number > 8000 for number in range(20)])
    np.testing.assert_array_equal(found.cut, long)
    assert found.sizes.max() == 8000
    assert encode(EXTRACTORS["ast"](), cells, 30).cut.tolist() == [
        4000 + 321 * number > 0.64 * RATE for number in range(20)
    ]


def test_what_extractors_keep_of_a_sound() -> None:
    assert limit(EXTRACTORS["ast"]()) == pytest.approx(0.64)
    assert limit(EXTRACTORS["whisper"]()) == 1
    assert limit(EXTRACTORS["wave"]()) is None
    assert [is_fixed(make()) for make in EXTRACTORS.values()] == [False, True, True, False]


def test_other_rates_are_resampled(tmp_path: Path) -> None:
    time = np.arange(8000) / 8000
    wave = 0.5 * np.sin(2 * np.pi * 440 * time).astype(np.float32)
    soundfile.write(tmp_path / "slow.wav", wave, 8000, subtype="FLOAT")
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=False)
    found = encode(extractor, [str(tmp_path / "slow.wav")], 30).batch(np.array([0]))
    heard = found["input_values"][0].numpy()
    assert len(heard) == RATE
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(heard[200:-200], wanted[200:-200], atol=2e-3)


def test_lengths_follow_the_sounds(cells: list[str]) -> None:
    lengths = encode(EXTRACTORS["banks"](), cells, 30).lengths
    assert (np.diff(lengths) >= 0).all() and lengths[-1] > lengths[0] >= 1
