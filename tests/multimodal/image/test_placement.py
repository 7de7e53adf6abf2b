"""The way back from a model's picture to the original: against what each processor documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import transformers
from PIL import Image, ImageDraw

from pellucid.multimodal.image.encode import resized
from pellucid.multimodal.image.placement import Placement, placement
from pellucid.multimodal.image.segments import patches

SIZES = [(640, 480), (300, 900), (64, 64), (1001, 777)]


def shortest(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Return a size whose shorter side is `edge`, as transformers rounds it."""
    width, height = size
    if width <= height:
        return edge, int(edge * height / width)
    return int(edge * width / height), edge


def cropped(size: tuple[int, int], between: tuple[int, int], crop: int) -> Placement:
    """Return where the middle of a resized picture lies."""
    (width, height), (wide, high) = size, between
    left, top = (wide - crop) // 2, (high - crop) // 2
    return Placement(left * width / wide, top * height / high, width / wide, height / high)


def vit(size: tuple[int, int]) -> tuple[Any, Placement]:
    made = transformers.ViTImageProcessor(size={"height": 48, "width": 64})
    return made, Placement(0, 0, size[0] / 64, size[1] / 48)


def clip(size: tuple[int, int]) -> tuple[Any, Placement]:
    made = transformers.CLIPImageProcessor()
    return made, cropped(size, shortest(size, 224), 224)


def convnext(size: tuple[int, int]) -> tuple[Any, Placement]:
    made = transformers.ConvNextImageProcessor(size={"shortest_edge": 224})
    return made, cropped(size, shortest(size, int(224 / made.crop_pct)), 224)


def convnext_large(size: tuple[int, int]) -> tuple[Any, Placement]:
    made = transformers.ConvNextImageProcessor(size={"shortest_edge": 384})
    return made, Placement(0, 0, size[0] / 384, size[1] / 384)


def padding(size: tuple[int, int]) -> tuple[Any, Placement]:
    made = transformers.MobileViTImageProcessor(
        size={"shortest_edge": 100}, crop_size={"height": 128, "width": 128}
    )
    return made, cropped(size, shortest(size, 100), 128)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [vit, clip, convnext, convnext_large, padding])
def test_where_the_models_picture_lies(kind: Any, size: tuple[int, int]) -> None:
    processor, expected = kind(size)
    found = placement(processor, size)
    assert found is not None
    # Within a tenth of the model's pixel at either end; the processor may round its crop by half.
    side = resized(processor, [Image.new("RGB", size)]).shape[-1]
    for first, step, own, own_step in (
        (found.left, found.across, expected.left, expected.across),
        (found.top, found.down, expected.top, expected.down),
    ):
        rounded = 0.6 if kind is padding else 0.15
        assert abs(first - own) < rounded * own_step
        assert abs((first + side * step) - (own + side * own_step)) < rounded * own_step


def test_a_plain_resize_is_found_exactly() -> None:
    processor, expected = vit((640, 480))
    assert placement(processor, (640, 480)) == expected


@pytest.mark.parametrize("kind", [vit, clip, convnext])
def test_a_thing_in_the_picture_is_found_again(kind: Any) -> None:
    size, box = (640, 480), (280, 160, 400, 330)
    picture = Image.new("RGB", size, "black")
    ImageDraw.Draw(picture).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill="white")
    processor, _ = kind(size)
    seen = resized(processor, [picture])[0].mean(axis=0)
    labels = np.where(seen > 127, 1, 0).astype(np.int32)
    found = placement(processor, size).labels(labels, size)
    assert found.shape == (480, 640)
    truth = np.zeros((480, 640), bool)
    truth[box[1] : box[3], box[0] : box[2]] = True
    assert ((found == 1) & truth).sum() / ((found == 1) | truth).sum() > 0.96


def test_labels_beyond_what_the_model_sees_are_none() -> None:
    size = (640, 480)
    found = placement(transformers.CLIPImageProcessor(), size).labels(patches(224, 224, 112), size)
    assert (found[:, :79] == -1).all() and (found[:, -79:] == -1).all()
    assert np.unique(found[:, 82:-82]).tolist() == [0, 1, 2, 3]
    assert found[100, 318] == 0 and found[100, 322] == 1 and found[300, 318] == 2
    small = placement(transformers.CLIPImageProcessor(), size).labels(
        patches(224, 224, 112), size, (64, 48)
    )
    np.testing.assert_array_equal(small, found[5::10, 5::10])


class Other:
    """Does with pictures what no straight way leads back from."""

    def __init__(self, change: Any) -> None:
        self.change = change

    def __call__(self, images: list[Image.Image], **_: Any) -> dict[str, np.ndarray]:
        changed = [np.asarray(self.change(one).resize((64, 64))) for one in images]
        return {"pixel_values": np.stack(changed).transpose(0, 3, 1, 2)}


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.transpose(Image.Transpose.ROTATE_90),
        lambda one: one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda one: one.rotate(10),
    ],
)
def test_pictures_that_are_turned_have_none(change: Any) -> None:
    assert placement(Other(lambda one: one), (200, 100)) is not None
    assert placement(Other(change), (200, 100)) is None
