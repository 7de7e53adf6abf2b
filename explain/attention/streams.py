"""Which sequences a model's attention goes between: found by following the graph of its gradients.

A *stream* is a sequence of places that is carried through the layers of an encoder or decoder, such
as the tokens of a text. Attention within one stream is self-attention, attention from one stream to
another is cross-attention.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...core.structure import plain
from ..layers.places import State
from .weights import Attention, refused


@dataclass(frozen=True)
class Step:
    """One attention of a model, in the order of computing.

    Attributes
    ----------
    number
        Which of those that were recorded.
    asking, asked
        The streams of the queries, and of keys and values.
    """

    number: int
    asking: int
    asked: int

    @property
    def within(self) -> bool:
        """Whether it is self-attention."""
        return self.asking == self.asked


@dataclass(frozen=True, eq=False)
class Streams:
    """How a model's attention is put together.

    Attributes
    ----------
    steps
        Those that the answer depends on.
    roots
        What each stream begins with.
    recorded
        How many were recorded, with those that the answer doesn't depend on.
    """

    steps: tuple[Step, ...]
    roots: tuple[State, ...]
    recorded: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of places of each stream."""
        return tuple(int(one.tensor.shape[1]) for one in self.roots)

    @property
    def ends(self) -> dict[int, Step]:
        """The last step of each stream whose places the head reads, by stream.

        Streams that others look at after their own last attention are read through those.
        """
        last = {step.asking: step for step in self.steps}
        later = {step.asked: step.number for step in self.steps if not step.within}
        return {
            stream: step for stream, step in last.items() if later.get(stream, -1) <= step.number
        }


def streams(model: torch.nn.Module, found: Sequence[Attention], score: torch.Tensor) -> Streams:
    """Find out how attention modules follow on one another.

    Parameters
    ----------
    model
        The model.
    found
        What was recorded, with its graph.
    score
        The answer that is explained, summed over rows.

    Raises
    ------
    ModelError
        If places are joined or parted between layers, or some layers have no attention.
    """
    gradients = torch.autograd.grad(
        score, [one.output for one in found], allow_unused=True, retain_graph=True
    )
    nodes: dict[Any, int] = {one.output.grad_fn: number for number, one in enumerate(found)}
    own: dict[int, int] = {}
    roots: list[State] = []
    known: list[tuple[torch.Tensor, int]] = []

    def stream_of(state: State) -> int:
        before = _behind(state.tensor, nodes)
        before = [one for one in before if one in own]
        if before:
            stream = own[max(before)]
        else:
            same = [one for tensor, one in known if tensor is state.tensor]
            stream = same[0] if same else len(roots)
            if not same:
                roots.append(state)
                known.append((state.tensor, stream))
        if roots[stream].tensor.shape[1] != state.tensor.shape[1]:
            raise refused(
                model,
                "its sequences are joined, cut or pooled between layers, so that a place of one "
                "layer is not the place of another",
                "Choose grad_cam or integrated_gradients",
            )
        return stream

    steps = []
    for number, one in enumerate(found):
        asking = stream_of(one.asking)
        asked = asking if one.asked.tensor is one.asking.tensor else stream_of(one.asked)
        own[number] = asking
        steps.append(Step(number, asking, asked))
    if not any(one is not None for one in gradients):
        raise refused(model, "its answer depends on none of its attention")
    _complete(model, found)
    used = tuple(
        step for step, gradient in zip(steps, gradients, strict=True) if gradient is not None
    )
    return Streams(used, tuple(roots), len(found))


def _behind(tensor: torch.Tensor, nodes: dict[Any, int]) -> list[int]:
    """Return the nearest attention modules that a tensor was computed from."""
    out, open_, seen = [], [tensor.grad_fn], set()
    while open_:
        node = open_.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in nodes:
            out.append(nodes[node])
        else:
            open_ += [one for one, _ in node.next_functions]
    return out


def _complete(model: torch.nn.Module, found: Sequence[Attention]) -> None:
    """Refuse a model of which some layers mix places without attention."""
    modules = dict(model.named_modules())
    with_attention: dict[str, set[str]] = {}
    for one in found:
        parted = re.match(r"(.*?)\.(\d+)(\.|$)", one.name)
        if parted and isinstance(modules.get(parted[1]), torch.nn.ModuleList):
            with_attention.setdefault(parted[1], set()).add(parted[2])
    for name, numbers in with_attention.items():
        layers: Any = modules[name]
        if len(numbers) < len(layers):
            raise refused(
                plain(model),
                f"{len(layers) - len(numbers)} of the {len(layers)} layers in {name} have no "
                "attention weights that can be read",
            )
