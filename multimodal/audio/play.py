"""Sounds as small files that players and browsers take, whatever they were stored as."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from .read import Sound, read, resampled

SECONDS = 30.0
"""How much of a sound a page holds, and a player plays, at most."""

SMALL = 96_000
"""Bytes up to which a page holds a sound as WAV, which every browser plays and nothing changes."""

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Samples a second that MP3 knows."""


def wav(path: Path | str, seconds: float = SECONDS) -> bytes:
    """Return a sound's beginning as WAV of 16 bits and one channel, at its own rate.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    return _written(read(path, seconds=seconds), "WAV", "PCM_16")


def for_page(sound: Sound) -> tuple[str, bytes]:
    """Return a sound as a page holds it: its media type, and what its file would hold.

    Short sounds stay WAV; longer ones become MP3, or Ogg where libsndfile was built without it.
    """
    import soundfile

    if 2 * len(sound.samples) <= SMALL:
        return "audio/wav", _written(sound, "WAV", "PCM_16")
    if "MP3" not in soundfile.available_formats():
        return "audio/ogg", _written(sound, "OGG", "VORBIS")
    rate = min(MP3_RATES, key=lambda known: abs(known - sound.rate))
    if rate != sound.rate:
        sound = Sound(resampled(sound.samples, sound.rate, rate), rate, sound.cut)
    return "audio/mpeg", _written(sound, "MP3", "MPEG_LAYER_III")


def _written(sound: Sound, form: str, kind: str) -> bytes:
    import soundfile

    out = io.BytesIO()
    samples = np.clip(sound.samples, -1, 1)
    soundfile.write(out, samples, sound.rate, format=form, subtype=kind)
    return out.getvalue()
