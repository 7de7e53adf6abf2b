"""Who finds whom: ranks against plain loops and against scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

from pellucid.core.bootstrap import interval
from pellucid.core.recall_curves import missed_by_chance, recall_curves, recall_figures
from pellucid.core.retrieval import between, search
from pellucid.core.retrieval_metrics import chance, evaluate, validation_metrics
from pellucid.core.spec import EvaluateSpec

SPEC = EvaluateSpec(replicates=300)


def vectors(count: int, seed: int, width: int = 6) -> np.ndarray[Any, Any]:
    one = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return one / np.linalg.norm(one, axis=1, keepdims=True)


def several(queries: int, candidates: int, seed: int) -> np.ndarray[Any, Any]:
    """Give every query one to three candidates, in a mixed order and some of them twice."""
    rng = np.random.default_rng(seed)
    pairs = [
        (query, candidate)
        for query in range(queries)
        for candidate in rng.choice(candidates, rng.integers(1, 4), replace=False)
    ]
    pairs += pairs[:5]
    return rng.permutation(np.array(pairs, np.int64))


@pytest.mark.parametrize("cells", [1, 70, 1 << 24])
def test_ranks_are_those_of_a_plain_loop(cells: int) -> None:
    queries, candidates, pairs = vectors(40, 1), vectors(30, 2), several(40, 30, 3)
    found = search(queries, candidates, pairs, cells=cells)
    similar = queries @ candidates.T
    for query in range(40):
        own = {candidate for asking, candidate in pairs.tolist() if asking == query}
        best = max(similar[query, one] for one in own)
        before = [one for one in range(30) if one not in own and similar[query, one] >= best]
        assert found.rank[query] == 1 + len(before)
        assert found.nearest[query] == similar[query].argmax()


def test_recall_and_reciprocal_rank_are_scikit_learns() -> None:
    queries, candidates = vectors(50, 5), vectors(50, 6)
    own = np.random.default_rng(7).permutation(50)
    rank = search(queries, candidates, np.stack([np.arange(50), own], axis=1)).rank
    found = validation_metrics(rank, rank)
    similar = queries @ candidates.T
    for k in (1, 5, 10):
        expected = top_k_accuracy_score(own, similar, k=k, labels=np.arange(50))
        assert found[f"text_to_image_recall_at_{k}"] == pytest.approx(expected)
        assert found[f"image_to_text_recall_at_{k}"] == pytest.approx(expected)
    truth = np.eye(50)[own]
    expected = label_ranking_average_precision_score(truth, similar)
    assert found["mean_reciprocal_rank"] == pytest.approx(expected)


def test_a_model_that_tells_nothing_apart_finds_nothing() -> None:
    same = np.ones((8, 4), np.float32) / 2
    pairs = np.stack([np.arange(8), np.arange(8)], axis=1)
    assert search(same, same, pairs).rank.tolist() == [8] * 8
    # Its own do not stand before each other.
    both = np.concatenate([pairs, np.stack([np.arange(8), (np.arange(8) + 1) % 8], axis=1)])
    assert search(same, same, both).rank.tolist() == [7] * 8


def test_similarity_is_the_cosine_of_each_pair() -> None:
    images, texts = vectors(9, 1), vectors(7, 2)
    pairs = np.array([[0, 6], [8, 0], [3, 3]])
    expected = [float(images[one] @ texts[other]) for one, other in pairs]
    np.testing.assert_allclose(between(images, texts, pairs), expected, rtol=1e-6)


@pytest.mark.parametrize(("own", "candidates"), [([1], 20), ([3], 12), ([1, 1, 2, 5], 15)])
def test_chance_is_what_shuffling_comes_to(own: list[int], candidates: int) -> None:
    rng = np.random.default_rng(11)
    ranks = np.array(
        [1 + rng.permutation(candidates)[:size].min() for size in np.tile(own, 20_000 // len(own))]
    )
    found = chance(np.array(own), candidates)
    for k in (1, 5, 10):
        assert found[f"recall_at_{k}"] == pytest.approx((ranks <= k).mean(), abs=0.015)
    assert found["reciprocal_rank"] == pytest.approx((1 / ranks).mean(), abs=0.015)
    assert found["median_rank"] == pytest.approx(np.median(ranks), abs=1)


def test_chance_with_one_own_is_k_of_n() -> None:
    found = chance(np.ones(4, np.int64), 40)
    assert found["recall_at_1"] == pytest.approx(1 / 40)
    assert found["recall_at_10"] == pytest.approx(10 / 40)
    assert found["reciprocal_rank"] == pytest.approx((1 / np.arange(1, 41)).mean())
    assert found["median_rank"] == 20
    assert missed_by_chance(np.array([3]), 4).tolist() == pytest.approx([1, 0.25, 0, 0, 0])
    assert chance(np.array([2, 1]), 3)["recall_at_5"] == 1


def predictions() -> pd.DataFrame:
    """Rows of 12 pictures with two texts each, of which some are said of two pictures."""
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(
        {
            "id": [str(row) for row in range(24)],
            "split": "test",
            "image": np.repeat(np.arange(12) + 3, 2),
            "text": [row if row % 5 else 0 for row in range(24)],
            "similarity": 0.5,
        }
    )
    ranks = {one: rng.integers(1, 12) for one in rows["text"].unique()}
    rows["image_rank"] = rows["text"].map(ranks)
    rows["text_rank"] = np.repeat(rng.integers(1, 19, 12), 2)
    return rows


def test_every_picture_and_every_text_asks_once() -> None:
    rows = predictions()
    found = evaluate(rows, (), SPEC, {}).splits["test"].metrics
    ways = {
        "image_to_text": rows.drop_duplicates("image")["text_rank"],
        "text_to_image": rows.drop_duplicates("text")["image_rank"],
    }
    for way, rank in ways.items():
        for k in (1, 5, 10):
            figure = found[f"{way}_recall_at_{k}"]
            assert figure.value == pytest.approx((rank <= k).mean())
            assert figure.n == len(rank) and figure.low <= figure.value <= figure.high
        assert found[f"{way}_reciprocal_rank"].value == pytest.approx((1 / rank).mean())
        lower = np.sort(rank)[(len(rank) - 1) // 2]
        assert found[f"{way}_median_rank"].value == lower
    assert "zero_shot_accuracy" not in found


def test_intervals_are_over_pictures_with_all_that_is_said_of_them() -> None:
    rows = predictions()
    found = evaluate(rows, (), SPEC, {}).splits["test"].metrics["text_to_image_recall_at_5"]
    own = rows.drop_duplicates("text")
    _, picture = np.unique(rows["image"], return_inverse=True)
    of, hit = picture[own.index], (own["image_rank"] <= 5).to_numpy(float)
    rng = np.random.default_rng([SPEC.seed, 2])
    drawn = []
    for _ in range(SPEC.replicates):
        weight = np.bincount(rng.integers(0, 12, 12), minlength=12)[of]
        drawn.append((weight * hit).sum() / weight.sum())
    low, high = interval(np.array(drawn), SPEC.confidence)
    assert (found.low, found.high) == pytest.approx((float(low), float(high)))


def test_chance_and_baselines_stand_beside_the_model() -> None:
    rows = predictions().assign(label="a", prediction=["a", "b"] * 12)
    better = rows.assign(image_rank=1, text_rank=1, prediction="a")
    split = evaluate(better, ("a", "b", "c", "d"), SPEC, {"untrained": rows}).splits["test"]
    assert split.metrics["zero_shot_accuracy"].value == 1.0
    assert split.metrics["image_to_text_recall_at_1"].method == "wilson"
    assert split.baselines["chance"]["zero_shot_accuracy"].value == 0.25
    texts = rows["text"].nunique()
    said = rows.groupby("image")["text"].nunique()
    assert split.baselines["chance"]["image_to_text_recall_at_1"].value == pytest.approx(
        (said / texts).mean()
    )
    gain = split.versus_baseline["untrained"]["image_to_text_recall_at_1"]
    before = split.baselines["untrained"]["image_to_text_recall_at_1"].value
    assert gain.value == pytest.approx(1 - before) and gain.low > 0


def test_recall_curves_hold_the_same_figures() -> None:
    rows = predictions()
    split = evaluate(rows, (), SPEC, {}).splits["test"]
    curves = {one.name: one for one in split.curves}
    rank = rows.drop_duplicates("image")["text_rank"].to_numpy()
    own = curves["image_to_text"]
    assert own.x[0] == 1 and own.x[-1] == rows["text"].nunique()
    np.testing.assert_allclose(own.y, [(rank <= k).mean() for k in own.x])
    assert (own.low <= own.y).all() and (own.y <= own.high).all()
    (figure,) = recall_figures(split.curves)
    assert [line.dashed for line in figure.lines] == [False, True, False, True]
    assert not recall_figures(())
    again = recall_curves(
        {"image_to_text": rank},
        {"image_to_text": np.arange(12)},
        {"image_to_text": missed_by_chance(np.ones(12, np.int64), 12)},
        SPEC,
        2,
    )
    np.testing.assert_allclose(again[1].y, again[1].x / 12)
