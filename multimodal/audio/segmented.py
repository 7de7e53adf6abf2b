"""One sound cut into segments that can be left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import arrays
from ..hierarchy import Hierarchy, halved
from ..shares import Shares, shares
from .encode import EncodedAudio, analysed
from .mask import Masker, masker
from .outline import Outline
from .read import Sound
from .segments import Cells, Spans, cells, equal, quiet

if TYPE_CHECKING:
    import torch

By = Literal["cells", "bands", "spans", "quiet"]


@dataclass(frozen=True, eq=False)
class SegmentedSound:
    """A sound as the model hears it, and its segments (`multimodal.modality.Segmented`).

    Attributes
    ----------
    file
        The sound's file.
    sound
        What the model hears of it.
    segments
        Spans of time, or cells of time and frequency.
    extractor
        The model's feature extractor.
    samples
        The encoded sounds, which make batches of what it makes.
    without
        Leaves segments out.
    """

    file: str
    sound: Sound
    segments: Spans | Cells
    extractor: Any
    samples: EncodedAudio
    without: Masker

    def __len__(self) -> int:
        return len(self.segments)

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the sound, each without other segments."""
        waves = [Sound(wave, self.sound.rate) for wave in self.without(keep)]
        found = list(arrays.in_threads(partial(analysed, self.extractor), waves))
        copies = replace(
            self.samples,
            values=np.concatenate([self.samples.values[:0], *found]),
            sizes=np.array([len(one) for one in found], np.int64),
            cut=np.zeros(len(found), bool),
            augment=None,
        )
        return copies.batch(np.arange(len(found)))

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Sum numbers over each segment, by the share that it has in each of them.

        Parameters
        ----------
        values
            Of what the model hears, shape (size, …); what stands behind the sound is padding.
        """
        return self.shares.summed(values)

    @cached_property
    def shares(self) -> Shares:
        """Which segments each of the model's numbers comes from."""
        return shares(self)

    @property
    def parts(self) -> NDArray[np.int64]:
        """Which of the sample's sounds each segment is of: there is one."""
        return np.zeros(len(self), np.int64)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Number of each span, or of each cell's column and band; shape (segments, 1 or 2)."""
        one, numbers = self.segments, np.arange(len(self))
        if isinstance(one, Spans):
            return numbers[:, None].astype(np.float64)
        columns = len(one.frames) - 1
        return np.stack([numbers % columns, numbers // columns], axis=1).astype(np.float64)

    @property
    def hierarchy(self) -> Hierarchy:
        """How segments are grouped: the sound is halved in time, then each span in frequency."""
        return halved(self.positions, in_turn=True)

    @property
    def outline(self) -> Outline:
        """What is drawn."""
        return Outline(self.file, self.segments)


def segmented(
    processor: Any,
    samples: EncodedAudio,
    row: int,
    file: str,
    *,
    by: By = "cells",
    wanted: int = 64,
) -> SegmentedSound:
    """Cut a sound into segments.

    Parameters
    ----------
    processor
        The model's feature extractor.
    samples
        What `encode` made of sounds by it.
    row
        Number of the sound in them.
    file
        The sound's file.
    by
        ``cells`` of time and frequency, ``bands`` of frequency over the whole time, ``spans`` of
        equal length, or spans that are cut where it is ``quiet``.
    wanted
        Number of segments, about; of cells twice as many stand side by side as above one another.
    """
    (sound,) = samples.hear(np.array([row]))
    found = _segments(sound, by, wanted)
    return SegmentedSound(file, sound, found, processor, samples, masker(sound.samples, found))


def _segments(sound: Sound, by: By, wanted: int) -> Spans | Cells:
    if by == "quiet":
        return quiet(sound.samples, sound.rate, wanted)
    if by == "spans":
        return equal(len(sound.samples), sound.rate, wanted)
    if by == "bands":
        return cells(len(sound.samples), sound.rate, 1, wanted)
    bands = max(round(math.sqrt(wanted / 2)), 1)
    return cells(len(sound.samples), sound.rate, max(round(wanted / bands), 1), bands)
