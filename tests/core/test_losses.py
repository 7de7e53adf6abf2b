"""Losses beside PyTorch's, closed forms, and weights beside scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from pellucid.core.losses import class_weights, cross_entropy
from pellucid.core.spec import TrainSpec
from pellucid.errors import RecipeError

CODES = np.array([0, 0, 0, 1, 2, 2, 0, 1], np.int64)
LABELS = ("angry", "calm", "glad")


def scores(rows: int = 40, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = 4 * torch.randn(rows, classes, generator=generator)
    return logits, torch.randint(classes, (rows,), generator=generator)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothing_is_pytorchs(smoothing: float) -> None:
    logits, codes = scores()
    peer = torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=smoothing)
    own = cross_entropy(logits, codes, TrainSpec(label_smoothing=smoothing))
    torch.testing.assert_close(own, peer(logits, codes))
    # The general form, as near to no focus as it gets.
    near = cross_entropy(logits, codes, TrainSpec(label_smoothing=smoothing, focal_gamma=1e-9))
    torch.testing.assert_close(near, peer(logits, codes))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_loss_in_closed_form(gamma: float) -> None:
    """For two classes it is torchvision's sigmoid_focal_loss with alpha = -1."""
    logits, codes = scores(classes=2)
    own = cross_entropy(logits, codes, TrainSpec(focal_gamma=gamma))
    for row, code, value in zip(logits.tolist(), codes.tolist(), own.tolist(), strict=True):
        p = 1 / (1 + math.exp(row[1 - code] - row[code]))
        assert value == pytest.approx(-((1 - p) ** gamma) * math.log(p), rel=1e-4, abs=1e-7)


def test_focal_and_smoothed_together() -> None:
    logits, codes = scores()
    own = cross_entropy(logits, codes, TrainSpec(focal_gamma=2.0, label_smoothing=0.3))
    p = torch.softmax(logits.double(), -1).numpy()
    target = 0.7 * np.eye(3)[codes] + 0.1
    expected = -(target * (1 - p) ** 2 * np.log(p)).sum(1)
    np.testing.assert_allclose(own.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_certain_answers_have_a_finite_slope(gamma: float) -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], requires_grad=True)
    cross_entropy(logits, torch.tensor([0, 0]), TrainSpec(focal_gamma=gamma)).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].abs().max() > 0.9


def test_half_precision_scores_are_read_as_float32() -> None:
    logits, codes = scores()
    for spec in (TrainSpec(), TrainSpec(focal_gamma=1.0)):
        assert cross_entropy(logits.bfloat16(), codes, spec).dtype == torch.float32


def test_balanced_is_scikit_learns() -> None:
    each = compute_class_weight("balanced", classes=np.arange(3), y=CODES)
    own = class_weights(CODES, LABELS, TrainSpec(class_weight="balanced"))
    assert own.dtype == np.float32
    np.testing.assert_allclose(own, each[CODES], rtol=1e-6)
    # A class without rows changes nothing.
    more = class_weights(CODES, (*LABELS, "sad"), TrainSpec(class_weight="balanced"))
    np.testing.assert_array_equal(more, own)
    # And the mean of the weights is 1, so learning rates keep their meaning.
    assert own.mean() == pytest.approx(1.0)


def test_weights_by_name() -> None:
    given = class_weights(CODES, LABELS, TrainSpec(class_weight={"calm": 3.0, "glad": 0.0}))
    np.testing.assert_array_equal(given, [1, 1, 1, 3, 0, 0, 1, 3])
    np.testing.assert_array_equal(class_weights(CODES, LABELS, TrainSpec()), np.ones(8))


def test_weighted_mean_is_pytorchs() -> None:
    logits, codes = scores()
    each = torch.tensor([1.0, 5.0, 0.25])
    spec = TrainSpec(class_weight={"calm": 5.0, "glad": 0.25})
    weight = torch.from_numpy(class_weights(codes.numpy(), LABELS, spec))
    own = (cross_entropy(logits, codes, spec) * weight).sum() / weight.sum()
    torch.testing.assert_close(own, torch.nn.CrossEntropyLoss(weight=each)(logits, codes))


def test_a_class_that_is_not_there() -> None:
    with pytest.raises(RecipeError, match=r"train\.class_weight\.clam.*did you mean “calm”"):
        class_weights(CODES, LABELS, TrainSpec(class_weight={"clam": 2.0}))
    nothing = TrainSpec(class_weight=dict.fromkeys(LABELS, 0.0))
    with pytest.raises(RecipeError, match="every training row has the weight 0"):
        class_weights(CODES, LABELS, nothing)
