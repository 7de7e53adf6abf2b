"""Curves and the figures of ERASER where both are known by formula."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.explain.proof.answers import answers
from pellucid.explain.proof.curves import GRID, curves
from pellucid.explain.proof.order import counts, ordered, rationales
from pellucid.explain.value import Value
from pellucid.tests.explain.subjects import formula, linear

CONTRIBUTIONS = [-1.0, 4.0, 1.0, 2.0]  # of the segments; the answer on the baseline is 0.5


def curve(order: list[int], **kind: Any) -> Any:
    subject, _ = linear(CONTRIBUTIONS, [[1.0, 1.0, 1.0, 1.0]])
    read, _ = answers(subject, "logit")
    found = curves(Value(subject), {0: [np.array(order)]}, read, **{"points": 64, **kind})
    return found[0][0]


def test_the_curves_of_a_linear_model() -> None:
    found = curve([1, 3, 2, 0])
    assert found.deletion == pytest.approx([6.5, 2.5, 0.5, -0.5, 0.5])
    assert found.insertion == pytest.approx([0.5, 4.5, 6.5, 7.5, 6.5])
    figures = found.figures((0.25, 0.5))
    assert figures["deletion_auc"] == pytest.approx((6.5 / 2 + 2.5 + 0.5 - 0.5 + 0.5 / 2) / 4)
    assert figures["insertion_auc"] == pytest.approx((0.5 / 2 + 4.5 + 6.5 + 7.5 + 6.5 / 2) / 4)
    assert figures["gain"] == pytest.approx(figures["insertion_auc"] - figures["deletion_auc"])
    # Without the first one and the first two 4 and 6 are lost; with these alone 2 and 0 are.
    assert figures["comprehensiveness"] == pytest.approx((4 + 6) / 2)
    assert figures["sufficiency"] == pytest.approx((2 + 0) / 2)


def test_rationales_of_every_size() -> None:
    figures = curve([1, 3, 2, 0], shares=None).figures(None)
    assert figures["comprehensiveness"] == pytest.approx(np.mean([4, 6, 7, 6]))
    assert figures["sufficiency"] == pytest.approx(np.mean([2, 0, -1, 0]))


def test_no_order_does_better_than_that_of_the_true_contributions_and_chance_comes_to_nothing() -> (
    None
):
    gains = {order: curve(list(order)).figures()["gain"] for order in permutations(range(4))}
    assert max(gains, key=lambda order: gains[order]) == (1, 3, 2, 0)
    assert np.mean(list(gains.values())) == pytest.approx(0, abs=1e-9)


def test_rationales_are_rounded_up() -> None:
    shares = (0.01, 0.05, 0.1, 0.2, 0.5)
    assert rationales(7, shares).tolist() == [1, 1, 1, 2, 4]
    assert rationales(100, shares).tolist() == [1, 5, 10, 20, 50]
    assert rationales(10, (0.7, 1.0)).tolist() == [7, 10]  # 0.7 * 10 is a little above 7


def test_a_curve_goes_from_none_to_all_in_even_steps() -> None:
    assert counts(3, 10).tolist() == [0, 1, 2, 3]
    assert counts(100, 4).tolist() == [0, 25, 50, 75, 100]
    found = curve([1, 3, 2, 0], points=2, shares=(0.25,))
    assert found.many.tolist() == [0, 1, 2, 4]
    # The copy of a quarter is there for the rationale, and no point of the curve.
    assert found.figures((0.25,))["deletion_auc"] == pytest.approx(((6.5 + 0.5) / 2 + 0.5) / 2)
    assert found.figures((0.25,))["comprehensiveness"] == pytest.approx(4)
    assert found.on_grid()[0] == pytest.approx(np.interp(GRID, [0, 0.5, 1], [6.5, 0.5, 0.5]))


def test_equal_scores_are_drawn_and_others_are_in_order() -> None:
    scores = np.array([0.0, 2.0, 0.0, -1.0, 0.0])
    drawn = [ordered(scores, np.random.default_rng(seed)).tolist() for seed in range(20)]
    assert {order[0] for order in drawn} == {1}
    assert {order[4] for order in drawn} == {3}
    assert {order[1] for order in drawn} == {0, 2, 4}
    assert drawn[3] == ordered(scores, np.random.default_rng(3)).tolist()


def test_no_copy_goes_through_the_model_twice() -> None:
    subject, _ = linear(CONTRIBUTIONS, [[1.0, 1.0, 1.0, 1.0]] * 3)
    read, _ = answers(subject, "logit")
    orders = [np.array([1, 3, 2, 0]), np.array([1, 3, 2, 0]), np.array([0, 2, 3, 1])]
    value = Value(subject)
    found = curves(value, dict.fromkeys(range(3), orders), read, points=64)
    # Of each row the whole, nothing, three copies of deletion and of insertion; the reversed order
    # leaves out what the other keeps.
    assert value.evaluations == 3 * (2 + 6)
    assert sum(subject.model.seen) == value.evaluations
    assert found[2][2].deletion == pytest.approx(found[2][0].insertion[::-1])


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (None, lambda logits: logits.softmax(1)),
        ("single_label_classification", lambda logits: logits.softmax(1)),
        ("multi_label_classification", torch.sigmoid),
        ("regression", lambda logits: logits),
    ],
)
def test_answers_by_the_task(problem: str | None, expected: Any) -> None:
    subject = formula(lambda x: x, [[1.0, -2.0, 40.0], [0.0, 700.0, -700.0]], targets=[1, 2])
    subject.model.config = SimpleNamespace(problem_type=problem)
    read, scale = answers(subject, "probability")
    assert scale == ("logit" if problem == "regression" else "probability")
    numbers = np.array([[1.0, -2.0, 40.0], [0.0, 700.0, -700.0]])
    wanted = expected(torch.from_numpy(numbers))
    for target in range(3):
        assert read(numbers, target) == pytest.approx(wanted[:, target].numpy(), abs=1e-12)
    assert answers(subject, "logit")[0](numbers, 1) == pytest.approx([-2, 700])


def test_a_single_number_is_the_logit_of_a_probability() -> None:
    subject = formula(lambda x: x.sum(1), [[1.0, 2.0]])
    read, _ = answers(subject, "probability")
    assert read(np.array([[0.0], [3.0]]), 0) == pytest.approx([0.5, 1 / (1 + np.exp(-3))])
