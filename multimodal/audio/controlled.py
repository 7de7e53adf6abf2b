"""Sounds changed by a known amount: their speed and pitch, and what disturbs them.

What gets louder than 1 is not cut off. A silent sound stays silent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..controlled import Kind
from .read import Sound, read, resampled

Wave = NDArray[np.float64]

KINDS = {
    one.name: one
    for one in (
        Kind(
            "audio", "speed", "speed (pitch goes with it)", "×", "times as fast",
            (0.7, 0.85, 1.15, 1.3), 0.25, 4.0, 1.0,
        ),
        Kind(
            "audio", "pitch", "pitch", "semitones", "semitones, up or down",
            (-4.0, -2.0, 2.0, 4.0), -24.0, 24.0, 0.0, "labels about pitch or about who speaks",
        ),
        Kind(
            "audio", "noise", "white noise", "dB", "signal-to-noise ratio in decibels",
            (0.0, 5.0, 10.0, 20.0, 30.0), -30.0, 100.0, None,
        ),
        Kind(
            "audio", "low_pass", "low-pass filter", "Hz",
            "highest frequency that passes, in Hz (3,400: a telephone's)",
            (1000.0, 2000.0, 3400.0, 6000.0), 20.0, 100_000.0, None,
        ),
        Kind(
            "audio", "volume", "volume", "dB", "gain in decibels",
            (-24.0, -12.0, -6.0, 6.0, 12.0), -80.0, 60.0, 0.0,
        ),
        Kind(
            "audio", "reverberation", "reverberation", "s",
            "seconds in which the room's answer falls by 60 decibels",
            (0.2, 0.5, 1.0), 0.0, 10.0, 0.0,
        ),
    )
}  # fmt: skip
"""What can be changed, by its name."""

ORDER = 4
"""Of the low-pass filter (Butterworth), which runs forwards and backwards."""

WINDOW = 0.05
"""Seconds of a window in which a sound is stretched, at most."""


def load(part: str) -> Sound:
    """Read a sound whole, at its own rate.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    return read(part)


def store(sound: Sound, path: Path) -> Path:
    """Write a sound without loss; return the file."""
    import soundfile

    file = path.with_name(f"{path.name}.wav")
    soundfile.write(file, sound.samples, sound.rate, subtype="FLOAT")
    return file


def change(sound: Sound, name: str, strength: float, seed: int) -> Sound:
    """Change a sound.

    Parameters
    ----------
    sound
        One channel.
    name, strength
        One of `KINDS`.
    seed
        Of what is drawn by chance.
    """
    rng = np.random.default_rng(seed)
    do: dict[str, Callable[[], Wave | NDArray[np.float32]]] = {
        "speed": lambda: resampled(sound.samples, round(100 * strength), 100),
        "pitch": lambda: _pitched(sound, strength),
        "noise": lambda: _noisy(wave, strength, rng),
        "low_pass": lambda: _low_passed(wave, strength, sound.rate),
        "volume": lambda: wave * 10 ** (strength / 20),
        "reverberation": lambda: _reverberating(wave, strength, sound.rate, rng),
    }
    wave = sound.samples.astype(np.float64)
    return replace(sound, samples=np.asarray(do[name](), np.float32))


def room(seconds: float, rate: int, rng: np.random.Generator) -> Wave:
    """Return the impulse response of a made-up room: the sound itself, then noise that dies away.

    The noise falls by 60 decibels within `seconds` (RT60) and has as much energy as the sound
    itself (Polack 1988: late reverberation as exponentially decaying noise).
    """
    time = np.arange(1, round(seconds * rate) + 1) / rate
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    return np.concatenate([[1.0], tail / np.sqrt(np.square(tail).sum())])


def _noisy(wave: Wave, ratio: float, rng: np.random.Generator) -> Wave:
    added = rng.standard_normal(len(wave))
    power = np.square(wave).mean() / np.square(added).mean()
    noisy: Wave = wave + added * np.sqrt(power / 10 ** (ratio / 10))
    return noisy


def _low_passed(wave: Wave, hertz: float, rate: int) -> Wave:
    """Take away what lies above a frequency; nothing where the sound has nothing there."""
    from scipy.signal import butter, sosfiltfilt

    if hertz >= rate / 2:
        return wave
    sections = butter(ORDER, hertz, fs=rate, output="sos")
    filtered: Wave = sosfiltfilt(
        sections, wave, padlen=min(3 * (2 * len(sections) + 1), len(wave) - 1)
    )
    return filtered


def _reverberating(wave: Wave, seconds: float, rate: int, rng: np.random.Generator) -> Wave:
    """Put a sound into a room; it stays as long and as loud as it was."""
    from scipy.signal import fftconvolve

    return _as_loud(fftconvolve(wave, room(seconds, rate, rng))[: len(wave)], wave)


def _as_loud(heard: Wave, wave: Wave) -> Wave:
    power = np.square(heard).mean()
    kept: Wave = heard * np.sqrt(np.square(wave).mean() / power) if power > 0 else heard
    return kept


def _pitched(sound: Sound, semitones: float) -> Wave:
    """Raise or lower the pitch, length and loudness kept.

    The sound is stretched by a phase vocoder (Flanagan and Golden 1966), then played faster.
    """
    import torch

    from ...device import prepare

    prepare()  # torchaudio can be imported over a CPU-only torch behind this alone
    from torchaudio.functional import phase_vocoder

    count = len(sound.samples)
    # A window longer than the sound would be padding more than sound.
    longest = min(WINDOW * sound.rate, max(count, 8) / 2)
    points = 2 ** int(np.log2(max(longest, 4)))
    hop = points // 4
    factor = 2 ** (semitones / 12)
    window = torch.hann_window(points)
    bins = torch.stft(
        torch.from_numpy(sound.samples), points, hop, window=window, return_complex=True
    )
    advance = torch.linspace(0, torch.pi * hop, bins.shape[0])[:, None]
    stretched = torch.istft(
        phase_vocoder(bins, 1 / factor, advance), points, hop, window=window,
        length=round(count * factor),
    )  # fmt: skip
    played = resampled(stretched.numpy(), round(1000 * factor), 1000)
    whole = np.pad(played, (0, max(count - len(played), 0)))[:count].astype(np.float64)
    return _as_loud(whole, sound.samples.astype(np.float64))
