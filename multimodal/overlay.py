"""Signed scores over regions of a plane: a picture's segments, a spectrogram's cells.

What lies below is grey and fades, so that colours mean scores alone. A label map (int32, shape
(height, width)) says to which segment each field belongs; numbers below 0 belong to none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from .legend import STRONG, signed
from .palette import LEVELS, Palette, level

if TYPE_CHECKING:
    from PIL import ImageDraw

Labels = NDArray[np.int32]
Scores = NDArray[np.float64]
Loop = list[tuple[int, int]]
"""Corners of a closed line, as x and y."""

Matrix = tuple[float, float, float, float]
"""How a label map lies on what is drawn: width and height of a field, x and y of the first one."""

WASH = 0.7
"""How much a score's colour covers what lies below it; as much covers what has no score."""

MOST_NAMED = 600
"""Segments whose scores a page names; more of them share one shape for each colour."""

MOST_SIDE = 112
"""Fields of a side up to which as many segments are drawn; more are averaged in blocks."""


def largest(scores: Scores) -> float:
    """Return the largest absolute score that is a number, 0 where there is none."""
    return float(np.abs(scores[np.isfinite(scores)]).max(initial=0))


def steps(scores: Scores, scale: float) -> NDArray[np.int64]:
    """Return each score's step of the diverging scale, from -10 to 10."""
    return np.array([level(float(score), scale) for score in scores], np.int64)


def checked(count: int, scores: Sequence[float] | Scores) -> Scores:
    """Return the scores of so many segments; shape (segments,).

    Raises
    ------
    ValueError
        If they differ in number.
    """
    values = np.asarray(scores, np.float64)
    if values.shape != (count,):
        raise ValueError(f"{count} segments need as many scores, got shape {values.shape}")
    return values


def coarser(labels: Labels, scores: Scores) -> tuple[Labels, Scores]:
    """Average what is too fine to be drawn: single pixels of large pictures.

    Returns
    -------
    labels, scores
        As they were where there are up to `MOST_NAMED` segments or few fields; square blocks with
        the mean score of their fields otherwise.
    """
    if len(scores) <= MOST_NAMED or max(labels.shape) <= MOST_SIDE:
        return labels, scores
    side = math.ceil(max(labels.shape) / MOST_SIDE)
    rows, columns = (np.arange(length) // side for length in labels.shape)
    blocks = rows[:, None] * (columns[-1] + 1) + columns
    fields = np.where(labels < 0, 0.0, np.nan_to_num(scores)[labels])
    sums = np.bincount(blocks.ravel(), fields.ravel())
    return blocks.astype(np.int32), sums / np.bincount(blocks.ravel())


def loops(labels: Labels) -> dict[int, list[Loop]]:
    """Trace the segments of a label map.

    Returns
    -------
    dict
        For each number from 0 on the closed lines around its fields, clockwise, and around its
        holes the other way round; corners alone. Fields that touch by a corner are not joined.
    """
    wide = np.pad(labels, 1, constant_values=-1)
    following: dict[int, dict[tuple[int, int], dict[int, tuple[int, int]]]] = {}
    # The sides of a field, clockwise: what lies beyond, where it begins, where it leads.
    for way, (beyond, first, last) in enumerate(
        [
            (wide[:-2, 1:-1], (0, 0), (1, 0)),
            (wide[1:-1, 2:], (1, 0), (1, 1)),
            (wide[2:, 1:-1], (1, 1), (0, 1)),
            (wide[1:-1, :-2], (0, 1), (0, 0)),
        ]
    ):
        rows, columns = np.nonzero((labels != beyond) & (labels >= 0))
        for number, x, y in zip(
            labels[rows, columns].tolist(), columns.tolist(), rows.tolist(), strict=True
        ):
            own = following.setdefault(number, {})
            own.setdefault((x + first[0], y + first[1]), {})[way] = (x + last[0], y + last[1])
    return {number: list(_closed(own)) for number, own in sorted(following.items())}


def path(lines: Iterable[Loop]) -> str:
    """Return closed lines as the data of an SVG path."""
    out = []
    for line in lines:
        out.append(f"M{line[0][0]} {line[0][1]}")
        for (x, y), (right, down) in pairwise(line):
            out.append(f"h{right - x}" if down == y else f"v{down - y}")
        out.append("z")
    return "".join(out)


def svg(
    labels: Labels,
    scores: Scores,
    scale: float,
    matrix: Matrix,
    *,
    outlined: bool = False,
) -> Markup:
    """Return coloured segments as SVG, without styles of its own.

    Parameters
    ----------
    labels
        Label map.
    scores
        Of its segments; what is not a number has no colour. Shape (segments,).
    scale
        Absolute score that gets the strongest colour.
    matrix
        How the label map lies on what is drawn.
    outlined
        Whether each segment has a line around it.

    Returns
    -------
    markupsafe.Markup
        Groups to stand above what lies below.
    """
    fine = len(scores) > MOST_NAMED
    labels, scores = coarser(labels, scores)
    numbers = steps(scores, scale)
    if fine:
        names = [_class(step) for step in range(-LEVELS, LEVELS + 1)]
        drawn = loops(_of_segments(labels, numbers + LEVELS))
        titles = [""] * len(names)
    else:
        names = [_class(int(step)) for step in numbers]
        drawn = loops(labels)
        titles = [signed(float(score)) for score in scores]
    shapes = Markup("").join(
        Markup('<path class="{}" d="{}">{}</path>').format(
            names[number],
            path(lines),
            Markup("<title>{}</title>").format(titles[number]) if titles[number] else "",
        )
        for number, lines in drawn.items()
    )
    kind = "scores outlined" if outlined and not fine else "scores"
    marks = Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(name, path(lines))
        for name, lines in strong(labels, numbers, fine=fine).items()
    )
    return Markup('<g class="{}" transform="matrix({} 0 0 {} {} {})">{}{}</g>').format(
        kind, *(f"{value:.6g}" for value in matrix), shapes, marks
    )


