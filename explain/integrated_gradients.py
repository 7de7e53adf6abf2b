"""Integrated gradients on the embeddings, through captum, as exactly as a person asks.

Sundararajan, Taly & Yan, *Axiomatic Attribution for Deep Networks* (ICML 2017). Many samples go
through the model together; those whose completeness error is too large get more steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray

from ..core.batches import Samples, by_length
from ..core.events import Clock, Emit, Progress, silent

BUDGET = 16_384
"""Tokens that go through the model at once, steps and padding counted."""


@dataclass(frozen=True, eq=False)
class TokenScores:
    """Integrated gradients of one sample, per token.

    Attributes
    ----------
    scores
        Sum over the embedding's dimensions; shape (tokens,), padding left out.
    output, baseline_output
        The target's logit on the sample and on the baseline.
    steps
        Steps of integration that were used.
    """

    scores: NDArray[np.float64]
    output: float
    baseline_output: float
    steps: int

    @property
    def relative_error(self) -> float:
        """Absolute completeness error as a share of the difference of the outputs."""
        difference = self.output - self.baseline_output
        return abs(float(self.scores.sum()) - difference) / max(abs(difference), 1e-12)


def integrated_gradients(
    model: torch.nn.Module,
    samples: Samples,
    targets: NDArray[np.int64],
    *,
    baseline: int,
    keep: frozenset[int],
    tolerance: float = 0.05,
    steps: int = 16,
    max_steps: int = 512,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[TokenScores]:
    """Attribute each sample's logit to its tokens.

    Parameters
    ----------
    model
        A text classifier, in evaluation mode.
    samples
        Encoded texts.
    targets
        Class to explain, one per sample; shape (samples,).
    baseline
        Number of the token that says nothing (the padding token).
    keep
        Numbers of special tokens, which stay in the baseline as they are.
    tolerance
        Largest completeness error as a share of the difference of the outputs.
    steps, max_steps
        Steps to begin with, and the most for one sample. They are doubled while the error is
        larger than the tolerance. Points and weights are Gauss-Legendre's.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of TokenScores
        In the samples' order.
    """
    explainer = _Explainer(model, baseline, keep)
    out: list[TokenScores | None] = [None] * len(samples)
    open_rows = np.arange(len(samples))
    total = int(samples.lengths.sum())
    clock = Clock(total)
    while len(open_rows):
        for chosen in by_length(samples.lengths[open_rows], max(BUDGET // steps, 1)):
            rows = open_rows[chosen]
            for row, found in zip(
                rows, explainer(samples.batch(rows), targets[rows], steps), strict=True
            ):
                out[row] = found
            check()
            if clock.due():
                closed = sum(
                    int(length)
                    for length, one in zip(samples.lengths, out, strict=True)
                    if one is not None and (one.relative_error <= tolerance or one.steps > steps)
                )
                left = clock.remaining(closed)
                emit(Progress(step="explain", done=closed, total=total, remaining=left))
        if steps * 2 > max_steps:
            break
        open_rows = np.array(
            [row for row in open_rows if _error(out[row]) > tolerance], dtype=np.int64
        )
        steps *= 2
    return [one for one in out if one is not None]


class _Explainer:
    """Runs captum's IntegratedGradients over a batch of token numbers."""

    def __init__(self, model: torch.nn.Module, baseline: int, keep: frozenset[int]) -> None:
        self._model = model.requires_grad_(False)
        self._embed = model.get_input_embeddings()  # type: ignore[operator]
        self._baseline = baseline
        self._keep = torch.tensor(sorted(keep), dtype=torch.long)
        self._method = IntegratedGradients(self._forward, multiply_by_inputs=True)

    def _forward(self, embedded: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        names = self._names
        logits: torch.Tensor = self._model(
            inputs_embeds=embedded, **dict(zip(names, others, strict=True))
        ).logits
        return logits.float()

    def __call__(
        self, batch: dict[str, Any], targets: NDArray[np.int64], steps: int
    ) -> list[TokenScores]:
        place = next(self._model.parameters()).device
        batch = {name: tensor.to(place) for name, tensor in batch.items()}
        ids, mask = batch.pop("input_ids"), batch["attention_mask"]
        kept = torch.isin(ids, self._keep.to(place)) | (mask == 0)
        base = torch.where(kept, ids, torch.full_like(ids, self._baseline))
        self._names = tuple(batch)
        others = tuple(batch.values())
        target = torch.from_numpy(targets).to(place)
        inputs, baselines = self._embed(ids), self._embed(base)
        scores = self._method.attribute(
            inputs,
            baselines=baselines,
            target=target,
            additional_forward_args=others,
            n_steps=steps,
            method="gausslegendre",
        )
        with torch.inference_mode():
            both = self._forward(
                torch.cat([inputs, baselines]), *(torch.cat([one, one]) for one in others)
            ).gather(1, torch.cat([target, target])[:, None])[:, 0]
        outputs, base_outputs = both.double().chunk(2)
        summed = scores.detach().double().sum(-1)
        real = mask.bool()
        return [
            TokenScores(
                scores=summed[row][real[row]].cpu().numpy(),
                output=float(outputs[row]),
                baseline_output=float(base_outputs[row]),
                steps=steps,
            )
            for row in range(len(ids))
        ]


def _error(found: TokenScores | None) -> float:
    return found.relative_error if found is not None else float("inf")
