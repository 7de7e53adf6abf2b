"""Leaving each segment of a prompt out, and asking how likely every token of the answer then is.

One look at a copy answers for all tokens of the answer, so a prompt costs as many copies as it has
segments, however long its answer is. The same scores as those of feature ablation (Zeiler & Fergus
2014 for pictures; Miglani et al. 2023, *Using Captum to Explain Generative Language Models*).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...multimodal.written import Written
from ..subject import at_rest
from ..value import Value
from .found import Found
from .likelihood import budget_of, numbers_of, subject_of


def leave_out(
    model: object,
    written: Sequence[Written],
    pad: int,
    *,
    check: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Attribute each token of each answer to the segments, by leaving every one of them out.

    Parameters
    ----------
    model
        A model that writes.
    written
        Prompts with answers of at least one token.
    pad
        Token that fills a batch up.
    check
        Raises where the job was cancelled.
    """
    subject = subject_of(model, written, pad)
    value = Value(subject, check=check, budget=budget_of(subject))
    asked = []
    for row, one in enumerate(written):
        size = len(one)
        ends = np.array([[True], [False]]).repeat(size, 1)
        asked.append((row, np.concatenate([ends, ~np.eye(size, dtype=bool)])))
    with at_rest(subject.model):
        answers = value.numbers(asked)
    out = []
    for one, numbers in zip(written, answers, strict=True):
        whole, nothing, *without = numbers_of(numbers, one)
        scores = whole[:, None] - np.array(without).reshape(len(one), len(whole)).T
        out.append(Found(scores, np.zeros(len(whole)), whole, nothing, len(one) + 2))
    return out
