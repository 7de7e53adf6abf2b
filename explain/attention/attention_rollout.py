"""How attention passes on what each place holds, layer by layer.

Abnar & Zuidema, *Quantifying Attention Flow in Transformers* (ACL 2020), section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...core.events import Emit, silent
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .looking import Seen, explained


def attention_rollout(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's answer to its segments by attention alone.

    Heads are averaged, half of a place is what it held before, and the layers' matrices are
    multiplied: ``(A + I) / 2`` of each, the last one first. The row of the place that the head
    reads is what is shown; where it reads several, their rows are averaged by how much the answer
    depends on each. Cross-attention counts as half of a place too. So scores are shares: none is
    below zero, they sum to 1 with those of tokens that belong to no segment, and they say where the
    model looked, not whether that spoke for or against the answer.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        Not needed: the method has no settings.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If the model's attention can't be followed from its answer to the sample.
    """
    return explained(subject, rollout, emit=emit, check=check)


def rollout(seen: Seen) -> dict[int, torch.Tensor]:
    """Return the share of each place of each stream; shapes (rows, places).

    Only one row of the product is wanted, so the matrices are applied to it from the last layer
    down.
    """
    shares = seen.read()
    rows = len(seen.found[0].weights)
    for stream, size in enumerate(seen.how.sizes):
        shares.setdefault(stream, seen.found[0].weights.new_zeros(rows, size).float())
    for step in reversed(seen.how.steps):
        weights = seen.found[step.number].weights.detach().float().mean(dim=1)
        own = shares[step.asking]
        passed = torch.einsum("bq,bqk->bk", own, weights)
        if step.within:
            shares[step.asking] = (own + passed) / 2
            continue
        # A stream that begins with no part of the sample, such as a learnt query, keeps nothing.
        kept = 0.5 if step.asking in seen.placed else 0.0
        shares[step.asking] = kept * own
        shares[step.asked] = shares[step.asked] + (1 - kept) * passed
    return shares
