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
    from collections.abc import Mapping

    import numpy as np
    import torch
    from markupsafe import Markup
    from numpy.typing import NDArray

    from .hierarchy import Hierarchy


@dataclass(frozen=True)
class Modality:
    """A modality's modules: ``of("image").draw`` is `multimodal.image.draw`.

    ``read`` looks into files, ``encode`` makes the model's inputs, ``augment`` changes samples at
    random, ``segmented`` cuts one into segments and ``outline`` draws these with scores, ``draw``
    shows it to people, ``baseline`` makes simple features of it, ``places`` says what its segments
    have in common with those of other samples. Texts have no files, and simple features of another
    form.
    """

    kind: str

    def __getattr__(self, module: str) -> Any:
        if module.startswith("_"):  # asked for by copying and the like
            raise AttributeError(module)
        return import_module(f".{self.kind}.{module}", __package__)


def of(kind: str) -> Modality:
    """Return what there is for a modality: ``text``, ``image`` or ``audio``."""
    return Modality(kind)


class Outline(Protocol):
    """A sample's segments as they are drawn, for which no model is needed.

    ``of(kind).outline.from_json(raw, names, cells)`` makes one of what `as_json` returned.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The segments in words: a word, where it is in a picture, its seconds in a sound."""

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the segments by their scores for a page; all maps of one scale can be compared."""

    def png(
        self,
        scores: NDArray[np.float64],
        scale: float | None = None,
        palette: Palette = LIGHT,
        size: int | None = None,
    ) -> bytes:
        """Colour the segments by their scores as a PNG file.

        Parameters
        ----------
        scores
            Signed, of each segment.
        scale
            Absolute score that gets the strongest colour; the largest one if left out.
        palette
            Colours of the theme.
        size
            Points of the longest side of a picture or the width of a sound, of `legend.DENSITY`
            pixels each; what suits slides and papers if left out. Texts have one size.
        """

    def changed(self, changes: Mapping[int, str]) -> Markup:
        """Show for a page which segments are left out, and of words what stands in their place.

        Parameters
        ----------
        changes
            What stands in place of segments, by their number; nothing where they are left out.
        """

    def as_json(self) -> dict[str, Any]:
        """Return plain data, without names and files."""


class Segmented(Protocol):
    """Parts of one modality of a sample, cut into the segments that an explanation speaks about.

    ``of(kind).segmented.segmented(…)`` makes one.
    """

    def __len__(self) -> int:
        """Return the number of segments."""

    @property
    def outline(self) -> Outline:
        """What is drawn."""

    @property
    def parts(self) -> NDArray[np.int64]:
        """Which of the sample's parts of this modality each segment is of; shape (segments,)."""

    @property
    def positions(self) -> NDArray[np.float64]:
        """Where each segment is, for telling neighbours; shape (segments, axes)."""

    @property
    def hierarchy(self) -> Hierarchy:
        """Which segments are grouped with which (`multimodal.hierarchy`)."""

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
            As ``batch`` of the encoded samples, one row for each mask. What the model sees, hears
            or reads is the first of them.
        """

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Sum numbers that belong to the first of the inputs over each segment.

        Parameters
        ----------
        values
            For one sample without padding: of the shape of the input, or of texts (tokens, width).

        Returns
        -------
        Sums of shape (segments,), and of what belongs to no segment (tokens that frame a text).
        """
