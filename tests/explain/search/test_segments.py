"""The fewest segments, against all subsets of few, and against sorting in linear models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from pellucid.explain.search.lockstep import together
from pellucid.explain.search.segments import Fewest, fewest_kept, fewest_removed

Model = Callable[[np.ndarray], np.ndarray]


def linear(seed: int, count: int, classes: int) -> Model:
    """Make logits that are sums of what the kept segments say for each class."""
    weights = np.random.default_rng(seed).normal(size=(count, classes))
    return lambda keep: keep @ weights


def curved(seed: int, count: int, classes: int) -> Model:
    """Make logits of pairs of segments too."""
    rng = np.random.default_rng(seed)
    weights, pairs = rng.normal(size=(count, classes)), rng.normal(size=(count, count, classes))

    def model(keep: np.ndarray) -> np.ndarray:
        kept = np.asarray(keep, float)
        both = (kept @ pairs.reshape(count, -1)).reshape(len(kept), count, classes)
        return kept @ weights + (both * kept[:, :, None]).sum(axis=1)

    return model


def run(search: Any, model: Model) -> tuple[Fewest, int]:
    asked = []

    def answer(given: list[tuple[int, np.ndarray]]) -> list[np.ndarray]:
        asked.extend(keep for _, keep in given)
        return [model(keep) for _, keep in given]

    (found,) = together([search], answer)
    return found, sum(map(len, asked))


def smallest(model: Model, count: int, target: int, keeps: bool) -> int | None:
    """Try all subsets, the smallest first."""
    for size in range(count + 1):
        for chosen in combinations(range(count), size):
            keep = np.full((1, count), not keeps)
            keep[0, list(chosen)] = keeps
            if (int(model(keep).argmax()) == target) == keeps:
                return size
    return None


def answered(model: Model, count: int, found: Fewest, keeps: bool) -> int:
    keep = np.full((1, count), not keeps)
    keep[0, list(found.segments)] = keeps
    assert found.numbers == pytest.approx(model(keep)[0])
    return int(model(keep).argmax())


@pytest.mark.parametrize("make", [linear, curved])
@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_as_few_as_any_subset(make: Any, keeps: bool, classes: int) -> None:
    for seed in range(6):
        model, count = make(seed, 8, classes), 8
        target = int(model(np.ones((1, count), bool)).argmax())
        search = (fewest_kept if keeps else fewest_removed)(count, target)
        found, _ = run(search, model)
        expected = smallest(model, count, target, keeps)
        # 8 segments have few enough subsets to be tried.
        assert found.proven
        if expected is None:
            assert found.segments is None
        else:
            assert len(found.segments) == expected
            assert (answered(model, count, found, keeps) == target) == keeps


@pytest.mark.parametrize("classes", [2, 4])
def test_in_a_large_linear_model_sorting_is_best(classes: int) -> None:
    count = 60
    for seed in range(6):
        weights = np.random.default_rng(seed).normal(size=(count, classes))
        weights[:, 0] += 0.3
        whole = weights.sum(axis=0)
        target = int(whole.argmax())
        needed = []
        for rival in set(range(classes)) - {target}:
            gain = np.sort(weights[:, target] - weights[:, rival])[::-1]
            left = whole[target] - whole[rival] - np.cumsum(gain)
            needed.append(int((left < 0).argmax()) + 1)
        found, evaluations = run(
            fewest_removed(count, target), lambda keep, own=weights: keep @ own
        )
        assert len(found.segments) == min(needed)
        assert evaluations < 1500


def test_none_of_those_found_can_be_spared() -> None:
    count = 40
    sizes = []
    for seed in range(6):
        model = curved(seed, count, 3)
        target = int(model(np.ones((1, count), bool)).argmax())
        for keeps in (False, True):
            search = (fewest_kept if keeps else fewest_removed)(count, target)
            found, _ = run(search, model)
            assert (answered(model, count, found, keeps) == target) == keeps
            sizes.append(len(found.segments))
            for spared in found.segments if len(found.segments) > 1 else ():
                keep = np.full((1, count), not keeps)
                keep[0, [one for one in found.segments if one != spared]] = keeps
                assert (int(model(keep).argmax()) == target) != keeps
    assert max(sizes) > 1


def test_two_that_do_it_only_together() -> None:
    """An “or”: either of two segments is enough for the answer, so one by one nothing changes."""
    count = 30

    def model(keep: np.ndarray) -> np.ndarray:
        either = keep[:, 7] | keep[:, 21]
        return np.stack([either.astype(float), np.full(len(keep), 0.5)], axis=1)

    removed, _ = run(fewest_removed(count, 0), model)
    assert removed.segments == (7, 21)
    assert removed.proven
    kept, _ = run(fewest_kept(count, 0), model)
    assert kept.segments in ((7,), (21,))


def test_what_no_subset_changes() -> None:
    never = lambda keep: np.tile([1.0, 0.0], (len(keep), 1))  # noqa: E731
    removed, evaluations = run(fewest_removed(50, 0), never)
    assert removed.segments is None and not removed.proven
    assert evaluations < 1000
    few, _ = run(fewest_removed(5, 0), never)
    assert few.segments is None and few.proven
    kept, _ = run(fewest_kept(50, 0), never)
    assert kept.segments == () and kept.proven
    nothing, _ = run(fewest_removed(0, 0), never)
    assert nothing.segments is None


def test_searches_side_by_side_find_what_each_finds_alone() -> None:
    models = [curved(seed, 12 + seed, 3) for seed in range(5)]
    counts = [12 + seed for seed in range(5)]
    targets = [int(m(np.ones((1, n), bool)).argmax()) for m, n in zip(models, counts, strict=True)]
    rounds, ended = [], []

    def answer(given: list[tuple[int, np.ndarray]]) -> list[np.ndarray]:
        rounds.append(len(given))
        return [models[row](keep) for row, keep in given]

    searches = [fewest_removed(n, t) for n, t in zip(counts, targets, strict=True)]
    found = together(searches, answer, ended.append)
    assert rounds[0] == 5 and ended[-1] == 5 and ended == sorted(ended)
    for row, one in enumerate(found):
        alone, _ = run(fewest_removed(counts[row], targets[row]), models[row])
        assert one.segments == alone.segments
