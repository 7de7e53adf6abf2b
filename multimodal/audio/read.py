"""Reading sounds: one channel at the rate that a model hears, or a reason why not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..media import Unreadable

if TYPE_CHECKING:
    import soundfile

FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "MPEG")
"""What is read, whatever a file is called (`soundfile`'s names)."""

SLOWEST, FASTEST = 1_000, 768_000
"""Samples a second that a file may claim."""

MOST_CHANNELS = 64
"""Channels that a file may claim."""

LISTENED = 3600.0
"""Seconds of a sound that `inspect` reads: the most that a model hears."""

BLOCK = 1 << 18
"""Numbers that are read at a time: what a file claims costs no memory before it is there."""

UNKNOWN = 0x7FFFF000
"""Bytes from which a WAV's length stands for an unknown one, as programs write into a pipe."""

ESTIMATED = 0.9
"""Share of an MP3's samples that must be there: of some it is only estimated how many."""

TERMS = 1000
"""Largest term of the ratio of two rates, as resampling needs memory by the product of the terms.

All usual rates keep theirs; others, such as 44,101 to 16,000, are off by some millionths.
"""

SHOULD_BE = re.compile(r"^ *(?:data|riff|Riff size) : (\d+) \(should be (\d+)\)", re.MULTILINE)
"""How libsndfile says that a file is shorter than the sound in it (WAV; W64; RF64)."""


@dataclass(frozen=True, eq=False)
class Sound:
    """One channel of sound.

    Attributes
    ----------
    samples
        Pressure between -1 and 1; shape (samples,), float32.
    rate
        Samples a second.
    cut
        Whether the file goes on behind what was read.
    """

    samples: NDArray[np.float32]
    rate: int
    cut: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


def read(path: Path | str, rate: int | None = None, seconds: float | None = None) -> Sound:
    """Read a sound, its channels averaged.

    Only what is asked for is read of the file, so one of hours takes no more memory than its
    beginning.

    Parameters
    ----------
    path
        WAV, FLAC, Ogg or MP3; what it holds counts, not its name.
    rate
        Samples a second that come back, resampled by `torchaudio.functional.resample` where the
        file has another rate; the file's own if left out.
    seconds
        How much is read at most; all of it if left out.

    Raises
    ------
    Unreadable
        If it is none of these, holds no sound, is damaged or cut off, or holds numbers that are
        not finite.
    """
    with _opened(path) as file:
        most = file.frames if seconds is None else math.ceil(seconds * file.samplerate)
        mono = np.concatenate([np.empty(0, np.float32), *_blocks(file, most)])
        own, cut = file.samplerate, most < file.frames
    return Sound(resampled(mono, own, rate or own), rate or own, cut)


def inspect(path: Path | str) -> None:
    """Read a sound through, an hour of it at most, to raise where it can't be used."""
    with _opened(path) as file:
        for _ in _blocks(file, math.ceil(LISTENED * file.samplerate)):
            pass


def resampled(samples: NDArray[np.float32], own: int, rate: int) -> NDArray[np.float32]:
    """Bring a sound to another rate.

    Parameters
    ----------
    samples
        Shape (samples,).
    own, rate
        Samples a second that it has, and that it shall have.
    """
    if own == rate:
        return samples
    import torch

    from ...device import prepare

    prepare()  # torchaudio can be imported over a CPU-only torch behind this alone
    import torchaudio.functional

    ratio = Fraction(min(own, rate), max(own, rate)).limit_denominator(TERMS)
    terms = sorted([ratio.numerator, ratio.denominator], reverse=own > rate)
    out = torchaudio.functional.resample(torch.from_numpy(samples), *terms)
    return np.asarray(out.numpy(), np.float32)


@contextmanager
def _opened(path: Path | str) -> Iterator[soundfile.SoundFile]:
    """Open a file, and say in words why it can't be used."""
    import soundfile

    try:
        with Path(path).open("rb") as raw:  # libsndfile doesn't say why it can't open a file
            if not raw.read(1):
                raise Unreadable("the file is empty")
        with soundfile.SoundFile(path) as file:
            _check_claims(file)
            yield file
    except soundfile.LibsndfileError as error:
        reason = str(error.error_string).strip().rstrip(".")
        raise Unreadable(f"it is no WAV, FLAC, Ogg or MP3, or it is damaged ({reason})") from None
    except PermissionError:
        raise Unreadable("there are no rights to read it") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise Unreadable(f"it can't be read ({error})") from None


def _check_claims(file: soundfile.SoundFile) -> None:
    """Refuse what is no sound here by what the file says of itself."""
    if file.format not in FORMATS:
        raise Unreadable(f"it is a file of {file.format}, not WAV, FLAC, Ogg or MP3")
    if not SLOWEST <= file.samplerate <= FASTEST:
        raise Unreadable(f"it claims {file.samplerate:,} samples a second")
    if file.channels > MOST_CHANNELS:
        raise Unreadable(f"it claims {file.channels:,} channels; at most {MOST_CHANNELS} are read")
    if not file.frames:
        raise Unreadable("it holds no sound: 0 seconds")
    for said, there in SHOULD_BE.findall(file.extra_info):
        if int(there) < int(said) < UNKNOWN:
            raise Unreadable(f"it is cut off: of {int(said):,} bytes {int(there):,} are there")


def _blocks(file: soundfile.SoundFile, most: int) -> Iterator[NDArray[np.float32]]:
    """Read so many samples a block at a time, channels averaged."""
    expected = min(most, file.frames)
    size = BLOCK // file.channels
    there = 0
    while there < expected:
        block = file.read(min(size, expected - there), dtype="float32", always_2d=True)
        if not len(block):
            break
        mono = block.mean(axis=1, dtype=np.float32)
        if not np.isfinite(mono).all():
            raise Unreadable("it holds numbers that are not finite (NaN or infinite)")
        there += len(block)
        yield mono
    if there < expected * (ESTIMATED if file.format in ("MP3", "MPEG") else 1):
        raise Unreadable(f"it is cut off: of {expected:,} samples {there:,} are there")
