"""Simple features of pictures whose colours and edges are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.image.baseline import features, gradients, thumbnail
from pellucid.multimodal.media import Unreadable

COLOURS = 8 * 8 * 3


def saved(folder: Path, pixels: np.ndarray, name: str = "one.png") -> Path:
    Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / name)
    return folder / name


@pytest.mark.parametrize("shape", [(64, 64), (47, 301), (1, 1), (8, 32)])
def test_an_even_picture_is_its_colour_and_has_no_edges(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    colour = np.array([200, 30, 90])
    found = features(saved(tmp_path, np.broadcast_to(colour, (*shape, 3))))
    assert found.shape == (COLOURS + 4 * 4 * 8,) and found.dtype == np.float32
    expected = np.tile(colour / 255, 64)
    np.testing.assert_allclose(found[:COLOURS], expected, atol=1e-6)
    assert (found[COLOURS:] == 0).all()


def test_each_field_is_the_mean_of_its_part_of_the_picture(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (160, 96, 3))
    fields = pixels.reshape(8, 20, 8, 12, 3).mean(axis=(1, 3)) / 255
    found = features(saved(tmp_path, pixels))[:COLOURS].reshape(8, 8, 3)
    # The picture is reduced to whole numbers once before its fields are taken.
    np.testing.assert_allclose(found, fields, atol=0.5 / 255)


@pytest.mark.parametrize(
    ("degrees", "direction"), [(0, 0), (22.5, 1), (45, 2), (90, 4), (135, 6), (180, 0), (270, 4)]
)
def test_a_slope_has_one_direction(degrees: float, direction: int) -> None:
    down, right = np.mgrid[:32, :32] / 64
    angle = np.radians(degrees)
    grey = 0.5 + (np.cos(angle) * right + np.sin(angle) * down) / 4
    found = gradients(grey.astype(np.float32))
    expected = np.zeros((4, 4, 8))
    expected[:, :, direction] = 1 / 4  # 16 cells alike, of length 1 together
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_an_edge_counts_in_its_cells_whichever_side_is_light() -> None:
    grey = np.zeros((32, 32), np.float32)
    grey[:, 12:] = 1  # in the middle of the second column of cells
    expected = np.zeros((4, 4, 8))
    expected[:, 1, 0] = 1 / 2
    np.testing.assert_allclose(gradients(grey), expected, atol=1e-6)
    np.testing.assert_array_equal(gradients(1 - grey), gradients(grey))
    np.testing.assert_allclose(gradients(grey / 10), gradients(grey), atol=1e-6)
    np.testing.assert_allclose(gradients(grey.T)[1, :, 4], 1 / 2, atol=1e-6)


def test_a_large_jpeg_comes_to_what_all_of_it_would(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rough = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    rough.resize((1024, 768), Image.Resampling.BICUBIC).save(tmp_path / "one.jpg", quality=95)
    whole = np.asarray(Image.open(tmp_path / "one.jpg"), np.float32)
    fields = whole.reshape(8, 96, 8, 128, 3).mean(axis=(1, 3)) / 255
    found = features(tmp_path / "one.jpg")[:COLOURS].reshape(8, 8, 3)
    np.testing.assert_allclose(found, fields, atol=0.01)


def test_thumbnails_keep_rows_and_columns_apart() -> None:
    colours = np.zeros((32, 32, 3), np.float32)
    colours[4:8, 24:28, 2] = 1
    assert np.argwhere(thumbnail(colours)).tolist() == [[1, 6, 2]]


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"no picture")
    with pytest.raises(Unreadable):
        features(tmp_path / "one.png")
