"""How well a language model guesses many sequences that begin alike, the beginning read once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import by_length
from ...core.events import Clock, Emit, Progress, silent
from ...core.predict import tokens_at_once
from ...core.tasks.sequences import LOGITS, nats
from ...multimodal.text.packing import Sequences

_WORTH = 4  # tokens of a common beginning from which on keeping it pays
_TRIED = 4  # sequences by which keeping it is tried


def sequence_nats(
    model: Any,
    samples: Any,
    *,
    step: str = "canaries",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Return minus the log-likelihood of each sequence's targets, in nats.

    What all sequences begin with goes through the model once; its keys and values are kept for the
    rest. Models that keep none, or for which that comes to something else, read every sequence
    whole.

    Parameters
    ----------
    model
        A causal language model in evaluation mode, on its device.
    samples
        Sequences as a task encodes them (`core.tasks.sequences.Sequenced`).
    step, emit, check
        Name of the step in the progress events, listener, and a function that raises where the job
        was cancelled.

    Returns
    -------
    numpy.ndarray
        Shape (sequences,). Of a common beginning that is learnt, its nats count in none of them.
    """
    own = samples.samples
    if isinstance(own, Sequences) and len(own) > _TRIED:
        common = common_prefix(own)
        if common >= _WORTH:
            few = np.arange(_TRIED)
            kept = _kept(model, own, common, few, silent, step, check)
            if kept is not None:
                whole = nats(model, _first(samples, _TRIED), step=step)
                apart, known = kept - kept[0], whole - whole[0]
                if np.allclose(apart, known, atol=1e-3, rtol=1e-3):
                    found = _kept(model, own, common, np.arange(len(own)), emit, step, check)
                    if found is not None:
                        return found
    return nats(model, samples, step=step, emit=emit, check=check)


def common_prefix(samples: Sequences) -> int:
    """Return how many tokens all sequences begin with, one less than the shortest at most."""
    shortest = int(samples.lengths.min())
    table = samples.tokens[samples.starts[:-1, None] + np.arange(shortest)]
    differs = np.flatnonzero((table != table[0]).any(axis=0))
    return min(int(differs[0]) if len(differs) else shortest, shortest - 1)


@torch.inference_mode()
def _kept(
    model: Any,
    samples: Sequences,
    common: int,
    rows: NDArray[np.int64],
    emit: Emit,
    step: str,
    check: Callable[[], None],
) -> NDArray[np.float64] | None:
    """Guess the sequences behind their common beginning; None where the model keeps nothing."""
    place = next(model.parameters()).device
    head = common - 1  # the last common token predicts the first one that differs
    begin = torch.from_numpy(samples.tokens[:head].astype(np.int64))[None].to(place)
    try:
        past = model(input_ids=begin, use_cache=True).past_key_values
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None
    if not hasattr(past, "batch_repeat_interleave"):  # it can't be copied for a batch
        return None
    words = int(getattr(model.config.get_text_config(), "vocab_size", 1))
    lengths = samples.lengths[rows] - head
    budget = min(tokens_at_once(model), max(LOGITS // max(words, 1), 512))
    out = np.zeros(len(rows))
    clock, done = Clock(len(rows)), 0
    for batch in by_length(lengths, budget):
        width = int(lengths[batch].max())
        ids = np.full((len(batch), width), samples.pad, np.int64)
        learnt = np.zeros((len(batch), width), bool)
        mask = np.zeros((len(batch), head + width), np.int64)
        mask[:, :head] = 1
        for number, at in enumerate(batch):
            row, size = rows[at], int(lengths[at])
            span = slice(samples.starts[row] + head, samples.starts[row + 1])
            ids[number, :size], learnt[number, :size] = samples.tokens[span], samples.learnt[span]
            mask[number, head : head + size] = 1
        cache = copy.deepcopy(past)
        cache.batch_repeat_interleave(len(batch))
        logits = model(
            input_ids=torch.from_numpy(ids).to(place),
            attention_mask=torch.from_numpy(mask).to(place),
            past_key_values=cache,
            use_cache=True,
        ).logits.float()
        losses = torch.nn.functional.cross_entropy(
            logits[:, :-1].transpose(1, 2), torch.from_numpy(ids[:, 1:]).to(place), reduction="none"
        )
        out[batch] = (losses.double().cpu().numpy() * learnt[:, 1:]).sum(axis=1)
        done += len(batch)
        if clock.due() or done == len(rows):
            left = clock.remaining(done)
            emit(Progress(step=step, done=done, total=len(rows), remaining=left))
        check()
    return out


def _first(samples: Any, count: int) -> Any:
    """Return the first sequences alone."""
    from dataclasses import replace

    own = samples.samples
    end = own.starts[count]
    few = Sequences(
        own.tokens[:end],
        own.learnt[:end],
        own.starts[: count + 1],
        own.owner[:count],
        own.cut[:count],
        own.pad,
        own.capacity,
        own.packed,
    )
    return replace(samples, samples=few)
