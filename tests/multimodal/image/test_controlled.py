"""Pictures changed by a known amount, against Pillow, scipy, colorsys and closed forms."""

from __future__ import annotations

import colorsys
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter

from pellucid.multimodal.image.controlled import KINDS, SIDE, change, load, store


def picture(seed: int = 0, size: tuple[int, int] = (40, 30)) -> Image.Image:
    width, height = size
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))


def numbers(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float64)


@pytest.mark.parametrize(
    ("name", "enhance"),
    [
        ("brightness", ImageEnhance.Brightness),
        ("saturation", ImageEnhance.Color),
        ("contrast", ImageEnhance.Contrast),
    ],
)
@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
def test_light_and_colours_are_pillows(name: str, enhance: type, factor: float) -> None:
    own = numbers(change(picture(), name, factor, 0))
    # Pillow rounds grey to whole numbers first and cuts off instead of rounding.
    np.testing.assert_allclose(own, numbers(enhance(picture()).enhance(factor)), atol=2.5)


@pytest.mark.parametrize("degrees", [-90.0, 30.0, 120.0, 213.0])
def test_hue_is_rotated_as_colorsys_rotates_it(degrees: float) -> None:
    own = numbers(change(picture(size=(6, 5)), "hue", degrees, 0))
    for before, after in zip(
        numbers(picture(size=(6, 5))).reshape(-1, 3), own.reshape(-1, 3), strict=True
    ):
        hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
        wanted = colorsys.hsv_to_rgb((hue + degrees / 360) % 1, saturation, value)
        np.testing.assert_allclose(after, np.array(wanted) * 255, atol=0.51)


def test_a_whole_turn_of_the_hue_changes_nothing_and_grey_has_none() -> None:
    np.testing.assert_array_equal(change(picture(), "hue", 360.0, 0), picture())
    grey = picture().convert("L").convert("RGB")
    np.testing.assert_array_equal(change(grey, "hue", 77.0, 0), grey)
    red = Image.new("RGB", (3, 3), (200, 0, 0))
    assert change(red, "hue", 120.0, 0).getpixel((1, 1)) == (0, 200, 0)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_blur_is_scipys_gaussian(sigma: float) -> None:
    wanted = np.stack(
        [
            gaussian_filter(numbers(picture())[..., channel], sigma, mode="mirror", truncate=3.0)
            for channel in range(3)
        ],
        axis=2,
    )
    # Where three sigmas are no whole number the cut lies at another pixel of weight 0.01.
    np.testing.assert_allclose(numbers(change(picture(), "blur", sigma, 0)), wanted, atol=2.0)


def test_noise_has_the_asked_deviation_and_the_same_draw_at_all_strengths() -> None:
    flat = Image.new("RGB", (200, 200), (128, 128, 128))
    weak, strong = (numbers(change(flat, "noise", one, 3)) - 128 for one in (5.0, 20.0))
    assert weak.std() == pytest.approx(5.0, rel=0.02)
    assert strong.std() == pytest.approx(20.0, rel=0.02)
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99
    other = numbers(change(flat, "noise", 5.0, 4)) - 128
    assert abs(np.corrcoef(weak.ravel(), other.ravel())[0, 1]) < 0.02


def test_fewer_pixels_are_means_of_the_old_ones() -> None:
    own = picture(size=(16, 8))
    small = numbers(own).reshape(4, 2, 8, 2, 3).mean(axis=(1, 3))
    wanted = Image.fromarray(np.rint(small).astype(np.uint8)).resize(
        (16, 8), Image.Resampling.BILINEAR
    )
    found = change(own, "downscale", 2.0, 0)
    assert found.size == own.size
    np.testing.assert_allclose(numbers(found), numbers(wanted), atol=1.5)


def test_compression_is_that_of_a_jpeg_file() -> None:
    raw = io.BytesIO()
    picture().save(raw, "JPEG", quality=30)
    np.testing.assert_array_equal(change(picture(), "jpeg", 30.0, 0), Image.open(raw))
    errors = [
        np.abs(numbers(change(picture(), "jpeg", one, 0)) - numbers(picture())).mean()
        for one in KINDS["jpeg"].strengths
    ]
    assert errors == sorted(errors, reverse=True)


def test_large_pictures_are_made_smaller_and_kept_without_loss(tmp_path: Path) -> None:
    picture(size=(3 * SIDE, 2 * SIDE)).save(tmp_path / "large.png")
    read = load(str(tmp_path / "large.png"))
    assert read.size == (3 * SIDE // 2, SIDE)
    picture().save(tmp_path / "small.png")
    small = load(str(tmp_path / "small.png"))
    np.testing.assert_array_equal(small, picture())
    np.testing.assert_array_equal(Image.open(store(small, tmp_path / "again")), picture())
