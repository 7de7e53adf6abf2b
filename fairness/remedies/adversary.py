"""An adversary guesses the group from the model's scores; the model learns to prevent it.

The adversary learns from each step by an optimiser of its own. Then the model learns from the
task's loss and from the adversary's, whose gradient is turned round (Ganin et al. 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

HIDDEN = 32
RATE = 1e-2
"""Width of the adversary's hidden layer, and its learning rate."""


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: torch.Tensor, strength: float) -> torch.Tensor:
        ctx.strength = strength
        return given.view_as(given)

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -ctx.strength * slopes[0], None


def reverse(given: torch.Tensor, strength: float) -> torch.Tensor:
    """Return what is given; its gradient comes back with the other sign, times the strength."""
    out: torch.Tensor = _Reverse.apply(given, strength)  # type: ignore[no-untyped-call]
    return out


class Adversary:
    """Guesses the group of each row from its scores, and from its label where that is allowed.

    With the label it stands for equalized odds, without it for demographic parity.

    Parameters
    ----------
    groups, classes
        Numbers of groups and of classes.
    strength
        Factor of the gradient that is turned round.
    sees_label
        Whether it is told the label.
    rows
        Rows of each group, from which its first guess is taken; shape (groups,).
    seed
        Of its first weights.
    device
        Where the model computes.

    References
    ----------
    Zhang, Lemoine and Mitchell (2018), Mitigating unwanted biases with adversarial learning. AIES.
    """

    def __init__(
        self,
        groups: int,
        classes: int,
        strength: float,
        *,
        sees_label: bool,
        rows: torch.Tensor,
        seed: int = 13,
        device: str = "cpu",
    ) -> None:
        self._strength = strength
        self._classes = classes
        self._sees_label = sees_label
        with torch.random.fork_rng(devices=[]):  # the model's dropout draws as ever
            torch.manual_seed(seed)
            last = torch.nn.Linear(HIDDEN, groups)
            first = torch.nn.Linear(classes * (1 + sees_label), HIDDEN)
            self.net = torch.nn.Sequential(first, torch.nn.Tanh(), last)
        with torch.no_grad():
            last.bias.copy_((rows / rows.sum()).clamp_min(1e-6).log())
        self.net.to(device)
        self._optimizer = torch.optim.Adam(self.net.parameters(), lr=RATE)

    def learn(
        self,
        logits: torch.Tensor,
        groups: torch.Tensor,
        labels: torch.Tensor,
        weight: torch.Tensor,
    ) -> None:
        """Let the adversary take a step; the model is left as it is."""
        with torch.enable_grad():
            losses = self.losses(logits.detach(), groups, labels)
            mean = (losses * weight).sum() / weight.sum().clamp_min(1e-12)
            mean.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def losses(
        self, logits: torch.Tensor, groups: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """Return the adversary's cross-entropy for each row; shape (rows,)."""
        return self._losses(self.net, logits, groups, labels)

    def reversed(
        self, logits: torch.Tensor, groups: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """Return the same losses; only the scores get their gradient, with the other sign."""
        fixed = {name: weight.detach() for name, weight in self.net.named_parameters()}

        def net(seen: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = torch.func.functional_call(self.net, fixed, (seen,))
            return out

        return self._losses(net, reverse(logits, self._strength), groups, labels)

    def _losses(
        self, net: Any, logits: torch.Tensor, groups: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        # Log-probabilities and not logits, whose common shift says nothing about the answer.
        seen = torch.log_softmax(logits.float(), dim=-1)
        if self._sees_label:
            told = torch.nn.functional.one_hot(labels, self._classes).to(seen)
            seen = torch.cat([seen, told], dim=-1)
        return torch.nn.functional.cross_entropy(net(seen), groups, reduction="none")

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what a checkpoint has to keep: weights, and what the optimiser knows of each."""
        found = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        for place, known in self._optimizer.state_dict()["state"].items():
            found |= {f"adam.{place}.{name}": value for name, value in known.items()}
        return found

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""
        net = {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
        self.net.load_state_dict(net)
        known: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("adam."):
                _, place, key = name.split(".")
                known.setdefault(int(place), {})[key] = value
        state = self._optimizer.state_dict()
        self._optimizer.load_state_dict({**state, "state": known})
