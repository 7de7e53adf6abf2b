"""What copies of a prompt have in common, read once.

A causal model reads a copy as it reads the prompt, up to the first word that is left out. So its
keys and values of the prompt are kept, and of each copy only what stands behind is read. Whether a
model can be given them is tried on the first copies, never taken from its kind.
"""

from __future__ import annotations

import copy
from typing import Any

import torch

from ...multimodal.text.token_losses import abilities, target_logits

LEAST = 8
"""Tokens in common from which on they are worth keeping."""

TOGETHER = 16
"""Copies, about, that are read together from the place where the first of them differs."""

NEAR = 1e-3
"""How far a trial's log-probabilities may lie apart, in nats."""


class Prefixes:
    """Reads copies of prompts behind what they have in common.

    Parameters
    ----------
    model
        A model that writes.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._able: bool | None = None

    def __call__(
        self, first: torch.Tensor, told: torch.Tensor, inputs: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        """Return the log-probability of each token; arguments are those of `Likelihood`."""
        if set(inputs) != {"input_ids", "attention_mask"} or self._able is False:
            return plain(self._model, first, told, inputs)
        if self._able is None:
            self._able = abilities(self._model).caches and self._tried(first, told, inputs)
        out = torch.zeros(told.shape, device=told.device)
        for rows in _alike(first, told):
            some = {name: one[rows] for name, one in inputs.items()}
            shared = self._shared if self._able else self._apart
            out[rows] = shared(first[rows], told[rows], some)
        return out

    def _apart(
        self, first: torch.Tensor, told: torch.Tensor, inputs: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        return plain(self._model, first, told, inputs)

    def _tried(
        self, first: torch.Tensor, told: torch.Tensor, inputs: dict[str, torch.Tensor]
    ) -> bool:
        """Whether two copies of the first prompt come to the same numbers either way."""
        pair = {name: one[:1].repeat(2, 1) for name, one in inputs.items()}
        place = int(first[0])
        if place <= LEAST:
            return False
        pair["input_ids"][1, place] = pair["input_ids"][1, 0]
        given = (first[:1].repeat(2), told[:1].repeat(2, 1), pair)
        try:
            found = self._behind(place, *given, self._kept(pair["input_ids"][0, :place]))
        except (TypeError, ValueError, RuntimeError, IndexError, AttributeError, KeyError):
            return False
        expected = plain(self._model, *given)
        return bool((found - expected).abs().max() < NEAR)

    def _shared(
        self, first: torch.Tensor, told: torch.Tensor, inputs: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        """Return the numbers of copies of one prompt."""
        ids = inputs["input_ids"]
        usual = ids.mode(dim=0).values
        differs = ids != usual
        # The place from which the first token is guessed has to be read in any case.
        place = torch.where(differs.any(1), differs.int().argmax(1), first).minimum(first)
        order = place.argsort(stable=True)
        groups = torch.split(order, TOGETHER)
        begins = [int(place[group].min()) for group in groups]
        if max(begins) < LEAST or len(ids) == 1:
            return plain(self._model, first, told, inputs)
        kept = self._kept(usual[: max(begins)])
        out = torch.zeros(told.shape, device=told.device)
        for group, begin in zip(groups, begins, strict=True):
            some = {name: one[group] for name, one in inputs.items()}
            if begin < LEAST:
                out[group] = plain(self._model, first[group], told[group], some)
            else:
                out[group] = self._behind(begin, first[group], told[group], some, kept)
        return out

    def _kept(self, tokens: torch.Tensor) -> Any:
        """Return the keys and values of some tokens."""
        found = self._model(input_ids=tokens[None], use_cache=True)
        return found.past_key_values

    def _behind(
        self,
        begin: int,
        first: torch.Tensor,
        told: torch.Tensor,
        inputs: dict[str, torch.Tensor],
        kept: Any,
    ) -> torch.Tensor:
        """Return the numbers of copies that are alike up to a place."""
        own = copy.deepcopy(kept)
        if begin < own.get_seq_length():
            own.crop(begin - own.get_seq_length())  # less than 0: so many are left out
        own.batch_repeat_interleave(len(told))
        rest = {**inputs, "input_ids": inputs["input_ids"][:, begin:], "past_key_values": own}
        return plain(self._model, first - begin, told, rest)


def plain(
    model: Any, first: torch.Tensor, told: torch.Tensor, inputs: dict[str, Any]
) -> torch.Tensor:
    """Return the log-probability of each token of copies that are read whole."""
    length = inputs["input_ids"].shape[1]
    row, token = torch.nonzero(told >= 0, as_tuple=True)
    places = row * length + first[row] + token
    logits = target_logits(model, {**inputs, "target_place": places})
    found = -torch.nn.functional.cross_entropy(logits.float(), told[row, token], reduction="none")
    return found.new_zeros(told.shape).index_put((row, token), found)


def _alike(first: torch.Tensor, told: torch.Tensor) -> list[torch.Tensor]:
    """Return the numbers of the copies of each prompt: prompts with one answer and one length."""
    names = torch.cat([first[:, None], told], dim=1)
    _, groups = torch.unique(names, dim=0, return_inverse=True)
    return [torch.nonzero(groups == number)[:, 0] for number in range(int(groups.max()) + 1)]
