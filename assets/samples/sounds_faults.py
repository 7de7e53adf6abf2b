"""What is planted in the sounds: the hum of the mains, and a telephone instead of a studio."""

from __future__ import annotations

import numpy as np

from .chance import between
from .sounds_signals import Floats, band, loud, noise, tone

HUM = (60.0, 120.0)
"""Hz; the mains and its first overtone."""

PHONE_BAND = (300.0, 3400.0)
_HISS = 0.03


def hum(rng: np.random.Generator, length: int, rate: int) -> Floats:
    """Return the hum: two steady tones, as loud in every clip.

    Parameters
    ----------
    rng
        Draws where in its course it begins.
    length
        Samples.
    rate
        Samples a second.
    """
    start = int(rng.random() * rate)
    low, high = (tone(one, length + start, rate)[start:] for one in HUM)
    return 0.035 * low + 0.025 * high


def phone(signal: Floats, rng: np.random.Generator, rate: int) -> Floats:
    """Return a sound as it comes through a poor telephone line.

    Its band is narrow, loud parts are flattened, and there is hiss.

    Parameters
    ----------
    signal
        Between -1 and 1; shape (samples,).
    rng
        Draws the hiss.
    rate
        Samples a second.
    """
    narrow = band(signal, rate, *PHONE_BAND)
    flat = np.tanh(3 * narrow) / 3
    hiss = loud(band(noise(rng, len(signal)), rate, *PHONE_BAND), 1.0)
    return band(flat, rate, *PHONE_BAND) + between(rng, 2 * _HISS, 4 * _HISS) * hiss
