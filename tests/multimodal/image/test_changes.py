"""What can be done with pictures, against Pillow, scipy and numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from scipy.ndimage import gaussian_filter

from pellucid.multimodal.image import changes


def noisy(count: int = 6, height: int = 20, width: int = 26, channels: int = 3) -> torch.Tensor:
    shape = (count, channels, height, width)
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(3)).float()


def smooth(count: int = 4, height: int = 40, width: int = 56) -> torch.Tensor:
    """Make pictures without edges, so that kinds of interpolation hardly differ."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    waves = [
        127 + 100 * torch.sin(x / (9 + one) + y / (13 - one) + one) for one in range(3 * count)
    ]
    return torch.stack(waves).view(count, 3, height, width).round()


def pictures(pixels: torch.Tensor) -> list[Image.Image]:
    eight = pixels.to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return [Image.fromarray(one) for one in eight]


def numbers(found: list[Image.Image]) -> torch.Tensor:
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).float()


def test_chosen_pictures_are_mirrored() -> None:
    pixels = noisy().to(torch.uint8)
    found = changes.flipped(pixels, torch.tensor([True, False] * 3)).numpy()
    for number, (before, after) in enumerate(zip(pixels.numpy(), found, strict=True)):
        np.testing.assert_array_equal(after, before if number % 2 else np.flip(before, 2))


def test_shifting_cuts_out_of_what_numpy_reflects() -> None:
    pixels = noisy().to(torch.uint8)
    down, right = torch.tensor([0, 5, -5, 19, -19, 1]), torch.tensor([0, -7, 7, 25, -25, 0])
    found = changes.shifted(pixels, down, right).numpy()
    for before, after, y, x in zip(pixels.numpy(), found, down, right, strict=True):
        wide = np.pad(before, ((0, 0), (19, 19), (25, 25)), mode="reflect")
        top, side = 19 - int(y), 25 - int(x)
        np.testing.assert_array_equal(after, wide[:, top : top + 20, side : side + 26])


def test_right_angles_equal_rot90() -> None:
    square = noisy(5, 24, 24)
    found = changes.rotated(square, torch.tensor([0.0, 90.0, -90.0, 180.0, -180.0]))
    turns = (0, 1, 3, 2, 2)
    expected = [torch.rot90(one, by, (1, 2)) for one, by in zip(square, turns, strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), rtol=0, atol=0.05)
    wide = noisy(1)
    torch.testing.assert_close(
        changes.rotated(wide, torch.tensor([180.0])), wide.flip(2, 3), rtol=0, atol=0.05
    )


def test_turning_equals_pillows_where_no_edge_is_near() -> None:
    pixels, degrees = smooth(), torch.tensor([-40.0, -5.0, 12.5, 33.0])
    found = changes.rotated(pixels, degrees)
    expected = numbers(
        [
            one.rotate(float(by), Image.Resampling.BILINEAR)
            for one, by in zip(pictures(pixels), degrees, strict=True)
        ]
    )
    middle = (..., slice(14, -14), slice(16, -16))
    torch.testing.assert_close(found[middle], expected[middle], rtol=0, atol=1.5)


