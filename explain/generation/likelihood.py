"""How likely a model finds each token of an answer, for many copies of many prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.predict import tokens_at_once
from ...core.tasks.sequences import LOGITS
from ...multimodal.written import Written, padding
from ..subject import Rows, Subject
from .prefixes import Prefixes, plain


class Likelihood(torch.nn.Module):
    """A language model that returns log-probabilities of the answers that it is given.

    Parameters
    ----------
    model
        A model that writes.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.training = model.training  # it is put back with this module's
        self._prefixes = Prefixes(model)

    def get_input_embeddings(self) -> Any:
        """Return the layer that looks tokens up."""
        return self.model.get_input_embeddings()

    def forward(
        self, first: torch.Tensor, told: torch.Tensor, **inputs: torch.Tensor
    ) -> torch.Tensor:
        """Return the log-probability of each token, in nats.

        Parameters
        ----------
        first
            The place from which the first token of each answer is guessed; shape (copies,).
        told
            The answers' tokens, -1 behind them; shape (copies, tokens).
        inputs
            The model's; ``input_ids`` holds the answers too, and padding at the right alone.

        Returns
        -------
        torch.Tensor
            Shape (copies, tokens), float32; 0 behind an answer.
        """
        if torch.is_grad_enabled():
            return plain(self.model, first, told, inputs)
        return self._prefixes(first, told, inputs)


class Prompts:
    """Prompts with their answers as samples (`core.batches.Samples`)."""

    def __init__(self, written: Sequence[Written], pad: int) -> None:
        self._written, self._pad = written, pad
        # A picture's tokens stand in the text, so they count what its copies cost too.
        self.lengths = np.array([len(one.row["input_ids"]) for one in written], np.int64)

    def __len__(self) -> int:
        return len(self._written)

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs for some prompts, padded at the right."""
        from ...multimodal.padding import joined

        found = [self._written[row] for row in rows]
        batches = [one.inputs(np.ones((1, len(one)), bool)) for one in found]
        return joined(batches, padding(batches, self._pad))


def subject_of(model: Any, written: Sequence[Written], pad: int) -> Subject:
    """Return what is explained: all tokens of all answers.

    Parameters
    ----------
    model
        A model that writes.
    written
        Prompts with answers of at least one token.
    pad
        Token that fills a batch up.
    """
    shown = next((one for one in written if one.pictures), written[0])
    keep = np.ones((1, len(shown)), bool)
    return Subject(
        Likelihood(model),
        Prompts(written, pad),
        lru_cache(None)(lambda row: written[row]),  # type: ignore[arg-type]
        np.zeros(len(written), np.int64),
        lambda outputs, rows: outputs,
        padding([shown.inputs(keep)], pad),
    )


def budget_of(subject: Subject) -> int:
    """Return how many tokens go through a model at once, so that its logits find room too."""
    model: Any = subject.model
    most = tokens_at_once(model)
    width = subject.cut(0).width  # type: ignore[attr-defined]
    words = int(getattr(model.get_input_embeddings(), "num_embeddings", 1))
    copies = max(LOGITS // (words * max(width, 1)), 1)
    budget: int = max(min(most, copies * int(subject.lengths.max())), 1)
    return budget


def numbers_of(found: NDArray[np.float64], one: Written) -> NDArray[np.float64]:
    """Leave out what stands behind an answer; shape (masks, tokens)."""
    return found[:, : len(one.answer)]
