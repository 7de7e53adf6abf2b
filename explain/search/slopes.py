"""By how much a word in place of another should change an answer: its gradient, to first order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import by_length
from ...core.predict import tokens_at_once
from ..leaves import Leaves
from ..outputs import Read
from ..subject import Subject, at_rest
from .swaps import Option, Place


@dataclass(frozen=True)
class Lead:
    """By how much each number leads another one (`outputs.Read`).

    Attributes
    ----------
    read
        Takes the numbers from what a model returned.
    rivals
        Of each row, the number that is led; shape (rows,).
    """

    read: Read
    rivals: torch.Tensor

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return differences of shape (batch, numbers)."""
        found = self.read(outputs, rows)
        rivals = self.rivals.to(found.device)[rows.to(found.device)]
        return found - found.gather(1, rivals[:, None])


def gains(
    subject: Subject,
    tokenizer: Any,
    rivals: NDArray[np.int64],
    places: Sequence[Sequence[Place]],
    options: Sequence[Sequence[Option]],
    *,
    check: Callable[[], None] = lambda: None,
) -> list[list[Option]]:
    """Estimate by how much each change lessens the target's lead over a rival.

    The gradient of the lead at the tokens of the old word, times the mean embedding of the new
    word's tokens less that of the old word's. Where both are one token, that is HotFlip's estimate.

    Parameters
    ----------
    subject
        The rows, with texts among their parts.
    tokenizer
        Of its texts.
    rivals
        The class next to the target in each row; shape (rows,).
    places, options
        Of each row, its words and single changes of them.
    check
        Raises where the job was cancelled.

    Returns
    -------
    list
        The options of each row with their gain.

    Raises
    ------
    ModelError
        If gradients don't reach the model's words.
    """
    led = replace(subject, read=Lead(subject.read, torch.from_numpy(rivals)))
    out: list[list[Option]] = [[] for _ in range(len(subject))]
    room = max(tokens_at_once(subject.model) // 2, 1)
    with at_rest(subject.model):
        leaves = Leaves(led)
        words = _Words(subject.model, tokenizer)
        for rows in by_length(subject.lengths, room):
            check()
            for row, embedded, slope in _slopes(leaves, rows):
                own = _text(subject, row).owners
                out[row] = [
                    replace(one, gain=words.gain(one, places[row], own, embedded, slope))
                    for one in options[row]
                ]
    return out


def _slopes(
    leaves: Leaves, rows: NDArray[np.int64]
) -> list[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
    """Return embeddings of the rows' tokens, and the gradients there; shape (tokens, width)."""
    subject = leaves.subject
    started = leaves.start(rows)
    at = [piece.modality for piece in subject.cut(int(rows[0])).pieces].index("text")
    _, slopes = leaves.gradients(started.inputs, started.others)
    out = []
    for place, row in enumerate(rows.tolist()):
        real = started.own(place)[at]
        pair = (started.inputs[at][place][real], slopes[at][place][real])
        out.append((row, *(one.detach().float().cpu().numpy() for one in pair)))
    return out


def _text(subject: Subject, row: int) -> Any:
    """Return a row's words (`multimodal.text.segmented.SegmentedText`)."""
    pieces = subject.cut(row).pieces
    return next(piece.segmented for piece in pieces if piece.modality == "text")


class _Words:
    """Mean embeddings of words, each looked up once."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._layer = model.get_input_embeddings()
        self._tokenizer = tokenizer
        self._known: dict[str, NDArray[np.float32]] = {}

    def gain(
        self,
        option: Option,
        places: Sequence[Place],
        owners: NDArray[np.int64],
        embedded: NDArray[np.float32],
        slope: NDArray[np.float32],
    ) -> float:
        """Return the estimate for one change of a row."""
        place = places[option.place]
        own = owners == place.number
        if not own.any():
            return 0.0
        spaced = f" {option.text}" if place.word.start else option.text
        change = self._mean(spaced) - embedded[own].mean(axis=0)
        return -float(change @ slope[own].sum(axis=0))

    def _mean(self, word: str) -> NDArray[np.float32]:
        if word not in self._known:
            tokens = self._tokenizer(word, add_special_tokens=False)["input_ids"]
            weight = next(self._layer.parameters())
            with torch.no_grad():
                found = self._layer(torch.tensor([tokens], device=weight.device))
            self._known[word] = found[0].float().mean(dim=0).cpu().numpy()
        return self._known[word]
