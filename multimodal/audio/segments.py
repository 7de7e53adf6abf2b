"""A sound's segments: spans of time, or cells of time and frequency.

Spans are told by their edges in samples. Cells lie in the short-time Fourier transform of the sound
(`multimodal.audio.mask.transform`), in bands that are equally wide for the ear, and are numbered
band by band from the lowest, each from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .spectrogram import hertz, mel

Edges = NDArray[np.int64]
Labels = NDArray[np.int32]

WINDOW = 0.032
"""Seconds of a window of the transform, about: its samples are a power of two."""

OVERLAP = 4
"""Windows that each sample lies in."""

AROUND = 0.25
"""How far, as a share of a span, a quiet place may lie from where equal spans would be cut."""

HEARD = 0.02
"""Seconds over which loudness is measured where quiet places are looked for."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Spans of time that follow on one another and make up the whole sound.

    Attributes
    ----------
    edges
        First sample of each span, and the number of samples; shape (spans + 1,), rising.
    rate
        Samples a second.
    """

    edges: Edges
    rate: int

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The edges in seconds."""
        return self.edges / self.rate


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of time and frequency.

    Attributes
    ----------
    frames
        First frame of the transform of each column, and the number of frames; shape (columns + 1,).
    bins
        First frequency of each band, and the number of frequencies; shape (bands + 1,).
    samples, rate
        How long the sound is, and samples a second.
    points
        Samples of a window of the transform.
    """

    frames: Edges
    bins: Edges
    samples: int
    rate: int
    points: int

    def __len__(self) -> int:
        return (len(self.frames) - 1) * (len(self.bins) - 1)

    @property
    def labels(self) -> Labels:
        """Cell of each frequency and frame; shape (frequencies, frames), int32."""
        column = np.repeat(np.arange(len(self.frames) - 1), np.diff(self.frames))
        band = np.repeat(np.arange(len(self.bins) - 1), np.diff(self.bins))
        return (band[:, None] * (len(self.frames) - 1) + column).astype(np.int32)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Edges of the columns in seconds; shape (columns + 1,)."""
        # A frame stands for what lies around its middle.
        found = (self.frames - 0.5) * self.points / OVERLAP / self.rate
        return np.clip(found, 0, self.samples / self.rate)

    @property
    def hertz(self) -> NDArray[np.float64]:
        """Edges of the bands in Hz; shape (bands + 1,)."""
        return np.clip((self.bins - 0.5) * self.rate / self.points, 0, self.rate / 2)


def equal(samples: int, rate: int, wanted: int) -> Spans:
    """Cut a sound into spans of one length, to a sample.

    Parameters
    ----------
    samples, rate
        How long the sound is, and samples a second.
    wanted
        Number of spans; fewer where there are fewer samples.
    """
    return Spans(_edges(samples, wanted), rate)


def quiet(sound: NDArray[np.float32], rate: int, wanted: int) -> Spans:
    """Cut a sound where it is quiet, near to where equal spans would be cut.

    Parameters
    ----------
    sound
        Shape (samples,).
    rate
        Samples a second.
    wanted
        Number of spans; fewer where there are fewer samples.

    Returns
    -------
    Spans
        Each from half to one and a half times as long as equal ones.
    """
    edges = _edges(len(sound), wanted)
    size = max(round(HEARD * rate), 1)
    reach = int(AROUND * len(sound) / (len(edges) - 1))
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    for place, edge in enumerate(edges[1:-1].tolist(), 1):
        at = np.arange(edge - reach, edge + reach + 1)
        first, last = np.maximum(at - size // 2, 0), np.minimum(at + (size + 1) // 2, len(sound))
        # Sums of squares differ by rounding alone where nothing is heard; the nearest counts then.
        power = np.round((sums[last] - sums[first]) / (last - first), 12)
        edges[place] = at[np.lexsort([np.abs(at - edge), power])[0]]
    return Spans(edges, rate)


def cells(samples: int, rate: int, columns: int, bands: int) -> Cells:
    """Cut a sound into cells of time and frequency.

    Parameters
    ----------
    samples, rate
        How long the sound is, and samples a second.
    columns
        Cells along time; fewer where the transform has fewer frames.
    bands
        Cells along frequency, equally wide on the mel scale from 0 Hz to half the rate; each is at
        least one frequency of the transform wide.
    """
    points = 1 << max(round(np.log2(WINDOW * rate)), 3)
    frames, bins = 1 + samples // (points // OVERLAP), points // 2 + 1
    bands = min(bands, bins)
    middles = np.arange(bins) * rate / points
    edges = np.searchsorted(middles, hertz(np.linspace(0, mel(rate / 2), bands + 1)))
    edges[0], edges[-1] = 0, bins
    # Low bands can be narrower than what the transform tells apart.
    least = np.arange(bands + 1)
    edges = np.clip(np.maximum.accumulate(edges - least) + least, least, bins - least[::-1])
    return Cells(_edges(frames, columns), edges.astype(np.int64), samples, rate, points)


def _edges(length: int, wanted: int) -> Edges:
    if wanted < 1 or length < 1:
        raise ValueError(f"a sound has at least 1 segment and 1 sample, got {wanted} and {length}")
    return np.round(np.linspace(0, length, min(wanted, length) + 1)).astype(np.int64)
