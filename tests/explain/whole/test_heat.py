"""Mean heat maps over places: means and intervals by hand, and scores that stay whole."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pellucid.explain.whole.heat import HeatMap, heat_maps
from pellucid.explain.whole.importance import importance, importance_by_group
from pellucid.explain.whole.spots import spots
from pellucid.multimodal.audio.segments import cells, equal
from pellucid.multimodal.image.segments import grid, patches


def test_patches_of_the_grid_itself_are_its_fields(seen: Any) -> None:
    """Segments that are the fields keep their scores, whatever the picture's size."""
    scores = np.arange(64.0)
    for size in (16, 64):
        one = seen("cat", patches(size, size, size // 8), scores)
        own = spots(one)
        assert own.scores(one) == pytest.approx(scores)
        assert own.spots[9].place.name == "left 12–25%, top 12–25%"
        assert own.spots[9].place.box == (0.125, 0.125, 0.25, 0.25)
        assert own.inside(own.spots[9]).tolist() == [9]


def test_a_segment_is_shared_by_the_fields_that_it_lies_in(seen: Any) -> None:
    labels = np.zeros((8, 8), np.int32)
    labels[:, 6:] = 1  # two of eight columns
    one = seen("cat", labels, [12.0, -4.0])
    found = spots(one).scores(one).reshape(8, 8)
    assert found[:, :6] == pytest.approx(12 / 48)
    assert found[:, 6:] == pytest.approx(-4 / 16)
    assert found.sum() == pytest.approx(8.0)


def test_the_mean_map_of_a_class(seen: Any) -> None:
    rows = [
        seen("cat", patches(64, 64, 8), np.eye(64)[0] * value, id=f"r{value}")
        for value in (1.0, 2.0, 6.0)
    ]
    cat, dog = heat_maps([*rows, seen("dog", grid(32, 32, 4), [0.0, 0, 0, 4])])
    low, high = stats.ttest_1samp([1, 2, 6], 0).confidence_interval(0.95)
    assert (cat.target, cat.modality, cat.rows) == ("cat", "image", 3)
    assert cat.mean.shape == (8, 8)
    assert cat.mean[0, 0] == pytest.approx(3)
    assert (cat.low[0, 0], cat.high[0, 0]) == pytest.approx((low, high))
    assert not cat.mean[1:].any()
    assert dog.mean[4:, 4:] == pytest.approx(4 / 16)
    assert np.isnan(dog.low).all()  # of one row there is no interval


def test_cells_of_sounds_keep_their_bands(heard: Any) -> None:
    segments = cells(16_000, 16_000, 8, 4)
    scores = np.zeros(len(segments))
    scores[:8] = 1.0  # the lowest band
    one = heard("bell", segments, scores)
    (found,) = heat_maps([one])
    assert found.down == pytest.approx(tuple(segments.hertz))
    assert found.mean.shape == (4, 8)
    assert found.mean.sum() == pytest.approx(8)
    assert found.mean[0].sum() == pytest.approx(8)
    whole = spots(one, whole=True)
    assert whole.scores(one) == pytest.approx([8, 0, 0, 0])
    assert whole.spots[0].place.name == f"0–{segments.hertz[1]:.0f} Hz"
    assert whole.inside(whole.spots[0]).tolist() == list(range(8))


def test_sounds_of_different_length_are_compared_by_shares_of_their_time(heard: Any) -> None:
    rows = [
        heard("bell", equal(length, 16_000, 4), [0.0, 0.0, 0.0, value])
        for length, value in ((8_000, 2.0), (32_000, 4.0))
    ]
    (found,) = heat_maps(rows)
    assert found.mean[0] == pytest.approx([0, 0, 0, 0, 0, 0, 1.5, 1.5])
    assert found.across[-2:] == (0.875, 1.0)


def test_places_rank_like_words(seen: Any) -> None:
    rows = [
        seen("cat", patches(64, 64, 8), np.eye(64)[10] * (3 + row) + np.eye(64)[5] * 0.1)
        for row in range(4)
    ]
    first, second = importance(rows)["cat"]
    assert first.box == (0.25, 0.125, 0.375, 0.25)
    assert (first.column, first.modality, first.rows) == ("image", "image", 4)
    assert first.mean.value == pytest.approx(4.5)
    assert second.mean.value == pytest.approx(0.1)


def test_groups_are_ranked_by_themselves(said: Any) -> None:
    rows = [said("a", [("x", 1.0 + n), ("y", 5.0 - n)]) for n in range(6)]
    found = importance_by_group(rows, {"sex": ["f", "f", "f", "m", "m", None]}, least=2)["sex"]
    assert [one.word for one in found["f"]["a"]] == ["y", "x"]
    assert [one.word for one in found["m"]["a"]] == ["x", "y"]
    low, high = stats.ttest_1samp([4.0, 5.0], 0).confidence_interval(0.95)
    assert (found["m"]["a"][0].mean.low, found["m"]["a"][0].mean.high) == pytest.approx((low, high))


def test_groups_are_told_of_what_speaks_against_too(said: Any) -> None:
    """What matters over all rows is compared, also where it does the opposite in a group."""
    rows = [said("a", [("x", 3.0 if n < 4 else -1.0), ("y", 0.1)]) for n in range(6)]
    groups = {"sex": ["f"] * 4 + ["m"] * 2}
    overall = {"a": importance(rows)["a"][:1]}
    found = importance_by_group(rows, groups, least=2, only=overall)["sex"]
    assert [one.word for one in found["m"]["a"]] == ["x"]
    assert found["m"]["a"][0].mean.value == pytest.approx(-1)


def test_json_and_back(seen: Any) -> None:
    (one,) = heat_maps([seen("cat", grid(32, 32, 9), np.arange(9.0))])
    back = HeatMap.from_json(json.loads(json.dumps(one.as_json())))
    assert back.as_json() == one.as_json()
    assert back.mean == pytest.approx(one.mean)
    assert np.isnan(back.low).all()
