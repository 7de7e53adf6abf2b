"""How loud each pitch of a sound is over time, as numbers for a picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BANDS = 96
"""Bands between 0 Hz and half the rate, equally wide for the ear."""

WINDOW = 0.025
"""Seconds of a window."""

OVERLAPS = 2, 16
"""Windows that overlap at least, in long sounds, and at most, in short ones."""

RANGE = 70.0
"""Decibels below the loudest place that are told apart."""

FINER = 4
"""How much finer than the window's own its spectrum is sampled, or low bands would fall between."""

TOGETHER = 512
"""Windows that are analysed at a time, so that long sounds need little memory."""

SILENCE = 1e-10
"""Power below which nothing is heard: a full tone has a million million times as much."""

Values = NDArray[np.float64]


def log_mel(samples: NDArray[np.float32], rate: int, columns: int, bands: int = BANDS) -> Values:
    """Return a sound's log-mel spectrum, as many columns as a picture has.

    Windows of 25 ms (Hann) that lie in the same column are averaged; bands are triangles on the
    mel scale ``2595 log10(1 + f / 700)``, as `torchaudio.functional.melscale_fbanks` makes them.

    Parameters
    ----------
    samples
        Pressure, shape (samples,); at least one.
    rate
        Samples a second.
    columns, bands
        Size of the picture.

    Returns
    -------
    numpy.ndarray
        From 0, `RANGE` decibels below the loudest place or less, to 1, the loudest place; the
        lowest band first; shape (bands, columns). All 0 where nothing is heard.
    """
    power = mel_power(samples, rate, bands, columns)
    # Column by column the mean of its windows; where there are fewer windows, the nearest one.
    ends = np.linspace(0, power.shape[1], columns + 1)
    first = np.minimum(ends[:-1].astype(int), power.shape[1] - 1)
    last = np.maximum(np.ceil(ends[1:] - 1e-9).astype(int), first + 1)
    sums = np.concatenate([np.zeros((bands, 1)), np.cumsum(power, axis=1)], axis=1)
    mean = np.maximum((sums[:, last] - sums[:, first]) / (last - first), 0)
    loudest = float(mean.max())
    if loudest <= SILENCE:
        return np.zeros((bands, columns))
    decibels = 10 * np.log10(np.maximum(mean, SILENCE * 1e-6) / loudest)
    values: Values = np.clip(1 + decibels / RANGE, 0, 1)
    return values


def mel_power(samples: NDArray[np.float32], rate: int, bands: int, wished: int) -> Values:
    """Return the power of each band in each window; shape (bands, windows).

    There are about as many windows as wished for, within `OVERLAPS`.
    """
    length, points = sizes(rate)
    least, most = (max(length // overlap, 1) for overlap in reversed(OVERLAPS))
    step = min(max(len(samples) // wished, least), most)
    padded = np.pad(samples, (length // 2, length))
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)[::step]
    windows = windows[: 1 + len(samples) // step]
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    weights = filters(rate, points, bands)
    parts = []
    for start in range(0, len(windows), TOGETHER):
        spectrum = np.fft.rfft(windows[start : start + TOGETHER] * shape, points, axis=1)
        parts.append(weights @ (spectrum.real**2 + spectrum.imag**2).T)
    return np.concatenate(parts, axis=1)


def sizes(rate: int) -> tuple[int, int]:
    """Return samples of a window, and points of its Fourier transform."""
    length = max(round(WINDOW * rate), 8)
    points: int = FINER * 2 ** int(np.ceil(np.log2(length)))
    return length, points


@lru_cache(maxsize=16)
def filters(rate: int, points: int, bands: int) -> Values:
    """Return the weight of each frequency in each band; shape (bands, points / 2 + 1)."""
    frequencies = np.linspace(0, rate / 2, points // 2 + 1)
    edges = hertz(np.linspace(0, mel(rate / 2), bands + 2))
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    found: Values = np.maximum(0, np.minimum(rising, falling))
    return found


def mel(frequency: float) -> float:
    """Return a frequency in Hz as mel."""
    return float(2595 * np.log10(1 + frequency / 700))


def hertz(mels: Values) -> Values:
    """Return mels as frequencies in Hz."""
    found: Values = 700 * (10 ** (mels / 2595) - 1)
    return found
