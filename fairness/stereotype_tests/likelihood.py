"""How likely a language model holds tokens for, at places where it has to guess them.

A *query* is a sequence of tokens as the model is shown it, with places at which one token each is
guessed. Queries of the same sequence go through the model once. Batches hold sequences of like
length, and logits are computed at the places alone where the model allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import by_length
from ...core.events import Clock, Emit, Progress, silent
from ...core.memory import in_halves
from ...core.predict import tokens_at_once
from ...core.tasks.sequences import LOGITS
from ...errors import DataError, paragraph
from ...multimodal.text.token_losses import target_logits

Floats = NDArray[np.float64]
Kind = Literal["masked", "causal"]

STEP = "stereotypes"
"""Name of the step in the progress events."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A language model that is asked how likely tokens are.

    Attributes
    ----------
    model
        In evaluation mode, on its device.
    tokenizer
        A fast one, with a padding token.
    kind
        Whether it guesses hidden tokens, or each token from those before it.
    name
        What the model is called.
    precision
        Number format of the weights.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """

    model: Any
    tokenizer: Any
    kind: Kind
    name: str
    precision: str = "fp32"
    emit: Emit = silent
    check: Callable[[], None] = lambda: None

    @property
    def scoring(self) -> str:
        """How likelihoods come about, in words."""
        if self.kind == "masked":
            return "pseudo-log-likelihood: each token hidden and guessed from all others"
        return "log-likelihood: each token guessed from those before it"


@dataclass(frozen=True, eq=False)
class Query:
    """One sequence, and what is guessed of it.

    Attributes
    ----------
    shown
        Tokens that the model is given.
    places
        Whose output guesses each target: the hidden token's own place of a masked model, the place
        before the target of a causal one.
    targets
        The tokens whose likelihood is asked for; as many as places.
    """

    shown: Sequence[int]
    places: Sequence[int]
    targets: Sequence[int]


@torch.inference_mode()
def log_likelihoods(scorer: Scorer, queries: Sequence[Query]) -> list[Floats]:
    """Return the log-likelihood of every query's targets.

    Parameters
    ----------
    scorer
        The model.
    queries
        What is asked.

    Returns
    -------
    list of numpy.ndarray
        In nats, of shape (targets,) for each query.

    Raises
    ------
    DataError
        If a sequence is longer than what the model reads.
    """
    own: dict[tuple[int, ...], int] = {}
    of = np.array([own.setdefault(tuple(one.shown), len(own)) for one in queries], np.int64)
    shown = list(own)
    lengths = np.array([len(one) for one in shown], np.int64)
    _check_length(scorer, lengths)
    asked: list[list[int]] = [[] for _ in shown]
    for number, sequence in enumerate(of):
        asked[sequence].append(number)
    found: list[Floats] = [np.zeros(0)] * len(queries)
    words = int(getattr(scorer.model.config.get_text_config(), "vocab_size", 1))
    budget = min(tokens_at_once(scorer.model), max(LOGITS // max(words, 1), 512))

    def answer(rows: NDArray[np.int64]) -> Floats:
        return _guess(
            scorer,
            [shown[row] for row in rows],
            [[queries[at] for at in asked[row]] for row in rows],
        )

    total, done = int(lengths.sum()), 0
    clock = Clock(total)
    for batch in by_length(lengths, budget):
        for rows, values in in_halves(answer, batch):
            first = 0
            for at in (at for row in rows for at in asked[row]):
                size = len(queries[at].targets)
                found[at] = values[first : first + size]
                first += size
        done += int(lengths[batch].sum())
        if clock.due() or done == total:
            left = clock.remaining(done)
            scorer.emit(Progress(step=STEP, done=done, total=total, remaining=left))
        scorer.check()
    return found


def _guess(
    scorer: Scorer, shown: Sequence[Sequence[int]], asked: Sequence[Sequence[Query]]
) -> Floats:
    """Run some sequences through the model; return the targets' values one behind the other."""
    width = max(len(one) for one in shown)
    ids = np.full((len(shown), width), int(scorer.tokenizer.pad_token_id), np.int64)
    mask = np.zeros_like(ids)
    places: list[int] = []
    targets: list[int] = []
    for row, tokens in enumerate(shown):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        for query in asked[row]:
            places += [row * width + place for place in query.places]
            targets += query.targets
    if not targets:
        return np.zeros(0)
    device = next(scorer.model.parameters()).device
    batch = {
        name: torch.from_numpy(np.asarray(value, np.int64)).to(device)
        for name, value in (
            ("input_ids", ids),
            ("attention_mask", mask),
            ("target_place", places),
        )
    }
    logits = target_logits(scorer.model, batch).float()
    wanted = torch.tensor(targets, device=device)[:, None]
    chosen = logits.gather(1, wanted)[:, 0] - logits.logsumexp(1)
    return np.asarray(chosen.double().cpu().numpy(), np.float64)


def _check_length(scorer: Scorer, lengths: NDArray[np.int64]) -> None:
    most = int(scorer.tokenizer.model_max_length)
    if len(lengths) and lengths.max() > most:
        raise DataError(
            paragraph(
                scorer.name,
                f"a text of the test has {int(lengths.max()):,} tokens, and this model reads "
                f"{most:,}",
                "Take long rows out of the file, or choose a model that reads more",
            )
        )
