"""Training a head alone, on features that the body computes once.

A body that stays as it is gives the same features in every epoch, so they are computed in one pass
and kept. Which of them a head reads (the pooled one, the first token's, the last one's, or all) is
not looked up by the model's name: its head is run on the body's output once, and a gradient tells.
Then the head alone is compared with the whole model, before anything is trained.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import structure
from .batches import Batch, Learned, Rows, Subset, by_length, inputs
from .events import Clock, Emit, Progress, Warning, silent
from .files import disk_full_named
from .head_reading import (
    Featured,
    HeadOnly,
    Reading,
    new_inside,
    new_pooler,
    picked,
    real_places,
    scores_of,
    sent,
    token_places,
    watched,
)
from .predict import tokens_at_once

IN_MEMORY = 1 << 28
"""Bytes of features that are kept in memory; more of them are mapped from a file."""

PROBED = 8
CLOSE = 1e-4
"""Samples on which a head alone is compared with the whole model, and how near it has to be."""


def head_only(
    model: torch.nn.Module,
    samples: Learned,
    held: Learned,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    cache: Path | None = None,
    precision: str = "fp32",
) -> tuple[torch.nn.Module, Learned, Learned]:
    """Compute the features of all samples, and give back what learns from them.

    Parameters
    ----------
    model
        As `core.adapt.adapt` returned it for ``head``, on its device.
    samples, held
        What is learnt from, and what is validated.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    cache
        Folder for features that are too many for memory; in memory however many if left out.
    precision
        ``bf16`` computes the features' matrix products in it.

    Returns
    -------
    model, samples, held
        A module that shares the head's weights and gives the logits of the whole model in
        evaluation mode, and the samples that it is called with. All three are as they were where
        the head reads its body in a way that can't be kept, which a warning tells.
    """
    model.eval()
    found = _find(model, samples) if len(samples) else None
    if found is None:
        emit(
            Warning(
                text="This model's head doesn't read its body in a way that can be kept, so the "
                "features are computed in every epoch again. The result is the same; it takes "
                "longer."
            )
        )
        return model, samples, held
    reading, output = found
    total = int(samples.lengths.sum() + held.lengths.sum())
    clock, done = Clock(total), 0

    def tell(tokens: int) -> None:
        nonlocal done
        done += tokens
        if clock.due() or done == total:
            emit(Progress(step="features", done=done, total=total, remaining=clock.remaining(done)))
        check()

    told = [
        _featured(model, some, reading, tell, cache and cache / f"{name}.npy", precision)
        for name, some in (("features-train", samples), ("features-validation", held))
    ]
    return HeadOnly(model, reading, output), told[0], told[1]


def _find(model: torch.nn.Module, samples: Learned) -> tuple[Reading, type] | None:
    """Say what a head reads, and of which class its body's output is; None where it can't be kept.

    The first of what suits is taken with which the head alone gives the whole model's scores.
    """
    inner = structure.body(model)
    if inner is model or (new_pooler(model) is None and new_inside(model)):
        return None
    order = np.argsort(samples.lengths, kind="stable")
    rows = np.unique(order[np.linspace(0, len(order) - 1, PROBED).astype(int)])
    batch = samples.batch(rows)
    with torch.no_grad(), watched(model) as seen:
        expected = scores_of(model(**sent(inputs(batch), model)))
    real = real_places(batch)
    if not _alone_as_together(model, samples, rows, expected, real):
        return None
    for reading in _candidates(model, inputs(batch), seen[0], real):
        if reading == "all" and not np.array_equal(real.sum(1).numpy(), samples.lengths[rows]):
            return None
        output = type(seen[0])
        kept, starts = picked(seen[0], real, reading)
        few = Featured(Subset(samples, rows), kept.cpu().numpy(), starts, reading)
        alone = HeadOnly(model, reading, output).eval()
        with torch.no_grad():
            own = inputs(few.batch(np.arange(len(rows))))
            try:
                scores = scores_of(alone(**sent(own, model)))
            except (RuntimeError, ValueError, IndexError, TypeError):
                continue  # a head that wants more than was kept
        if all(_alike(one, other, real) for one, other in zip(expected, scores, strict=True)):
            return reading, output
    return None


def _alone_as_together(
    model: torch.nn.Module,
    samples: Learned,
    rows: Rows,
    expected: list[torch.Tensor],
    real: torch.Tensor,
) -> bool:
    """Say whether the shortest sample has the scores alone that it has among longer ones.

    It has not where padding moves its tokens to other places, as it does at the left of a model
    that counts places from the batch's edge.
    """
    shortest = int(real.sum(1).argmin())
    batch = samples.batch(rows[[shortest]])
    with torch.no_grad():
        alone = scores_of(model(**sent(inputs(batch), model)))
    own = real_places(batch)
    for one, other in zip(alone, expected, strict=True):
        mine, its = one[0], other[shortest]
        if other.shape[:2] == real.shape:
            mine, its = mine[own[0].to(mine.device)], its[real[shortest].to(its.device)]
        if mine.shape != its.shape or not torch.allclose(mine, its, rtol=CLOSE, atol=CLOSE):
            return False
    return True


def _candidates(
    model: torch.nn.Module, batch: Batch, output: Any, real: torch.Tensor
) -> list[Reading]:
    """Say which readings a gradient through the head speaks for, the smallest first."""
    hidden = getattr(output, "last_hidden_state", None)
    if not isinstance(hidden, torch.Tensor) or hidden.shape[:2] != real.shape:
        return []
    pooled = getattr(output, "pooler_output", None) if new_pooler(model) is None else None
    leaves = [hidden.detach().clone().requires_grad_()]
    if isinstance(pooled, torch.Tensor):
        leaves.append(pooled.detach().clone().requires_grad_())
    alone = HeadOnly(model, "all", type(output)).eval()
    if len(leaves) == 2:
        fixed = type(output)(last_hidden_state=leaves[0], pooler_output=leaves[1])
        alone.body.forward = lambda *args, **kwargs: fixed  # type: ignore[method-assign]
    scores = scores_of(alone(features=leaves[0], **sent(batch, model)))
    generator = torch.Generator().manual_seed(0)
    value = sum((one * torch.randn(one.shape, generator=generator).to(one)).sum() for one in scores)
    slopes = torch.autograd.grad(value, leaves, allow_unused=True)  # type: ignore[arg-type]
    used = [slope is not None and bool(slope.any()) for slope in slopes]
    if used == [False, True]:
        return ["pooled"]
    if used[0] is False or used[1:] == [True]:
        return []
    read = slopes[0].abs().sum(-1).cpu() > 0
    found: list[Reading] = []
    for reading in ("first", "last"):
        places = token_places(real, reading)
        if torch.equal(read, torch.nn.functional.one_hot(places, real.shape[1]).bool()):
            found.append(reading)
    return [*found, "all"]


def _featured(
    model: torch.nn.Module,
    samples: Learned,
    reading: Reading,
    tell: Callable[[int], None],
    file: Path | None,
    precision: str,
) -> Featured:
    """Run the body over samples, longest first, and keep what the head reads."""
    whole: Any = model
    lengths = samples.lengths if reading == "all" else np.ones(len(samples), np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    place = next(model.parameters()).device
    kept: NDArray[np.float32] | None = None
    for rows in by_length(samples.lengths, tokens_at_once(model)):
        batch = samples.batch(rows)
        with (
            torch.inference_mode(),
            torch.autocast(place.type, torch.bfloat16, enabled=precision == "bf16"),
            watched(model) as seen,
        ):
            whole(**sent(inputs(batch), model))
        found, _ = picked(seen[0], real_places(batch), reading)
        if kept is None:
            kept = _room((int(starts[-1]), found.shape[1]), file)
        spans = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in rows])
        kept[spans] = found.float().cpu().numpy()
        tell(int(samples.lengths[rows].sum()))
    width = int(whole.config.get_text_config().hidden_size)
    return Featured(
        samples, np.zeros((0, width), np.float32) if kept is None else kept, starts, reading
    )


def _room(shape: tuple[int, int], file: Path | None) -> NDArray[np.float32]:
    """Make room for features: in memory, or in a file where they are many."""
    size = 4 * shape[0] * shape[1]
    if file is None or size <= IN_MEMORY:
        return np.empty(shape, np.float32)
    file.parent.mkdir(parents=True, exist_ok=True)
    with disk_full_named(file):
        mapped = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=shape)
        if hasattr(os, "posix_fallocate"):
            # A disk that is full is told here; through a mapping it would end the process.
            with file.open("r+b") as opened:
                os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return mapped


def _alike(one: torch.Tensor, other: torch.Tensor, real: torch.Tensor) -> bool:
    """Compare scores, those of tokens where there are tokens."""
    if one.shape != other.shape:
        return False
    if one.shape[:2] == real.shape:
        one, other = one[real.to(one.device)], other[real.to(one.device)]
    return torch.allclose(one, other, rtol=CLOSE, atol=CLOSE)
