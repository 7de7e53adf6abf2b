"""Pictures as tensors, cut into squares: subjects for models that are made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pellucid.explain.pieces import Piece, Pieces
from pellucid.explain.subject import Subject
from pellucid.tests.explain.subjects import Rows


class Picture:
    """A picture of which each square is a segment (`multimodal.modality.Segmented`)."""

    def __init__(self, pixels: torch.Tensor, square: int) -> None:
        self.pixels = pixels
        _, height, width = pixels.shape
        across = width // square
        self.labels = (np.arange(height) // square)[:, None] * across + np.arange(width) // square
        self.outline = SimpleNamespace(names=tuple(map(str, range(len(self)))), as_json=dict)

    def __len__(self) -> int:
        return int(self.labels.max()) + 1

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        kept = torch.from_numpy(np.asarray(keep, bool)[:, self.labels])
        return {"pixel_values": self.pixels * kept[:, None]}

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        flat = values.sum(axis=0).ravel()
        return np.bincount(self.labels.ravel(), flat, minlength=len(self)), 0.0


def pictures(model: torch.nn.Module, pixels: torch.Tensor, square: int = 1) -> Subject:
    """Return a subject of a model and pictures of shape (rows, channels, height, width)."""

    def cut(row: int) -> Pieces:
        made: Any = Picture(pixels[row], square)
        return Pieces((Piece("image", ("image",), made),))

    return Subject(model.eval(), Rows(pixel_values=pixels), cut, np.zeros(len(pixels), np.int64))
