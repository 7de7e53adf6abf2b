"""What every class activation map shares: finding the layer, running the model, and the segments.

Class activation maps ask of each place of a layer how much its features speak for the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.events import Emit
from ...core.structure import plain
from ...errors import ModelError, paragraph
from ..scores import Scores
from ..subject import Rows, Subject
from .passes import Batch, in_batches, seeded, with_graph
from .places import Look, State, find, grid_like, order
from .spread import Places, over_segments
from .targets import Found, Layers, Place

Weigh = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""``weigh(features, gradients, there)``: a map of shape (rows, places) from features and gradients
of shape (rows, places, width), and which places are no padding, of shape (rows, places)."""

Chosen = dict[str, tuple[Place, Places]]
"""By modality, which layer is looked at, and where its places lie."""


Explain = Callable[[Rows], list[Scores]]


def once(one: Explain, rows: Rows) -> list[Scores]:
    """Explain rows by one pass of the model."""
    return one(rows)


def mapped(
    subject: Subject,
    weigh: Weigh,
    *,
    emit: Emit,
    check: Callable[[], None],
    passes: Callable[[Explain, Rows], list[Scores]] = once,
) -> list[Scores]:
    """Explain a subject's rows by what a layer returns.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    weigh
        The method.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    passes
        Explains some rows by one or more passes, each of which `weigh` makes a map of.
    """
    with with_graph(subject.model):
        mapping = _Mapping(subject, weigh)
        with mapping.layers.open():
            return in_batches(
                subject, lambda rows: passes(mapping.batch, rows), emit=emit, check=check
            )


class _Mapping:
    def __init__(self, subject: Subject, weigh: Weigh) -> None:
        self.subject, self.weigh = subject, weigh
        self.layers = Layers(subject.model)
        self._known: dict[Any, Chosen] = {}
        self._looks: dict[str, Look] = {}
        self._rows: Rows = np.zeros(1, np.int64)

    def batch(self, rows: Rows) -> list[Scores]:
        batch = self.subject.batch(rows)
        chosen = self._chosen(rows, batch)
        self._rows = rows
        answers = self._answers(batch, rows)
        states = self.layers.at([place for place, _ in chosen.values()])
        tensors = [one.tensor for one in states]
        gradients = torch.autograd.grad(answers.sum(), tensors, allow_unused=True)
        # Another class may not depend on all that the first row's did.
        filled = [
            torch.zeros_like(one) if gradient is None else gradient
            for one, gradient in zip(tensors, gradients, strict=True)
        ]
        self.layers.clear()
        with torch.no_grad():
            nothing = self._answers(self.subject.baselines(rows), rows)
        ends = torch.stack([answers.detach(), nothing]).double().cpu().numpy()
        mask = batch.get("attention_mask")
        grids = {}
        for (kind, (_, places)), tensor, gradient in zip(
            chosen.items(), tensors, filled, strict=True
        ):
            at = self._at(places, batch, len(rows), kind)
            features, slopes = (_sequence(one.detach().float()) for one in (tensor, gradient))
            size = features.shape[1]
            if at is not None:
                there = at.clamp_min(0)[..., None].expand(-1, -1, features.shape[2])
                features, slopes = features.gather(1, there), slopes.gather(1, there)
            real = torch.ones(features.shape[:2], device=features.device)
            if kind == "text" and at is not None:
                real = real * (at >= 0)
                if mask is not None:
                    real = real * mask
                    if size == mask.shape[1]:  # a decoder's tokens stand one place further
                        real = real * mask.gather(1, at.clamp_min(0))
            grids[kind] = self.weigh(features, slopes, real).double().cpu().numpy()
        return self._scores(rows, batch, chosen, grids, ends)

    def _scores(
        self,
        rows: Rows,
        batch: Batch,
        chosen: Chosen,
        grids: dict[str, NDArray[np.float64]],
        ends: NDArray[np.float64],
    ) -> list[Scores]:
        mask = batch.get("attention_mask")
        real = None if mask is None else mask.bool().cpu().numpy()
        settings = {"layers": {kind: place[0] for kind, (place, _) in chosen.items()}}
        shapes = {kind: tuple(batch[one.name].shape[1:]) for kind, (_, one) in chosen.items()}
        out = []
        for number, row in enumerate(rows.tolist()):
            own = {
                kind: (grids[kind][number].reshape(places.grid), places)
                for kind, (_, places) in chosen.items()
            }
            mine = None if real is None else real[number]
            scores = over_segments(self.subject.cut(row), own, shapes, mine)
            rest = float(sum(grid.sum() for grid, _ in own.values()) - scores.sum())
            first, last = ends[:, number]
            out.append(Scores(scores, rest, float(first), float(last), 2, settings))
        return out

    def _answers(self, batch: Batch, rows: Rows) -> torch.Tensor:
        self.layers.clear()
        with seeded(self.subject.place):
            numbers = self.subject.numbers(batch, rows)
        targets = torch.from_numpy(self.subject.targets[rows]).to(numbers.device)
        return numbers.gather(1, targets[:, None])[:, 0]

    def _at(self, places: Places, batch: Batch, rows: int, kind: str) -> torch.Tensor | None:
        """Return the places of each row in the sequence; None of a map, which has no others."""
        if not len(places.at):
            return None
        at = np.tile(places.at, (rows, 1))
        if places.shuffled:
            drawn = order(batch, places, self._looks[kind], 0)
            at = at if drawn is None else drawn
        return torch.from_numpy(at).to(self.subject.place)

    def _chosen(self, rows: Rows, batch: Batch) -> Chosen:
        """Choose a layer for each modality, once for each size of batches."""
        sizes = tuple((name, one.shape[1:]) for name, one in batch.items())
        if sizes not in self._known:
            self._known[sizes] = self._tried(rows, batch)
        return self._known[sizes]

    def _tried(self, rows: Rows, batch: Batch) -> Chosen:
        mask = batch.get("attention_mask")
        longest = 0 if mask is None else int(mask.sum(dim=1).argmax())
        one = {name: tensor[longest : longest + 1] for name, tensor in batch.items()}
        row = rows[longest : longest + 1]
        self._rows = row
        score = self._answers(one, row).sum()
        maps, sequences = self.layers.maps, self.layers.sequences
        reached = _reached(score, [*maps, *sequences])
        flat = [found for found in maps if found.place in reached and _wide(found)][-1:]
        candidates = sorted(
            [*flat, *(found for found in sequences if found.place in reached)],
            key=self.layers.found.index,
            reverse=True,
        )
        roots = list(dict.fromkeys(found.root for found in candidates))
        with torch.no_grad():
            given = find(self.subject, int(row[0]), one, self._look(roots)) if roots else []
        known = dict(zip(roots, given, strict=True))
        shapes = {place: state.tensor.shape for place, state in
                  zip(roots, self.layers.at(roots), strict=True)}  # fmt: skip
        chosen: Chosen = {}
        for piece in self.subject.cut(int(row[0])).pieces:
            for found in candidates:
                places = known[found.root].get(piece.modality)
                fitting = _fitting(found, places, shapes[found.root])
                if fitting is not None and _still(reached[found.place], fitting):
                    chosen[piece.modality] = found.place, fitting
                    self._looks[piece.modality] = self._look([found.root])
                    break
        if not chosen:
            raise ModelError(
                paragraph(
                    f"model {type(plain(self.subject.model)).__name__}",
                    "it has no layer whose places belong to the sample's and whose gradient "
                    "reaches them",
                    "Choose a method that needs no layer, such as integrated_gradients or "
                    "partition_shap",
                )
            )
        return chosen

    def _look(self, roots: list[Place]) -> Look:
        def look(batch: Batch) -> list[State]:
            with torch.no_grad():
                self._answers(batch, self._rows)
            return self.layers.at(roots)

        return look


