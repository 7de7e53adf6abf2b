"""Attention weighted by the gradient of the answer, gathered layer by layer.

Chefer, Gur & Wolf, *Generic Attention-model Explainability for Interpreting Bi-Modal and
Encoder-Decoder Transformers* (ICCV 2021), section 3; numbers in brackets are its equations.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...core.events import Emit, silent
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .looking import Seen, explained
from .weights import refused

Pairs = dict[tuple[int, int], torch.Tensor]
"""By two streams, how much each place of the first holds of the second; (rows, places, places)."""


def chefer_relevance(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by attention and its gradient.

    Each layer adds ``mean over heads of max(gradient * weights, 0)`` times what was gathered so far
    (equations 5 and 6); cross-attention carries it from one stream to another (8 to 11). The row
    of the place that the head reads is shown, as in `attention_rollout`, without the 1 by which
    every place counts as itself. No score is below zero: what spoke against the target is left out.

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
        If the model's attention can't be followed from its answer to the sample, or has no
        gradient.
    """
    return explained(subject, relevance, emit=emit, check=check)


def relevance(seen: Seen) -> dict[int, torch.Tensor]:
    """Return how much each place of each stream counts; shapes (rows, places)."""
    held = gathered(seen)
    out = {
        stream: torch.zeros_like(held[stream, stream][:, 0])
        for stream in range(len(seen.how.roots))
    }
    for reading, share in seen.read().items():
        for stream, one in out.items():
            found = held.get((reading, stream))
            if found is None:
                continue
            if reading == stream:
                found = found - torch.eye(found.shape[1], device=found.device)
            out[stream] = one + torch.einsum("bq,bqk->bk", share, found)
    return out


def gathered(seen: Seen) -> Pairs:
    """Return what has been gathered after the last layer (equations 6 to 11)."""
    weighted = _weighted(seen)
    rows = len(weighted[0])
    held: Pairs = {
        (stream, stream): torch.eye(size, device=weighted[0].device).repeat(rows, 1, 1)
        for stream, size in enumerate(seen.how.sizes)
    }
    for step, matrix in zip(seen.how.steps, weighted, strict=True):
        own, other = step.asking, step.asked
        if step.within:
            added = {pair: matrix @ one for pair, one in held.items() if pair[0] == own}
        else:
            carried = normalised(held[own, own]).mT @ matrix @ normalised(held[other, other])
            added = {
                (own, stream): matrix @ one
                for (holding, stream), one in held.items()
                if holding == other and stream != other
            }
            added[own, other] = carried
        for pair, one in added.items():
            held[pair] = held[pair] + one if pair in held else one
    return held


def normalised(held: torch.Tensor) -> torch.Tensor:
    """Bring each row of what was gathered in one stream to a sum of 1, beside itself (8, 9)."""
    itself = torch.eye(held.shape[-1], device=held.device)
    gained = held - itself
    total = gained.sum(dim=-1, keepdim=True)
    return (
        torch.where(total > 0, gained / total.clamp_min(torch.finfo(held.dtype).tiny), 0) + itself
    )


def _weighted(seen: Seen) -> list[torch.Tensor]:
    """Weight attention by its gradient (equation 5); shapes (rows, queries, keys)."""
    found = [seen.found[step.number] for step in seen.how.steps]
    gradients = torch.autograd.grad(
        seen.score, [one.source for one in found], allow_unused=True, retain_graph=True
    )
    out = []
    for one, gradient in zip(found, gradients, strict=True):
        if gradient is None:
            raise refused(
                seen.model,
                f"{one.name} returns other weights than those that it computes with, so that they "
                "have no gradient",
                "Choose attention_rollout or integrated_gradients",
            )
        both = gradient.reshape(one.weights.shape).float() * one.weights.detach().float()
        out.append(both.clamp_min(0).mean(dim=1))
    return out
