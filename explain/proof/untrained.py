"""Models of the same architecture whose weights are drawn anew, all of them or from the top down.

Adebayo et al., *Sanity Checks for Saliency Maps* (NeurIPS 2018): a map that stays the same where
what was learnt is thrown away shows the sample, not the model.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from ...device import prepare

STREAM = 2018


def untrained(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Return a model of the same architecture with weights drawn anew.

    Parameters
    ----------
    model
        A model of transformers is drawn as its own class draws it; of others every layer is drawn
        as torch does it, and weights that stand by themselves from a normal distribution of the
        same spread.
    seed
        Draws the weights.

    Returns
    -------
    torch.nn.Module
        On the device of `model`, in evaluation mode.
    """
    place = next(model.parameters())
    with torch.random.fork_rng(devices=[]):
        # Of another stream than trainings are begun by, which may have had the same seed.
        torch.manual_seed(int(np.random.SeedSequence([seed, STREAM]).generate_state(1)[0]))
        found: torch.nn.Module | None = _of_transformers(model)
        if found is None:
            found = copy.deepcopy(model)
            _draw(found)
    return found.to(place.device, place.dtype).eval().requires_grad_(False)


def cascade(
    model: torch.nn.Module, drawn: torch.nn.Module, most: int | None = None
) -> Iterator[tuple[str, torch.nn.Module]]:
    """Draw the weights of a copy anew from the top down, one layer after the other.

    Parameters
    ----------
    model
        The trained model, left as it is.
    drawn
        What `untrained` made of it.
    most
        Most stages, over which the layers are spread; as many as layers if left out.

    Yields
    ------
    The name of the lowest layer that is new, and the model, which is the same object each time.
    """
    found = layers(model)
    news = dict(drawn.named_parameters())
    kept = dict(drawn.named_buffers())
    changed = copy.deepcopy(model)
    olds, held = dict(changed.named_parameters()), dict(changed.named_buffers())
    stages = len(found) if most is None else min(most, len(found))
    for number, (name, weights) in enumerate(found.items(), 1):
        with torch.no_grad():
            for weight in weights:
                olds[weight].copy_(news[weight])
            for buffer, old in held.items():
                if layer(buffer) == name:
                    old.copy_(kept[buffer])
        if number * stages // len(found) > (number - 1) * stages // len(found):
            yield name, changed


def layers(model: torch.nn.Module) -> dict[str, list[str]]:
    """Return the weights of each layer by their names, the top layer first."""
    found: dict[str, list[str]] = {}
    for name in reversed([name for name, _ in model.named_parameters()]):
        found.setdefault(layer(name), []).append(name)
    return found


def layer(name: str) -> str:
    """Return the layer that a weight belongs to: up to its number, else its first two names.

    ``bert.encoder.layer.3.output.dense.weight`` is of ``bert.encoder.layer.3``, and
    ``bert.pooler.dense.weight`` of ``bert.pooler``.
    """
    *place, _ = name.split(".")
    before = list(takewhile(lambda one: not one.isdigit(), place))
    if len(before) < len(place):
        return ".".join(place[: len(before) + 1])
    return ".".join(place[:2]) or name


def _of_transformers(model: torch.nn.Module) -> Any:
    """Make a model of transformers of its configuration; None where it is no such model."""
    prepare()
    from transformers import PreTrainedModel

    if not isinstance(model, PreTrainedModel):
        return None
    made = type(model)(copy.deepcopy(model.config))
    same = {name: one.shape for name, one in model.named_parameters()}
    if {name: one.shape for name, one in made.named_parameters()} != same:
        return None  # changed since it was made, as adapters do
    return made


@torch.no_grad()
def _draw(model: torch.nn.Module) -> None:
    known: set[int] = set()
    for module in model.modules():
        reset: Any = getattr(module, "reset_parameters", None)
        if callable(reset):
            reset()
            known |= {id(one) for one in module.parameters(recurse=False)}
    for one in model.parameters():
        if id(one) not in known and one.numel():
            spread = float(one.float().std(unbiased=False)) if one.numel() > 1 else 1.0
            one.normal_(0.0, spread or 0.02)
