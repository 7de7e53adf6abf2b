"""Sounds without some of their segments: what is left out becomes silent.

All masks of a sound are carried out together. Spans fall silent in the wave itself; cells are taken
out of the short-time Fourier transform, which is then turned back into a wave.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from .segments import OVERLAP, Cells, Spans

FADE = 0.003
"""Seconds in which a sound fades out and in at a left-out span, or a click would be heard there."""

Waves = NDArray[np.float32]
Masker = Callable[[NDArray[np.bool_]], Waves]


def masked(
    sound: Waves, segments: Spans | Cells, keep: NDArray[np.bool_], fade: float = FADE
) -> Waves:
    """Leave segments out of copies of a sound, each copy others.

    Parameters
    ----------
    sound, segments, fade
        As for `masker`.
    keep
        Which segments each copy keeps; shape (masks, segments).

    Returns
    -------
    numpy.ndarray
        Shape (masks, samples), float32; a copy that keeps all is the sound itself for spans, and
        for cells to rounding.
    """
    return masker(sound, segments, fade)(keep)


def masker(sound: Waves, segments: Spans | Cells, fade: float = FADE) -> Masker:
    """Prepare a sound for leaving segments out of copies of it, batch by batch.

    Parameters
    ----------
    sound
        Pressure; shape (samples,).
    segments
        Of this sound.
    fade
        Seconds at each end of a left-out span in which its kept neighbour fades; what is kept
        is not touched. Cells need none: the transform's windows overlap.

    Returns
    -------
    Callable
        `masked` for given masks.
    """
    samples = segments.samples if isinstance(segments, Cells) else int(segments.edges[-1])
    if sound.shape != (samples,):
        raise ValueError(f"the segments are of {samples} samples, the sound has {sound.shape}")
    if isinstance(segments, Cells):
        carried_out = _without_cells(sound, segments)
    else:
        spans = segments

        def carried_out(keep: NDArray[np.bool_]) -> Waves:
            out = gains(spans, keep, fade)
            out *= sound
            return out

    def checked(keep: NDArray[np.bool_]) -> Waves:
        keep = np.asarray(keep, bool)
        if keep.ndim != 2 or keep.shape[1] != len(segments):
            raise ValueError(f"masks of {len(segments)} segments have another shape: {keep.shape}")
        return carried_out(keep)

    return checked


def gains(spans: Spans, keep: NDArray[np.bool_], fade: float = FADE) -> Waves:
    """Return what each sample is multiplied by where spans are left out.

    Parameters
    ----------
    spans, keep, fade
        As for `masked`.

    Returns
    -------
    numpy.ndarray
        From 0 to 1; shape (masks, samples), float32.
    """
    lengths = np.diff(spans.edges)
    whole = keep.astype(np.float32)
    out = np.repeat(whole, lengths, axis=1)
    most = round(fade * spans.rate)
    for number, (first, last) in enumerate(zip(spans.edges[:-1], spans.edges[1:], strict=True)):
        size = min(most, int(last - first) // 2)
        if not size:
            continue
        fall = 1 - np.arange(1, size + 1, dtype=np.float32) / (size + 1)
        if number:
            beside = np.maximum(whole[:, number, None], whole[:, number - 1, None] * fall)
            out[:, first : first + size] = beside
        if number + 1 < len(lengths):
            beside = np.maximum(whole[:, number, None], whole[:, number + 1, None] * fall[::-1])
            out[:, last - size : last] = beside
    return out


def transform(sound: torch.Tensor, points: int) -> torch.Tensor:
    """Return the short-time Fourier transform (Hann windows, each sample in `OVERLAP` of them).

    Parameters
    ----------
    sound
        Shape (samples,).
    points
        Samples of a window.

    Returns
    -------
    torch.Tensor
        Shape (points / 2 + 1, 1 + samples // (points / `OVERLAP`)), complex.
    """
    return torch.stft(
        sound,
        points,
        points // OVERLAP,
        window=torch.hann_window(points),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )


def _without_cells(sound: Waves, cells: Cells) -> Masker:
    """Turn each cell back into a wave once: of cells that are kept these waves are the sum.

    That is the inverse transform (Griffin & Lim 1984) of what is kept, as `torch.istft` makes it,
    which is linear; a column's cells reach no further than the windows of its frames.
    """
    points, hop = cells.points, cells.points // OVERLAP
    window = torch.hann_window(points)
    spectrum = transform(torch.from_numpy(sound), points)
    blocks = spectrum.shape[1] + OVERLAP - 1
    weight = _added((window**2).expand(spectrum.shape[1], -1), hop).reshape(-1)
    inside = slice(points // 2, points // 2 + len(sound))
    bands = np.repeat(np.arange(len(cells.bins) - 1), np.diff(cells.bins))
    own = torch.from_numpy(bands) == torch.arange(len(cells.bins) - 1)[:, None]
    columns = []
    for first, last in zip(cells.frames[:-1].tolist(), cells.frames[1:].tolist(), strict=True):
        some = spectrum[:, first:last].T * own[:, None]
        waves = _added(torch.fft.irfft(some, points) * window, hop).flatten(1)
        columns.append((slice(first * hop, (last + OVERLAP - 1) * hop), waves))

    def without(keep: NDArray[np.bool_]) -> Waves:
        chosen = torch.from_numpy(keep.astype(np.float32)).view(len(keep), len(own), len(columns))
        out = torch.zeros(len(keep), blocks * hop)
        for number, (where, waves) in enumerate(columns):
            out[:, where] += chosen[:, :, number] @ waves
        return (out[:, inside] / weight[inside]).numpy()

    return without


def _added(frames: torch.Tensor, hop: int) -> torch.Tensor:
    """Add windows that overlap.

    Parameters
    ----------
    frames
        Shape (…, frames, `OVERLAP` × hop).
    hop
        Samples from one window to the next.

    Returns
    -------
    torch.Tensor
        Shape (…, frames + `OVERLAP` - 1, hop).
    """
    *others, count, _ = frames.shape
    parts = frames.reshape(*others, count, OVERLAP, hop)
    out = parts.new_zeros(*others, count + OVERLAP - 1, hop)
    for place in range(OVERLAP):
        out[..., place : place + count, :] += parts[..., place, :]
    return out
