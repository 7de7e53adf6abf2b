"""Which layer of a model can be looked at: the last one whose places still say something.

That is a map (rows, channels, height, width), or what a layer makes of a sequence of which each
place belongs to one of the sample's. The answer's gradient has to reach these places: above the
last attention of a model that reads its class token alone, it doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from .places import State

Place = tuple[str, int]
"""A module's name, with ``:in`` behind it where its input is meant; and which of its calls."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a layer returned.

    Attributes
    ----------
    place
        Where.
    state
        The tensor.
    root
        What the list of layers that it stands in began with; itself of a map.
    """

    place: Place
    state: State
    root: Place


class Layers:
    """Notes what a model's layers return while it is open: all of them, or chosen ones.

    Parameters
    ----------
    model
        The model.

    Attributes
    ----------
    found
        In the order in which it was computed.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self._lists = {
            f"{name}.{number}": name
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.ModuleList | torch.nn.Sequential)
            for number, layer in module.named_children()
            if _is_layer(layer)
        }
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.found: list[Found] = []
        self._calls: dict[str, int] = {}
        self._roots: dict[str, Place] = {}
        self._maps: list[tuple[int, int]] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Watch the model's modules."""
        hooks = []
        for name, module in self._model.named_modules():
            if name in self._lists:
                hooks.append(module.register_forward_pre_hook(self._before(name), with_kwargs=True))
            if name:
                hooks.append(module.register_forward_hook(self._after(name)))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def at(self, places: Sequence[Place]) -> list[State]:
        """Return what was noted at some places."""
        known = {one.place: one.state for one in self.found}
        return [known[one] for one in places]

    @property
    def maps(self) -> list[Found]:
        """Maps outside of layers that work on sequences."""
        inside = tuple(
            one.place[0] + "." for one in self.found
            if one.state.tensor.ndim == 3 and not one.place[0].endswith(":in")
        )  # fmt: skip
        return [
            one
            for one in self.found
            if one.state.tensor.ndim == 4 and not one.place[0].startswith(inside)
        ]

    @property
    def sequences(self) -> list[Found]:
        """What layers made of sequences, and what lists of layers began with.

        What stands inside of another layer is a branch of it, and left out.
        """
        found = [one for one in self.found if one.state.tensor.ndim == 3]
        layers = tuple(f"{one.place[0]}." for one in found if not one.place[0].endswith(":in"))
        return [one for one in found if not one.place[0].startswith(layers)]

    def _before(self, name: str) -> Any:
        def note(module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            stack = self._lists[name]
            if stack in self._roots:
                return
            for one in (*given, *named.values()):
                if isinstance(one, torch.Tensor) and one.ndim == 3 and one.is_floating_point():
                    place = (f"{name}:in", 0)
                    self._roots[stack] = place
                    self.found.append(Found(place, State(one, tuple(self._maps)), place))
                    return

        return note

    def _after(self, name: str) -> Any:
        def note(module: torch.nn.Module, given: tuple[Any, ...], out: Any) -> None:
            tensor = out[0] if isinstance(out, tuple) and out else out
            if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
                return
            call = self._calls.get(name, 0)
            self._calls[name] = call + 1
            state = State(tensor, tuple(self._maps))
            if tensor.ndim == 4 and tensor is out:
                self._maps.append((int(tensor.shape[2]), int(tensor.shape[3])))
                self.found.append(Found((name, call), state, (name, call)))
            elif tensor.ndim == 3 and self._lists.get(name) in self._roots:
                self.found.append(Found((name, call), state, self._roots[self._lists[name]]))

        return note


def _is_layer(module: torch.nn.Module) -> bool:
    """Whether a member of a list is a layer that works on sequences of shape (rows, places, width).

    A single operation is none, and convolutions over time have their places last.
    """
    kinds = [type(part) for part in module.modules()]
    return len(kinds) > 1 and (torch.nn.Conv1d not in kinds or torch.nn.Linear in kinds)
