"""Rows that go through a model with the graph of their gradients, a batch after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ...core.batches import by_length
from ...core.events import Clock, Emit, Progress
from ...core.memory import in_halves
from ...core.predict import tokens_at_once
from ..scores import Scores
from ..subject import Rows, Subject

SHARE = 4
"""How much less goes through a model at once than without gradients: all it computes is kept."""

SEED = 0
"""Of what a model draws while it answers (ViLT draws the order of a picture's patches)."""

Batch = dict[str, torch.Tensor]


@contextmanager
def with_graph(model: torch.nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode and its weights with gradients, then put both back.

    What layers return has a gradient only where something before it has one. Methods ask for the
    gradients of what they look at, and none of a weight is computed.
    """
    training = model.training
    fixed = [one for one in model.parameters() if one.is_floating_point() and not one.requires_grad]
    model.eval()
    for weight in fixed:
        weight.requires_grad_(True)
    try:
        yield
    finally:
        for weight in fixed:
            weight.requires_grad_(False)
        if training:
            model.train()


@contextmanager
def seeded(place: torch.device) -> Iterator[None]:
    """Have a model draw the same every time, and leave the generators as they were."""
    devices = [place] if place.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(SEED)
        yield


def in_batches(
    subject: Subject,
    one: Callable[[Rows], list[Scores]],
    *,
    emit: Emit,
    check: Callable[[], None],
) -> list[Scores]:
    """Explain all rows of a subject, some at a time.

    Parameters
    ----------
    subject
        What is explained.
    one
        Explains rows that go through the model together. Their pictures and sounds are of one size,
        so that each place lies where it would in a batch of one.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order.
    """
    out: dict[int, Scores] = {}
    clock = Clock(len(subject))
    budget = max(tokens_at_once(subject.model) // SHARE, 1)
    sizes = sizes_of(subject)
    for chosen in by_length(subject.lengths, budget):
        for rows in _alike(chosen, sizes):
            check()
            for some, found in in_halves(one, rows):
                out |= zip(some.tolist(), found, strict=True)
            if clock.due() or len(out) == len(subject):
                emit(
                    Progress(
                        step="explain",
                        done=len(out),
                        total=len(subject),
                        remaining=clock.remaining(len(out)),
                        text=f"{len(out):,} of {len(subject):,} rows",
                    )
                )
    return [out[row] for row in range(len(subject))]


def sizes_of(subject: Subject) -> list[tuple[torch.Size, ...]]:
    """Return the shapes of each row's pictures and sounds."""
    if not len(subject):
        return []
    media = [name for kind, name in subject.cut(0).read.items() if kind != "text"]
    if not media:
        return [()] * len(subject)
    found = []
    for row in range(len(subject)):
        batch = subject.samples.batch(np.array([row]))
        found.append(tuple(batch[name].shape for name in media))
    return found


def _alike(rows: Rows, sizes: list[tuple[torch.Size, ...]]) -> Iterator[Rows]:
    """Split rows into those whose pictures and sounds have the same size."""
    groups: dict[tuple[torch.Size, ...], list[int]] = {}
    for row in rows.tolist():
        groups.setdefault(sizes[row], []).append(row)
    for found in groups.values():
        yield np.array(found, np.int64)
