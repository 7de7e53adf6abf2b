"""Sounds changed by a known amount: what is measured afterwards is what was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from pellucid.multimodal.audio.controlled import change, load, room, store
from pellucid.multimodal.audio.read import Sound

RATE = 16_000


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return Sound((0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def speech(seconds: float = 1.0) -> Sound:
    samples = np.random.default_rng(1).standard_normal(round(seconds * RATE)) * 0.1
    return Sound(samples.astype(np.float32), RATE)


def pitch(sound: Sound) -> float:
    """Return the loudest frequency."""
    middle = sound.samples[len(sound.samples) // 5 : -len(sound.samples) // 5].astype(np.float64)
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 8 * len(middle)))
    return float(power.argmax() * sound.rate / (8 * len(middle)))


def level(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.square(samples.astype(np.float64)).mean()))


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_speed_shortens_a_sound_and_raises_its_pitch(factor: float) -> None:
    found = change(tone(440), "speed", factor, 0)
    assert found.rate == RATE
    assert found.seconds == pytest.approx(1 / factor, abs=2 / RATE)
    assert pitch(found) == pytest.approx(440 * factor, rel=0.003)


@pytest.mark.parametrize("semitones", [-12.0, -3.0, 2.0, 7.0])
@pytest.mark.parametrize("rate", [8_000, RATE])
def test_pitch_moves_by_semitones_and_the_length_stays(semitones: float, rate: int) -> None:
    before = tone(500, rate=rate)
    found = change(before, "pitch", semitones, 0)
    assert len(found.samples) == len(before.samples)
    assert pitch(found) == pytest.approx(500 * 2 ** (semitones / 12), rel=0.01)
    assert level(found.samples) == pytest.approx(level(before.samples), abs=0.01)


@pytest.mark.parametrize("ratio", [-5.0, 0.0, 10.0, 30.0])
def test_the_ratio_of_signal_to_noise_is_exact(ratio: float) -> None:
    before = tone(440)
    found = change(before, "noise", ratio, 5)
    added = found.samples.astype(np.float64) - before.samples
    assert level(before.samples) - level(added) == pytest.approx(ratio, abs=0.01)


def test_a_silent_sound_stays_silent() -> None:
    silent = Sound(np.zeros(4000, np.float32), RATE)
    for name, strength in (("noise", 0.0), ("reverberation", 0.5), ("pitch", 2.0), ("volume", 6.0)):
        found = change(silent, name, strength, 0)
        assert not found.samples.any(), name
        assert len(found.samples) == 4000


def test_what_lies_above_the_filter_is_gone() -> None:
    for hertz, kept in ((300, True), (1500, True), (4500, False), (7000, False)):
        found = change(tone(hertz), "low_pass", 3000.0, 0)
        lost = level(tone(hertz).samples) - level(found.samples)
        assert (abs(lost) < 0.1) if kept else (lost > 20), hertz
    # Forwards and backwards: half of the power twice at its edge.
    edge = change(tone(3000), "low_pass", 3000.0, 0)
    assert level(tone(3000).samples) - level(edge.samples) == pytest.approx(6.02, abs=0.1)
    np.testing.assert_array_equal(
        change(tone(300), "low_pass", 8000.0, 0).samples, tone(300).samples
    )


def test_volume_is_in_decibels_and_nothing_is_cut_off() -> None:
    for gain in (-12.0, 20.0):
        found = change(tone(440), "volume", gain, 0)
        assert level(found.samples) - level(tone(440).samples) == pytest.approx(gain, abs=0.001)
    assert np.abs(change(tone(440), "volume", 20.0, 0).samples).max() > 2.9


def test_a_rooms_answer_falls_by_sixty_decibels_in_its_time() -> None:
    answer = room(0.5, RATE, np.random.default_rng(0))
    assert answer[0] == 1 and np.square(answer[1:]).sum() == pytest.approx(1)
    # Schroeder's backward integral of the tail, which falls by 60 dB in 0.5 s: 120 dB a second.
    energy = 10 * np.log10(np.cumsum(np.square(answer[1:])[::-1])[::-1])
    first, last = round(0.05 * RATE), round(0.25 * RATE)
    assert (energy[first] - energy[last]) / 0.2 == pytest.approx(120, rel=0.05)


def test_a_sound_in_a_room_is_as_long_and_as_loud() -> None:
    before = speech()
    found = change(before, "reverberation", 0.5, 2)
    assert len(found.samples) == len(before.samples)
    assert level(found.samples) == pytest.approx(level(before.samples), abs=0.01)
    # A click rings on.
    click = np.zeros(RATE, np.float32)
    click[100] = 0.5
    ringing = change(Sound(click, RATE), "reverberation", 0.5, 2).samples
    assert not ringing[:99].any() or np.abs(ringing[:99]).max() < 1e-5
    assert np.abs(ringing[200:2000]).max() > 0.001


def test_very_short_sounds_are_changed_too() -> None:
    short = tone(440, seconds=0.01)
    for name, strength in (
        ("pitch", 3.0), ("speed", 1.3), ("low_pass", 1000.0), ("reverberation", 0.2), ("noise", 5.0)
    ):  # fmt: skip
        found = change(short, name, strength, 0).samples
        assert len(found) and np.isfinite(found).all(), name


def test_files_hold_what_was_changed_without_loss(tmp_path: Path) -> None:
    loud = change(tone(440), "volume", 20.0, 0)
    path = store(loud, tmp_path / "loud")
    assert soundfile.info(path).subtype == "FLOAT"
    again = load(str(path))
    assert again.rate == RATE
    np.testing.assert_array_equal(again.samples, loud.samples)
