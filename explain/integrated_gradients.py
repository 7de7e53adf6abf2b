"""Integrated gradients on the embeddings, through captum, as exactly as a person asks.

Sundararajan, Taly & Yan, *Axiomatic Attribution for Deep Networks* (ICML 2017). Many samples go
through the model together; those whose completeness error is too large get more steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray

from ..core.batches import Samples, by_length
from ..core.events import Clock, Emit, Progress, silent
from ..core.predict import tokens_at_once
from ..errors import ModelError, paragraph
from .attribution import relative_error


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
        return relative_error(float(self.scores.sum()) - difference, difference)


def integrated_gradients(
    model: torch.nn.Module,
    samples: Samples,
    targets: NDArray[np.int64],
    *,
    baseline: int,
    keep: frozenset[int],
    tolerance: float = 0.05,
    steps: int = 24,
    max_steps: int = 512,
    outputs: NDArray[np.float64] | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[TokenScores]:
    """Attribute each sample's logit to its tokens.

    The same scores as those of `captum.attr.LayerIntegratedGradients` on
    ``model.get_input_embeddings()``, summed over the embedding's dimensions.

    Parameters
    ----------
    model
        A text classifier that reads token numbers; it is left as it was found.
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
    outputs
        Each sample's logit of its target, where it is known already; shape (samples,).
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of TokenScores
        In the samples' order.

    Raises
    ------
    ModelError
        If the model doesn't look its tokens up in ``get_input_embeddings()`` once.
    """
    lengths = samples.lengths
    out: list[TokenScores | None] = [None] * len(samples)
    rows, steps = np.arange(len(samples)), min(steps, max_steps)
    ends = np.full((2, len(samples)), np.nan)
    if outputs is not None:
        ends[0] = outputs
    work = _Work(lengths, steps, max_steps)
    with _at_rest(model):
        explainer = _Explainer(model, baseline, keep)
        while len(rows):
            failed: list[int] = []
            for chosen in by_length(lengths[rows], max(explainer.budget // steps, 1)):
                batch = rows[chosen]
                found = explainer(samples.batch(batch), targets[batch], steps, ends[:, batch])
                for row, one in zip(batch, found, strict=True):
                    out[row] = one
                    ends[:, row] = one.output, one.baseline_output
                # Written so that an error that is no number counts as too large.
                missed = np.array([not one.relative_error <= tolerance for one in found])
                failed += batch[missed].tolist()
                work.note(batch, missed)
                if work.clock.due() or work.left == 0:
                    emit(work.progress())
                check()
            if steps == max_steps:
                break
            rows, steps = np.array(sorted(failed), dtype=np.int64), min(2 * steps, max_steps)
            work.next_stage(rows, steps)
    return [one for one in out if one is not None]


class _Work:
    """How much of the work is done, in tokens times steps, and how much is likely to come.

    How many samples need more steps is known only once they were tried, so what is to come is an
    estimate: those untried fail as often as those tried, and half as often each time after that.
    """

    def __init__(self, lengths: NDArray[np.int64], steps: int, max_steps: int) -> None:
        self._lengths, self._max = lengths, max_steps
        self._total = int(lengths.sum())
        self._spent, self._shown, self._closed = 0.0, 0, 0
        self.clock = Clock(self._total)
        self.next_stage(np.arange(len(lengths)), steps)

    def next_stage(self, rows: NDArray[np.int64], steps: int) -> None:
        """Begin with the samples that need so many steps."""
        self._steps = steps
        self._untried, self._tried, self._failed = int(self._lengths[rows].sum()), 0, 0

    def note(self, batch: NDArray[np.int64], missed: NDArray[np.bool_]) -> None:
        """Count a batch as done, and those of it that missed the tolerance."""
        tokens = int(self._lengths[batch].sum())
        self._untried -= tokens
        self._tried += tokens
        self._spent += tokens * self._steps
        self._failed += int(self._lengths[batch][missed].sum())
        last = self._steps == self._max
        self._closed += len(batch) if last else int((~missed).sum())

    @property
    def left(self) -> float:
        """Tokens times steps that are likely to come."""
        rate = (self._failed + 1) / (self._tried + 2)
        more = self._failed + self._untried * rate
        return self._untried * self._steps + more * self._after(self._steps, rate / 2)

    def progress(self) -> Progress:
        """Tell how far it is; the bar never runs backwards, though the estimate may grow."""
        share = self._spent / max(self._spent + self.left, 1)
        self._shown = max(self._shown, int(share * self._total))
        return Progress(
            step="explain",
            done=self._shown,
            total=self._total,
            remaining=self.clock.remaining(share * self._total),
            text=f"{self._closed:,} of {len(self._lengths):,} rows",
        )

    def _after(self, steps: int, rate: float) -> float:
        """Return the steps that a token which missed the tolerance is likely to cost still."""
        if steps >= self._max:
            return 0.0
        following = min(2 * steps, self._max)
        return following + rate * self._after(following, rate / 2)


class _Explainer:
    """Runs captum's IntegratedGradients over a batch of token numbers.

    The model reads the token numbers as always, and only what its embedding layer returns is
    replaced. So a model that takes positions or the last token from these numbers (RoBERTa, and
    every decoder) finds them, which it wouldn't if it were given embeddings instead.
    """

    def __init__(self, model: torch.nn.Module, baseline: int, keep: frozenset[int]) -> None:
        self._model = model
        self._embed: torch.nn.Module = model.get_input_embeddings()  # type: ignore[operator]
        self._baseline = baseline
        self._place = next(model.parameters()).device
        self._keep = torch.tensor(sorted(keep), dtype=torch.long, device=self._place)
        self._method = IntegratedGradients(self._forward, multiply_by_inputs=True)
        self.budget = tokens_at_once(model)

    def _forward(self, embedded: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        calls = []

        def replace(module: object, given: object, output: torch.Tensor) -> torch.Tensor:
            calls.append(output.shape)
            return embedded

        hook = self._embed.register_forward_hook(replace)
        try:
            logits: torch.Tensor = self._model(**dict(zip(self._names, others, strict=True))).logits
        finally:
            hook.remove()
        if calls != [embedded.shape]:
            raise ModelError(
                paragraph(
                    type(self._model).__name__,
                    f"it looks its tokens up in its input embeddings {len(calls)} times, and "
                    "integrated gradients need that to happen once",
                    "Leave integrated_gradients out of explain.methods for this model",
                )
            )
        return logits.float()

    def __call__(
        self,
        batch: dict[str, Any],
        targets: NDArray[np.int64],
        steps: int,
        ends: NDArray[np.float64],
    ) -> list[TokenScores]:
        """Attribute a batch; `ends` holds the outputs on samples and baselines, NaN if unknown."""
        batch = {name: tensor.to(self._place) for name, tensor in batch.items()}
        ids, mask = batch["input_ids"], batch["attention_mask"]
        kept = torch.isin(ids, self._keep) | (mask == 0)
        base = torch.where(kept, ids, torch.full_like(ids, self._baseline))
        self._names, others = tuple(batch), tuple(batch.values())
        target = torch.from_numpy(targets).to(self._place)
        with torch.no_grad():
            inputs, baselines = self._embed(ids), self._embed(base)
        scores = self._method.attribute(
            inputs,
            baselines=baselines,
            target=target,
            additional_forward_args=others,
            n_steps=steps,
            method="gausslegendre",
            # Many steps of a long sample go through the model in several portions.
            internal_batch_size=max(self.budget // ids.shape[1], len(ids)),
        )
        for side, place in enumerate((inputs, baselines)):
            if np.isnan(ends[side]).any():
                with torch.no_grad():
                    known = self._forward(place, *others).gather(1, target[:, None])
                ends[side] = known[:, 0].cpu()
        # Not every accelerator knows float64, so the sum of scores is taken on the CPU.
        summed = scores.detach().cpu().double().sum(-1)
        real = mask.bool().cpu()
        return [
            TokenScores(
                summed[row][real[row]].numpy(), float(ends[0, row]), float(ends[1, row]), steps
            )
            for row in range(len(ids))
        ]


@contextmanager
def _at_rest(model: torch.nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode and its weights without gradients, then put both back."""
    training = model.training
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    model.eval()
    for weight in learnt:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in learnt:
            weight.requires_grad_(True)
        if training:
            model.train()
