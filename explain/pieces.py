"""One sample of any parts, cut into the segments that an explanation speaks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..multimodal.hierarchy import Hierarchy, together
from ..multimodal.modality import Segmented, of
from ..multimodal.parts import places
from ..multimodal.processors import processor_of
from .spec import ExplainSpec

if TYPE_CHECKING:
    import torch

Keep = NDArray[np.bool_]
"""Which segments each copy of a sample keeps; shape (masks, segments)."""


@dataclass(frozen=True, eq=False)
class Piece:
    """The parts of one modality.

    Attributes
    ----------
    modality
        ``text``, ``image`` or ``audio``.
    columns
        The dataset's columns of this modality.
    segmented
        Their segments.
    """

    modality: str
    columns: tuple[str, ...]
    segmented: Segmented

    def __len__(self) -> int:
        return len(self.segmented)


@dataclass(frozen=True, eq=False)
class Pieces:
    """All parts of a sample; their segments are numbered one part after the other.

    Attributes
    ----------
    pieces
        One for each modality.
    """

    pieces: tuple[Piece, ...]

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    @property
    def spans(self) -> Iterator[tuple[Piece, slice]]:
        """Each piece with the numbers of its segments."""
        first = 0
        for piece in self.pieces:
            yield piece, slice(first, first + len(piece))
            first += len(piece)

    @property
    def names(self) -> tuple[str, ...]:
        """What each segment is called."""
        return tuple(name for piece in self.pieces for name in piece.segmented.outline.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that each segment stands in."""
        return tuple(piece.columns[part] for piece in self.pieces for part in piece.segmented.parts)

    @property
    def hierarchy(self) -> Hierarchy:
        """How the segments are grouped: those of each modality by themselves, all parts at last."""
        return together(
            [(piece.segmented.hierarchy, np.arange(len(self))[span]) for piece, span in self.spans]
        )

    def inputs(self, keep: Keep) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the sample, each without other segments.

        Parameters
        ----------
        keep
            Shape (masks, segments).
        """
        keep = np.asarray(keep, bool)
        out: dict[str, torch.Tensor] = {}
        for piece, span in self.spans:
            out |= piece.segmented.inputs(keep[:, span])
        return out

    @property
    def read(self) -> dict[str, str]:
        """Name of the input that holds what a model reads, sees or hears, by modality."""
        return {
            piece.modality: next(iter(piece.segmented.inputs(np.ones((1, len(piece)), bool))))
            for piece in self.pieces
        }

    def nothing(self) -> dict[str, torch.Tensor]:
        """Return the model's inputs for the baseline: the sample without all of its segments."""
        return self.inputs(np.zeros((1, len(self)), bool))

    def summed(
        self, values: Mapping[str, NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], float]:
        """Sum numbers that belong to a model's inputs over each segment.

        Parameters
        ----------
        values
            By modality, as `multimodal.modality.Segmented.summed` takes them; zero for what is not
            there.

        Returns
        -------
        Sums of shape (segments,), and of what belongs to no segment.
        """
        out, rest = np.zeros(len(self)), 0.0
        for piece, span in self.spans:
            if piece.modality in values:
                out[span], over = piece.segmented.summed(values[piece.modality])
                rest += over
        return out, rest


def cut(
    processor: Any,
    encoded: Any,
    modalities: Mapping[str, str],
    row: int,
    sample: tuple[str, ...],
    spec: ExplainSpec,
    max_length: int,
) -> Pieces:
    """Cut a sample into segments.

    Parameters
    ----------
    processor
        As `multimodal.processors.load_processor` returned it.
    encoded
        What `multimodal.encode.encode` made of samples.
    modalities
        Modality of each column.
    row
        Number of the sample in them.
    sample
        Its parts.
    spec
        How segments are cut, and what stands for those that are left out.
    max_length
        Longest text in tokens.
    """
    from ..multimodal.encode import Repeated

    found = []
    columns = list(modalities)
    together = getattr(encoded, "parts", None)
    for kind, own in places(list(modalities.values())).items():
        part = together[kind] if isinstance(together, Mapping) else encoded
        at = row
        if isinstance(part, Repeated):
            part, at = part.parts, int(part.places[row])
        cells = tuple(sample[place] for place in own)
        given: Any = cells if kind == "text" else cells[0]
        one = processor_of(processor, kind)
        settings = spec.cutting(kind)
        if kind == "text":
            settings["max_length"] = max_length
        segmented = of(kind).segmented.segmented(one, part, at, given, **settings)
        found.append(Piece(kind, tuple(columns[place] for place in own), segmented))
    return Pieces(tuple(found))
