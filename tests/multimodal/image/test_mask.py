"""Pictures without some of their segments, against one choice at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from scipy import ndimage

from pellucid.multimodal.image.encode import affine_of
from pellucid.multimodal.image.mask import BLUR, masked, neutral
from pellucid.multimodal.image.segments import grid

RNG = np.random.default_rng(5)
PIXELS = RNG.integers(0, 256, (3, 20, 24), dtype=np.uint8)
LABELS = grid(20, 24, 12)
KEEP = RNG.random((9, 12)) < 0.5


@pytest.mark.parametrize("fill", ["mean", "blur", (7, 0, 255)])
def test_each_copy_keeps_its_segments(fill: object) -> None:
    instead = neutral(PIXELS, fill)
    found = masked(PIXELS, LABELS, KEEP, fill)
    assert found.dtype == np.uint8 and found.shape == (9, 3, 20, 24)
    for copy, keep in zip(found, KEEP, strict=True):
        for row in range(20):
            for column in range(24):
                source = PIXELS if keep[LABELS[row, column]] else instead
                assert (copy[:, row, column] == source[:, row, column]).all()


def test_all_and_nothing() -> None:
    both = masked(PIXELS, LABELS, np.array([[True] * 12, [False] * 12]), (1, 2, 3))
    np.testing.assert_array_equal(both[0], PIXELS)
    assert (both[1] == np.array([1, 2, 3])[:, None, None]).all()
    assert masked(PIXELS, LABELS, np.zeros((0, 12), bool)).shape == (0, 3, 20, 24)


def test_what_was_made_once_is_taken_as_it_is() -> None:
    instead = neutral(PIXELS, "blur")
    np.testing.assert_array_equal(
        masked(PIXELS, LABELS, KEEP, instead), masked(PIXELS, LABELS, KEEP, "blur")
    )


def test_the_mean_colour() -> None:
    expected = np.asarray(Image.fromarray(PIXELS.transpose(1, 2, 0))).reshape(-1, 3).mean(axis=0)
    found = neutral(PIXELS, "mean")
    assert (np.abs(found - expected[:, None, None]) <= 0.5).all()


def test_the_blur_is_a_gaussian() -> None:
    picture = RNG.integers(0, 256, (3, 60, 80), dtype=np.uint8)
    sigma = BLUR * 80
    expected = [
        ndimage.gaussian_filter(one.astype(float), sigma, mode="mirror", radius=int(3 * sigma))
        for one in picture
    ]
    assert np.abs(neutral(picture, "blur") - np.array(expected)).max() <= 0.51


def test_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"masks of shape \(9, 11\)"):
        masked(PIXELS, LABELS, KEEP[:, 1:])
    with pytest.raises(ValueError, match="labels of shape"):
        masked(PIXELS, LABELS.T, KEEP)
    for colour in ((1, 2), (1, 2, 256), (-1, 0, 0)):
        with pytest.raises(ValueError, match="3 channels"):
            neutral(PIXELS, colour)


def test_the_model_gets_what_its_processor_makes_of_a_masked_picture() -> None:
    processor = transformers.ViTImageProcessor(size={"height": 20, "width": 24})
    affine = affine_of(processor, Image.fromarray(PIXELS.transpose(1, 2, 0)))
    found = masked(PIXELS, LABELS, KEEP)
    pictures = [Image.fromarray(one.transpose(1, 2, 0)) for one in found]
    expected = processor(images=pictures, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(affine(torch.from_numpy(found)), expected)
