"""Gradients of every token of an answer, with respect to the words and pictures in front of it.

Input x gradient (Shrikumar et al. 2016; Denil et al. 2014 for words) and integrated gradients
(Sundararajan, Taly & Yan 2017) on the embeddings of tokens and on pictures as the model sees them.
A batch goes forward once. It goes back once for each token of the longest answer in it, whatever
the number of prompts and of points between baseline and prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss

from ...core.batches import by_length
from ...core.memory import in_halves
from ...errors import ModelError, paragraph
from ...multimodal.written import Written
from ..attribution import LEAST_DIFFERENCE
from ..subject import Subject, at_rest
from .found import Found, Numbers
from .likelihood import budget_of, numbers_of, subject_of

PICTURE = "pixel_values"
WORDS = "input_ids"


@dataclass(frozen=True)
class Point:
    """A place between a prompt's baseline (0) and the prompt itself (1), and what it counts."""

    row: int
    at: float
    weight: float


def input_x_gradient(
    model: object,
    written: Sequence[Written],
    pad: int,
    *,
    check: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Attribute each token of each answer by the inputs times their gradients.

    The same scores as those of `captum.attr.InputXGradient`, summed over each segment. They don't
    add up to anything.
    """
    subject = subject_of(model, written, pad)
    work = _Work(subject, written, check, times_input=True)
    with at_rest(subject.model):
        ends = work.ends()
        sums = work.sums([Point(row, 1.0, 1.0) for row in range(len(written))])
    return [Found(*sums[row], *ends[row], evaluations=1) for row in range(len(written))]


def integrated_gradients(
    model: object,
    written: Sequence[Written],
    pad: int,
    *,
    steps: int = 24,
    max_steps: int = 512,
    tolerance: float = 0.05,
    groups: Sequence[int] = (),
    check: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Attribute each token of each answer by the gradients between baseline and prompt.

    Parameters
    ----------
    steps
        Points to begin with, doubled to at most `max_steps` while the completeness error of a
        prompt is above the tolerance. Points and weights are Gauss-Legendre's.
    tolerance
        Largest completeness error of a token, as a share of the largest difference that a token of
        the answer must add up to: many tokens follow from those in front of them alone, and a share
        of nearly nothing would tell nothing of them.
    groups
        Number of the group of each prompt; those of one get as many steps as the one among them
        that needs most, so that they can be compared. Each is by itself if left out.
    """
    subject = subject_of(model, written, pad)
    work = _Work(subject, written, check, times_input=False)
    out: list[Found | None] = [None] * len(written)
    rows, count = list(range(len(written))), min(steps, max_steps)
    with at_rest(subject.model):
        ends = work.ends()
        while rows:
            nodes, weights = leggauss(count)
            points = [
                Point(row, float(at), float(weight))
                for row in rows
                for at, weight in zip((nodes + 1) / 2, weights / 2, strict=True)
            ]
            found = work.sums(points)
            missed = []
            for row in rows:
                scores, rest = found[row]
                out[row] = Found(scores, rest, *ends[row], evaluations=count)
                difference = ends[row][0] - ends[row][1]
                error = np.abs(scores.sum(axis=1) + rest - difference).max(initial=0)
                largest = max(float(np.abs(difference).max(initial=0)), LEAST_DIFFERENCE)
                if not error <= tolerance * largest:  # an error that is no number is too large
                    missed.append(row)
            if count == max_steps:
                break
            of = list(groups) or list(range(len(written)))
            again = {of[row] for row in missed}
            rows = [row for row in rows if of[row] in again]
            count = min(2 * count, max_steps)
    return [one for one in out if one is not None]


class _Work:
    """Sums of gradients over points, for many prompts at a time."""

    def __init__(
        self,
        subject: Subject,
        written: Sequence[Written],
        check: Callable[[], None],
        *,
        times_input: bool,
    ) -> None:
        self._subject, self._written, self._check = subject, written, check
        self._times_input = times_input
        # What goes back through a model is kept of every layer, so less of it finds room.
        self._budget = max(budget_of(subject) // 2, 1)
        self._inputs = [one.inputs(np.ones((1, len(one)), bool)) for one in written]
        self._nothing = [one.nothing() for one in written]

    def ends(self) -> list[tuple[Numbers, Numbers]]:
        """Return each answer's log-probabilities on prompt and baseline; shape (tokens,) each."""
        out: list[tuple[Numbers, Numbers]] = [(np.empty(0), np.empty(0))] * len(self._written)
        for rows in by_length(self._subject.lengths, self._budget):
            self._check()
            sides = []
            for inputs in (self._inputs, self._nothing):
                batch = self._sent([inputs[row] for row in rows])
                with torch.no_grad():
                    sides.append(self._subject.model(**batch).double().cpu().numpy())
            for place, row in enumerate(rows):
                whole, nothing = (
                    numbers_of(side[place][None], self._written[row])[0] for side in sides
                )
                out[row] = (whole, nothing)
        return out

    def sums(self, points: Sequence[Point]) -> dict[int, tuple[Numbers, Numbers]]:
        """Return the scores of each prompt's segments and their rest, summed over its points."""
        out: dict[int, tuple[Numbers, Numbers]] = {}
        for row in dict.fromkeys(point.row for point in points):
            one = self._written[row]
            out[row] = (np.zeros((len(one.answer), len(one))), np.zeros(len(one.answer)))
        # A batch goes back as often as its longest answer has tokens, so short ones go apart.
        doubled = np.array([len(self._written[point.row].answer).bit_length() for point in points])
        for level in np.unique(doubled):
            own = [point for point, each in zip(points, doubled, strict=True) if each == level]
            lengths = self._subject.lengths[[point.row for point in own]]
            for chosen in by_length(lengths, self._budget):
                some = [own[at] for at in chosen]
                for _, found in in_halves(self._gradients, some, self._less):
                    for row, (scores, rest) in found.items():
                        out[row][0][:] += scores
                        out[row][1][:] += rest
        return out

    def _less(self) -> None:
        """Take smaller batches from now on."""
        self._budget = max(self._budget // 2, 1)

    def _gradients(self, points: Sequence[Point]) -> dict[int, tuple[Numbers, Numbers]]:
        """Return the scores of the segments of each prompt, and the rest, at some points."""
        self._check()
        rows = list(dict.fromkeys(point.row for point in points))
        numbers, leaves, factors = self._forward(points)
        # Which of the rows each entry of a leaf belongs to, and where it stands in it.
        places = [rows.index(point.row) for point in points]
        sizes = [len(self._inputs[row].get(PICTURE, ())) for row in rows]
        starts = np.cumsum([0, *sizes])
        entries = [places, [starts[at] + nth for at in places for nth in range(sizes[at])]]
        counts = [len(rows), int(starts[-1])]
        weights = [
            [point.weight for point in points],
            [point.weight for point in points for _ in range(sizes[rows.index(point.row)])],
        ]
        out = {
            row: (np.zeros((len(one.answer), len(one))), np.zeros(len(one.answer)))
            for row, one in ((row, self._written[row]) for row in rows)
        }
        width = max(len(self._written[row].answer) for row in rows)
        for token in range(width):
            slopes = torch.autograd.grad(
                numbers[:, token].sum(),
                leaves,
                retain_graph=token + 1 < width,
                materialize_grads=True,
            )
            words, seen = None, None
            for nth, (slope, factor) in enumerate(zip(slopes, factors, strict=True)):
                scores = slope * factor if nth else (slope * factor).sum(-1)
                weight = scores.new_tensor(weights[nth]).view(-1, *[1] * (scores.ndim - 1))
                at = torch.tensor(entries[nth], device=scores.device)
                shape = (counts[nth], *scores.shape[1:])
                summed = scores.new_zeros(shape).index_add(0, at, scores * weight).cpu().numpy()
                words, seen = (words, summed) if nth else (summed, None)
            for place, row in enumerate(rows):
                one = self._written[row]
                if words is None or token >= len(one.answer):
                    continue
                own = None
                if seen is not None and sizes[place]:  # what pads smaller pictures is nobody's
                    shape = self._inputs[row][PICTURE].shape[1:]
                    own = seen[(slice(starts[place], starts[place + 1]), *map(slice, shape))]
                found, rest = one.summed(words[place, : len(one.owners)], own)
                out[row][0][token], out[row][1][token] = found, rest
        return out

    def _forward(
        self, points: Sequence[Point]
    ) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        """Return the log-probabilities at some points, what they depend on, and its factors."""
        model: Any = self._subject.model
        batch = self._sent([self._inputs[point.row] for point in points])
        nothing = self._sent([self._nothing[point.row] for point in points])
        at = torch.tensor([point.at for point in points], device=self._subject.place)
        layer = model.get_input_embeddings()
        with torch.no_grad():
            found = [self._between(layer(batch[WORDS]), layer(nothing[WORDS]), at[:, None, None])]
            if PICTURE in batch:
                each = [len(self._inputs[point.row].get(PICTURE, ())) for point in points]
                own = at.repeat_interleave(torch.tensor(each, device=at.device))
                own = own.view(-1, *[1] * (batch[PICTURE].ndim - 1))
                pictures = self._between(batch[PICTURE].float(), nothing[PICTURE].float(), own)
                found.append(pictures)
        leaves = [leaf.requires_grad_() for leaf, _ in found]
        if len(leaves) > 1:
            batch[PICTURE] = leaves[1]
        return _answered(model, batch, leaves[0]), leaves, [factor for _, factor in found]

    def _between(
        self, whole: torch.Tensor, nothing: torch.Tensor, at: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the points between two inputs, and what their gradients are multiplied by."""
        leaf = nothing + at.to(whole.dtype) * (whole - nothing)
        return leaf, whole if self._times_input else whole - nothing

    def _sent(self, batches: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        return self._subject.sent(self._subject.joined(batches))


def _answered(model: Any, batch: dict[str, torch.Tensor], embedded: torch.Tensor) -> torch.Tensor:
    """Run a model with other embeddings of its tokens in place of its own."""
    calls: list[torch.Size] = []

    def instead(module: object, given: object, output: torch.Tensor) -> torch.Tensor:
        calls.append(output.shape)
        return embedded.clone()  # some models write pictures into what they are given

    hook = model.get_input_embeddings().register_forward_hook(instead)
    try:
        found: torch.Tensor = model(**batch)
    finally:
        hook.remove()
    if calls != [embedded.shape] or not found.requires_grad:
        raise ModelError(
            paragraph(
                f"model {type(model.model).__name__}",
                "its tokens are not looked up once in the layer that it calls its input "
                "embeddings, so gradients don't reach the words",
                "Choose the method occlusion, which leaves words out",
            )
        )
    return found
