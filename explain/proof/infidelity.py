"""Infidelity: whether scores foretell what happens where segments are left out.

Yeh et al., *On the (In)fidelity and Sensitivity of Explanations* (NeurIPS 2019), as
`captum.metrics.infidelity` has it, with perturbations that are there or not: segments are left out
at random, and the sum of their scores should be what the answer loses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..pieces import Keep

Floats = NDArray[np.float64]


def subsets(segments: int, draws: int, rng: np.random.Generator) -> Keep:
    """Draw copies that lose some segments: first how many, evenly, then which.

    Parameters
    ----------
    segments
        How many there are, at least two; at least one goes and at least one stays.
    draws
        Copies.
    rng
        Draws them.

    Returns
    -------
    numpy.ndarray
        What each copy keeps; shape (draws, segments).
    """
    kept = rng.integers(1, segments, draws)
    place = rng.random((draws, segments)).argsort(axis=1).argsort(axis=1)
    return place < kept[:, None]


def infidelity(foretold: Floats, changes: Floats, *, normalize: bool = False) -> float:
    """Return the mean squared difference of what scores foretell and what happened.

    Parameters
    ----------
    foretold
        Sum of the scores of what each copy lost; shape (copies,).
    changes
        Answer on the sample minus answer on the copy; shape (copies,).
    normalize
        Multiply the scores by the factor that serves them best, as captum's option does.
    """
    factor = _factor(foretold, changes) if normalize else 1.0
    return float(np.mean((factor * foretold - changes) ** 2))


def unexplained(foretold: Floats, changes: Floats) -> float:
    """Return the share of the squared changes that scores don't explain.

    Normalised infidelity as a share of the mean squared change, so that it lies between 0 and 1
    and methods whose scores are of other sizes can be compared. The factor is held to zero or
    above: scores that foretell the opposite explain nothing.

    Returns
    -------
    float
        NaN where nothing changed.
    """
    whole = float(np.mean(changes**2))
    if whole == 0:
        return float("nan")
    factor = max(_factor(foretold, changes), 0.0)
    return float(np.mean((factor * foretold - changes) ** 2)) / whole


def _factor(foretold: Floats, changes: Floats) -> float:
    square = float(foretold @ foretold)
    return float(foretold @ changes) / square if square else 0.0
