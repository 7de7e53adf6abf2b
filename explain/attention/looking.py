"""What every method that reads attention shares: running a model, and from places to segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.events import Emit
from ..layers.passes import Batch, in_batches, seeded, with_graph
from ..layers.places import State, find, order
from ..layers.spread import Places, over_segments
from ..scores import Scores
from ..subject import Rows, Subject
from .streams import Streams, streams
from .weights import Attention, Recorder, eager, refused


@dataclass(frozen=True, eq=False)
class Seen:
    """One batch that went through a model.

    Attributes
    ----------
    model
        The model.
    found
        Its attention.
    how
        How that is put together.
    placed
        Streams that hold places of the sample.
    score
        The targets' numbers, summed over rows.
    """

    model: torch.nn.Module
    found: list[Attention]
    how: Streams
    placed: frozenset[int]
    score: torch.Tensor

    def read(self) -> dict[int, torch.Tensor]:
        """Return how much of the answer the head reads off each place.

        The norm of the answer's gradient by what the stream's last attention adds to the place: a
        head that reads a class token gives it 1, and one that reads the mean of all gives each the
        same.

        Returns
        -------
        dict
            By stream, shape (rows, places); all of a row sum to 1, and streams share alike.
        """
        ends = self.how.ends
        outputs = [self.found[step.number].output for step in ends.values()]
        gradients = torch.autograd.grad(self.score, outputs, retain_graph=True)
        out = {}
        for stream, gradient in zip(ends, gradients, strict=True):
            norm = gradient.float().norm(dim=-1)
            total = norm.sum(dim=1, keepdim=True)
            flat = torch.full_like(norm, 1 / norm.shape[1])
            out[stream] = torch.where(total > 0, norm / total, flat) / len(ends)
        return out


Relevance = Callable[[Seen], dict[int, torch.Tensor]]
"""From attention to how much each place of each stream counts; shapes (rows, places)."""


def explained(
    subject: Subject,
    relevance: Relevance,
    *,
    emit: Emit,
    check: Callable[[], None],
) -> list[Scores]:
    """Explain a subject's rows by its model's attention.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    relevance
        The method.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """
    with eager(subject.model), with_graph(subject.model):
        looking = _Looking(subject, relevance)
        with looking.recorder.open():
            return in_batches(subject, looking.batch, emit=emit, check=check)


class _Looking:
    def __init__(self, subject: Subject, relevance: Relevance) -> None:
        self.subject, self.relevance = subject, relevance
        self.recorder = Recorder(subject.model)
        self._known: dict[Any, tuple[Streams, list[dict[str, Places]]]] = {}
        self._rows: Rows = np.zeros(1, np.int64)

    def batch(self, rows: Rows) -> list[Scores]:
        batch = self.subject.batch(rows)
        how, places = self._how(rows, batch)
        self._rows = rows
        numbers = self._run(batch, rows)
        targets = torch.from_numpy(self.subject.targets[rows]).to(numbers.device)
        answers = numbers.gather(1, targets[:, None])[:, 0]
        found = self.recorder.found
        if len(found) != how.recorded:
            raise refused(self.subject.model, "its attention is not the same for every sample")
        placed = frozenset(number for number, one in enumerate(places) if one)
        seen = Seen(self.subject.model, found, how, placed, answers.sum())
        relevant = {
            stream: one.detach().double().cpu().numpy()
            for stream, one in self.relevance(seen).items()
        }
        ends = np.stack([answers.detach().double().cpu().numpy(), self._nothing(rows, targets)])
        self.recorder.clear(1)
        return self._scores(rows, batch, relevant, places, ends)

    def _scores(
        self,
        rows: Rows,
        batch: Batch,
        relevant: dict[int, NDArray[np.float64]],
        places: list[dict[str, Places]],
        ends: NDArray[np.float64],
    ) -> list[Scores]:
        drawn = {
            (stream, kind): order(batch, one, self._roots, stream)
            for stream, found in enumerate(places)
            for kind, one in found.items()
            if one.shuffled
        }
        mask = batch.get("attention_mask")
        real = None if mask is None else mask.bool().cpu().numpy()
        out = []
        for number, row in enumerate(rows.tolist()):
            grids: dict[str, tuple[NDArray[np.float64], Places]] = {}
            for stream, found in enumerate(places):
                for kind, one in found.items():
                    at = drawn.get((stream, kind))
                    grid = one.taken(relevant[stream][number], None if at is None else at[number])
                    if kind in grids and grids[kind][0].shape == grid.shape:
                        grid = grid + grids[kind][0]
                    grids[kind] = grid, one
            shapes = {kind: tuple(batch[one.name].shape[1:]) for kind, (_, one) in grids.items()}
            own = None if real is None else real[number]
            scores = over_segments(self.subject.cut(row), grids, shapes, own)
            total = float(sum(one[number].sum() for one in relevant.values()))
            rest = total - float(scores.sum())
            out.append(Scores(scores, rest, float(ends[0, number]), float(ends[1, number]), 2))
        return out

    def _nothing(self, rows: Rows, targets: torch.Tensor) -> NDArray[np.float64]:
        """Return the targets' numbers on the baselines."""
        with torch.no_grad():
            numbers = self._run(self.subject.baselines(rows), rows)
        found: NDArray[np.float64] = (
            numbers.gather(1, targets[:, None])[:, 0].double().cpu().numpy()
        )
        return found

    def _run(self, batch: Batch, rows: Rows) -> torch.Tensor:
        self.recorder.clear(len(rows))
        with seeded(self.subject.place):
            return self.subject.numbers(batch, rows)

    def _how(self, rows: Rows, batch: Batch) -> tuple[Streams, list[dict[str, Places]]]:
        """Find out how the model is put together, once for each size of batches."""
        sizes = tuple((name, one.shape[1:]) for name, one in batch.items())
        if sizes not in self._known:
            self._known[sizes] = self._tried(rows, batch)
        return self._known[sizes]

    def _tried(self, rows: Rows, batch: Batch) -> tuple[Streams, list[dict[str, Places]]]:
        mask = batch.get("attention_mask")
        longest = 0 if mask is None else int(mask.sum(dim=1).argmax())
        one = {name: tensor[longest : longest + 1] for name, tensor in batch.items()}
        row = rows[longest : longest + 1]
        self._rows = row
        numbers = self._run(one, row)
        model, found = self.subject.model, self.recorder.found
        if self.recorder.windows:
            raise refused(
                model,
                "its attention is held within windows, so that what it looks at can't be followed "
                "over the whole sample",
                "Choose grad_cam or integrated_gradients",
            )
        if not found:
            raise refused(model, "it has no attention weights that can be read")
        how = streams(model, found, numbers[0, int(self.subject.targets[row[0]])])
        self._roots_of = [self._root(how, stream) for stream in range(len(how.roots))]
        with torch.no_grad():
            places = find(self.subject, int(row[0]), one, self._roots)
        if not any(places):
            raise refused(model, "no place of its first layers belongs to a part of the sample")
        # The tensors aren't needed any more, and hold the graph.
        roots = tuple(State(root.tensor.detach(), root.maps) for root in how.roots)
        return Streams(how.steps, roots, how.recorded), places

    def _roots(self, batch: Batch) -> list[State]:
        """Run the model and return what each stream begins with (`places.Look`)."""
        with torch.no_grad():
            self._run(batch, self._rows)
        found = self.recorder.found
        return [getattr(found[number], side) for number, side in self._roots_of]

    def _root(self, how: Streams, stream: int) -> tuple[int, str]:
        for number, one in enumerate(self.recorder.found):
            for side in ("asking", "asked"):
                if getattr(one, side).tensor is how.roots[stream].tensor:
                    return number, side
        raise AssertionError("a stream begins with something that was recorded")
