"""What is known of sounds: how long and how loud they are, and how they were recorded."""

from __future__ import annotations

import numpy as np

from ..traits import Trait, Value
from .read import LISTENED, read

SILENT = -120.0
"""Decibels that are told of a sound in which nothing is heard."""

SHARE = 0.95
"""Share of the energy that lies below the `bandwidth`."""

POINTS = 4096
"""Samples of a window of the transform in which the bandwidth is measured."""

TRAITS = {
    one.name: one
    for one in (
        Trait("duration", "s", "length in seconds, an hour at most"),
        Trait("loudness", "dBFS", "root mean square in decibels below a full square wave"),
        Trait("peak", "dBFS", "the largest sample, in decibels below the most that a file holds"),
        Trait("bandwidth", "Hz", "frequency below which 95% of the energy lies"),
        Trait("rate", "Hz", "samples a second of the file", numeric=False),
    )
}
"""What is measured, by its name."""


def measure(part: str) -> dict[str, Value]:
    """Read a sound, an hour of it at most, and return every trait of it.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    sound = read(part, seconds=LISTENED)
    samples = sound.samples.astype(np.float64)
    return {
        "duration": sound.seconds,
        "loudness": decibels(float(np.sqrt(np.square(samples).mean()))),
        "peak": decibels(float(np.abs(samples).max())),
        "bandwidth": _bandwidth(samples, sound.rate),
        "rate": str(sound.rate),
    }


def decibels(amplitude: float) -> float:
    """Return an amplitude in decibels of 1; `SILENT` where there is next to none."""
    return max(20 * float(np.log10(max(amplitude, 1e-12))), SILENT)


def _bandwidth(samples: np.ndarray, rate: int) -> float:
    """Return the frequency below which `SHARE` of the energy lies; 0 of silence."""
    power = np.zeros(POINTS // 2 + 1)
    for first in range(0, len(samples), POINTS):
        block = samples[first : first + POINTS]
        power += np.abs(np.fft.rfft(block * np.hanning(len(block)), POINTS)) ** 2
    total = np.cumsum(power)
    if total[-1] <= 0:
        return 0.0
    return float(np.searchsorted(total, SHARE * total[-1]) * rate / POINTS)
