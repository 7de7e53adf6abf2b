"""What differs between texts, pictures and sounds, by one name each.

Every modality has a folder with modules of the same names, whose functions answer to the same
calls; a module is loaded when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from .palette import LIGHT, Palette

if TYPE_CHECKING:
    import numpy as np
    import torch
    from markupsafe import Markup
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Modality:
    """A modality's modules: ``of("image").draw`` is `multimodal.image.draw`.

    ``read`` looks into files, ``encode`` makes the model's inputs, ``augment`` changes samples at
    random, ``segmented`` cuts one into segments, ``draw`` shows it to people, ``baseline`` makes
    simple features of it. Texts have no files, and simple features of another form.
    """

    kind: str

    def __getattr__(self, module: str) -> Any:
        if module.startswith("_"):  # asked for by copying and the like
            raise AttributeError(module)
        return import_module(f".{self.kind}.{module}", __package__)


def of(kind: str) -> Modality:
    """Return what there is for a modality: ``text``, ``image`` or ``audio``."""
    return Modality(kind)


class Segmented(Protocol):
    """One part of a sample, cut into the segments that an explanation speaks about.

    ``of(kind).segmented.segmented(…)`` makes one.
    """

    def __len__(self) -> int:
        """Return the number of segments."""

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the sample, each without other segments.

        Parameters
        ----------
        keep
            Which segments each copy keeps; shape (masks, segments). What a copy doesn't keep
            becomes neutral.

        Returns
        -------
        dict
            As ``batch`` of the encoded samples, one row for each mask.
        """

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the segments by their scores for a page; all maps of one scale can be compared."""

    def png(
        self, scores: NDArray[np.float64], scale: float | None = None, palette: Palette = LIGHT
    ) -> bytes:
        """Colour the segments by their scores as a PNG file."""
