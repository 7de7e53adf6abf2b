"""Simple features of a sound, for baselines: how loud each pitch is, and how much that changes.

Whoever learns from them hears neither words nor the order of anything.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .read import read

RATE = 16_000
SECONDS = 30.0
"""What stands behind this in a sound is not heard."""

BANDS = 40
WINDOW, STEP, POINTS = 400, 160, 512
"""Samples of a window, samples from one to the next, and points of its Fourier transform."""

LEAST = 1e-6
"""Power that is added before the logarithm is taken: silence, 100 dB below a full tone."""


def features(path: Path | str) -> NDArray[np.float32]:
    """Return mean and standard deviation over time of a sound's log-mel spectrum.

    The spectrum is that of `torchaudio.transforms.MelSpectrogram`: the power of windows of 25 ms,
    10 ms apart, in 40 bands from 0 to 8 kHz.

    Returns
    -------
    numpy.ndarray
        The means of the bands, the lowest first, then their standard deviations; shape (80,).

    Raises
    ------
    Unreadable
        If the sound can't be read.
    """
    import torch

    sound = read(path, RATE, SECONDS)
    with torch.inference_mode():
        power = _spectrum()(torch.from_numpy(sound.samples))
        bands = (power + LEAST).log()
        found = torch.cat([bands.mean(dim=1), bands.std(dim=1, correction=0)])
    return np.asarray(found.numpy(), np.float32)


@cache
def _spectrum() -> Any:
    """Return what makes a mel spectrum of samples."""
    from ...device import prepare

    prepare()  # torchaudio can be imported over a CPU-only torch behind this alone
    from torchaudio.transforms import MelSpectrogram

    return MelSpectrogram(
        RATE,
        n_fft=POINTS,
        win_length=WINDOW,
        hop_length=STEP,
        n_mels=BANDS,
        pad_mode="constant",  # mirrored ends would need sounds longer than half a window
    )
