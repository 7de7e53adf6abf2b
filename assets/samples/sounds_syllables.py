"""Syllables by a small formant synthesiser: a source, and the resonances of a vocal tract.

The source is a row of harmonics that falls by 12 decibels an octave, of which the lips take 6
away again; the tract is a cascade of resonances (Fant 1960; Klatt 1980). Both are multiplied
harmonic by harmonic at each moment, so formants can move without any filter to keep in step. What
is no voice, friction and bursts, is noise in a band. Formants are those of Peterson and Barney
(1952), loci of consonants those of Delattre, Liberman and Cooper (1955), rounded.

Syllables are for teaching a small encoder what sounds are made of; they don't pass for speech.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .chance import between
from .sounds_signals import Floats, band, faded, loud, noise, seconds

VOWELS: dict[str, tuple[float, float, float]] = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""The first three formants of each vowel, in Hz, for a man's tract."""

_HIGHER = (3400.0, 4500.0)
_WIDTHS = (70.0, 90.0, 140.0, 220.0, 300.0)
_FRAME = 0.005


@dataclass(frozen=True)
class Consonant:
    """How a consonant is made.

    Attributes
    ----------
    locus
        Where the first three formants come from, in Hz; None keeps those of the vowel.
    before
        Seconds of voice before the vowel (a hum through closed lips, or a nasal), and how loud.
    rush
        Seconds of noise, how loud, and its band in Hz.
    late
        Seconds between the noise and the voice.
    """

    locus: tuple[float, float, float] | None = None
    before: tuple[float, float] = (0.0, 0.0)
    rush: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    late: float = 0.0


CONSONANTS: dict[str, Consonant] = {
    "": Consonant(),
    "p": Consonant((250, 900, 2300), rush=(0.012, 0.35, 400, 1600), late=0.045),
    "b": Consonant((250, 900, 2300), (0.06, 0.25), (0.006, 0.2, 400, 1600)),
    "t": Consonant((250, 1800, 2700), rush=(0.02, 0.5, 3000, 6500), late=0.045),
    "d": Consonant((250, 1800, 2700), (0.06, 0.25), (0.008, 0.3, 3000, 6500)),
    "k": Consonant((250, 2300, 2500), rush=(0.025, 0.5, 1400, 3000), late=0.05),
    "g": Consonant((250, 2300, 2500), (0.06, 0.25), (0.012, 0.3, 1400, 3000)),
    "f": Consonant((300, 1000, 2300), rush=(0.12, 0.12, 1200, 7500)),
    "s": Consonant((300, 1700, 2600), rush=(0.13, 0.4, 4300, 7600)),
    "sh": Consonant((300, 1900, 2500), rush=(0.13, 0.45, 1900, 5000)),
    "z": Consonant((300, 1700, 2600), (0.1, 0.3), (0.1, 0.25, 4300, 7600)),
    "m": Consonant((280, 1000, 2200), (0.09, 0.45)),
    "n": Consonant((280, 1600, 2600), (0.09, 0.45)),
}


