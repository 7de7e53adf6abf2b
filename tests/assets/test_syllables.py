"""The formant synthesiser: pitch, formants and noise are where they were asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter, resample_poly

from pellucid.assets.samples.chance import generator
from pellucid.assets.samples.sounds import CONSONANTS, VOWELS, syllable

RATE = 16_000


def formants(sound: np.ndarray) -> np.ndarray:
    """Return the resonances of a vowel's middle by linear prediction, lowest first, in Hz."""
    slow = resample_poly(sound, 5, 8)  # 10 kHz: the first five formants
    middle = slow[len(slow) // 2 :][:1200]
    framed = lfilter([1, -0.9], [1], middle) * np.hamming(len(middle))
    order = 12
    autocorrelation = np.correlate(framed, framed, "full")[len(framed) - 1 :]
    autocorrelation[0] *= 1 + 1e-6
    predictor = solve_toeplitz(autocorrelation[:order], autocorrelation[1 : order + 1])
    roots = np.roots([1, *-predictor])
    roots = roots[roots.imag > 0]
    frequency, width = np.angle(roots) * 10_000 / 2 / np.pi, -np.log(abs(roots)) * 10_000 / np.pi
    return np.sort(frequency[(width < 500) & (frequency > 150)])


def share(sound: np.ndarray, low: float, high: float) -> float:
    spectrum = abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    return spectrum[(frequency >= low) & (frequency < high)].sum() / spectrum.sum()


def pitch_of(sound: np.ndarray) -> float:
    """Return the pitch of the middle of a sound by autocorrelation."""
    middle = sound[len(sound) // 2 :][:1600].astype(float)
    same = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    first, last = RATE // 500, RATE // 70
    return RATE / (first + same[first:last].argmax())


@pytest.mark.parametrize("vowel", VOWELS)
@pytest.mark.parametrize("tract", [1.0, 1.15])
def test_the_formants_of_a_vowel_are_those_of_the_table(vowel: str, tract: float) -> None:
    sound = syllable(generator(4), "", vowel, 90.0, tract=tract).astype(float)
    found = formants(sound)
    for formant in VOWELS[vowel][:2]:
        assert abs(found - tract * formant).min() < 0.12 * tract * formant


@pytest.mark.parametrize("pitch", [100, 180, 260])
def test_the_pitch_is_the_one_asked_for(pitch: float) -> None:
    found = [pitch_of(syllable(generator(seed), "m", "a", pitch)) for seed in range(5)]
    assert np.median(found) == pytest.approx(pitch, rel=0.12)


def test_all_syllables_are_sound_of_reasonable_length() -> None:
    rng = generator(8)
    for consonant in CONSONANTS:
        for vowel in VOWELS:
            sound = syllable(rng, consonant, vowel, 130.0)
            assert sound.dtype == np.float32
            assert np.isfinite(sound).all()
            assert abs(sound).max() == pytest.approx(1, abs=1e-6)
            assert 0.18 < len(sound) / RATE < 0.62
    again, same = (syllable(generator(1), "s", "a") for _ in range(2))
    assert np.array_equal(again, same)
    assert not np.array_equal(again[:3000], syllable(generator(2), "s", "a")[:3000])


@pytest.mark.parametrize(
    ("consonant", "low", "high"), [("s", 4000, 8000), ("sh", 1800, 5200), ("f", 1100, 8000)]
)
def test_friction_comes_first_and_in_its_band(consonant: str, low: float, high: float) -> None:
    for seed in range(4):
        sound = syllable(generator(seed), consonant, "a").astype(float)
        assert share(sound[320:1300], low, high) > 0.9
        assert share(sound[-3000:], 150, 2600) > 0.9


def test_plosives_are_voiced_before_their_burst_or_silent_after_it() -> None:
    for seed in range(4):
        for voiced, silent in (("b", "p"), ("d", "t"), ("g", "k")):
            early = syllable(generator(seed), voiced, "a").astype(float)
            late = syllable(generator(seed), silent, "a").astype(float)
            assert share(early[:640], 60, 700) > 0.8
            assert np.mean(late[int(0.033 * RATE) : int(0.042 * RATE)] ** 2) < 0.01 * np.mean(
                late[int(0.15 * RATE) : int(0.2 * RATE)] ** 2
            )


def test_the_second_formant_comes_from_the_consonants_place() -> None:
    """From the lips it rises to the vowel, from behind the teeth it falls (vowel “a”, 1,090 Hz)."""

    def early(consonant: str) -> float:
        sound = syllable(generator(3), consonant, "a", 80.0).astype(float)
        part = sound[int(0.085 * RATE) :][:480]
        return share(part, 1250, 1900) / share(part, 600, 1250)

    assert early("n") > 1.3 * early("m")
