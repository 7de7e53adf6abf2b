"""Changing sounds at random while a model is trained on them: their waves, or their spectrograms.

What is drawn comes from torch's generator alone, which checkpoints keep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..augment_spec import (
    WAVES,
    AugmentStep,
    GainSpec,
    NoiseSpec,
    ShiftSpec,
    SpecAugmentSpec,
    SpeedSpec,
)
from .read import Sound, resampled

if TYPE_CHECKING:
    from .encode import EncodedAudio

Values = NDArray[np.float32]

RATIOS = 30.0
"""Decibels between the least and the most signal-to-noise ratio that are drawn."""

SHORTEST = 0.1
"""Seconds below which a sound's speed stays: feature extractors need a few windows of 25 ms."""


@dataclass(frozen=True)
class Augment:
    """Steps of a recipe that change sounds, carried out in their order, `spec_augment` last.

    Attributes
    ----------
    steps
        The steps.
    bins
        How many bins of frequency a spectrogram has, where that is known.
    """

    steps: Sequence[AugmentStep]
    bins: int | None = None

    @property
    def changes_waves(self) -> bool:
        """Whether sounds have to be analysed anew, because their waves are changed."""
        return any(step.name in WAVES for step in self.steps)

    def wave(self, sound: Sound) -> Sound:
        """Change a sound before it is analysed; its numbers stay finite.

        One that was cut off at what the model hears gets no longer.
        """
        samples = sound.samples
        for step in self.steps:
            if step.name in WAVES:
                samples = CHANGE[step.name](samples, sound.rate, step.settings)
        if sound.cut:
            samples = samples[: len(sound.samples)]
        return replace(sound, samples=samples)

    def features(self, values: Values) -> Values:
        """Change what an extractor made of a sound; shape (frames, bins), or (bins, frames)."""
        for step in self.steps:
            if step.name not in WAVES:
                settings: Any = step.settings
                values = spec_augment(values, settings, self.bins)
        return values


def gain(samples: Values, rate: int, settings: GainSpec) -> Values:
    """Make a sound louder or softer, by decibels; what goes beyond 1 is not cut off."""
    decibels = _uniform(-settings.decibels, settings.decibels)
    return _finite(samples.astype(np.float64) * 10 ** (decibels / 20))


def noise(samples: Values, rate: int, settings: NoiseSpec) -> Values:
    """Add white noise to some sounds, by a signal-to-noise ratio; a silent one stays silent."""
    chosen, ratio = _uniform(0, 1) < settings.chance, _uniform(0, RATIOS) + settings.least_ratio
    if not chosen:
        return samples
    wide = samples.astype(np.float64)
    added = torch.randn(len(samples)).numpy().astype(np.float64)
    power = np.square(wide).mean() / np.square(added).mean()
    return _finite(wide + added * np.sqrt(power / 10 ** (ratio / 10)))


def shift(samples: Values, rate: int, settings: ShiftSpec) -> Values:
    """Begin a sound earlier or later, in a circle."""
    most = round(settings.share * len(samples))
    return np.roll(samples, int(torch.randint(-most, most + 1, ())))


def speed(samples: Values, rate: int, settings: SpeedSpec) -> Values:
    """Play a sound faster or slower, its pitch with it, by resampling.

    A band-limited filter keeps what is played faster free of aliases, which interpolation would
    not. It takes time that grows with the terms of the ratio, hence hundredths.
    """
    most = round(100 * settings.share)
    percent = int(torch.randint(-most, most + 1, ()))
    if len(samples) < SHORTEST * rate:
        return samples
    return _finite(resampled(samples, 100 + percent, 100))


CHANGE: dict[str, Callable[[Values, int, Any], Values]] = {
    "gain": gain,
    "noise": noise,
    "shift": shift,
    "speed": speed,
}
"""What each step does with a wave."""


def spec_augment(values: Values, settings: SpecAugmentSpec, bins: int | None = None) -> Values:
    """Hide bands of time and of frequency behind the mean of what is heard.

    Frames at the end that equal the last one are what an extractor pads with: bands fall on those
    before, or a short sound would rarely be changed.

    Parameters
    ----------
    values
        Spectrogram, whose last two axes are time and frequency in either order.
    settings
        How many bands, and how wide.
    bins
        Size of the axis of frequency, where it is known. The longer axis is time where it is not,
        or where both axes have this size, as a spectrogram has many frames and few bins.
    """
    from ...device import prepare

    prepare()  # torchaudio can be imported over a CPU-only torch behind this alone
    from torchaudio.functional import mask_along_axis

    out = torch.from_numpy(np.array(values, np.float32))
    time = time_axis(values.shape, bins)
    frames = out if time == -2 else out.transpose(-1, -2)
    heard = frames[..., : _heard(frames), :]
    mean, axes = float(heard.mean()), heard.dim()
    for axis, share in ((axes - 2, settings.time), (axes - 1, settings.frequency)):
        # Widths are drawn below this number.
        below = int(share * heard.shape[axis]) + 1
        for _ in range(settings.number):
            heard.copy_(mask_along_axis(heard, below, mean, axis))
    return np.asarray(out.numpy(), np.float32)


def time_axis(shape: tuple[int, ...], bins: int | None) -> int:
    """Return which of a spectrogram's last two axes is time: -2 or -1."""
    first, second = shape[-2:]
    if bins is not None and (first == bins) != (second == bins):
        return -1 if first == bins else -2
    return -2 if first >= second else -1


def bins_of(samples: EncodedAudio) -> int | None:
    """Return how many bins of frequency the spectrograms of sounds have, as far as is known."""
    if not samples.fixed:
        # Sounds are padded along their first axis, which is time.
        return int(samples.values.shape[-1])
    for name in ("num_mel_bins", "feature_size"):
        found = getattr(samples.extractor, name, None)
        if isinstance(found, int) and found > 1:
            return found
    return None


def _heard(frames: torch.Tensor) -> int:
    """Count the frames up to the first of those at the end that are all the same.

    That one may be the last of a sound that is not padded. Of a sound whose frames are all the same
    each is heard.
    """
    count = frames.shape[-2]
    differs = (frames != frames[..., -1:, :]).any(-1).view(-1, count).any(0)
    places = torch.nonzero(differs)[:, 0]
    return int(places[-1]) + 2 if len(places) else count


def _finite(samples: NDArray[Any]) -> Values:
    """Return float32; what it can't hold becomes the largest that it can."""
    most = float(np.finfo(np.float32).max)
    return np.asarray(np.nan_to_num(np.clip(samples, -most, most)), np.float32)


def _uniform(least: float, most: float) -> float:
    """Draw a number between two others."""
    return float(torch.empty((), dtype=torch.float64).uniform_(least, most))
