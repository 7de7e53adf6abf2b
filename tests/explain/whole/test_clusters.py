"""Clusters of explanations: planted ones come back, and one way of answering stays one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from pellucid.explain.whole.clusters import Cluster, clusters, partition


@pytest.mark.parametrize("count", [2, 3, 4])
def test_blobs_in_different_directions_are_found(count: int) -> None:
    centres = 8 * np.eye(6)[:count]
    points, truth = make_blobs([30] * count, centers=centres, cluster_std=0.8, random_state=3)
    found = partition(points)
    assert found.max() + 1 == count
    assert adjusted_rand_score(truth, found) > 0.95


def test_one_cloud_is_one_cluster() -> None:
    points = np.random.default_rng(0).normal(1.0, 0.3, (80, 6))
    assert partition(points).max() == 0


@pytest.fixture
def rows(said: Any) -> list[Any]:
    """Forty rows that lean on their own words, and twelve that lean on one word and are wrong."""
    generator = np.random.default_rng(2)
    out = []
    for row in range(52):
        odd = row % 13 in (3, 6, 9)
        words = [("the", 0.05), ("voucher" if odd else "awful", 2.0 + 0.3 * generator.random())]
        words += [(f"w{generator.integers(5)}", 0.2 * generator.standard_normal())]
        label = "positive" if odd else "negative"
        out.append(said("negative", words, id=f"r{row}", label=label, prediction="negative"))
    return out


def test_rows_that_lean_on_something_odd_stand_apart(rows: list[Any]) -> None:
    large, small = clusters(rows)["negative"]
    assert (len(large.ids), len(small.ids), small.of) == (40, 12, 52)
    assert set(small.ids) == {f"r{row}" for row in range(52) if row % 13 in (3, 6, 9)}
    names = {one.name: one for one in small.typical[:2]}
    assert set(names) == {"voucher", "awful"}
    assert names["voucher"].share > 0.7 and names["voucher"].elsewhere == 0
    assert (small.right.value, large.right.value) == (0, 1)
    assert small.distance > 0.5
    assert set(small.examples) <= set(small.ids) and len(small.examples) == 5


def test_few_rows_are_not_cut(rows: list[Any]) -> None:
    assert clusters(rows[:11]) == {}


def test_pictures_are_compared_by_places(seen: Any) -> None:
    """One and the same corner is one cluster, however its superpixels are numbered."""
    from pellucid.multimodal.image.segments import grid

    generator = np.random.default_rng(0)
    out = []
    for row in range(45):
        order = generator.permutation(64)
        scores = 0.1 * generator.random(64)
        scores[0 if row % 3 == 0 else 63] = 1.0 + generator.random()
        labels = order[grid(64, 64, 64)].astype(np.int32)
        out.append(seen("cat", labels, scores[np.argsort(order)], id=f"r{row}"))
    _, small = clusters(out)["cat"]
    assert set(small.ids) == {f"r{row}" for row in range(0, 45, 3)}
    assert {one.name for one in small.typical[:2]} == {
        "left 0–12%, top 0–12%",
        "left 88–100%, top 88–100%",
    }


def test_json_and_back(rows: list[Any]) -> None:
    for one in clusters(rows)["negative"]:
        assert Cluster.from_json(json.loads(json.dumps(one.as_json()))) == one
