"""Token sequences in which some tokens stand for pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..text.packing import Sequences
from .pictures import Pictures

Rows = NDArray[np.int64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Unfolded:
    """A conversation, or the beginning of one, with all tokens of its pictures.

    Attributes
    ----------
    tokens, learnt
        Token numbers, and whether each is a target; shape (tokens,).
    beside
        What the model is told of each token, by the input's name; each of shape (tokens,).
    shown
        Which of the conversation's pictures each token stands for, counted from 0, -1 for those of
        texts; shape (tokens,).
    files
        The place of each of the conversation's pictures among all.
    """

    tokens: NDArray[np.int32]
    learnt: NDArray[np.bool_]
    beside: Mapping[str, Numbers]
    shown: Numbers
    files: Sequence[int]

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, kept: Any) -> Unfolded:
        """Return some tokens."""
        beside = {name: values[kept] for name, values in self.beside.items()}
        return Unfolded(self.tokens[kept], self.learnt[kept], beside, self.shown[kept], self.files)

    @property
    def pictures(self) -> list[int]:
        """The pictures whose tokens are here, in their order, by their place among all."""
        return [self.files[one] for one in np.unique(self.shown) if one >= 0]

    def cut(self, most: int, room: int) -> tuple[Unfolded, bool]:
        """Cut off what stands behind `most` tokens of texts, or behind `room` tokens in all.

        A picture is there whole or not at all. The second value says whether something was cut.
        """
        texts = np.cumsum(self.shown < 0)
        end = min(int(np.searchsorted(texts, most, side="right")), room)
        if 0 < end < len(self) and 0 <= self.shown[end] == self.shown[end - 1]:
            end = int(np.flatnonzero(self.shown == self.shown[end])[0])
        return (self, False) if end >= len(self) else (self[:end], True)

    def ending(self, most: int) -> Unfolded:
        """Leave out the first tokens of texts, so that `most` are left, and no picture."""
        texts = self.shown < 0
        behind = texts[::-1].cumsum()[::-1]
        return self[~texts | (behind <= most)]


@dataclass(frozen=True, eq=False)
class Seen:
    """Token sequences about pictures (`core.tasks.sequences.Owned`).

    Attributes
    ----------
    sequences
        The tokens.
    beside
        What the model is told of each token, by the input's name; as long as the tokens.
    pictures
        All pictures.
    shown
        The pictures of each sequence, in their order.
    """

    sequences: Sequences
    beside: Mapping[str, Numbers]
    pictures: Pictures
    shown: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def lengths(self) -> Numbers:
        """Tokens of each sequence, its pictures' too; shape (sequences,)."""
        return self.sequences.lengths

    @property
    def units(self) -> Numbers:
        """Target tokens of each sequence; shape (sequences,)."""
        return self.sequences.units

    @property
    def owner(self) -> Rows:
        """Row that each sequence comes from; shape (sequences,)."""
        return self.sequences.owner

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether something was cut off each sequence; shape (sequences,)."""
        return self.sequences.cut

    def batch(self, rows: Rows) -> dict[str, Any]:
        """Return some sequences as the model's inputs: tokens, pictures, and targets."""
        out = self.sequences.batch(rows)
        starts, width = self.sequences.starts, out["input_ids"].shape[1]
        for name, values in self.beside.items():
            own = [values[starts[row] : starts[row + 1]] for row in rows]
            out[name] = padded(own, width)
        return {**out, **self.pictures.batch([self.shown[row] for row in rows])}


def padded(rows: Sequence[Numbers], width: int, *, left: bool = False) -> torch.Tensor:
    """Fill rows up with 0 to one width; shape (rows, width), int64."""
    out = np.zeros((len(rows), width), np.int64)
    for place, row in enumerate(rows):
        out[place, width - len(row) if left else 0 :][: len(row)] = row
    return torch.from_numpy(out)
