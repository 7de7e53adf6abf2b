"""Finding pictures by texts and texts by pictures: vectors of either, and who is nearest to whom.

Similarities are computed in blocks, so memory stays bounded however many pictures and texts there
are: 100,000 of each have 10,000,000,000 similarities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..multimodal.contrastive.models import vectors
from . import processes
from .batches import Rows, Samples, by_length
from .events import Clock, Emit, Progress, silent
from .memory import in_halves
from .predict import tokens_at_once

CELLS = 1 << 24
"""Similarities that are held at a time: 64 MiB of float32."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Found:
    """What queries find among candidates.

    Attributes
    ----------
    rank
        Place of the best candidate that belongs to each query, 1 for the first. Candidates that
        are exactly as similar stand before it, so that a model that tells nothing apart finds
        nothing. Shape (queries,).
    nearest
        Number of the most similar candidate of each query; shape (queries,).
    """

    rank: NDArray[np.int64]
    nearest: NDArray[np.int64]


@torch.inference_mode()
def embed(
    model: torch.nn.Module,
    kind: str,
    samples: Samples,
    *,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Floats:
    """Return the vectors of encoded pictures or texts.

    Parameters
    ----------
    model
        A dual encoder in evaluation mode, on its device.
    kind
        ``image`` or ``text``.
    samples
        What to encode.
    step
        Name of the step in the progress events.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    numpy.ndarray
        Of length 1 each; shape (samples, width).
    """
    if not len(samples):
        return np.zeros((0, 1), np.float32)
    place = next(model.parameters()).device

    def embedded(rows: Rows) -> torch.Tensor:
        batch = {name: one.to(place) for name, one in samples.batch(rows).items()}
        return vectors(model, kind, batch)

    lengths = samples.lengths
    batches = processes.share(by_length(lengths, tokens_at_once(model)))
    total = sum(int(lengths[rows].sum()) for rows in batches)
    clock, done = Clock(total), 0
    found: list[tuple[Rows, torch.Tensor]] = []
    for rows in batches:
        found += in_halves(embedded, rows)
        done += int(lengths[rows].sum())
        if clock.due() or done == total:
            emit(Progress(step=step, done=done, total=total, remaining=clock.remaining(done)))
        check()
    width = found[0][1].shape[1] if found else 1
    out = np.zeros((len(samples), max(processes.gather_objects(width))), np.float32)
    for rows, one in found:
        out[rows] = one.cpu().numpy()
    return processes.merge(out)


@torch.inference_mode()
def search(
    queries: Floats,
    candidates: Floats,
    pairs: NDArray[np.int64],
    *,
    device: str = "cpu",
    cells: int = CELLS,
    check: Callable[[], None] = lambda: None,
) -> Found:
    """Rank candidates by their cosine similarity to each query.

    Parameters
    ----------
    queries, candidates
        Vectors of length 1; shapes (queries, width) and (candidates, width).
    pairs
        Which belong together: numbers of a query and of a candidate, in any order; every query has
        one at least. Shape (pairs, 2).
    device
        What computes.
    cells
        Most similarities at a time.
    check
        Raises where the job was cancelled.
    """
    own = np.unique(pairs, axis=0)  # by query, each once
    starts = np.searchsorted(own[:, 0], np.arange(len(queries) + 1))
    asked = torch.from_numpy(queries)
    offered = torch.from_numpy(candidates).to(device)
    rank = np.zeros(len(queries), np.int64)
    nearest = np.zeros(len(queries), np.int64)
    size = max(1, cells // max(1, len(candidates)))
    for first in range(0, len(queries), size):
        last = min(first + size, len(queries))
        similar = asked[first:last].to(device) @ offered.t()
        part = torch.from_numpy(own[starts[first] : starts[last]]).to(device)
        row, column = part[:, 0] - first, part[:, 1]
        mine = similar[row, column]
        best = torch.full((last - first,), -torch.inf, device=device)
        best.scatter_reduce_(0, row, mine, "amax")
        before = (similar >= best[:, None]).sum(dim=1)
        # Its own that reach the best are no rivals of it.
        before.scatter_add_(0, row, -(mine >= best[row]).long())
        rank[first:last] = (1 + before).cpu().numpy()
        nearest[first:last] = similar.argmax(dim=1).cpu().numpy()
        check()
    return Found(rank, nearest)


def between(images: Floats, texts: Floats, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cosine similarity of pictures and texts, pair by pair; shape (pairs,)."""
    out = np.empty(len(pairs))
    size = max(1, CELLS // max(1, images.shape[1]))
    for first in range(0, len(pairs), size):
        one = pairs[first : first + size]
        out[first : first + size] = (images[one[:, 0]] * texts[one[:, 1]]).sum(axis=1)
    return out