@pytest.mark.parametrize("place", range(4))
def test_leaning_and_moving_equal_pillows_where_no_edge_is_near(place: int) -> None:
    pixels, amounts = smooth(), torch.tensor([0.3, -0.2, 0.1, -0.05])
    nothing = torch.zeros(4)
    of = [changes.sheared, changes.sheared, changes.translated, changes.translated][place]
    found = of(pixels, amounts, nothing) if place in (0, 3) else of(pixels, nothing, amounts)
    expected = []
    for one, by in zip(pictures(pixels), amounts.tolist(), strict=True):
        height, width = 40, 56
        # Pillow counts from the corner: what leans about the middle has to be moved along.
        matrix = [
            (1, by, -by * height / 2, 0, 1, 0),
            (1, 0, 0, by, 1, -by * width / 2),
            (1, 0, -by * width, 0, 1, 0),
            (1, 0, 0, 0, 1, -by * height),
        ][place]
        expected.append(
            one.transform(one.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        )
    middle = (..., slice(13, -13), slice(18, -18))
    torch.testing.assert_close(found[middle], numbers(expected)[middle], rtol=0, atol=1.5)


def test_what_lies_beyond_an_edge_is_reflected() -> None:
    pixels = noisy(1, 8, 8)
    found = changes.translated(pixels, torch.tensor([0.0]), torch.tensor([0.25]))
    expected = np.pad(pixels.numpy(), ((0, 0), (0, 0), (0, 0), (2, 0)), mode="symmetric")
    np.testing.assert_allclose(found.numpy(), expected[..., :8], atol=0.01)


@pytest.mark.parametrize(
    ("change", "enhancer"),
    [
        (changes.brightened, ImageEnhance.Brightness),
        (changes.contrasted, ImageEnhance.Contrast),
        (changes.saturated, ImageEnhance.Color),
        (changes.sharpened, ImageEnhance.Sharpness),
    ],
)
def test_factors_equal_pillows(
    change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    enhancer: Callable[[Image.Image], ImageEnhance.Brightness],
) -> None:
    pixels, factor = noisy(), torch.tensor([0.0, 0.1, 0.7, 1.0, 1.4, 1.9])
    expected = numbers(
        [enhancer(one).enhance(float(by)) for one, by in zip(pictures(pixels), factor, strict=True)]
    )
    found = change(pixels, factor)
    # Pillow rounds the grey or smooth picture before it goes on from there.
    torch.testing.assert_close(found, expected, rtol=0, atol=2.0)
    assert torch.equal(found[3], pixels[3])


def test_grey_of_pictures_without_colours() -> None:
    pixels = noisy(channels=1)
    assert torch.equal(changes.grey(pixels), pixels)
    assert torch.equal(changes.saturated(pixels, torch.zeros(6)), pixels)


def test_each_picture_is_blurred_by_its_own_gaussian() -> None:
    pixels, sigma = noisy(4), torch.tensor([0.4, 1.0, 1.7, 2.0])
    found = changes.blurred(pixels, sigma).numpy()
    for before, after, own in zip(pixels.numpy(), found, sigma.tolist(), strict=True):
        spread = (0, own, own)
        expected = gaussian_filter(before, spread, mode="mirror", radius=(0, 6, 6))
        np.testing.assert_allclose(after, expected, atol=0.01)


def test_blur_of_nothing_and_of_pictures_smaller_than_it() -> None:
    pixels = noisy(2, 5, 3)
    torch.testing.assert_close(changes.blurred(pixels, torch.zeros(2)), pixels)
    found = changes.blurred(pixels, torch.tensor([10.0, 10.0]))
    assert found.shape == pixels.shape and found.isfinite().all()
    assert found.min() >= pixels.min() and found.max() <= pixels.max()
    line = noisy(1, 1, 1)
    torch.testing.assert_close(changes.blurred(line, torch.tensor([3.0])), line)


def test_levels_equal_pillows() -> None:
    pixels = noisy()
    bits, threshold = [1, 2, 4, 6, 7, 8], [0, 1, 100, 128, 255, 256]
    for change, of_pillow, amounts in (
        (changes.posterized, ImageOps.posterize, bits),
        (changes.solarized, ImageOps.solarize, threshold),
    ):
        expected = [of_pillow(one, by) for one, by in zip(pictures(pixels), amounts, strict=True)]
        assert torch.equal(change(pixels, torch.tensor(amounts)), numbers(expected))


def test_contrast_and_histogram_equal_pillows() -> None:
    pixels = noisy(5, 30, 40)
    pixels[0] = (pixels[0] * 0.3 + 40).round()  # dull
    pixels[1] = (pixels[1] / 255) ** 4 * 255  # dark
    pixels[2] = 77  # one colour
    pixels[3, 1] = torch.where(pixels[3, 1] > 90, 200, 10)  # two levels
    pixels = pixels.round()
    told = pictures(pixels)
    stretched = numbers([ImageOps.autocontrast(one) for one in told])
    torch.testing.assert_close(changes.autocontrasted(pixels), stretched, rtol=0, atol=1.0)
    assert torch.equal(changes.equalized(pixels), numbers([ImageOps.equalize(one) for one in told]))
