"""The loss of every target token of a batch, summed over each sequence.

Logits are computed at the targets only: where a model guesses 15% of its tokens, or a chat model
learns its answers alone, most of the work behind the last layer is saved, and of a large
vocabulary's logits most of the memory. That needs a model whose head looks at each place alone,
which `Abilities` finds out by trying.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from .packing import in_one_row, keeps_apart, unpacked

_KNOWN = "_pellucid_abilities"


@dataclass(frozen=True)
class Abilities:
    """What a language model can do, found out once.

    Attributes
    ----------
    packs
        Whether it keeps packed sequences apart.
    selects
        Whether its head can be given the targets' hidden states alone.
    caches
        Whether it keeps keys and values unless told not to.
    """

    packs: bool
    selects: bool
    caches: bool


def abilities(model: torch.nn.Module) -> Abilities:
    """Find out what a model can do; ask once before it is wrapped for several processes."""
    model = _bare(model)
    known: Abilities | None = getattr(model, _KNOWN, None)
    if known is None:
        caches = _caches(model)
        known = Abilities(caches and keeps_apart(model), _selects(model), caches)
        setattr(model, _KNOWN, known)
    return known


def token_losses(model: torch.nn.Module, batch: dict[str, Any]) -> torch.Tensor:
    """Return minus the log-likelihood of each sequence's targets, in nats.

    Parameters
    ----------
    model
        A masked or causal language model, maybe wrapped (peft, DDP, FSDP, compiled).
    batch
        As `packing.lay_out` makes it; of a masked model, ``target_place`` is the place of the
        hidden token itself.

    Returns
    -------
    torch.Tensor
        Shape (sequences,), float32.
    """
    losses = torch.nn.functional.cross_entropy(
        target_logits(model, batch).float(), batch["target"], reduction="none"
    )
    units = batch["target_units"]
    return losses.new_zeros(units.shape).index_add(0, batch["target_sample"], losses)


def target_logits(model: torch.nn.Module, batch: dict[str, Any]) -> torch.Tensor:
    """Return the logits from which each target of a batch is guessed; shape (targets, words)."""
    can = abilities(model)
    if "position_ids" in batch:
        if not can.packs:
            batch = unpacked(batch)
        elif str(_bare(model).config._attn_implementation).startswith("flash"):
            batch = in_one_row(batch)
    asked = {name: value for name, value in batch.items() if not name.startswith("target")}
    if can.caches:
        asked["use_cache"] = False  # with a cache transformers would not keep packed ones apart
    places = batch["target_place"]
    if not can.selects:
        return _picked(model(**asked).logits, places)
    with _selecting(_body(_bare(model)), places):
        logits = model(**asked).logits
    # A compiled model may pass over the hook, and give the logits of all places.
    whole = logits.shape[:2] != (1, len(places))
    return _picked(logits, places) if whole else logits[0]


def _picked(logits: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return logits.flatten(0, 1).index_select(0, places)


@contextmanager
def _selecting(body: torch.nn.Module, places: torch.Tensor) -> Iterator[None]:
    """Let a model's body give its head the hidden states of some places only."""

    def select(_module: Any, _inputs: Any, output: Any) -> Any:
        output["last_hidden_state"] = _picked(output["last_hidden_state"], places)[None]
        return output

    handle = body.register_forward_hook(select)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def _caches(model: torch.nn.Module) -> bool:
    """Say whether a model keeps keys and values; one that passes all on has to be tried."""
    taken = inspect.signature(model.forward).parameters.values()
    if any(one.name == "use_cache" for one in taken):
        return True
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken):
        return False
    ids = torch.tensor([[3, 1, 2]], device=next(model.parameters()).device)
    training = model.training
    model.eval()
    try:
        return getattr(model(input_ids=ids), "past_key_values", None) is not None
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
        return False
    finally:
        model.train(training)


@torch.no_grad()
def _selects(model: torch.nn.Module) -> bool:
    """Say whether a model's head gives the same logits when it is given few places."""
    body = _body(model)
    if body is None:
        return False
    place = next(model.parameters()).device
    ids = torch.tensor([[3, 1, 2, 4], [2, 4, 3, 1]], device=place)
    places = torch.tensor([1, 2, 6], device=place)
    training = model.training
    model.eval()
    try:
        whole = _picked(model(input_ids=ids).logits, places)
        with _selecting(body, places):
            few = model(input_ids=ids).logits
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
        return False
    finally:
        model.train(training)
    return few.shape == (1, *whole.shape) and bool(torch.allclose(few[0], whole, atol=1e-4))


def _body(model: torch.nn.Module) -> Any:
    """Return the part of a model below its head, None where the two are one."""
    body = getattr(model, str(getattr(model, "base_model_prefix", "")) or "-", None)
    return body if isinstance(body, torch.nn.Module) and body is not model else None


def _bare(model: Any) -> Any:
    """Return the transformers model within its wrappers."""
    while True:
        if hasattr(model, "get_base_model"):
            model = model.get_base_model()
        elif isinstance(getattr(model, "_orig_mod", None), torch.nn.Module):
            model = model._orig_mod
        elif not hasattr(model, "base_model_prefix") and isinstance(
            getattr(model, "module", None), torch.nn.Module
        ):
            model = model.module
        else:
            return model
