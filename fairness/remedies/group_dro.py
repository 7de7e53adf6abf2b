"""Group DRO: the groups on which the model does worst count most (Sagawa et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping

import torch


class GroupWeights:
    """A weight for each group, which grows with the group's loss.

    Each step multiplies the weight of every group by ``exp(step * its mean loss)`` and divides by
    the sum, and the loss of the step is the weighted sum of the groups' mean losses. A group that
    has no row in a step keeps its weight but for that division.

    Parameters
    ----------
    groups
        Number of groups.
    step
        Step size.

    References
    ----------
    Sagawa, Koh, Hashimoto and Liang (2020), Distributionally robust neural networks for group
    shifts. ICLR, algorithm 1.
    """

    def __init__(self, groups: int, step: float) -> None:
        self.weights = torch.full((groups,), 1 / groups, dtype=torch.float64)
        self._step = step

    def __call__(
        self, losses: torch.Tensor, groups: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        """Take a step of the weights, and return the losses as they count.

        Parameters
        ----------
        losses
            Loss of each row of a step; shape (rows,).
        groups
            Group of each row; shape (rows,).
        weight
            How much each row counts; shape (rows,).

        Returns
        -------
        torch.Tensor
            Losses whose weighted mean is the sum of the groups' mean losses, each times the
            weight of its group; shape (rows,).
        """
        sums = torch.zeros(len(self.weights), device=losses.device)
        rows = sums.index_add(0, groups, weight)
        mean = sums.index_add(0, groups, losses.detach() * weight) / rows.clamp_min(1e-12)
        self.weights = self.weights * torch.exp(self._step * mean.cpu().double())
        self.weights /= self.weights.sum()
        share = self.weights.to(losses.device, losses.dtype) * weight.sum()
        out: torch.Tensor = losses * (share / rows.clamp_min(1e-12))[groups]
        return out

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what a checkpoint has to keep."""
        return {"weights": self.weights}

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""
        self.weights = tensors["weights"]