def strong(labels: Labels, numbers: NDArray[np.int64], *, fine: bool) -> dict[str, list[Loop]]:
    """Trace what speaks most strongly: ``for`` the answer, and ``against`` it.

    Neighbours of one sign have one line around them all. Nothing is traced where segments are too
    fine for lines.
    """
    if fine:
        return {}
    which = np.where(numbers >= STRONG, 0, np.where(numbers <= -STRONG, 1, -1))
    found = loops(_of_segments(labels, which))
    return {name: found[at] for at, name in enumerate(("for", "against")) if at in found}


def coloured(
    ground: NDArray[np.uint8],
    labels: Labels,
    numbers: NDArray[np.int64],
    palette: Palette,
) -> NDArray[np.uint8]:
    """Lay the colours of segments over a picture without colours.

    Parameters
    ----------
    ground
        Shape (height, width, 3).
    labels
        Shape (height, width); what belongs to no segment fades most.
    numbers
        Step of each segment; shape (segments,).
    palette
        Its diverging scale gives the colours.

    Returns
    -------
    numpy.ndarray
        Shape (height, width, 3), 8 bits.
    """
    colours = np.array([list(bytes.fromhex(one[1:])) for one in palette.diverging], np.float32)
    chosen = np.where(labels < 0, 0, np.append(numbers, 0)[labels]) + LEVELS
    share = np.where(labels < 0, np.float32((1 + WASH) / 2), np.float32(WASH))[..., None]
    mixed = ground * (1 - share) + colours[chosen] * share
    return np.asarray(mixed.round(), np.uint8)


def placed(labels: Labels, size: tuple[int, int], matrix: Matrix) -> Labels:
    """Return the segment of each pixel of what is drawn, of so many columns and rows.

    Returns
    -------
    numpy.ndarray
        int32 of shape (rows, columns), -1 beyond the label map.
    """
    across, down, left, top = matrix
    height, width = labels.shape
    columns, rows = (
        np.floor((np.arange(length) + 0.5 - first) / step + 1e-9).astype(np.int64)
        for length, first, step in ((size[0], left, across), (size[1], top, down))
    )
    inside = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
    near = labels[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
    return np.where(inside, near, np.int32(-1))


def draw_loops(
    pen: ImageDraw.ImageDraw,
    lines: Iterable[Loop],
    matrix: Matrix,
    colour: str,
    width: float,
    *,
    dotted: bool = False,
) -> None:
    """Draw closed lines, all in pixels."""
    across, down, left, top = matrix
    for line in lines:
        corners = [(left + x * across, top + y * down) for x, y in (*line, line[0])]
        for one, other in pairwise(corners):
            for start, end in _dots(one, other, width) if dotted else [(one, other)]:
                pen.line([start, end], fill=colour, width=max(round(width), 1))


def _of_segments(labels: Labels, values: NDArray[np.int64]) -> Labels:
    """Return a value of each field's segment, -1 where it belongs to none."""
    return np.append(values, -1)[np.maximum(labels, -1)].astype(np.int32)


def _class(step: int) -> str:
    return "p0" if not step else f"{'p' if step > 0 else 'n'}{abs(step)}"


def _closed(following: dict[tuple[int, int], dict[int, tuple[int, int]]]) -> Iterator[Loop]:
    """Follow sides of fields until each is used."""
    for start in sorted(following, key=lambda corner: (corner[1], corner[0])):
        if not following[start]:
            continue
        here, way = start, min(following[start])
        line = [start]
        while (here := following[here].pop(way)) != start:
            # To the right first: so it stays at its own field where two touch by a corner.
            turns = ((way + 1) % 4, way, (way + 3) % 4)
            turn = next(one for one in turns if one in following[here])
            if turn != way:
                line.append(here)
            way = turn
        yield line


def _dots(
    one: tuple[float, float], other: tuple[float, float], width: float
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the dots of a line, each as long as it is wide, two apart."""
    length = math.dist(one, other)
    count = max(int(length / (3 * width)), 1)
    for at in range(count):
        ends = (at / count, min(at / count + width / max(length, width), 1))
        first, last = (
            (one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1]))
            for share in ends
        )
        yield first, last
