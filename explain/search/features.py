"""What a model makes of samples: the features that its last layer tells the classes apart by.

They are what the last linear layer of a classifier is given, whatever the model reads, so that
nothing has to be known of its architecture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import Rows, Samples
from ...core.predict import logits
from ...core.structure import body
from .answers import Numbers

Features = NDArray[np.float32]


def features(
    model: torch.nn.Module, samples: Samples, *, check: Callable[[], None] = lambda: None
) -> tuple[Features, Numbers]:
    """Compute features and logits of samples in one pass.

    Parameters
    ----------
    model
        A classifier in evaluation mode, on its device.
    samples
        The samples.
    check
        Raises where the job was cancelled.

    Returns
    -------
    features, logits
        Shapes (samples, width) and (samples, classes). Where the classes' layer reads all tokens,
        the features are those of the token whose scores the model returns; where there is no such
        layer, they are the mean of the body's last hidden states.
    """
    told = _Told(samples)
    found: Features | None = None

    def keep(own: torch.Tensor) -> None:
        nonlocal found
        values = own.float().cpu().numpy()
        if found is None:
            found = np.zeros((len(samples), values.shape[1]), np.float32)
        found[told.rows[: len(values)]] = values

    with _watched(model, keep):
        numbers = logits(model, told, check=check)
    return np.zeros((0, 1), np.float32) if found is None else found, numbers


class _Told:
    """Samples that remember which rows the last batch was of."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.lengths = samples.lengths
        self.rows: Rows = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._samples)

    def batch(self, rows: Rows) -> dict[str, Any]:
        self.rows = rows
        return self._samples.batch(rows)


@contextmanager
def _watched(model: torch.nn.Module, keep: Callable[[torch.Tensor], None]) -> Iterator[None]:
    """Hand over the features of each batch while the block runs."""
    last: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    hidden: list[Any] = []

    def linear(module: torch.nn.Module, given: tuple[Any, ...], output: torch.Tensor) -> None:
        last["layer"] = (given[0], output)

    def whole(module: torch.nn.Module, given: object, output: Any) -> None:
        keep(_picked(last.get("layer"), output.logits, hidden[-1] if hidden else None))
        last.clear()
        hidden.clear()

    hooks = [
        one.register_forward_hook(linear)
        for one in model.modules()
        if isinstance(one, torch.nn.Linear)
    ]
    hooks.append(body(model).register_forward_hook(lambda *called: hidden.append(called[-1])))
    hooks.append(model.register_forward_hook(whole))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _picked(
    layer: tuple[torch.Tensor, torch.Tensor] | None, scores: torch.Tensor, output: Any
) -> torch.Tensor:
    """Return the features behind scores of shape (samples, classes)."""
    if layer is not None:
        given, told = layer
        if told.shape == scores.shape and given.ndim == 2:
            return given
        if told.ndim == 3 and told.shape[::2] == scores.shape:
            places = (told - scores[:, None]).abs().sum(dim=-1).argmin(dim=1)
            return given[torch.arange(len(places), device=given.device), places]
    hidden = getattr(output, "last_hidden_state", None)
    if not isinstance(hidden, torch.Tensor):
        return scores
    # Channels stand first in the maps of convolutional networks.
    return hidden.flatten(2).mean(dim=2) if hidden.ndim == 4 else hidden.mean(dim=1)
