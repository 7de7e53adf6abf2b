"""The way from a baseline to a sample: where gradients are taken on it, and what they sum to.

The answer itself is known wherever its gradient is, so that the completeness error of each stretch
of the way is known too, and only stretches that cause the error are looked at more closely. This
is adaptive quadrature by Simpson's rule (McKeeman 1962; Lyness 1969), with the true error of each
stretch in place of an estimate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..attribution import LEAST_DIFFERENCE

SIMPSON = np.array([1, 4, 1]) / 6


class Path:
    """Points on the way, what was found there, and stretches with three points each.

    Parameters
    ----------
    steps
        Points to begin with, about: an odd number, at least 3.
    most
        Most points.
    tolerance
        Largest completeness error, as a share of the difference of the answers. The sizes of the
        errors of all stretches, of which some may be above zero and some below, add up to no more
        than this share of all that the answer rises and falls on the way.

    Attributes
    ----------
    shares
        Where the points are: 0 at the baseline, 1 at the sample.
    """

    def __init__(self, steps: int, most: int, tolerance: float) -> None:
        count = max((steps - 1) // 2, 1)
        self.shares = np.linspace(0, 1, 2 * count + 1).tolist()
        self._stretches = np.arange(2 * count)[::2, None] + np.arange(3)
        self._last = 2 * count
        self._most, self._tolerance = most, tolerance
        self._outputs: list[float] = []
        self._values: list[NDArray[np.float64]] = []

    @property
    def asked(self) -> list[float]:
        """Where gradients have to be taken next."""
        found: list[float] = self.shares[len(self._outputs) :]
        return found

    def answer(self, output: float, values: NDArray[np.float64]) -> None:
        """Note what was found at the first of the points asked for.

        Parameters
        ----------
        output
            The answer there.
        values
            Its gradient times the whole way, in numbers that add up to the answer's slope.
        """
        self._outputs.append(output)
        self._values.append(values)

    @property
    def ends(self) -> tuple[float, float]:
        """The answer on the baseline and on the sample."""
        return self._outputs[0], self._outputs[self._last]

    @property
    def integral(self) -> NDArray[np.float64]:
        """What gradients on the whole way sum to; shape of the values."""
        weights = np.zeros(len(self.shares))
        np.add.at(weights, self._stretches, self._widths[:, None] * SIMPSON)
        found: NDArray[np.float64] = weights @ np.stack(self._values)
        return found

    def refine(self) -> bool:
        """Halve the fewest stretches whose errors the others do without; False if there is none.

        Answers that are no numbers don't get better by looking closer.
        """
        outputs = np.array(self._outputs)
        slopes = np.array([one.sum() for one in self._values])
        moved = outputs[self._stretches[:, 2]] - outputs[self._stretches[:, 0]]
        errors = self._widths * (slopes[self._stretches] @ SIMPSON) - moved
        if not np.isfinite(errors).all():
            return False
        least = self._tolerance * max(abs(moved.sum()), LEAST_DIFFERENCE)
        most = self._tolerance * max(np.abs(moved).sum(), LEAST_DIFFERENCE)
        order = np.argsort(-np.abs(errors), kind="stable")
        # What is left of the errors, of all stretches but the first none, one, two, … of the order.
        behind = np.append(errors[order], 0.0)[::-1]
        sums, sizes = np.abs(behind.cumsum())[::-1], np.abs(behind).cumsum()[::-1]
        count = int(np.argmax((sums <= least) & (sizes <= most)))
        halved = order[: min(count, (self._most - len(self.shares)) // 2)]
        for number in halved:
            self._halve(int(number))
        return len(halved) > 0

    @property
    def _widths(self) -> NDArray[np.float64]:
        shares = np.array(self.shares)
        found: NDArray[np.float64] = shares[self._stretches[:, 2]] - shares[self._stretches[:, 0]]
        return found

    def _halve(self, number: int) -> None:
        first, middle, last = self._stretches[number].tolist()
        new = len(self.shares)
        for one, other in ((first, middle), (middle, last)):
            self.shares.append((self.shares[one] + self.shares[other]) / 2)
        self._stretches[number] = first, new, middle
        self._stretches = np.vstack([self._stretches, [middle, new + 1, last]])
