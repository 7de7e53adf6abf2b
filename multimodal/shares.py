"""Which of a sample's segments each of a model's numbers comes from, found by leaving them out.

A spectrogram's frame mixes what was heard around it, and some processors cut and sort a picture's
pixels, so that no label map says to which segment a number belongs. Leaving each segment out tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .modality import Segmented

LEAST = 1e-4
"""Shares below this are taken for none, so that few have to be kept."""


@dataclass(frozen=True, eq=False)
class Shares:
    """How much of each number belongs to each segment.

    Attributes
    ----------
    segments, numbers
        Pairs that belong together; shape (pairs,).
    share
        From 0 to 1; those of one number sum to 1, except of a number that no segment changes.
    count, size
        How many segments and numbers there are.
    """

    segments: NDArray[np.int64]
    numbers: NDArray[np.int64]
    share: NDArray[np.float64]
    count: int
    size: int

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Sum numbers over each segment, and those that no segment changes.

        Parameters
        ----------
        values
            At least `size` numbers in the inputs' order; those behind are padding.
        """
        flat = values.ravel()
        found = np.bincount(self.segments, flat[self.numbers] * self.share, minlength=self.count)
        return found.astype(np.float64), float(flat.sum() - found.sum())


def shares(sample: Segmented) -> Shares:
    """Leave each segment out by itself and see which of the model's numbers change.

    A number belongs to the segments in proportion to the squares of these changes. So it belongs
    to one segment where only that one changes it, and hardly to a segment that changes it because
    the whole sample is scaled to one loudness afterwards.

    Parameters
    ----------
    sample
        Cut into segments.
    """
    count = len(sample)
    keep = np.ones((count + 1, count), bool)
    keep[np.arange(1, count + 1), np.arange(count)] = False
    first = next(iter(sample.inputs(keep[:1]).values())).double().numpy()
    size = first.size  # some processors put a picture's pieces along the first axis
    square = np.empty((count, size))
    for number in range(count):
        one = next(iter(sample.inputs(keep[number + 1 : number + 2]).values())).double().numpy()
        square[number] = ((one - first) ** 2).ravel()
    total = square.sum(axis=0)
    share = np.divide(square, total, out=np.zeros_like(square), where=total > 0)
    share[share < LEAST] = 0.0
    share /= np.maximum(share.sum(axis=0), np.finfo(float).tiny)
    segments, numbers = np.nonzero(share)
    return Shares(segments, numbers, share[segments, numbers], count, size)
