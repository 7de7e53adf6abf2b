"""What segments of different sounds have in common: their share of the time, and their pitch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..media import once_more
from ..places import Place, Placed, Resembling
from .outline import Outline
from .read import Sound, read
from .segments import Cells
from .spectrogram import SILENCE, hertz, mel

SPANS = 8
"""Parts of equal length that each sound's time is cut into."""

BANDS = 4
"""Narrower bands of a place whose loudness is looked at."""

LOUDNESS = (0.1, 0.5, 0.9)
"""Shares of the time for which a narrower band is quieter than what is looked at of it."""

POINTS = 1024
"""Samples of a window of the transform in which loudness is looked at."""


def placed(outline: Outline, *, whole: bool = False) -> Placed:
    """Say in which parts of the time, and in which bands, the segments lie.

    Parameters
    ----------
    outline
        Of a sound's segments.
    whole
        Bands alone, over all of the time; of spans, which have no bands, parts of the time.
    """
    own = outline.segments
    seconds = own.seconds
    edges = seconds / (seconds[-1] or 1.0)
    bands = own.hertz if isinstance(own, Cells) else np.array([0.0, own.rate / 2])
    parts = 1 if whole and isinstance(own, Cells) else SPANS
    spans = np.linspace(0, 1, parts + 1)
    first, last = np.maximum(edges[:-1, None], spans[:-1]), np.minimum(edges[1:, None], spans[1:])
    shared = np.maximum(last - first, 0)  # shape (columns, parts)
    length = np.diff(edges)[:, None]
    share = np.divide(shared, length, out=np.zeros_like(shared), where=length > 0)
    columns, numbers = np.nonzero(share)
    rows = np.repeat(np.arange(len(bands) - 1), len(columns))
    columns, numbers = np.tile(columns, len(bands) - 1), np.tile(numbers, len(bands) - 1)
    return Placed(
        _named(spans, bands, both=isinstance(own, Cells)),
        rows * len(length) + columns,
        rows * parts + numbers,
        share[columns, numbers],
        shared[columns, numbers] * parts,
    )


def _numbers(cells: Sequence[str], places: Sequence[Place]) -> list[NDArray[np.float64]]:
    """Return decibels in each place; one array of shape (samples, numbers) each."""
    boxes = [one.box or (0.0, 0.0, 1.0, 0.0) for one in places]
    rate = 2 * round(max(box[3] for box in boxes))
    out: list[list[NDArray[np.float64]]] = [[] for _ in places]
    for cell in cells:
        power = _power(once_more(read, cell, rate))
        for found, box in zip(out, boxes, strict=True):
            found.append(_loudness(power, box, rate))
    return [np.stack(one) for one in out]


Alike = partial(Resembling, _numbers)
"""Which sounds are like which class in which bands or parts of the time, by their loudness."""


def _power(sound: Sound) -> NDArray[np.float64]:
    """Return the power of each frequency in each window; shape (windows, frequencies)."""
    padded = np.pad(sound.samples, (0, max(POINTS - len(sound.samples), 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, POINTS)[:: POINTS // 2]
    spectrum = np.fft.rfft(windows * np.hanning(POINTS), axis=1)
    found: NDArray[np.float64] = spectrum.real**2 + spectrum.imag**2
    return found


def _loudness(
    power: NDArray[np.float64], box: tuple[float, float, float, float], rate: int
) -> NDArray[np.float64]:
    """Return how loud narrower bands of a place are, at their quietest and at their loudest."""
    first, low, last, high = box
    windows = len(power)
    begin = min(int(first * windows), windows - 1)
    some = power[begin : max(round(last * windows), begin + 1)]
    edges = hertz(np.linspace(mel(low), mel(high), BANDS + 1)) * POINTS / rate
    found = []
    for one, other in pairwise(edges.round().astype(int).tolist()):
        band = some[:, one : max(other, one + 1)].mean(axis=1)
        found.append(10 * np.log10(np.quantile(band, LOUDNESS) + SILENCE))
    return np.concatenate(found)


def _named(
    spans: NDArray[np.float64], bands: NDArray[np.float64], *, both: bool
) -> tuple[Place, ...]:
    out = []
    for low, high in zip(bands[:-1].tolist(), bands[1:].tolist(), strict=True):
        for first, last in zip(spans[:-1].tolist(), spans[1:].tolist(), strict=True):
            time = f"{100 * first:.0f}–{100 * last:.0f}% of the time" if len(spans) > 2 else ""
            pitch = f"{low:.0f}–{high:.0f} Hz" if both else ""
            name = ", ".join(part for part in (time, pitch) if part) or "the whole sound"
            out.append(Place(name, "audio", (first, low, last, high)))
    return tuple(out)
