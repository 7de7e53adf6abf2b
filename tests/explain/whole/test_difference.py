"""Differences of explanations: means of pairs by hand, and rows that can't be compared."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pellucid.explain.whole.difference import Difference, difference


@pytest.fixture
def pair(said: Any) -> tuple[list[Any], list[Any]]:
    """Four rows in which a word gains, in the units of two models."""
    before, after = [], []
    for row, share in enumerate((0.1, 0.2, 0.3, 0.4)):
        given = {"id": f"r{row}", "label": "a", "prediction": "a"}
        before.append(said("a", [("x", 0.1), ("y", -0.9)], **given))
        # Scores of another model, ten times as large.
        after.append(said("a", [("x", 10 * (0.1 + share)), ("y", -10 * (0.9 - share))], **given))
    return before, after


def test_what_gains_and_what_loses(pair: tuple[list[Any], list[Any]]) -> None:
    found = difference(*pair)
    # Both words gain: one speaks more for the class, the other less against it.
    assert [one.name for one in found.gained] == ["x", "y"]
    assert found.lost == ()
    one = found.gained[0]
    low, high = stats.ttest_1samp([0.1, 0.2, 0.3, 0.4], 0).confidence_interval(0.95)
    assert (one.before, one.after) == pytest.approx((0.1, 0.35))
    assert one.change.value == pytest.approx(0.25)
    assert (one.change.low, one.change.high) == pytest.approx((low, high))
    assert found.rows[2].changes == pytest.approx([0.3, 0.3])
    assert difference(*reversed(pair)).lost[0].change.value == pytest.approx(-0.25)


def test_the_rank_correlation_is_spearmans(said: Any) -> None:
    generator = np.random.default_rng(0)
    words = [f"w{n}" for n in range(9)]
    sides = [generator.integers(0, 5, 9).astype(float) for _ in range(2)]
    one, other = (said("a", list(zip(words, side, strict=True))) for side in sides)
    found = difference([one], [other])
    assert found.rows[0].correlation == pytest.approx(stats.spearmanr(*sides).statistic)
    same = difference([one], [one])
    assert same.rows[0].correlation == pytest.approx(1)
    assert not same.rows[0].changes.any()


def test_rows_that_differ_are_left_out(said: Any) -> None:
    before = [
        said("a", [("x", 1.0)], id="kept"),
        said("a", [("x", 1.0)], id="other text"),
        said("a", [("x", 1.0)], id="other class"),
        said("a", [("x", 1.0)], id="gone"),
    ]
    after = [
        said("a", [("x", 1.0)], id="kept"),
        said("a", [("z", 1.0)], id="other text"),
        said("b", [("x", 1.0)], id="other class"),
    ]
    found = difference(before, after)
    assert [one.id for one in found.rows] == ["kept"]
    assert found.unmatched == 4 + 3 - 2


def test_rows_are_matched_by_their_fingerprints(said: Any) -> None:
    before, after = [said("a", [("x", 1.0)], id="1")], [said("a", [("x", 2.0)], id="row-1")]
    assert difference(before, after).rows == ()
    found = difference(before, after, ({"1": "f0"}, {"row-1": "f0"}))
    assert [one.id for one in found.rows] == ["row-1"]


def test_a_place_of_pictures(seen: Any) -> None:
    from pellucid.multimodal.image.segments import patches

    def some(field: int) -> list[Any]:
        own = patches(64, 64, 8)
        return [seen("cat", own, np.eye(64)[field] * (row + 1), id=f"r{row}") for row in range(4)]

    found = difference(some(0), some(63))
    assert found.gained[0].box == (0.875, 0.875, 1.0, 1.0)
    assert found.lost[0].box == (0.0, 0.0, 0.125, 0.125)
    assert found.lost[0].change.value == pytest.approx(-1)


def test_json_and_back(pair: tuple[list[Any], list[Any]]) -> None:
    found = difference(*pair)
    again = Difference.from_json(json.loads(json.dumps(found.as_json())))
    assert again.as_json() == found.as_json()
    assert again.gained == found.gained