def _reached(score: torch.Tensor, found: list[Found]) -> dict[Place, torch.Tensor]:
    """Return the gradients of what the answer depends on."""
    found = [one for one in found if one.state.tensor.requires_grad]
    tensors = [one.state.tensor for one in found]
    if not tensors:
        return {}
    gradients = torch.autograd.grad(score, tensors, allow_unused=True)
    return {
        one.place: gradient
        for one, gradient in zip(found, gradients, strict=True)
        if gradient is not None
    }


def _wide(found: Found) -> bool:
    return math.prod(found.state.tensor.shape[2:]) > 1


def _fitting(found: Found, places: Places | None, root: torch.Size) -> Places | None:
    """Return where the places of a layer lie, by those of what its list of layers began with."""
    if places is None or found.state.tensor.ndim != len(root):
        return None
    if len(root) == 4:
        return replace(places, at=np.array([], np.int64))
    count = int(found.state.tensor.shape[1])
    if count == root[1]:
        return places
    if places.modality == "text" or len(places.at) != root[1] or count < 2:
        return None
    # Layers that join neighbouring places have no tokens beside them.
    grid = (count,) if len(places.grid) == 1 else grid_like(count, places.grid[0] / places.grid[1])
    return replace(places, at=np.arange(count), grid=grid)


def _still(gradient: torch.Tensor, places: Places) -> bool:
    """Whether the answer depends on most of the places."""
    changed = _sequence(gradient).abs().amax(dim=2)[0] > 0
    if not len(places.at):
        return bool(changed.any())
    own = torch.from_numpy(places.at[places.at >= 0]).to(changed.device)
    return float(changed[own].float().mean()) > 0.5


def _sequence(tensor: torch.Tensor) -> torch.Tensor:
    """Return places as a sequence, row by row of a map; shape (rows, places, width)."""
    return tensor.flatten(2).transpose(1, 2) if tensor.ndim == 4 else tensor
