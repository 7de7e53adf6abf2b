"""How likely a language model holds one of two sentences that differ by a pronoun."""

from __future__ import annotations

from collections.abc import Sequence

from . import causal, masked
from .likelihood import Floats, Scorer

SCORING = {
    "masked": "log-likelihood of the pronouns, hidden, given all other words",
    "causal": "log-likelihood of the sentence, of which the pronoun's choice is all that differs",
}


def versions(scorer: Scorer, first: Sequence[str], second: Sequence[str]) -> tuple[Floats, Floats]:
    """Return how likely the two versions of sentences are.

    The difference of both is the logarithm of the odds between their pronouns given the rest of the
    sentence: of a masked model read off directly, of a causal one by Bayes' rule.

    Parameters
    ----------
    scorer
        The model.
    first, second
        Sentences, pair by pair.

    Returns
    -------
    tuple of numpy.ndarray
        In nats; shape (pairs,).
    """
    if scorer.kind == "masked":
        return masked.differing(scorer, first, second)
    return causal.sentences(scorer, first)[0], causal.sentences(scorer, second)[0]
