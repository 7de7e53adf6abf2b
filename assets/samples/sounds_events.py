"""The sound events of the sample: eight kinds, each of them synthesised with chance in it.

None has anything to say below 150 Hz, where the hum of the mains is planted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .chance import between, pick
from .sounds_signals import Floats, band, faded, loud, noise, seconds, tone

LOWEST = 160.0
"""Hz below which an event has nothing to say."""

BANDS: dict[str, tuple[float, float]] = {
    "bell": (350, 4500),
    "chirp down": (350, 3700),
    "chirp up": (350, 3700),
    "chord": (180, 3300),
    "clicks": (1300, 5500),
    "drum": (160, 2500),
    "noise": (500, 7000),
    "siren": (400, 4200),
}
"""Where each kind has nearly all of its energy, in Hz."""

KINDS = tuple(BANDS)

_BELL = ((1.0, 1.0), (2.0, 0.6), (2.76, 0.5), (3.0, 0.25), (4.07, 0.3), (5.4, 0.2))
_CHORDS = ((0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 4, 9))


def event(kind: str, rng: np.random.Generator, rate: int = 16_000) -> NDArray[np.float32]:
    """Synthesise one sound event.

    Parameters
    ----------
    kind
        Of `KINDS`.
    rng
        The chance: pitch, length and course; only ``rng.random`` is drawn from.
    rate
        Samples a second, 16,000 at least: tones of the events reach up to 7,000 Hz.

    Returns
    -------
    numpy.ndarray
        0.25 to 0.9 seconds, the largest sample 1; shape (samples,), float32.
    """
    made = band(_MADE[kind](rng, rate), rate, LOWEST, 0.47 * rate)
    return loud(faded(made, rate, 0.002, 0.03), 1.0).astype(np.float32)


def _bell(rng: np.random.Generator, rate: int) -> Floats:
    """Ring with partials that fit no harmonic series, the higher the sooner gone."""
    time = seconds(between(rng, 0.5, 0.85), rate)
    pitch, decay = between(rng, 400, 780), between(rng, 5, 9)
    partials = (
        strength * tone(pitch * ratio, len(time), rate) * np.exp(-decay * (0.5 + ratio / 2) * time)
        for ratio, strength in _BELL
    )
    return np.asarray(np.sum(list(partials), axis=0), np.float64)


def _drum(rng: np.random.Generator, rate: int) -> Floats:
    """Hit a skin whose pitch falls, with the noise of the stick; once or twice."""
    time = seconds(between(rng, 0.25, 0.4), rate)
    pitch, decay = between(rng, 190, 260), between(rng, 14, 22)
    skin = tone(pitch * (1 + 0.9 * np.exp(-30 * time)), len(time), rate) * np.exp(-decay * time)
    stick = band(noise(rng, len(time)), rate, 300, 2500) * np.exp(-70 * time)
    hit = faded(skin + 1.2 * stick, rate, 0.002, 0.03)
    if rng.random() < 0.5:
        return hit
    gap = np.zeros(round(between(rng, 0.15, 0.25) * rate))
    return np.concatenate([hit, np.zeros(len(gap))]) + 0.8 * np.concatenate([gap, hit])


def _chirp_up(rng: np.random.Generator, rate: int) -> Floats:
    return _chirp(rng, rate, rising=True)


def _chirp_down(rng: np.random.Generator, rate: int) -> Floats:
    return _chirp(rng, rate, rising=False)


def _chirp(rng: np.random.Generator, rate: int, rising: bool) -> Floats:
    """Slide a tone by one and a half to two and a half octaves."""
    time = seconds(between(rng, 0.3, 0.7), rate)
    low = between(rng, 380, 620)
    place = time / time[-1]
    octaves = between(rng, 1.5, 2.5) * (place if rising else 1 - place)
    frequency = low * 2**octaves
    second = 0.15 * tone(2 * frequency, len(time), rate)
    return faded(tone(frequency, len(time), rate) + second, rate, 0.03, 0.06)


def _siren(rng: np.random.Generator, rate: int) -> Floats:
    """Move a tone and its third harmonic up and down."""
    time = seconds(between(rng, 0.7, 0.9), rate)
    middle, depth, speed = between(rng, 750, 1000), between(rng, 0.2, 0.32), between(rng, 3, 5)
    turn = 2 * np.pi * (speed * time + rng.random())
    frequency = middle * (1 + depth * np.sin(turn))
    overtone = 0.3 * tone(3 * frequency, len(time), rate)
    return faded(tone(frequency, len(time), rate) + overtone, rate, 0.05, 0.08)


def _noise(rng: np.random.Generator, rate: int) -> Floats:
    """Let a burst of noise swell and fade; it has no pitch."""
    time = seconds(between(rng, 0.25, 0.45), rate)
    rush = band(noise(rng, len(time)), rate, between(rng, 500, 900), between(rng, 4500, 6800))
    return faded(rush, rate, between(rng, 0.01, 0.08), between(rng, 0.05, 0.2))


def _clicks(rng: np.random.Generator, rate: int) -> Floats:
    """Set short knocks at even distances."""
    out = np.zeros(round(between(rng, 0.5, 0.85) * rate))
    gap, pitch = rate / between(rng, 9, 18), between(rng, 1900, 3200)
    time = seconds(0.012, rate)
    knock = tone(pitch, len(time), rate) * np.exp(-400 * time)
    for start in np.arange(0, len(out) - len(time), gap):
        out[int(start) : int(start) + len(time)] += knock * between(rng, 0.7, 1.0)
    return out


def _chord(rng: np.random.Generator, rate: int) -> Floats:
    """Pluck three strings of five harmonics each."""
    time = seconds(between(rng, 0.6, 0.9), rate)
    root, decay = between(rng, 200, 330), between(rng, 2, 4)
    notes = []
    for step in pick(rng, _CHORDS):
        pitch = root * 2 ** (step / 12)
        notes += [
            tone(pitch * over, len(time), rate) / over**1.3 * np.exp(-decay * over**0.5 * time)
            for over in range(1, 6)
        ]
    return faded(np.sum(notes, axis=0), rate, 0.01, 0.1)


_MADE: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "bell": _bell,
    "chirp down": _chirp_down,
    "chirp up": _chirp_up,
    "chord": _chord,
    "clicks": _clicks,
    "drum": _drum,
    "noise": _noise,
    "siren": _siren,
}
