"""Why this answer and not that one: what speaks for the one more than for the other.

Yin & Neubig, *Interpreting Language Models with Contrastive Explanations* (EMNLP 2022), compare two
tokens behind the same text. Answers are compared token by token as far as they are alike, which is
where neither is preferred; then the first token that differs; then what follows it in each answer,
as a whole, since what stands in front of it differs by then.
"""

from __future__ import annotations

import numpy as np

from .found import Found, Numbers


def shared(one: Numbers | list[int], other: Numbers | list[int]) -> int:
    """Return how many tokens two answers begin with alike."""
    count = min(len(one), len(other))
    differ = np.flatnonzero(np.asarray(one)[:count] != np.asarray(other)[:count])
    return int(differ[0]) if len(differ) else count


def contrasted(one: Found, other: Found, alike: int, segments: int) -> Found:
    """Return the scores for one answer rather than another.

    Parameters
    ----------
    one, other
        Of the answers; scores of shape (tokens, segments), those of the prompt first.
    alike
        Tokens that both begin with.
    segments
        The prompt's segments.

    Returns
    -------
    Found
        A row for each token that is alike, which is zero; one for the first that differs, and one
        for all behind it where there are any. Where one answer goes on and the other has ended,
        what follows stands against nothing. Scores of tokens that only one answer has are among
        the rest.
    """
    used = segments + max(alike, 0)
    sides = [_gathered(found, alike, used) for found in (one, other)]
    rows = max(len(side[0]) for side in sides)
    padded = [
        tuple(np.pad(part, ((0, rows - len(part)), *[(0, 0)] * (part.ndim - 1))) for part in side)
        for side in sides
    ]
    scores, rest, outputs, baselines = (mine - theirs for mine, theirs in zip(*padded, strict=True))
    for part in (scores, rest, outputs, baselines):
        part[:alike] = 0.0  # the same numbers in two batches may differ by rounding
    return Found(
        scores, rest, outputs, baselines, one.evaluations + other.evaluations, one.settings
    )


def _gathered(found: Found, alike: int, used: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Sum the rows behind the first that differs, and the columns that only one answer has."""
    count = len(found.outputs)
    group = np.minimum(np.arange(count), alike + 1)
    sums = np.zeros((int(group.max(initial=-1)) + 1, count))
    sums[group, np.arange(count)] = 1.0
    scores = np.zeros((count, used))
    kept = min(used, found.scores.shape[1])
    scores[:, :kept] = found.scores[:, :kept]
    over = found.scores[:, kept:].sum(axis=1)
    return (
        sums @ scores,
        sums @ (found.rest + over),
        sums @ found.outputs,
        sums @ found.baselines,
    )
