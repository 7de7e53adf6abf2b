"""What gradients are taken of: pixels, sounds as the model hears them, and embeddings of words.

A model reads token numbers as always, and only what its embedding layer returns is replaced. So a
model that takes positions or the last token from these numbers (RoBERTa, and every decoder) finds
them, which it wouldn't if it were given embeddings instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ModelError, paragraph
from ..multimodal.padding import padding_of
from .pieces import Pieces
from .subject import Rows, Subject

Tensors = tuple[torch.Tensor, ...]

WORDS = "input_ids"


@dataclass(frozen=True, eq=False)
class Started:
    """Rows that a method based on gradients begins with, as captum's methods take them.

    Attributes
    ----------
    rows
        Numbers of the rows.
    pieces
        Their segments.
    inputs, baselines
        One of each for each modality of the samples' parts; shapes (rows, …).
    others
        As `additional_forward_args`.
    real
        What is no padding, where a mask says so; shape (rows, longest).
    padded
        Which of the inputs, and of the others behind them, are padded as that mask is.
    room
        Where these lay in what they were taken from: what is left out was padding to all of them.
    """

    rows: Rows
    pieces: tuple[Pieces, ...]
    inputs: Tensors
    baselines: Tensors
    others: Tensors
    real: NDArray[np.bool_] | None
    padded: tuple[bool, ...]
    room: slice = field(default_factory=lambda: slice(None))

    def take(self, places: NDArray[np.int64]) -> Started:
        """Return some of the rows, as often as they are named, padded to the longest of them."""
        room, real = slice(None), self.real
        if real is not None:
            used = np.flatnonzero(real[places].any(axis=0))
            room = slice(int(used[0]), int(used[-1]) + 1) if len(used) else room
            real = real[places, room]
        at = torch.from_numpy(places).to(self.others[-1].device)

        def chosen(tensors: Tensors, padded: tuple[bool, ...]) -> Tensors:
            pairs = zip(tensors, padded, strict=True)
            return tuple((one[:, room] if own else one)[at] for one, own in pairs)

        own, others = self.padded[: len(self.inputs)], self.padded[len(self.inputs) :]
        return Started(
            self.rows[places],
            tuple(self.pieces[place] for place in places),
            chosen(self.inputs, own),
            chosen(self.baselines, own),
            chosen(self.others, others),
            real,
            self.padded,
            room,
        )

    def own(self, place: int) -> list[slice | torch.Tensor]:
        """Return where each input of one row holds numbers of its own, not padding."""
        if self.real is None:
            return [slice(None)] * len(self.inputs)
        real = torch.from_numpy(self.real[place])
        return [real if padded else slice(None) for padded in self.padded[: len(self.inputs)]]


class Leaves:
    """A subject as a function of numbers that can be changed little by little.

    ``leaves.forward(*inputs, *others)`` is what captum's methods take as their function: the
    target's number for each row, shape (rows,).

    Parameters
    ----------
    subject
        Model and rows.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._names: tuple[str, ...] = ()
        self._leaves: dict[str, str] = {}

    def start(self, rows: Rows) -> Started:
        """Return what a method takes to explain some rows."""
        subject = self.subject
        pieces = tuple(subject.cut(int(row)) for row in rows)
        batch = subject.batch(rows)
        nothing = subject.sent(subject.joined([one.nothing() for one in pieces]))
        leaves = pieces[0].read
        self._leaves = leaves
        self._names = tuple(batch)
        inputs, baselines = self.of(batch), self.of(nothing)
        place = subject.place
        targets = torch.from_numpy(subject.targets[rows]).to(place)
        others = (*batch.values(), torch.from_numpy(rows).to(place), targets)
        mask = batch.get("attention_mask")
        real = None if mask is None else mask.bool().cpu().numpy()
        filled = (subject.padding or padding_of(subject.samples)).fill
        padded = {
            name: real is not None and name in filled and one.shape[:2] == real.shape
            for name, one in batch.items()
        }
        ordered = [*leaves.values(), *batch]
        flags = (*(padded[name] for name in ordered), False, False)
        return Started(rows, pieces, inputs, baselines, others, real, flags)

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        """Return the target's number for each sample; shape (samples,)."""
        count = len(self._leaves)
        leaves, others = given[:count], given[count:]
        *inputs, rows, targets = others
        batch = dict(zip(self._names, inputs, strict=True))
        found = self.subject.read(self.answer(batch, leaves), rows)
        return found.gather(1, targets[:, None])[:, 0]

    def of(self, batch: dict[str, torch.Tensor]) -> Tensors:
        """Return the numbers that can be changed, of a model's inputs."""
        with torch.no_grad():
            return tuple(self._embedded(batch, name) for name in self._leaves.values())

    def answer(self, batch: dict[str, torch.Tensor], leaves: Tensors) -> Any:
        """Return what the model answers to inputs with other numbers in place of their own."""
        named = dict(zip(self._leaves.values(), leaves, strict=True))
        embedded = named.pop(WORDS, None)
        batch = batch | named
        return self.subject.model(**batch) if embedded is None else self._read(batch, embedded)

    def by_token(self, scores: Tensors) -> Tensors:
        """Sum scores over the width of embeddings, all of which belong to one token."""
        pairs = zip(self._leaves.values(), scores, strict=True)
        return tuple(one.sum(-1) if name == WORDS else one for name, one in pairs)

    def gradients(self, inputs: Tensors, others: Tensors) -> tuple[torch.Tensor, Tensors]:
        """Return the target's number for each sample, and its gradient with respect to its inputs.

        Parameters
        ----------
        inputs, others
            As `forward` takes them, of a `Started` or changed from it.
        """
        with torch.enable_grad():
            given = tuple(one.detach().requires_grad_() for one in inputs)
            found = self.forward(*given, *others)
            slopes = torch.autograd.grad(found.sum(), given, materialize_grads=True)
        return found.detach(), slopes

    def summed(self, started: Started, scores: Tensors) -> list[tuple[NDArray[np.float64], float]]:
        """Sum scores of all numbers over each row's segments.

        Parameters
        ----------
        started
            The rows.
        scores
            Of the shapes of its inputs, or as `by_token` returned them.

        Returns
        -------
        list
            For each row the scores of its segments, and of what belongs to none.
        """
        # Not every accelerator knows float64, so scores are summed on the CPU.
        found = tuple(one.detach().cpu().double() for one in scores)
        out = []
        for place, pieces in enumerate(started.pieces):
            own = zip(self._leaves, found, started.own(place), strict=True)
            values = {kind: one[place][where].numpy() for kind, one, where in own}
            out.append(pieces.summed(values))
        return out

    def _embedded(self, batch: dict[str, torch.Tensor], name: str) -> torch.Tensor:
        if name != WORDS:
            return batch[name].float()
        embedded: torch.Tensor = self._layer()(batch[name])
        return embedded

    def _layer(self) -> Any:
        return self.subject.model.get_input_embeddings()  # type: ignore[operator]

    def _read(self, batch: dict[str, torch.Tensor], embedded: torch.Tensor) -> Any:
        """Run the model with other embeddings in place of its own.

        An encoder-decoder looks the same tokens up twice, for its decoder one place further on.
        """
        ids = batch[WORDS]
        found = []

        def replace(
            module: object, given: tuple[torch.Tensor, ...], output: torch.Tensor
        ) -> torch.Tensor:
            (asked,) = given
            if asked.shape != ids.shape or output.shape != embedded.shape:
                return output
            if torch.equal(asked, ids):
                found.append(True)
                return embedded
            if torch.equal(asked[:, 1:], ids[:, :-1]):
                return torch.cat([output[:, :1], embedded[:, :-1]], dim=1)
            return output  # something else than the words, such as their types

        weight = self._layer().weight
        tables = [
            one
            for one in self.subject.model.modules()
            if isinstance(one, torch.nn.Embedding) and one.weight is weight
        ]
        hooks = [one.register_forward_hook(replace) for one in tables]
        try:
            outputs = self.subject.model(**batch)
        finally:
            for hook in hooks:
                hook.remove()
        if not found:
            raise ModelError(
                paragraph(
                    f"model {type(self.subject.model).__name__}",
                    "its tokens are not looked up as they are in the layer that it calls its "
                    "input embeddings, so gradients don't reach the words",
                    "Choose a method that leaves words out, such as partition_shap or occlusion",
                )
            )
        return outputs
