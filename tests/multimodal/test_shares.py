"""Which segments a model's numbers come from, where that is known by formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from pellucid.multimodal.image.encode import Processed
from pellucid.multimodal.image.segmented import segmented
from pellucid.multimodal.shares import shares


class Mixed:
    """A sample whose numbers are sums over its segments."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix

    def __len__(self) -> int:
        return len(self.matrix)

    def inputs(self, keep: np.ndarray) -> dict[str, torch.Tensor]:
        return {"x": torch.from_numpy(keep.astype(float) @ self.matrix)}


def test_shares_go_by_the_squares_of_changes() -> None:
    matrix = np.array([[1.0, 0, 3, 0, 1e-4], [0, 2, 4, 0, 1]])
    found = shares(Mixed(matrix))  # type: ignore[arg-type]
    values = np.array([10.0, 100, 1000, 7, 1])
    sums, rest = found.summed(values)
    # 9 and 16 parts of 25; what nothing changes is left over, and hardly any is none.
    np.testing.assert_allclose(sums, [10 + 360, 100 + 640 + 1])
    assert rest == pytest.approx(7)
    more, behind = found.summed(np.append(values, [5.0, 5.0]))
    np.testing.assert_allclose(more, sums)
    assert behind == pytest.approx(17)


def test_shares_of_a_resized_picture_are_those_of_its_patches(tmp_path: Any) -> None:
    # Eight by eight pixels of one colour become one, so each number is one patch's.
    colours = np.random.default_rng(2).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = str(tmp_path / "a.png")
    Image.fromarray(np.repeat(np.repeat(colours, 8, 0), 8, 1)).save(file)
    processor = transformers.ViTImageProcessor(size={"height": 4, "width": 4}, resample=0)
    one = segmented(processor, Processed(processor, [file]), 0, file, by="patches", wanted=16)
    values = np.random.default_rng(3).normal(size=(3, 4, 4))
    sums, rest = one.summed(values)
    np.testing.assert_allclose(sums, values.sum(0).ravel(), atol=1e-9)
    assert rest == pytest.approx(0, abs=1e-9)