def syllable(
    rng: np.random.Generator,
    consonant: str,
    vowel: str,
    pitch: float = 120.0,
    *,
    rate: int = 16_000,
    tract: float = 1.0,
) -> NDArray[np.float32]:
    """Synthesise a consonant and a vowel.

    Parameters
    ----------
    rng
        The chance: lengths, the course of the pitch, breath; only ``rng.random`` is drawn from.
    consonant
        Of `CONSONANTS`; "" for none.
    vowel
        Of `VOWELS`.
    pitch
        Of the voice in Hz, 60 to 500: a man's is about 120, a woman's 210, a child's 280.
    rate
        Samples a second.
    tract
        What formants are multiplied by: 1 for a man's tract, about 1.17 for a woman's, 1.35 for a
        child's.

    Returns
    -------
    numpy.ndarray
        0.2 to 0.6 seconds, the largest sample 1; shape (samples,), float32.
    """
    how = CONSONANTS[consonant]
    vowel_long = between(rng, 0.2, 0.34)
    early = how.before[0] * between(rng, 0.8, 1.2)
    rush_long = how.rush[0] * between(rng, 0.8, 1.2)
    voice = _voice(rng, how, vowel, pitch, tract, (early, vowel_long), rate)
    rush = _rush(rng, how, rush_long, rate)
    # A plosive's noise begins where its lips open; friction comes before or under the voice.
    voiced_from = 0.0 if early else rush_long + how.late * between(rng, 0.8, 1.2)
    rush_from = max(0.0, early - rush_long) if early else 0.0
    parts = ((voiced_from, voice), (rush_from, rush))
    length = max(round(start * rate) + len(part) for start, part in parts)
    out = np.zeros(length)
    for start, part in parts:
        first = round(start * rate)
        out[first : first + len(part)] += part
    breath = noise(rng, length) * 10 ** between(rng, -3.2, -2.4)
    return loud(out + breath, 1.0).astype(np.float32)


def _voice(
    rng: np.random.Generator,
    how: Consonant,
    vowel: str,
    pitch: float,
    tract: float,
    lengths: tuple[float, float],
    rate: int,
) -> Floats:
    """Return what the voice does: before the vowel, on the way to it, and in it."""
    early, vowel_long = lengths
    time = seconds(early + vowel_long, rate)
    glide, shake = between(rng, -0.18, 0.06), between(rng, 0.0, 0.015)
    turn = 2 * np.pi * (between(rng, 4, 6) * time + rng.random())
    course = pitch * (1 + glide * time / time[-1] + shake * np.sin(turn))
    phase = 2 * np.pi * np.cumsum(course) / rate
    moments = np.arange(0, time[-1] + _FRAME, _FRAME)
    formants = _formants(how, vowel, moments - early) * tract
    level = np.where(moments < early, how.before[1], 1.0)
    pitches = np.interp(moments, time, course)
    first = np.exp(1j * phase)
    harmonic, out = np.ones_like(first), np.zeros(len(time))
    for number in range(1, int(0.47 * rate / (1.1 * pitch)) + 1):
        harmonic *= first
        response = _response(number * pitches, formants) / number * level
        out += (harmonic * np.interp(time, moments, response)).imag
    return faded(loud(out, 1.0), rate, 0.015, 0.07)


def _formants(how: Consonant, vowel: str, since: Floats) -> Floats:
    """Return the formants at each moment, seen from the vowel's beginning; shape (moments, 5)."""
    target = np.array(VOWELS[vowel])
    locus = target if how.locus is None else np.array(how.locus)
    # Speakers never quite reach the locus; a third of the way from the vowel is left.
    start = locus + (target - locus) * np.array((0.0, 0.33, 0.33))
    left = np.exp(-np.maximum(since, 0) / 0.02)[:, None]
    lower = target + (start - target) * left
    higher = np.broadcast_to(np.array(_HIGHER), (len(since), len(_HIGHER)))
    return np.concatenate([lower, higher], axis=1)


def _response(frequency: Floats, formants: Floats) -> NDArray[np.complex128]:
    """Return what a cascade of resonances makes of a frequency at each moment."""
    widths = np.array(_WIDTHS)
    squared = formants**2
    across = frequency[:, None]
    parts = squared / (squared - across**2 + 1j * widths * across)
    return np.asarray(parts.prod(axis=1), dtype=np.complex128)


def _rush(rng: np.random.Generator, how: Consonant, length: float, rate: int) -> Floats:
    """Return the noise of a consonant, nothing where it has none."""
    _, strength, low, high = how.rush
    size = round(length * rate)
    if not size:
        return np.zeros(0)
    rush = band(noise(rng, size), rate, low, min(high, 0.47 * rate))
    swell = 0.001 if length < 0.05 else 0.03
    return faded(loud(rush, strength), rate, swell, swell)
