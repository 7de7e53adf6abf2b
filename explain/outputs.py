"""Which number of a model's answer is explained, by the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch


class Read(Protocol):
    """Takes the numbers that can be explained out of what a model returned."""

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return them in float32.

        Parameters
        ----------
        outputs
            Of a model of transformers, for a batch.
        rows
            Which of the subject's rows each sample of the batch is a copy of; shape (batch,).

        Returns
        -------
        torch.Tensor
            Shape (batch, numbers), such as the logits of all classes.
        """


@dataclass(frozen=True)
class Logits:
    """The logit of each class or label, or the number that is predicted."""

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return logits of shape (batch, classes)."""
        found: torch.Tensor = outputs.logits
        return found.float().flatten(1)


@dataclass(frozen=True)
class LogOdds:
    """The logarithm of each class's probability over that of all others together.

    What speaks against the others speaks for a class here, as it does for its probability.
    """

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return log-odds of shape (batch, classes)."""
        logits = Logits()(outputs, rows)
        if logits.shape[1] == 1:
            return logits  # of one number, which is the log-odds of the second class
        first = logits.argmax(dim=1, keepdim=True)
        others = logits.scatter(1, first, -torch.inf).logsumexp(dim=1, keepdim=True)
        # Less than half of a sum is taken away from it, but for the first class's own.
        highest = logits.gather(1, first).detach()
        shares = (logits - highest).exp()
        rest = (shares.sum(dim=1, keepdim=True) - shares).scatter(1, first, 1.0).log() + highest
        return logits - rest.scatter(1, first, others)


@dataclass(frozen=True, eq=False)
class TokenLogits:
    """The mean logit of labels at some tokens, such as those of an entity.

    Attributes
    ----------
    tokens
        The tokens of each row, counted without padding; -1 behind the last. Shape (rows, most).
    labels
        The label that is meant at each of them; same shape.
    lengths
        Tokens of each row; shape (rows,).
    left
        Whether padding stands at the left.
    """

    tokens: torch.Tensor
    labels: torch.Tensor
    lengths: torch.Tensor
    left: bool

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return one number for each sample; shape (batch, 1)."""
        scores = outputs.logits.float()
        tokens, labels = (one.to(scores.device)[rows] for one in (self.tokens, self.labels))
        there = tokens >= 0
        places = tokens.clamp_min(0) + _before(self, scores.shape[1], rows)[:, None]
        found = scores[torch.arange(len(rows), device=scores.device)[:, None], places, labels]
        mean: torch.Tensor = (found * there).sum(dim=1, keepdim=True) / there.sum(1, keepdim=True)
        return mean


@dataclass(frozen=True, eq=False)
class SpanLogits:
    """The logits of a piece of text for being an answer: its first token's and its last one's.

    Attributes
    ----------
    ends
        First and last token of each row's answer, counted without padding; shape (rows, 2).
    lengths, left
        As `TokenLogits` has them.
    """

    ends: torch.Tensor
    lengths: torch.Tensor
    left: bool

    def __call__(self, outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        """Return their sum for each sample; shape (batch, 1)."""
        first, last = outputs.start_logits.float(), outputs.end_logits.float()
        places = self.ends.to(first.device)[rows] + _before(self, first.shape[1], rows)[:, None]
        found: torch.Tensor = first.gather(1, places[:, :1]) + last.gather(1, places[:, 1:])
        return found


def _before(read: TokenLogits | SpanLogits, width: int, rows: torch.Tensor) -> torch.Tensor:
    """Return the padding tokens in front of each sample; shape (batch,)."""
    before: torch.Tensor = (width - read.lengths.to(rows.device)[rows]) * int(read.left)
    return before
