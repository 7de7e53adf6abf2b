"""Occlusion and feature ablation: leave segments out, and see how much of the answer goes.

Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks* (ECCV 2014); Li, Monroe &
Jurafsky, *Understanding Neural Networks through Representation Erasure* (arXiv 1612.08220, 2016).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ..pieces import Pieces
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .work import HELD, Work


def feature_ablation(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute to each segment what the target's number loses where that one alone is left out.

    The same scores as those of `captum.attr.FeatureAblation` where the segments are its
    ``feature_mask``. `occlusion` leaves neighbours out together, and is the same where its window
    is one segment.

    Parameters
    ----------
    subject
        What is explained.
    spec
        Nothing of it is needed.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order. One copy is answered for each segment, and two for sample and baseline.
    """
    return _left_out(subject, 1, emit, check)


def occlusion(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute to each segment what is lost where a window of neighbours is left out.

    As `captum.attr.Occlusion` does it: a window of `spec.window` segments stands at each of them in
    turn, and a segment's score is the mean over all windows that it lies in. Neighbours lie nearest
    in the text, the picture, or the sound; windows don't reach from one part into another.

    Parameters
    ----------
    subject
        What is explained.
    spec
        `window`, the number of segments that are left out together.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order. One copy is answered for each segment, and two for sample and baseline.
    """
    return _left_out(subject, spec.window, emit, check)


def windows(pieces: Pieces, size: int) -> NDArray[np.int64]:
    """Return the segments of the window at each segment.

    Parameters
    ----------
    pieces
        A sample.
    size
        Segments of a window.

    Returns
    -------
    numpy.ndarray
        Shape (segments, size), the segment itself first. Where a part has fewer segments, the first
        of them stands again in place of those that are missing.
    """
    from scipy.spatial import cKDTree

    found = np.repeat(np.arange(len(pieces))[:, None], size, axis=1)
    if size == 1:
        return found
    for piece, span in pieces.spans:
        parts, positions = piece.segmented.parts, piece.segmented.positions
        # Of neighbours that are equally near those that follow are taken, the next axis last.
        nudge = 1e-3 / 2.0 ** np.arange(positions.shape[1])
        for part in np.unique(parts):
            own = np.flatnonzero(parts == part)
            width = min(size, len(own))
            tree = cKDTree(positions[own])
            _, near = tree.query(positions[own] + nudge, k=np.arange(1, width + 1))
            found[span.start + own, :width] = span.start + own[near]
    return found


def _left_out(subject: Subject, size: int, emit: Emit, check: Callable[[], None]) -> list[Scores]:
    work = Work(subject, lambda segments: segments + 2, emit, check)
    out: list[Scores] = []
    for rows in work.groups():
        ends = work.ends(rows)
        left = {row: windows(subject.cut(row), size) for row in rows}
        step = max(HELD // max(sum(len(own) for own in left.values()), 1), 1)
        lost: dict[int, list[NDArray[np.float64]]] = {row: [] for row in rows}
        # One row of very many segments is asked about in several portions.
        for first in range(0, max(map(len, left.values())), step):
            some = {row: own[first : first + step] for row, own in left.items() if first < len(own)}
            asked = [(row, _without(len(left[row]), own)) for row, own in some.items()]
            for row, found in zip(some, work.value.many(asked), strict=True):
                lost[row].append(ends[row][0] - found)
        for row in rows:
            every = np.concatenate(lost[row]) if lost[row] else np.empty(0)
            out.append(work.scores(row, _mean(every, left[row]), ends[row]))
    return out


def _without(count: int, left: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return masks of so many segments that keep all but some; shape (masks, segments)."""
    keep = np.ones((len(left), count), bool)
    keep[np.arange(len(left))[:, None], left] = False
    return keep


def _mean(lost: NDArray[np.float64], left: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of what is lost over the windows that each segment lies in."""
    inside = ~_without_repeats(left)
    windows_of, members = np.nonzero(inside)
    numbers = left[windows_of, members]
    sums = np.bincount(numbers, lost[windows_of], minlength=len(left))
    return sums / np.bincount(numbers, minlength=len(left))


def _without_repeats(left: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which members of windows stand in them already."""
    repeated = np.zeros(left.shape, bool)
    for place in range(1, left.shape[1]):
        repeated[:, place] = (left[:, :place] == left[:, place : place + 1]).any(axis=1)
    return repeated
