"""Spectrograms: their numbers against torchaudio's, their pictures by what they must show."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from pellucid.device import prepare
from pellucid.multimodal.audio import spectrogram
from pellucid.multimodal.audio.draw import facts, html, picture, thumbnail
from pellucid.multimodal.audio.layout import envelope
from pellucid.multimodal.audio.play import MP3_RATES, SECONDS, SMALL, for_page, wav
from pellucid.multimodal.audio.read import Sound, read
from pellucid.multimodal.palette import DARK, HEAT

RATE = 16_000


def tone(frequency: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    at = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * frequency * at)).astype(np.float32)


@pytest.fixture
def rising(tmp_path: Path) -> Path:
    """Half a second low, half a second high."""
    path = tmp_path / "rising.wav"
    soundfile.write(path, np.concatenate([tone(300, 0.5), tone(4000, 0.5)]), RATE)
    return path


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_filters_are_those_of_torchaudio(rate: int) -> None:
    prepare()
    from torchaudio.functional import melscale_fbanks

    points = spectrogram.sizes(rate)[1]
    expected = melscale_fbanks(points // 2 + 1, 0.0, rate / 2, 96, rate, mel_scale="htk").T
    found = spectrogram.filters(rate, points, 96)
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-5)
    assert (found.max(axis=1) > 0.05).all(), "no band may fall between two points"


def test_power_is_that_of_torchaudio() -> None:
    prepare()
    from torchaudio.transforms import MelSpectrogram

    samples = np.random.default_rng(7).normal(0, 0.1, RATE).astype(np.float32)
    length, points = spectrogram.sizes(RATE)
    transform = MelSpectrogram(
        RATE, n_fft=points, win_length=length, hop_length=length // 2, n_mels=64, center=True,
        pad_mode="constant",
    )  # fmt: skip
    expected = transform(torch.from_numpy(samples)).numpy()
    found = spectrogram.mel_power(samples, RATE, 64, 10)
    assert abs(found.shape[1] - expected.shape[1]) <= 1
    both = min(found.shape[1], expected.shape[1])
    np.testing.assert_allclose(found[:, :both], expected[:, :both], rtol=2e-3)


def test_the_loudest_band_is_that_of_the_tone() -> None:
    values = spectrogram.log_mel(tone(1000), RATE, 50, 96)
    edges = spectrogram.hertz(np.linspace(0, spectrogram.mel(RATE / 2), 98))
    (band,) = set(values[:, 5:45].argmax(axis=0))
    assert edges[band] < 1000 < edges[band + 2]
    assert values.max() == 1 and values.min() >= 0
    assert values[90, 25] == 0  # more than 70 decibels below the tone


def test_silence_and_sounds_of_one_sample() -> None:
    assert not spectrogram.log_mel(np.zeros(RATE, np.float32), RATE, 30, 20).any()
    assert spectrogram.log_mel(np.ones(1, np.float32), RATE, 30, 20).shape == (20, 30)


def test_a_long_sound_is_averaged_not_thinned_out() -> None:
    """A click between two columns must not be passed over."""
    samples = np.zeros(20 * RATE, np.float32)
    samples[10 * RATE + 1111 : 10 * RATE + 1300] = 0.9
    values = spectrogram.log_mel(samples, RATE, 40, 20)
    assert values[:, 20].max() == 1 and values[:, [5, 35]].max() == 0


def test_the_picture_is_dark_where_nothing_is_heard(rising: Path) -> None:
    small = np.asarray(Image.open(io.BytesIO(thumbnail(rising, 80))).convert("L"), float)
    assert small.shape == (40, 80)
    low, high = small[30:, :], small[:15, :]
    assert low[:, 5:35].max() > high[:, 5:35].max() + 60
    assert high[:, 45:75].max() > low[:, 45:75].max() + 60


def test_colours_are_those_of_the_palette(rising: Path) -> None:
    shown = Image.open(io.BytesIO(thumbnail(rising, 80))).convert("RGB")
    colours = {"#{:02x}{:02x}{:02x}".format(*pixel) for _, pixel in shown.getcolors(10_000)}
    assert colours <= set(HEAT) and {HEAT[0], HEAT[-1]} <= colours


def test_axes_take_the_theme_and_leave_the_ground_open(rising: Path) -> None:
    light, dark = (
        np.asarray(Image.open(io.BytesIO(picture(rising, 300, *theme)))) for theme in ((), (DARK,))
    )
    assert light.shape == dark.shape == (360, 600, 4)
    assert light[0, 0, 3] == 0
    letters = light[-30:, 84:580, 3] > 128
    assert letters.any(), "the axis of time is not named"
    assert (light[:, :80, 3] > 128).any(), "no frequency is named"
    assert not np.array_equal(light[..., :3], dark[..., :3])


def test_the_envelope() -> None:
    low, high = envelope(np.array([1, -2, 3, 4, -5, 0], np.float32), 3)
    assert low.tolist() == [-2, 3, -5] and high.tolist() == [1, 4, 0]


def test_facts_tell_how_long_the_whole_is(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(40 * 8000), 8000)
    said = facts(tmp_path / "a.wav")
    assert said.startswith("40.00 s, 8,000 Hz") and "first 30 s" in said


def held(said: str) -> tuple[str, bytes]:
    kind, raw = re.search(r'src="data:(audio/\w+);base64,([^"]+)"', said).groups()  # type: ignore[union-attr]
    return kind, base64.b64decode(raw)


def test_a_short_sound_is_held_exactly(rising: Path) -> None:
    kind, raw = held(str(html(str(rising))))
    assert kind == "audio/wav"
    found, rate = soundfile.read(io.BytesIO(raw), dtype="int16")
    expected, own = soundfile.read(rising, dtype="int16")
    assert rate == own and np.array_equal(found, expected)


def test_of_a_long_sound_the_beginning_is_held_in_few_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).normal(0, 0.05, 50 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, RATE)
    said = str(html(str(tmp_path / "a.wav")))
    kind, raw = held(said)
    assert kind in ("audio/mpeg", "audio/ogg") and len(raw) < 500_000
    found, rate = soundfile.read(io.BytesIO(raw))
    assert abs(len(found) / rate - SECONDS) < 0.2 and "first 30 s" in said


def test_rates_that_mp3_does_not_know() -> None:
    sound = Sound(tone(440, 10, 6_000), 6_000)
    assert 2 * len(sound.samples) > SMALL
    kind, raw = for_page(sound)
    found, rate = soundfile.read(io.BytesIO(raw))
    assert kind == "audio/mpeg" and rate == 8_000 and rate in MP3_RATES
    assert abs(len(found) / rate - 10) < 0.2
    spectrum = np.abs(np.fft.rfft(found[: rate * 5]))
    assert abs(np.argmax(spectrum) / 5 - 440) < 2


def test_what_players_get_is_wav(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.stack([tone(440), tone(440)], axis=1), RATE)
    raw = wav(tmp_path / "a.flac", 0.25)
    found, rate = soundfile.read(io.BytesIO(raw))
    assert raw[:4] == b"RIFF" and rate == RATE and found.shape == (RATE // 4,)
    np.testing.assert_allclose(found, read(tmp_path / "a.flac").samples[: RATE // 4], atol=1e-4)
