"""A head without its body: the features that it reads, kept and given back to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ..multimodal.models import newly_made
from . import structure
from .batches import TARGET, Batch, Learned, Rows

Reading = Literal["pooled", "first", "last", "all"]
"""What a head reads of its body: the pooled output, or the features of which tokens."""

FEATURES = "features"


class HeadOnly(torch.nn.Module):
    """A model whose body gives what it is told; called with a batch of `Featured` samples.

    It shares the head's weights with the whole model, so training one trains the other.
    """

    def __init__(self, model: torch.nn.Module, reading: Reading, output: type) -> None:
        super().__init__()
        whole: Any = model
        self.config = whole.config
        self.body = Told(reading, output, new_pooler(model))
        # A shallow copy with modules of its own, so that the whole model keeps its body.
        self.inner = copy.copy(model)
        children = {**model._modules, str(whole.base_model_prefix): self.body}
        self.inner.__dict__["_modules"] = children

    def forward(self, features: torch.Tensor, **rest: Any) -> Any:
        """Return what the whole model returns for the samples behind the features."""
        self.body.features = features
        return self.inner(**rest)


class Told(torch.nn.Module):
    """Stands in place of a body: returns the features that it was given last."""

    def __init__(self, reading: Reading, output: type, pooler: torch.nn.Module | None) -> None:
        super().__init__()
        self.features: torch.Tensor | None = None
        self._reading = reading
        self._output = output
        self.pooler = pooler

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the features as the body's output has them."""
        found = self.features
        if found is None:
            raise RuntimeError("a head was called without features")
        if self._reading == "pooled":
            return self._output(last_hidden_state=found[:, None], pooler_output=found)
        hidden = found if found.ndim == 3 else found[:, None]
        if self.pooler is not None:
            return self._output(last_hidden_state=hidden, pooler_output=self.pooler(hidden))
        return self._output(last_hidden_state=hidden)


@dataclass(frozen=True, eq=False)
class Featured:
    """Samples with features of their own in place of what the body reads.

    Everything else (targets, weights, names) is that of the samples.

    Attributes
    ----------
    samples
        The samples.
    kept
        Shape (samples, hidden), or where all tokens are read (tokens of all samples, hidden).
    starts
        Where each sample's tokens begin; shape (samples + 1,).
    reading
        What was kept.
    """

    samples: Learned
    kept: NDArray[np.float32]
    starts: NDArray[np.int64]
    reading: Reading

    def __len__(self) -> int:
        return len(self.samples)

    def __getattr__(self, name: str) -> Any:
        # copy and pickle ask for names before there are samples
        if name.startswith("__") or name == "samples":
            raise AttributeError(name)
        return getattr(self.samples, name)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Features of each sample; shape (samples,)."""
        return np.diff(self.starts)

    @property
    def units(self) -> NDArray[np.int64]:
        """What each sample's loss is a sum over; shape (samples,)."""
        return self.samples.units

    @property
    def weight(self) -> NDArray[np.float32]:
        """How much each unit of a sample counts; shape (samples,)."""
        return self.samples.weight

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return self.samples.ids(rows)

    def batch(self, rows: Rows) -> Batch:
        """Return what `HeadOnly` is called with, and the targets."""
        batch = self.samples.batch(rows)
        real = real_places(batch)
        if self.reading == "all":
            features = torch.zeros((*real.shape, self.kept.shape[1]))
            spans = [np.arange(self.starts[row], self.starts[row + 1]) for row in rows]
            features[real] = torch.from_numpy(np.asarray(self.kept[np.concatenate(spans)]))
            return {**batch, FEATURES: features}
        place = token_places(real, self.reading)
        narrow = {
            name: value if name.startswith(TARGET) else _at(value, place, real.shape)
            for name, value in batch.items()
        }
        return {**narrow, FEATURES: torch.from_numpy(np.asarray(self.kept[rows]))}


def picked(
    output: Any, real: torch.Tensor, reading: Reading
) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """Take what a head reads from a body's output, and say where each sample's part begins."""
    if reading == "pooled":
        return output.pooler_output, np.arange(len(real) + 1)
    hidden = output.last_hidden_state
    if reading == "all":
        starts = np.concatenate([[0], np.cumsum(real.sum(1).numpy())])
        return hidden[real.to(hidden.device)], starts
    places = token_places(real, reading).to(hidden.device)
    return hidden[torch.arange(len(places), device=hidden.device), places], np.arange(len(real) + 1)


@contextmanager
def watched(model: torch.nn.Module) -> Iterator[list[Any]]:
    """Collect what the body returns while the block runs."""
    seen: list[Any] = []
    hook = structure.body(model).register_forward_hook(lambda *called: seen.append(called[-1]))
    try:
        yield seen
    finally:
        hook.remove()


def new_pooler(model: torch.nn.Module) -> torch.nn.Module | None:
    """Return the body's pooler where it is new, so that it is learnt with the head."""
    prefix = f"{getattr(model, 'base_model_prefix', '')}.pooler."
    inside = new_inside(model)
    if not inside or not all(name.startswith(prefix) for name in inside):
        return None
    pooler = getattr(structure.body(model), "pooler", None)
    return pooler if isinstance(pooler, torch.nn.Module) else None


def new_inside(model: torch.nn.Module) -> list[str]:
    """Return the names of the body's weights that are new."""
    prefix = f"{getattr(model, 'base_model_prefix', '')}."
    return [name for name in newly_made(model) if name.startswith(prefix)]


def real_places(batch: Batch) -> torch.Tensor:
    """Say which places of a batch hold tokens; shape (samples, width)."""
    mask: torch.Tensor | None = batch.get("attention_mask")
    ids: torch.Tensor = batch["input_ids"]
    return torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()


def token_places(real: torch.Tensor, reading: Reading | str) -> torch.Tensor:
    """Return the place of each sample's first or last token; shape (samples,)."""
    numbers = real.to(torch.int64)
    if reading == "last":
        return real.shape[1] - 1 - numbers.flip(1).argmax(1)
    return numbers.argmax(1)


def _at(value: Any, place: torch.Tensor, shape: torch.Size) -> Any:
    """Narrow an input that has one number for each token to a single token."""
    if not isinstance(value, torch.Tensor) or value.shape[:2] != shape:
        return value
    return value[torch.arange(len(place)), place][:, None]


def scores_of(output: Any) -> list[torch.Tensor]:
    """Return all that a model's output gives as scores."""
    return [value for name, value in output.items() if name.endswith("logits")]


def sent(batch: Batch, model: torch.nn.Module) -> Batch:
    """Send a batch to where a model is."""
    place = next(model.parameters()).device
    return {
        name: value.to(place) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
    }
