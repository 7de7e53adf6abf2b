"""How the models that come with the package are made: one module for each kind.

A maker's module offers

- ``DEFAULTS``: the names of the models that it makes, each with its ``Defaults``;
- ``make(name, out, work, *, count, epochs, seed)``: makes one of them from data that the project
  makes itself, and writes it to the folder ``out``; ``work`` is an empty folder for what is needed
  on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

MAKERS = {
    "image": "encoders",
    "audio": "encoders",
    "clip": "clip",
    "vlm": "vlm",
    "chat": "chat",
}
"""Names of models, each with the module of this package that makes it."""


@dataclass(frozen=True)
class Defaults:
    """How much goes into a model where nothing else is asked for.

    Attributes
    ----------
    count
        Samples that are made for it.
    epochs
        Passes over them.
    """

    count: int
    epochs: int


def maker(name: str) -> Any:
    """Return the module that makes a model; it is imported only then.

    Parameters
    ----------
    name
        A key of ``MAKERS``.
    """
    return import_module(f".{MAKERS[name]}", __package__)
