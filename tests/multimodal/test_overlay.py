"""Scores over regions: lines around them, colours over pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pellucid.multimodal import overlay
from pellucid.multimodal.overlay import MOST_NAMED, WASH, coarser, coloured, loops, path, placed
from pellucid.multimodal.palette import DARK, LIGHT

RNG = np.random.default_rng(7)


def area(corners: list[tuple[int, int]]) -> float:
    """Return the signed area within a closed line: above zero clockwise, as y goes down."""
    x, y = np.array(corners, float).T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


@pytest.mark.parametrize("kinds", [1, 2, 5])
@pytest.mark.parametrize("shape", [(1, 1), (6, 9), (20, 15)])
def test_lines_enclose_each_segment(shape: tuple[int, int], kinds: int) -> None:
    labels = RNG.integers(-1, kinds, shape).astype(np.int32)
    found = loops(labels)
    assert set(found) == set(labels[labels >= 0].tolist())
    for number, lines in found.items():
        assert sum(map(area, lines)) == (labels == number).sum()
        for line in lines:
            steps = np.diff([*line, line[0]], axis=0)
            assert ((steps != 0).sum(axis=1) == 1).all()  # along rows and columns
            turns = (steps != 0)[:, 0]
            assert (turns != np.roll(turns, 1)).all()  # corners alone


def test_holes_go_the_other_way_and_corners_do_not_join() -> None:
    ring = np.zeros((3, 3), np.int32)
    ring[1, 1] = -1
    assert sorted(map(area, loops(ring)[0])) == [-1, 9]
    assert [area(one) for one in loops(np.array([[0, 1], [1, 0]], np.int32))[0]] == [1, 1]


def test_a_path_draws_the_line() -> None:
    (line,) = loops(np.array([[0, 0, 1], [0, 1, 1]], np.int32))[0]
    assert path([line]) == "M0 0h2v1h-1v1h-1z"


def test_colours_mix_with_what_is_below() -> None:
    labels = np.array([[0, 1], [2, -1]], np.int32)
    ground = np.full((2, 2, 3), 200, np.uint8)
    numbers = overlay.steps(np.array([2.0, -1.0, np.nan]), 2.0)
    assert numbers.tolist() == [10, -5, 0]
    found = coloured(ground, labels, numbers, LIGHT)
    for (row, column), colour, share in [
        ((0, 0), LIGHT.favour[9], WASH),
        ((0, 1), LIGHT.against[4], WASH),
        ((1, 0), LIGHT.surface, WASH),
        ((1, 1), LIGHT.surface, (1 + WASH) / 2),
    ]:
        own = np.array(list(bytes.fromhex(colour[1:])))
        np.testing.assert_allclose(found[row, column], 200 * (1 - share) + own * share, atol=0.51)
    assert (coloured(ground, labels, numbers, DARK) != found).any()


def test_where_a_label_map_lies() -> None:
    labels = np.arange(6, dtype=np.int32).reshape(2, 3)
    twice = placed(labels, (6, 4), (2, 2, 0, 0))
    np.testing.assert_array_equal(twice, np.kron(labels, np.ones((2, 2), int)))
    moved = placed(labels, (5, 4), (1, 1, 1, 1))
    np.testing.assert_array_equal(moved, np.pad(labels, 1, constant_values=-1))


def test_single_pixels_of_large_pictures_are_averaged() -> None:
    labels = np.arange(240 * 200, dtype=np.int32).reshape(240, 200)
    scores = RNG.normal(size=labels.size)
    blocks, means = coarser(labels, scores)
    assert blocks.max() + 1 == len(means) == 80 * 67
    expected = scores.reshape(240, 200)[:, :198].reshape(80, 3, 66, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(means.reshape(80, 67)[:, :66], expected)
    assert coarser(labels[:64, :64] * 0, scores[:1])[1] is not None
    same, own = coarser(blocks, scores[:MOST_NAMED])
    assert same is blocks and len(own) == MOST_NAMED


def test_each_segment_tells_its_score() -> None:
    labels = np.array([[0, 1, 2, 3, 3]], np.int32)
    said = str(overlay.svg(labels, np.array([1.0, -0.9, 0.01, np.nan]), 1.0, (2, 3, 4, 5)))
    assert 'transform="matrix(2 0 0 3 4 5)"' in said
    shapes = re.findall(r'<path class="(\w+)" d="([^"]+)"><title>([^<]+)</title>', said)
    assert [(kind, title) for kind, _, title in shapes] == [
        ("p10", "+1"), ("n9", "−0.9"), ("p0", "+0.01"), ("p0", "not defined"),
    ]  # fmt: skip
    assert '<path class="for" d="M0 0h1v1h-1z"/>' in said
    assert '<path class="against" d="M1 0h1v1h-1z"/>' in said


def test_strong_neighbours_share_a_line() -> None:
    labels = np.array([[0, 1, 2]], np.int32)
    found = overlay.strong(labels, np.array([8, 10, -2]), fine=False)
    assert found == {"for": [[(0, 0), (2, 0), (2, 1), (0, 1)]]}
    assert overlay.strong(labels, np.array([8, 10, -2]), fine=True) == {}


def test_many_segments_share_one_shape_for_each_colour() -> None:
    labels = np.arange(32 * 32, dtype=np.int32).reshape(32, 32)
    said = str(overlay.svg(labels, RNG.normal(size=1024), 2.0, (1, 1, 0, 0)))
    assert said.count("<path") <= 21 and "<title>" not in said
    assert 'class="for"' not in said
