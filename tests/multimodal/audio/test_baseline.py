"""Simple features of sounds whose spectrum is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from pellucid.multimodal.audio.baseline import features
from pellucid.multimodal.media import Unreadable

BANDS = 40


def saved(folder: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    soundfile.write(folder / "one.wav", samples, rate, subtype="FLOAT")
    return folder / "one.wav"


def tone(hertz: float, seconds: float, rate: int = 16_000) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def middles() -> np.ndarray:
    """Return the middle of each band, evenly spaced on the mel scale from 0 to 8 kHz."""
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), BANDS + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)


@pytest.mark.parametrize("band", [6, 15, 25, 38])
def test_a_tone_is_loudest_in_its_band_and_does_not_change(tmp_path: Path, band: int) -> None:
    found = features(saved(tmp_path, tone(middles()[band], 2)))
    assert found.shape == (2 * BANDS,) and found.dtype == np.float32
    assert found[:BANDS].argmax() == band
    # The two windows that stand over an end hear a part of the tone alone.
    assert found[BANDS + band] < 0.2


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_a_tone_is_the_same_at_any_rate(tmp_path: Path, rate: int) -> None:
    own = features(saved(tmp_path, tone(1000, 1)))
    other = features(saved(tmp_path, tone(1000, 1, rate), rate))
    assert other[:BANDS].argmax() == own[:BANDS].argmax()
    assert other[:BANDS].max() == pytest.approx(own[:BANDS].max(), abs=0.05)


def test_features_equal_those_of_transformers_spectrogram(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 9_000).astype(np.float32)
    samples[4000:] *= 0.01
    # Windows of 25 ms stand in the middle of the 512 points of each transform.
    window = np.pad(window_function(400, "hann"), 56)
    filters = mel_filter_bank(257, BANDS, 0.0, 8000.0, 16_000, norm=None, mel_scale="htk")
    power = spectrogram(
        samples, window, 512, 160, power=2.0, mel_filters=filters, pad_mode="constant", mel_floor=0
    )
    bands = np.log(power + 1e-6)
    expected = np.concatenate([bands.mean(axis=1), bands.std(axis=1)])
    np.testing.assert_allclose(features(saved(tmp_path, samples)), expected, atol=2e-3)


def test_silence_and_the_shortest_sounds_have_features(tmp_path: Path) -> None:
    silent = features(saved(tmp_path, np.zeros(16_000)))
    np.testing.assert_allclose(silent[:BANDS], np.log(1e-6), rtol=1e-5)
    assert (silent[BANDS:] == 0).all()
    assert np.isfinite(features(saved(tmp_path, np.ones(1)))).all()


def test_what_stands_behind_thirty_seconds_is_not_heard(tmp_path: Path) -> None:
    whole = np.concatenate([tone(500, 30), tone(3000, 10)])
    found = features(saved(tmp_path, whole))
    np.testing.assert_array_equal(found, features(saved(tmp_path, whole[: 30 * 16_000])))
    assert not np.allclose(found, features(saved(tmp_path, whole[10 * 16_000 :])), atol=0.1)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(b"no sound")
    with pytest.raises(Unreadable):
        features(tmp_path / "one.wav")
