"""Attention weights of a model, whatever it returns: read where they are computed.

transformers computes weights that can be read only with its plain ("eager") attention. They are
taken from the modules that return them, so that encoders inside other models, and attention of
PyTorch's own, are seen too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from ...core.structure import plain
from ...errors import ModelError, paragraph
from ..layers.places import State

SUM = 2e-2
"""How far a row of attention weights may be from a sum of 1, for rounding in half precision."""

OTHERS = "Choose a method that needs no attention, such as grad_cam or integrated_gradients"


@dataclass(frozen=True, eq=False)
class Attention:
    """What one attention module did.

    Attributes
    ----------
    name
        The module's name.
    weights
        Rows sum to 1, of what is hidden to 0; shape (rows, heads, queries, keys).
    source
        What the output was computed from: the weights, or what they are another view of.
    asking, asked
        What queries, and what keys and values come from: states of shape (rows, places, width).
    output
        What the module returned; shape (rows, queries, width).
    """

    name: str
    weights: torch.Tensor
    source: torch.Tensor
    asking: State
    asked: State
    output: torch.Tensor


@contextmanager
def eager(model: torch.nn.Module) -> Iterator[None]:
    """Have a model of transformers compute and return attention weights, then put it back.

    Raises
    ------
    ModelError
        If it has no plain attention.
    """
    from transformers import PreTrainedModel

    parts = [one for one in plain(model).modules() if isinstance(one, PreTrainedModel)]
    configs = {id(one): one for part in parts for one in _configs(part.config)}
    before = [
        (one, one._attn_implementation, getattr(one, "output_attentions", False))
        for one in configs.values()
    ]
    try:
        for part in parts:
            part.set_attn_implementation("eager")
        for config in configs.values():
            config.output_attentions = True
        yield
    except ValueError as error:
        if any(one._attn_implementation not in ("eager", None) for one in configs.values()):
            raise refused(model, "it can't compute attention weights that can be read") from error
        raise
    finally:
        for config, implementation, shown in before:
            config.output_attentions = False
            # Its setter would reach into configurations that have one of their own.
            config._attn_implementation_internal = implementation
            config._output_attentions = shown


class Recorder:
    """Notes all attention of a model while it is open.

    Attributes
    ----------
    found
        In the order in which it was computed.
    windows
        Names of modules whose attention is held within windows.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self.clear(1)

    def clear(self, rows: int) -> None:
        """Begin anew, for a batch of so many rows."""
        self._rows = rows
        self.found: list[Attention] = []
        self.windows: list[str] = []
        self._maps: list[tuple[int, int]] = []
        self._seen: list[torch.Tensor] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Watch the model's modules."""
        hooks = []
        for name, module in self._model.named_modules():
            if isinstance(module, torch.nn.MultiheadAttention):
                hooks.append(module.register_forward_pre_hook(_shown, with_kwargs=True))
            hooks.append(module.register_forward_hook(self._noting(name), with_kwargs=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _noting(self, name: str) -> Any:
        def note(
            module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any], out: Any
        ) -> None:
            if isinstance(out, torch.Tensor) and out.ndim == 4:
                self._maps.append((int(out.shape[2]), int(out.shape[3])))
            if isinstance(out, tuple) and out and isinstance(out[0], torch.Tensor):
                for one in out[1:]:
                    if isinstance(one, torch.Tensor) and one.ndim == 4:
                        self._note(name, module, [*given, *named.values()], out[0], one)

        return note

    def _note(
        self,
        name: str,
        module: torch.nn.Module,
        given: list[Any],
        output: torch.Tensor,
        weights: torch.Tensor,
    ) -> None:
        if any(one is weights for one in self._seen) or not _sums(weights):
            return
        if len(weights) != self._rows:
            self._seen.append(weights)
            self.windows.append(name)
            return
        states = [
            one
            for one in given
            if isinstance(one, torch.Tensor) and one.is_floating_point() and one.ndim == 3
            and len(one) == self._rows
        ]  # fmt: skip
        _, _, queries, keys = weights.shape
        asking = next((one for one in states if one.shape[1] == queries), None)
        if asking is None or output.ndim != 3 or output.shape[1] != queries:
            return  # a module around it may know
        others = [one for one in states if one is not asking and one.shape[1] == keys]
        if not others and queries != keys:
            return
        self._seen.append(weights)
        source: torch.Tensor = weights
        if isinstance(module, torch.nn.MultiheadAttention) and weights._base is not None:
            source = weights._base  # PyTorch's output is computed before heads and rows are parted
        maps = tuple(self._maps)
        asked = others[0] if others else asking
        self.found.append(
            Attention(
                name, weights, source, State(asking, maps), State(asked, maps), output
            )
        )  # fmt: skip


def _configs(config: Any) -> Iterator[Any]:
    """Return a configuration with all that it holds."""
    yield config
    for name in getattr(config, "sub_configs", {}):
        inner = getattr(config, name, None)
        if inner is not None:
            yield from _configs(inner)


def refused(model: torch.nn.Module, why: str, remedy: str = OTHERS) -> ModelError:
    """Say why a model can't be explained by its attention."""
    return ModelError(paragraph(f"model {type(plain(model)).__name__}", why, remedy))


def _shown(
    module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Have PyTorch's attention return the weights of each head."""
    return given, {**named, "need_weights": True, "average_attn_weights": False}


def _sums(tensor: torch.Tensor) -> bool:
    """Whether all rows are shares of 1, or hidden."""
    if not tensor.is_floating_point() or not tensor.numel():
        return False
    with torch.no_grad():
        total = tensor.float().sum(dim=-1)
        off = torch.minimum((total - 1).abs(), total.abs()).max()
        return bool(tensor.min() >= 0) and float(off) < SUM and float(total.max()) > 0.5
