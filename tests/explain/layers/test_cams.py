"""Class activation maps against captum and the papers' formulas, and where they point."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from pellucid.core.events import silent
from pellucid.errors import ModelError
from pellucid.explain.layers.grad_cam import grad_cam
from pellucid.explain.layers.layer_cam import layer_cam
from pellucid.explain.layers.spread import over_input, stretched
from pellucid.explain.spec import ExplainSpec
from pellucid.tests.explain.layers.pictures import pictures


class Convolutions(torch.nn.Module):
    """Two convolutions, the mean over all places, and a linear head."""

    def __init__(self, stride: int = 1, *, inplace: bool = False) -> None:
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(3, 6, 3, padding=1),
            torch.nn.ReLU(inplace),
            torch.nn.Conv2d(6, 5, 3, padding=1, stride=stride),
        )
        self.head = torch.nn.Linear(5, 2)

    def forward(self, pixel_values: torch.Tensor) -> Any:
        places = self.features(pixel_values)
        return SimpleNamespace(logits=self.head(places.tanh().mean((2, 3))))


def explain(method: Any, subject: Any) -> list[Any]:
    return method(subject, ExplainSpec(), emit=silent, check=lambda: None)


@pytest.mark.parametrize("inplace", [False, True])
def test_grad_cam_is_captums(inplace: bool) -> None:
    torch.manual_seed(0)
    model = Convolutions(inplace=inplace)
    pixels = torch.randn(3, 3, 8, 8)
    found = explain(grad_cam, pictures(model, pixels))
    known = LayerGradCam(lambda x: model(x).logits, model.features[2]).attribute(
        pixels, target=0, relu_attributions=True
    )
    for one, right in zip(found, known.detach().numpy(), strict=True):
        np.testing.assert_allclose(one.scores, right.ravel(), atol=1e-5)
        assert one.settings == {"layers": {"image": "features"}}
        assert one.rest == pytest.approx(0, abs=1e-5)


def test_grad_cam_of_a_smaller_map_keeps_its_sum() -> None:
    torch.manual_seed(0)
    model = Convolutions(stride=2)
    pixels = torch.randn(2, 3, 8, 8)
    known = LayerGradCam(lambda x: model(x).logits, model.features[2]).attribute(
        pixels, target=0, relu_attributions=True
    )
    for square in (1, 4):
        for one, right in zip(explain(grad_cam, pictures(model, pixels, square)), known,
                              strict=True):  # fmt: skip
            assert one.scores.sum() == pytest.approx(float(right.detach().sum()), rel=1e-5)
    middle = explain(grad_cam, pictures(model, pixels))[0].scores.reshape(8, 8)[1:7, 1:7]
    # The middle of the picture is what PyTorch's bilinear interpolation makes of the map.
    wide = torch.nn.functional.interpolate(known[:1], size=(8, 8), mode="bilinear")
    np.testing.assert_allclose(middle, wide[0, 0, 1:7, 1:7].detach() / 4, atol=1e-6)


def test_layer_cam_is_its_formula() -> None:
    torch.manual_seed(0)
    model = Convolutions()
    pixels = torch.randn(2, 3, 8, 8)
    places = model.features(pixels).detach().requires_grad_(True)
    answer = model.head(places.tanh().mean((2, 3)))[:, 0].sum()
    gradient = torch.autograd.grad(answer, places)[0].numpy()
    right = np.maximum((np.maximum(gradient, 0) * places.detach().numpy()).sum(1), 0)
    for one, known in zip(explain(layer_cam, pictures(model, pixels)), right, strict=True):
        np.testing.assert_allclose(one.scores, known.ravel(), atol=1e-6)


class Corner(torch.nn.Module):
    """Linear in the pixels of the lower right quarter, and blind for all others."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 4, 1)
        torch.nn.init.constant_(self.convolution.weight, 0.5)

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return SimpleNamespace(
            logits=self.convolution(pixel_values)[:, :, 8:, 8:].sum((1, 2, 3))[:, None]
        )


def test_a_model_that_looks_at_one_corner_has_its_maximum_there() -> None:
    pixels = torch.rand(20, 3, 16, 16)
    found = explain(layer_cam, pictures(Corner(), pixels, 8))
    for one in found:
        assert one.scores.argmax() == 3 and one.scores[3] > 10 * one.scores[:3].max()


@pytest.mark.parametrize("method", [grad_cam, layer_cam])
def test_what_alone_is_bright_has_the_maximum(method: Any) -> None:
    torch.manual_seed(0)
    model = Convolutions(stride=2)
    for weight in model.parameters():
        weight.data.abs_()
    model.features[0].bias.data.zero_()
    model.features[2].bias.data.zero_()
    pixels = torch.zeros(16, 3, 16, 16)
    for row in range(16):
        y, x = divmod(row, 4)
        pixels[row, :, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4] = 0.1  # where the head isn't saturated
    found = explain(method, pictures(model, pixels, 4))
    assert [int(one.scores.argmax()) for one in found] == list(range(16))


class Flat(torch.nn.Module):
    """A model without places."""

    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(3 * 64, 2)

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return SimpleNamespace(logits=self.head(pixel_values.flatten(1)))


def test_a_model_without_places_is_refused() -> None:
    with pytest.raises(ModelError, match=r"Flat: it has no layer .* integrated_gradients"):
        explain(grad_cam, pictures(Flat(), torch.rand(1, 3, 8, 8)))


class OverTime(torch.nn.Module):
    """Convolutions over the rows of a picture, whose places stand behind their channels."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [torch.nn.Sequential(torch.nn.Conv1d(8, 8, 3, padding=1)) for _ in range(2)]
        self.layers = torch.nn.Sequential(*blocks)

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return SimpleNamespace(logits=self.layers(pixel_values[:, 0]).mean(2))


def test_channels_are_not_taken_for_places() -> None:
    with pytest.raises(ModelError, match=r"OverTime: it has no layer"):
        explain(grad_cam, pictures(OverTime(), torch.rand(1, 3, 8, 8)))


@pytest.mark.parametrize("size", [1, 5, 7, 8, 21])
def test_stretching_keeps_the_sum_of_every_place(size: int) -> None:
    for place in range(7):
        values = np.eye(7)[place] * 3
        found = stretched(values, size, 0)
        assert found.sum() == pytest.approx(3)
        if size >= 7:
            middle = (np.arange(size) + 0.5) @ found / 3
            assert abs(middle - (place + 0.5) * size / 7) < size / 14


def test_grids_turn_with_the_axes_of_the_input() -> None:
    grid = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = over_input(grid, (2, 1), (5, 6, 4))
    assert found.shape == (5, 6, 4) and found.sum() == pytest.approx(1)
    assert found[:, :2, :2].sum() > 0.5 and found[:, 4:].sum() == 0
