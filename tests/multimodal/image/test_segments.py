"""Segments of pictures: what each way of cutting promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pellucid.multimodal.image.segments import count, grid, patches, single, superpixels


@pytest.fixture(scope="module")
def disk() -> tuple[np.ndarray, np.ndarray]:
    """Draw a red disk on green with some noise; return it and where the disk is."""
    rows, columns = np.mgrid[:96, :120]
    inside = (rows - 40) ** 2 + (columns - 70) ** 2 < 28**2
    picture = np.where(inside[..., None], (190, 60, 60), (60, 150, 60))
    noise = np.random.default_rng(3).normal(0, 6, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8).transpose(2, 0, 1), inside


def check_numbers(labels: np.ndarray, shape: tuple[int, int]) -> None:
    assert labels.shape == shape and labels.dtype == np.int32
    assert np.unique(labels).tolist() == list(range(count(labels)))


def test_patches_are_those_of_a_grid() -> None:
    expected = np.kron(np.arange(12).reshape(3, 4), np.ones((8, 8)))
    np.testing.assert_array_equal(patches(24, 32, 8), expected)


def test_patches_at_the_edges_may_be_smaller() -> None:
    labels = patches(20, 17, 8)
    check_numbers(labels, (20, 17))
    assert np.bincount(labels.ravel()).tolist() == [64, 64, 8, 64, 64, 8, 32, 32, 4]


@pytest.mark.parametrize(("height", "width", "wanted"), [(64, 64, 49), (30, 90, 12), (5, 3, 40)])
def test_a_grid_has_about_so_many_patches_of_one_size(height: int, width: int, wanted: int) -> None:
    labels = grid(height, width, wanted)
    check_numbers(labels, (height, width))
    assert abs(count(labels) - min(wanted, height * width)) <= 0.15 * wanted + 1 or wanted > 15
    boxes = ndimage.find_objects(labels + 1)
    sides = np.array([[part.stop - part.start for part in box] for box in boxes])
    assert (np.ptp(sides, axis=0) <= 1).all()


def test_a_grid_of_one_patch_is_the_picture() -> None:
    assert not grid(7, 9, 1).any()


@pytest.mark.parametrize("wanted", [1, 10, 50, 150])
def test_superpixels_are_connected_and_about_so_many(
    disk: tuple[np.ndarray, np.ndarray], wanted: int
) -> None:
    labels = superpixels(disk[0], wanted)
    check_numbers(labels, (96, 120))
    assert abs(count(labels) - wanted) <= max(0.2 * wanted, 1)
    for number in range(count(labels)):
        assert ndimage.label(labels == number)[1] == 1  # touching by sides


def test_superpixels_follow_an_edge(disk: tuple[np.ndarray, np.ndarray]) -> None:
    picture, inside = disk

    def mixed(labels: np.ndarray) -> float:
        """Return the share of pixels that are on the wrong side of the edge for their segment."""
        share = np.bincount(labels.ravel(), inside.ravel()) / np.bincount(labels.ravel())
        return float(np.minimum(share, 1 - share)[labels].mean())

    assert mixed(superpixels(picture, 50)) < mixed(grid(96, 120, 50)) / 10


def test_superpixels_of_grey_and_even_pictures() -> None:
    grey = np.zeros((1, 40, 40), np.uint8)
    grey[:, :, 20:] = 200
    labels = superpixels(grey, 16)
    check_numbers(labels, (40, 40))
    assert not set(labels[:, :20].ravel()) & set(labels[:, 20:].ravel())
    assert count(superpixels(np.full((3, 40, 40), 90, np.uint8), 16)) == 16


def test_superpixels_of_noise() -> None:
    """Noise has no regions of like colour: they become rounder until there are some."""
    noise = np.random.default_rng(3).integers(0, 256, (3, 48, 64), dtype=np.uint8)
    labels = superpixels(noise, 40)
    check_numbers(labels, (48, 64))
    assert 20 <= count(labels) <= 60


def test_single_pixels() -> None:
    labels = single(3, 4)
    check_numbers(labels, (3, 4))
    assert count(labels) == 12


def test_no_segments() -> None:
    for cut in (lambda: grid(4, 4, 0), lambda: patches(4, 4, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            cut()
    with pytest.raises(ValueError, match="at least 1"):
        superpixels(np.zeros((3, 4, 4), np.uint8), 0)
