"""What a masked language model holds for likely: hidden tokens, given the others."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from .likelihood import Floats, Query, Scorer, log_likelihoods

Pairs = tuple[Floats, Floats]


def shared(scorer: Scorer, first: Sequence[str], second: Sequence[str]) -> Pairs:
    """Return how likely the tokens are that two sentences share, given those that they don't.

    One shared token at a time is hidden, and the log-likelihoods of all of them are added up; the
    tokens that differ always stand there, so that how frequent they are doesn't count. Which are
    shared is what difflib's matching blocks over the token numbers say, as in the authors' script.

    Parameters
    ----------
    scorer
        A masked model.
    first, second
        Sentences, pair by pair.

    Returns
    -------
    tuple of numpy.ndarray
        Pseudo-log-likelihoods of the pairs' first and second sentences, in nats; shape (pairs,).

    References
    ----------
    Nangia et al. 2020, CrowS-Pairs: A challenge dataset for measuring social biases in masked
    language models. EMNLP, section 3; the pseudo-log-likelihood is that of Salazar et al. 2020.
    """
    one, two = _encoded(scorer, first), _encoded(scorer, second)
    queries: list[Query] = []
    owner: list[int] = []
    for pair, ((tokens, special), (others, other_special)) in enumerate(zip(one, two, strict=True)):
        for place, other in _matched(tokens, others):
            if special[place] or other_special[other]:
                continue
            queries += [_hidden(scorer, tokens, [place]), _hidden(scorer, others, [other])]
            owner.append(pair)
    values = [float(found[0]) for found in log_likelihoods(scorer, queries)]
    return _summed(owner, values[::2], len(one)), _summed(owner, values[1::2], len(one))


def differing(scorer: Scorer, first: Sequence[str], second: Sequence[str]) -> Pairs:
    """Return how likely the tokens are by which two sentences differ, given those that they share.

    All tokens that differ are hidden together, so that one of them doesn't tell the other.

    Parameters
    ----------
    scorer
        A masked model.
    first, second
        Sentences, pair by pair.

    Returns
    -------
    tuple of numpy.ndarray
        Log-likelihoods in nats, summed over the tokens that differ; shape (pairs,).
    """
    queries: list[Query] = []
    for (tokens, _), (others, _) in zip(
        _encoded(scorer, first), _encoded(scorer, second), strict=True
    ):
        same = _matched(tokens, others)
        for side, (ids, kept) in enumerate(((tokens, same), (others, same))):
            known = {match[side] for match in kept}
            queries.append(
                _hidden(scorer, ids, [place for place in range(len(ids)) if place not in known])
            )
    values = np.array([found.sum() for found in log_likelihoods(scorer, queries)])
    return values[::2], values[1::2]


def blanks(scorer: Scorer, contexts: Sequence[str], words: Sequence[str]) -> Floats:
    """Return how probable words are in the blank of a sentence.

    A word of several pieces is written from left to right: each piece is guessed with those before
    it in place and nothing behind it, and the mean of their probabilities counts.

    Parameters
    ----------
    scorer
        A masked model.
    contexts
        Sentences that hold ``BLANK``.
    words
        What stands in its place.

    Returns
    -------
    numpy.ndarray
        Mean probability of a word's pieces; shape (words,).

    References
    ----------
    Nadeem et al. 2021, StereoSet: Measuring stereotypical bias in pretrained language models. ACL;
    likelihood scoring of their script ``eval_discriminative_models.py``.
    """
    tokenizer, queries, owner = scorer.tokenizer, [], []
    for number, (context, word) in enumerate(zip(contexts, words, strict=True)):
        begins = context.startswith("BLANK")
        pieces = _pieces(tokenizer, word, begins)
        for place, piece in enumerate(pieces):
            before = tokenizer.decode(pieces[:place]).strip()
            shown = tokenizer(context.replace("BLANK", f"{before}{tokenizer.mask_token}"))
            tokens = shown["input_ids"]
            where = tokens.index(tokenizer.mask_token_id)
            queries.append(Query(tokens, [where], [piece]))
            owner.append(number)
    found = np.exp([float(one[0]) for one in log_likelihoods(scorer, queries)])
    return _summed(owner, found, len(words)) / np.maximum(_summed(owner, None, len(words)), 1)


def continuations(
    scorer: Scorer, prompts: Sequence[str], answers: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return how likely answers are behind their prompts: each of their tokens hidden in turn.

    Parameters
    ----------
    scorer
        A masked model.
    prompts, answers
        Texts, row by row.

    Returns
    -------
    tuple of numpy.ndarray
        Summed log-likelihood in nats and number of tokens of each answer; shape (answers,).
    """
    queries: list[Query] = []
    owner: list[int] = []
    texts = [f"{prompt} {answer}" for prompt, answer in zip(prompts, answers, strict=True)]
    encoded = scorer.tokenizer(
        texts, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False
    )
    for number, prompt in enumerate(prompts):
        tokens = encoded["input_ids"][number]
        for place, (_, end) in enumerate(encoded["offset_mapping"][number]):
            if end > len(prompt) and not encoded["special_tokens_mask"][number][place]:
                queries.append(_hidden(scorer, tokens, [place]))
                owner.append(number)
    values = [float(found[0]) for found in log_likelihoods(scorer, queries)]
    return _summed(owner, values, len(texts)), _summed(owner, None, len(texts))


def _summed(owner: Sequence[int], values: Any, count: int) -> Floats:
    """Add up values, or count them, for each of `count` rows that they belong to."""
    rows = np.asarray(owner, np.int64)
    return np.asarray(np.bincount(rows, values, minlength=count), np.float64)


def _encoded(scorer: Scorer, texts: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Return the tokens of texts, and which of them are special ones."""
    found = scorer.tokenizer(list(texts), return_special_tokens_mask=True, verbose=False)
    return list(zip(found["input_ids"], found["special_tokens_mask"], strict=True))


def _matched(tokens: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
    """Return the places of tokens that two sequences share, in order."""
    blocks = SequenceMatcher(None, tokens, others).get_matching_blocks()
    return [(one.a + step, one.b + step) for one in blocks for step in range(one.size)]


def _hidden(scorer: Scorer, tokens: Sequence[int], places: Sequence[int]) -> Query:
    """Hide some tokens and ask for them."""
    shown = list(tokens)
    for place in places:
        shown[place] = int(scorer.tokenizer.mask_token_id)
    return Query(shown, list(places), [tokens[place] for place in places])


def _pieces(tokenizer: Any, word: str, begins: bool) -> list[int]:
    """Return the pieces of a word as it stands in a sentence, maybe at its beginning."""
    plain: list[int] = tokenizer.encode(word, add_special_tokens=False)
    if begins:
        return plain
    # Where a space belongs to the piece behind it (RoBERTa), the word within a sentence is another.
    spaced: list[int] = tokenizer.encode(f" {word}", add_special_tokens=False)
    return spaced
