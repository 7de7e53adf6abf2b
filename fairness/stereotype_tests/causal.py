"""What a causal language model holds for likely: each token, given those before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .likelihood import Floats, Query, Scorer, log_likelihoods


def sentences(scorer: Scorer, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """Return how likely sentences are.

    In front of each stands the token that begins a text, or where there is none the one that ends
    it, so that the first word counts as well; without either it doesn't.

    Parameters
    ----------
    scorer
        A causal model.
    texts
        The sentences.

    Returns
    -------
    tuple of numpy.ndarray
        Summed log-likelihood in nats and number of guessed tokens of each; shape (texts,).
    """
    return continuations(scorer, [""] * len(texts), texts)


def continuations(
    scorer: Scorer, prompts: Sequence[str], answers: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return how likely answers are behind their prompts.

    Parameters
    ----------
    scorer
        A causal model.
    prompts, answers
        Texts, row by row; a space is put between the two.

    Returns
    -------
    tuple of numpy.ndarray
        Summed log-likelihood in nats and number of guessed tokens of each answer; shape (answers,).
    """
    if not len(answers):
        return np.zeros(0), np.zeros(0)
    tokenizer = scorer.tokenizer
    before = start(tokenizer)
    asked = _tokens(tokenizer, prompts)
    spaced = [
        f" {answer}" if prompt else answer for prompt, answer in zip(prompts, answers, strict=True)
    ]
    queries = []
    for prompt, answer in zip(asked, _tokens(tokenizer, spaced), strict=True):
        whole = [*before, *prompt, *answer]
        first = max(len(before) + len(prompt), 1)
        queries.append(Query(whole, range(first - 1, len(whole) - 1), whole[first:]))
    found = log_likelihoods(scorer, queries)
    return (
        np.array([one.sum() for one in found]),
        np.array([len(one) for one in found], np.float64),
    )


def start(tokenizer: Any) -> list[int]:
    """Return the token that stands in front of a text, as a list of one or none."""
    for known in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if known is not None:
            return [int(known)]
    return []


def _tokens(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    found: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    return found
