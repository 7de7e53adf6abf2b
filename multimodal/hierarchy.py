"""Hierarchies of a sample's segments, by which groups of them are explained before their members.

A hierarchy is written as `scipy.cluster.hierarchy` writes one, which `shap` takes too: one row of
four numbers for each pair that is joined, shape (segments - 1, 4). The first two are what is joined
(segments are numbered from 0, pairs on from there), the last is how many segments the pair holds,
and the third rises with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hierarchy = NDArray[np.float64]


def halved(positions: NDArray[np.float64], *, in_turn: bool = False) -> Hierarchy:
    """Halve segments by where they are, again and again.

    Parameters
    ----------
    positions
        Shape (segments, axes).
    in_turn
        Halve along the first axis until all lie at one place of it, then along the next. Otherwise
        along the axis on which the segments reach farthest.

    Returns
    -------
    numpy.ndarray
        Segments at one place of an axis stay together as long as others can be told apart; their
        halves are as equal as that allows.
    """
    rows: list[list[float]] = []
    count = len(positions)

    def join(own: NDArray[np.int64]) -> int:
        if len(own) == 1:
            return int(own[0])
        left, right = _halves(own, positions[own], in_turn)
        pair = [join(left), join(right)]
        rows.append([*pair, len(own), len(own)])
        return count + len(rows) - 1

    if count > 1:
        join(np.arange(count))
    return scaled(rows)


def together(parts: Sequence[tuple[Hierarchy, NDArray[np.int64]]]) -> Hierarchy:
    """Join the hierarchies of several parts, the last two first.

    Parameters
    ----------
    parts
        For each its hierarchy, and the numbers of its segments among all; parts without segments
        are passed over.
    """
    there = [(own, numbers) for own, numbers in parts if len(numbers)]
    count = sum(len(numbers) for _, numbers in there)
    rows: list[list[float]] = []
    tops: list[tuple[int, int]] = []
    for own, numbers in there:
        names = numbers.tolist()
        for left, right, _, size in own:
            pair = [names[int(left)], names[int(right)]]
            rows.append([*pair, size, size])
            names.append(count + len(rows) - 1)
        tops.append((names[-1], len(numbers)))
    while len(tops) > 1:
        (left, few), (right, more) = tops[-2:]
        rows.append([left, right, few + more, few + more])
        tops[-2:] = [(count + len(rows) - 1, few + more)]
    return scaled(rows)


def scaled(rows: Sequence[Sequence[float]]) -> Hierarchy:
    """Make an array of rows, whose third numbers become their sizes as shares of the whole."""
    found = np.array(rows, np.float64).reshape(-1, 4)
    if len(found):
        found[:, 2] = found[:, 3] / found[:, 3].max()
    return found


def _halves(
    own: NDArray[np.int64], positions: NDArray[np.float64], in_turn: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    reach = np.ptp(positions, axis=0)
    axis = int(np.argmax(reach > 0)) if in_turn else int(np.argmax(reach))
    order = np.argsort(positions[:, axis], kind="stable")
    places = positions[order, axis]
    middle = len(own) // 2
    edges = np.flatnonzero(np.diff(places) > 0) + 1  # none where all lie at one place
    cut = int(edges[np.argmin(np.abs(edges - len(own) / 2))]) if len(edges) else middle
    return own[order[:cut]], own[order[cut:]]
