"""Which places inside a model belong to which part of a sample, found by changing the sample.

Nothing is known of a model's kind. Tokens that change with the words are the text's, those that
change with the picture are its patches, and those that change with neither (class tokens,
registers) belong to nothing. How patches lie is read off the last map before them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import ModelError, paragraph
from ..subject import Subject
from .passes import Batch
from .spread import Places

NOISE = 0.25
"""How strong the noise is that is added to pictures and sounds; they are about 1 strong."""

MOVED = 1e-5
"""Changes below this share of the largest are rounding."""


@dataclass(frozen=True, eq=False)
class State:
    """What stands at one point inside a model.

    Attributes
    ----------
    tensor
        A sequence (rows, places, width) or a map (rows, channels, height, width).
    maps
        Height and width of the maps that were computed before it.
    """

    tensor: torch.Tensor
    maps: tuple[tuple[int, int], ...]


Look = Callable[[Batch], list[State]]
"""Runs a model and returns its states at some points, always the same ones."""


def find(subject: Subject, row: int, batch: Batch, look: Look) -> list[dict[str, Places]]:
    """Find which places of a model's states belong to which part of a sample.

    Parameters
    ----------
    subject
        Model and rows.
    row
        The longest of the batch's rows.
    batch
        That row's inputs, padded as in the batch.
    look
        Gives the states.

    Returns
    -------
    list of dict
        For each state, by modality.
    """
    before = look(batch)
    out: list[dict[str, Places]] = [{} for _ in before]
    for piece in subject.cut(row).pieces:
        nothing = piece.segmented.inputs(np.zeros((1, len(piece)), bool))
        name = next(iter(nothing))
        if piece.modality == "text":
            changed = batch | subject.sent(nothing)
            put = (batch[name] != changed[name])[0].nonzero()[:, 0].cpu().numpy()
            if not len(put):
                continue
            for found, one, other in zip(out, before, look(changed), strict=True):
                moved = np.flatnonzero(_moved(one, other))
                if one.tensor.ndim == 3 and len(moved):
                    found["text"] = _words(name, moved, put, batch, one)
            continue
        changed = batch | {name: batch[name] + _noise(batch[name])}
        for number, (one, other) in enumerate(zip(before, look(changed), strict=True)):
            moved = np.flatnonzero(_moved(one, other))
            if len(moved):
                trial = _Trial(piece.modality, name, batch, look, number, one, moved)
                out[number][piece.modality] = trial.places()
    for found in out:
        _apart(subject, found)
    return out


def order(batch: Batch, places: Places, look: Look, number: int) -> NDArray[np.int64] | None:
    """Find where each patch of a picture stands in a sequence, whatever order it was drawn in.

    Patches are numbered; those whose number has a certain binary digit are changed together, and
    the tokens that change have this digit.

    Parameters
    ----------
    batch
        Inputs of some rows.
    places
        The grid, and which tokens of the sequence belong to it in any order.
    look
        Gives the states.
    number
        Which of them is meant.

    Returns
    -------
    numpy.ndarray or None
        Place in the sequence of each patch; shape (rows, patches). None where patches overlap, so
        that no token belongs to one alone.
    """
    count = math.prod(places.grid)
    before = look(batch)[number]
    patches = np.arange(count)
    found = np.zeros((len(batch[places.name]), count), np.int64)
    for digit in range(max(count - 1, 1).bit_length()):
        after = look(_without(batch, places, patches >> digit & 1))[number]
        moved = np.stack([_moved(before, after, row)[places.at] for row in range(len(found))])
        found += moved.astype(np.int64) << digit
    if not (np.sort(found, axis=1) == patches).all():
        return None
    return places.at[np.argsort(found, axis=1)]


def _shuffled(batch: Batch, places: Places, look: Look, number: int) -> bool:
    """Whether patches stand in an order that is drawn; changing the first half of them tells."""
    count = math.prod(places.grid)
    first = np.arange(count) < (count + 1) // 2
    after = look(_without(batch, places, first))[number]
    if (_moved(look(batch)[number], after)[places.at] == first).all():
        return False
    drawn = order(batch, places, look, number)
    return drawn is not None and bool((drawn[0] != places.at).any())


def _without(batch: Batch, places: Places, patches: NDArray[Any]) -> Batch:
    """Return inputs of which some patches of the picture are changed."""
    pixels = batch[places.name]
    height, width = (pixels.shape[1 + axis] for axis in places.axes)
    y = np.arange(height) * places.grid[0] // height
    x = np.arange(width) * places.grid[1] // width
    chosen = torch.from_numpy(patches.reshape(places.grid)[y][:, x]).to(pixels)
    return batch | {places.name: pixels + _noise(pixels) * chosen}


class _Trial:
    """A picture or a sound, changed, and one state that changes with it."""

    def __init__(
        self,
        modality: str,
        name: str,
        batch: Batch,
        look: Look,
        number: int,
        state: State,
        moved: NDArray[np.int64],
    ) -> None:
        self.modality, self.name, self.batch = modality, name, batch
        self.look, self.number, self.state, self.moved = look, number, state, moved

    def places(self) -> Places:
        """Return how the places lie."""
        given = tuple(self.batch[self.name].shape[1:])
        state = self.state.tensor
        if state.ndim == 4:
            grid: tuple[int, ...] = (int(state.shape[2]), int(state.shape[3]))
            at = np.arange(grid[0] * grid[1])
        else:
            grid, at = self._grid(given), self.moved
        if self.modality != "image":
            axes = self._along(grid, len(given))
        elif len(given) == 3 and len(grid) == 2:
            axes = (1, 2)
        else:
            axes = (0,)
        found = Places(self.modality, self.name, at, grid, axes)
        if self.modality == "image" and state.ndim == 3 and len(axes) == 2:
            return replace(found, shuffled=_shuffled(self.batch, found, self.look, self.number))
        return found

    def _grid(self, given: tuple[int, ...]) -> tuple[int, ...]:
        """Return how the places of a sequence lie."""
        count = len(self.moved)
        for shape in reversed(self.state.maps):
            if shape[0] * shape[1] == count and min(shape) > 1:
                return shape
        if self.modality == "image" and len(given) == 3:
            return grid_like(count, given[1] / given[2])
        return (count,)

    def _along(self, grid: tuple[int, ...], axes: int) -> tuple[int, ...]:
        """Find the axes of a sound's input along which a grid lies, by changing half of it."""
        if axes == 1:
            return (0,)
        first = np.array([[self._first(grid, axis)[way] for axis in range(axes)]
                          for way in range(len(grid))])  # fmt: skip
        if len(grid) == 1:
            return (int(first[0].argmax()),)
        straight, turned = first[0, 0] + first[1, 1], first[0, 1] + first[1, 0]
        return (0, 1) if straight >= turned else (1, 0)

    def _first(self, grid: tuple[int, ...], axis: int) -> list[float]:
        """Change the first half of an axis; return how much of that is in the first half of each.

        Each is one way of the grid: its rows, its columns.
        """
        sound = self.batch[self.name]
        size = sound.shape[1 + axis]
        shape = [-1 if at == axis else 1 for at in range(sound.ndim - 1)]
        early = (torch.arange(size, device=sound.device) < size / 2).reshape(1, *shape)
        after = self.look(self.batch | {self.name: sound + _noise(sound) * early})[self.number]
        change = _change(self.state, after, 0)
        if self.state.tensor.ndim == 3:
            change = change[self.moved]
        change = change.reshape(grid)
        total = max(float(change.sum()), np.finfo(float).tiny)
        return [
            float(change.take(range((size + 1) // 2), axis=way).sum()) / total
            for way, size in enumerate(grid)
        ]


def grid_like(count: int, ratio: float) -> tuple[int, int]:
    """Return the grid of so many places whose height and width have nearly a given ratio."""
    heights = [one for one in range(1, count + 1) if count % one == 0]
    best = min(heights, key=lambda one: abs(math.log(one * one / count / ratio)))
    return best, count // best


def _words(
    name: str, moved: NDArray[np.int64], put: NDArray[np.int64], batch: Batch, state: State
) -> Places:
    """Return where a text's tokens stand in a sequence, by the first one that was changed."""
    length, size = batch[name].shape[1], state.tensor.shape[1]
    offset = 0 if len(moved) == size == length else int(moved[0] - put[0])
    at = np.arange(length) + offset
    at[(at < 0) | (at >= size)] = -1
    return Places("text", name, at, (length,), (0,))


def _apart(subject: Subject, found: dict[str, Places]) -> None:
    places = [set(one.at[one.at >= 0].tolist()) for one in found.values()]
    if len(places) > 1 and set.intersection(*places):
        raise ModelError(
            paragraph(
                f"model {type(subject.model).__name__}",
                f"{' and '.join(found)} are mixed before its first layer, so that no place inside "
                "belongs to one of them",
                "Choose a method that needs no layer, such as integrated_gradients or "
                "partition_shap",
            )
        )


def _noise(tensor: torch.Tensor) -> torch.Tensor:
    """Draw noise that is alike for all rows, and the same every time."""
    drawn = np.random.default_rng(0).standard_normal(tuple(tensor.shape[1:]))
    strong = NOISE * tensor.float().std().clamp_min(0.1)
    return (torch.from_numpy(drawn).float().to(tensor.device) * strong).to(tensor.dtype)


def _change(one: State, other: State, row: int) -> NDArray[np.float64]:
    """Return how much each place changed; shape (places,)."""
    if one.tensor.shape != other.tensor.shape:
        return np.zeros(int(np.prod(_shape(one.tensor))))
    difference = (one.tensor[row].detach() - other.tensor[row].detach()).abs().double().cpu()
    over = 0 if one.tensor.ndim == 4 else -1
    found: NDArray[np.float64] = difference.amax(dim=over).numpy().ravel()
    return found


def _moved(one: State, other: State, row: int = 0) -> NDArray[np.bool_]:
    found = _change(one, other, row)
    return np.asarray(found > MOVED * max(float(found.max(initial=0.0)), 1e-6))


def _shape(tensor: torch.Tensor) -> Sequence[int]:
    return tensor.shape[2:] if tensor.ndim == 4 else tensor.shape[1:2]
