"""An exponential moving average of a model's weights (Polyak & Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

COUNT = "updates"


class Average:
    """The moving average of the weights that are trained.

    The first update takes the weights as they are; each later one keeps the share `decay` of the
    average, as `torch.optim.swa_utils.get_ema_multi_avg_fn` does. It takes the memory of the
    trained weights once more.

    Parameters
    ----------
    model
        On the device on which it is trained. Weights that don't require a gradient are not
        averaged.
    decay
        Between 0 and 1.
    """

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        self._weights = {
            name: weight for name, weight in model.named_parameters() if weight.requires_grad
        }
        self._kept = {name: weight.detach().clone() for name, weight in self._weights.items()}
        self._decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights behind an optimiser step."""
        kept = list(self._kept.values())
        weights = [weight.detach() for weight in self._weights.values()]
        if self.updates == 0:
            torch._foreach_copy_(kept, weights)
        else:
            torch._foreach_lerp_(kept, weights, 1 - self._decay)
        self.updates += 1

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Let the model have the average while the block runs, and its own weights behind it."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def put(self) -> None:
        """Put the average into the model for good."""
        if self.updates:
            for name, weight in self._weights.items():
                weight.copy_(self._kept[name])

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what a checkpoint has to keep: the average, and how many updates it has seen."""
        return {COUNT: torch.tensor(self.updates), **self._kept}

    @torch.no_grad()
    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""
        self.updates = int(tensors[COUNT])
        for name, kept in self._kept.items():
            kept.copy_(tensors[name])

    @torch.no_grad()
    def _swap(self) -> None:
        # Values and not storage: compiled graphs and other processes' wrappers hold the storage.
        if self.updates:
            for name, weight in self._weights.items():
                own = weight.detach().clone()
                weight.copy_(self._kept[name])
                self._kept[name].copy_(own)
