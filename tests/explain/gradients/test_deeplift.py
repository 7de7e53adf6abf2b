"""DeepLIFT against closed forms, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from captum.attr import DeepLift

from pellucid.core.events import silent
from pellucid.errors import ModelError
from pellucid.explain.gradients.deeplift import deeplift
from pellucid.explain.scores import Scores
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.tests.explain.gradients.texts import SINGLE, worded
from pellucid.tests.explain.subjects import formula, linear


def ours(subject: Subject, **settings: Any) -> list[Scores]:
    return deeplift(subject, ExplainSpec(**settings), emit=silent, check=lambda: None)


def layers(*between: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(2)
    first = [torch.nn.Linear(3, 8), *between]
    return torch.nn.Sequential(*first, torch.nn.Linear(8, 1)).requires_grad_(False)


@pytest.mark.parametrize("split", [None, 2])
def test_a_linear_model_has_its_closed_form(split: int | None) -> None:
    subject, expected = linear([1.5, -2, 0.25], [[1, 2, 3], [-4, 0, 1]], split=split)
    for one, scores in zip(ours(subject), expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-4)


def test_an_activation_passes_its_difference_on() -> None:
    """ReLU(x1 + x2 - 3) from 2 to 0: the rescale rule gives each input 2 / 5 of its difference."""

    class Toy(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = torch.nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.relu(x.sum(1) - 3)

    subject = formula(Toy(), [[1.0, 4.0]])
    assert ours(subject)[0].scores == pytest.approx([0.4, 1.6], abs=1e-5)


def test_it_equals_captum_and_adds_up() -> None:
    model = layers(torch.nn.ReLU(), torch.nn.Linear(8, 8), torch.nn.Tanh())
    rows = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    base = torch.randn(5, 3, generator=torch.Generator().manual_seed(4))
    expected = DeepLift(model).attribute(rows.clone(), base, target=0).detach().numpy()
    subject = formula(model, rows, base)
    found = ours(subject, tolerance=1e-3)
    for one, scores in zip(found, expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-5)
        assert one.scores.sum() == pytest.approx(one.output - one.baseline_output, abs=1e-5)
    for row, one in enumerate(found):
        alone = ours(formula(model, rows[row : row + 1], base[row : row + 1]))[0]
        assert alone.scores == pytest.approx(one.scores, abs=1e-6)
    for layer in subject.model.modules():
        assert not layer._forward_hooks
        assert not {"input", "output", "input_ref"} & set(layer.__dict__)


def test_what_has_no_rule_is_refused(trained: tuple[Any, Any]) -> None:
    for subject in (
        formula(lambda x: torch.relu(x.sum(1) - 3), [[1.0, 4.0]]),
        worded(*trained, SINGLE, [1] * 4),
    ):
        with pytest.raises(ModelError, match=r"(?s)miss the difference.*integrated_gradients"):
            ours(subject, tolerance=0.01)


def test_an_activation_used_twice_is_refused() -> None:
    relu = torch.nn.ReLU()
    subject = formula(layers(relu, torch.nn.Linear(8, 8), relu), [[1.0, 4.0, 2.0]])
    with pytest.raises(ModelError, match=r"(?s)more than once.*integrated_gradients"):
        ours(subject)
