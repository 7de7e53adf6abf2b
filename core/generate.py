"""Writing answers: greedy generation for many prompts at a time.

The most likely token is taken at every step, so that the same model writes the same answers every
time. Prompts are padded at the left, since what is written stands at the right; keys and values of
what was read are kept (`transformers.GenerationMixin.generate`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..multimodal.text.encode import longest
from . import processes
from .batches import by_length
from .events import Clock, Emit, Progress, silent
from .predict import tokens_at_once

MOST = 64
"""Most prompts that are answered at a time."""


@torch.no_grad()
def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    new_tokens: int,
    ends: Collection[int] = (),
    pad: int = 0,
    step: str = "generate",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    budget: int | None = None,
    beside: Callable[[NDArray[np.int64], int], Mapping[str, torch.Tensor]] = lambda rows, width: {},
) -> list[list[int]]:
    """Write what follows each prompt.

    Parameters
    ----------
    model
        A causal language model in evaluation mode, on its device; maybe wrapped.
    prompts
        Token numbers of each prompt, at least one.
    new_tokens
        Most tokens of an answer.
    ends
        Tokens that end an answer, beside those of the model's own generation settings.
    pad
        Token that fills a batch up.
    step, emit, check
        Name of the step in the progress events, listener, and a function that raises where the job
        was cancelled; it is called at every token.
    budget
        Tokens of one batch, padding and answers counted; what suits the device if left out.
    beside
        ``beside(rows, width) -> inputs``: what the model is given of some prompts beside their
        tokens, which are padded at the left to a width.

    Returns
    -------
    list
        The tokens of each answer, without the one that ended it.
    """
    from transformers import GenerationConfig, StoppingCriteriaList

    bare = unwrapped(model)
    stops = sorted({int(one) for one in ends} | own_ends(bare))
    settings: Any = GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False,
        num_beams=1,
        max_new_tokens=new_tokens,
        pad_token_id=pad,
        eos_token_id=stops or None,
        use_cache=True,
    )
    lengths = np.array([len(one) for one in prompts], dtype=np.int64)
    batches = processes.share(by_length(lengths + new_tokens, budget or tokens_at_once(bare), MOST))
    place = next(bare.parameters()).device
    answers: list[list[int]] = [[] for _ in prompts]
    total = sum(len(rows) for rows in batches)
    clock, done = Clock(total), 0
    for rows in batches:
        width = int(lengths[rows].max())
        ids = torch.full((len(rows), width), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, width - lengths[row] :] = torch.as_tensor(prompts[row], dtype=torch.long)
            mask[number, width - lengths[row] :] = 1

        def watch(ids: torch.Tensor, _scores: Any, **_others: Any) -> torch.Tensor:
            check()
            return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)

        with own_settings(bare, settings):
            written = bare.generate(
                input_ids=ids.to(place),
                attention_mask=mask.to(place),
                **{name: value.to(place) for name, value in beside(rows, width).items()},
                stopping_criteria=StoppingCriteriaList([watch]),
            )
        for row, line in zip(rows, written[:, width:].cpu().tolist(), strict=True):
            answers[row] = up_to(line, stops)
        done += len(rows)
        if clock.due() or done == total:
            left = clock.remaining(done)
            emit(Progress(step=step, done=done, total=total, remaining=left))
        check()
    return processes.merge_lists(answers, lambda one: not one)


def rooms(tokenizer: Any, max_length: int, new_tokens: int) -> tuple[int, int]:
    """Share what a model reads between a prompt and its answer; return the tokens of either.

    An answer may take half of what a small model reads, so that it has something to follow.
    """
    whole = longest(tokenizer, tokenizer.model_max_length)
    new = max(min(new_tokens, whole // 2), 1)
    return max(min(max_length, whole - new), 1), new


def up_to(tokens: Sequence[int], ends: Collection[int]) -> list[int]:
    """Return tokens up to the first one that ends an answer, without it and what fills up."""
    for place, token in enumerate(tokens):
        if token in ends:
            return list(tokens[:place])
    return list(tokens)


def own_ends(model: Any) -> set[int]:
    """Return the tokens at which a model's own generation settings end."""
    found = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    if found is None:
        found = getattr(model.config, "eos_token_id", None)
    return set() if found is None else {int(one) for one in np.atleast_1d(found)}


def unwrapped(model: Any) -> Any:
    """Return the transformers model within wrappers for several processes, compiling and peft.

    Low-rank weights stay at work: they stand within the layers.
    """
    from accelerate.utils import extract_model_from_parallel

    inner = extract_model_from_parallel(model, keep_torch_compile=False)
    return inner.get_base_model() if hasattr(inner, "get_base_model") else inner


@contextmanager
def own_settings(model: Any, settings: Any) -> Iterator[None]:
    """Let a model generate by these settings alone.

    Its own, which may say to sample or to punish repetition, would fill in what these leave out.
    """
    before = model.generation_config
    model.generation_config = settings
    try:
        yield
    finally:
        model.generation_config = before
