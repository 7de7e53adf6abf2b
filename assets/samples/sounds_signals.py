"""Signals that sounds are put together from: tones, noise, bands, envelopes.

Computed in 64 bits and rounded once, when a file is written, so that machines whose sines differ
in the last digit write the same samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def seconds(length: float, rate: int) -> Floats:
    """Return the time of each sample, from 0; shape (length · rate,)."""
    return np.arange(round(length * rate)) / rate


def tone(frequency: Floats | float, length: int, rate: int) -> Floats:
    """Return a sine of amplitude 1.

    Parameters
    ----------
    frequency
        In Hz, one or one for each sample.
    length
        Samples.
    rate
        Samples a second.
    """
    steps = np.broadcast_to(np.asarray(frequency, dtype=np.float64), (length,))
    return np.sin(2 * np.pi * np.cumsum(steps) / rate)


def noise(rng: np.random.Generator, length: int) -> Floats:
    """Return white noise, uniform between -1 and 1; shape (length,)."""
    return 2 * rng.random(length) - 1


def band(signal: Floats, rate: int, low: float, high: float) -> Floats:
    """Keep what lies between two frequencies, with edges a tenth of a frequency wide.

    Parameters
    ----------
    signal
        Shape (samples,).
    rate
        Samples a second.
    low, high
        In Hz; where the gain is one half.
    """
    # Room behind the signal, so that its end doesn't ring into its beginning.
    length = 1 << (2 * len(signal)).bit_length()
    frequency = np.arange(length // 2 + 1) * rate / length
    gain = _rising(frequency, low) * (1 - _rising(frequency, high))
    kept = np.fft.irfft(np.fft.rfft(signal, length) * gain, length)
    return np.asarray(kept[: len(signal)], np.float64)


def _rising(frequency: Floats, middle: float) -> Floats:
    width = max(0.1 * middle, 1e-9)
    place = np.clip((frequency - middle) / width + 0.5, 0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * place), np.float64)


def faded(signal: Floats, rate: int, attack: float, release: float) -> Floats:
    """Return a signal that swells and fades by raised cosines.

    Parameters
    ----------
    signal
        Shape (samples,).
    rate
        Samples a second.
    attack, release
        In seconds.
    """
    out = signal.copy()
    for length, part in ((attack, slice(None)), (release, slice(None, None, -1))):
        size = min(len(out), max(1, round(length * rate)))
        view = out[part]
        view[:size] *= 0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)
    return out


def loud(signal: Floats, peak: float) -> Floats:
    """Scale a signal so that its largest sample has this size."""
    return signal * (peak / max(float(abs(signal).max(initial=0.0)), 1e-12))
