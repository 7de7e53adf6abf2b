"""The recipe's schema as a form sees it: which keys there are, of what kind, and what they mean.

Everything comes from the specs' own fields, so a key that is added there shows in the form.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ....new_recipe import SHOWN
from ....recipe import Recipe

Kind = Literal[
    "whole",
    "number",
    "switch",
    "choice",
    "choices",
    "text",
    "texts",
    "mapping",
    "weights",
    "records",
    "steps",
    "section",
    "free",
]
"""Kinds of keys; `weights` is one of a few words or a number for each of several names, `free`
whatever YAML the person writes."""

Keys = tuple[str, ...]

FEW: dict[Keys, tuple[str, ...]] = {("model", "adapt"): ("kind",)}
"""Sections inside a section of which people change only these keys often."""


@dataclass(frozen=True)
class Item:
    """One key of a recipe.

    Attributes
    ----------
    keys
        Its place, such as ``("train", "epochs")``.
    kind
        What its value is.
    help
        The field's description.
    default
        As plain data; None also where the key must be given.
    required, optional
        Whether it must be given; whether it may be empty (null).
    low, high
        Bounds of numbers, None where there are none; `above`, `below` say that the bound itself is
        not allowed.
    choices
        The values of a choice, of several choices, or of a mapping.
    items
        Keys of a section, of a record, or the steps.
    shown
        Whether people change it often; the others are folded.
    """

    keys: Keys
    kind: Kind
    help: str = ""
    default: Any = None
    required: bool = False
    optional: bool = False
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    shown: bool = True

    @property
    def name(self) -> str:
        """Its place as errors write it: ``train.epochs``."""
        return ".".join(self.keys)

    @property
    def label(self) -> str:
        """The key in words: “Learning rate”."""
        return in_words(self.keys[-1])


NAMES = {
    "id": "ID",
    "tensorboard": "TensorBoard",
    "randaugment": "RandAugment",
    "mixup": "mixup",
    "cutmix": "CutMix",
    "spec_augment": "SpecAugment",
}
"""Keys that are written otherwise than as a word with a capital letter."""


def in_words(key: str) -> str:
    """Put a key into words."""
    said = key.replace("_", " ")
    return NAMES.get(key) or said[:1].upper() + said[1:]


def items() -> tuple[Item, ...]:
    """Return the keys of a recipe, section by section."""
    return _items(Recipe, ())


def fields(among: tuple[Item, ...]) -> Iterator[Item]:
    """Return every key that holds a value, sections opened."""
    for item in among:
        if item.kind == "section":
            yield from fields(item.items)
        else:
            yield item


def at(raw: Any, keys: Keys) -> tuple[bool, Any]:
    """Return whether plain data says something at a place, and what."""
    for key in keys:
        if not isinstance(raw, Mapping) or key not in raw:
            return False, None
        raw = raw[key]
    return True, raw


def _items(spec: type[BaseModel], above: Keys) -> tuple[Item, ...]:
    return tuple(_item(field, (*above, key)) for key, field in spec.model_fields.items())


def _item(field: FieldInfo, keys: Keys) -> Item:
    annotation, optional, bounds = _bare(field.annotation, field.metadata)
    default = None if field.is_required() else _plain(field.get_default(call_default_factory=True))
    often = SHOWN.get(keys[0])
    few = FEW.get(keys[:2]) if len(keys) == 3 else None
    common: dict[str, Any] = {
        "keys": keys,
        "help": field.description or "",
        "default": default,
        "required": field.is_required(),
        "optional": optional,
        "shown": (len(keys) < 2 or often is None or keys[1] in often[1])
        and (few is None or keys[2] in few),
    }
    return Item(**common, **_kind(annotation, keys), **bounds)


def _kind(annotation: Any, keys: Keys) -> dict[str, Any]:
    """Tell what kind of value an annotation stands for."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    simple: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number", str: "text"}
    found: dict[str, Any] = {"kind": simple.get(annotation, "free")}
    if origin is Literal:
        found = {"kind": "choice", "choices": tuple(map(str, inner))}
    elif _is_spec(annotation):
        found = {"kind": "section", "items": _items(annotation, keys)}
    elif origin in (list, tuple):
        one, _, _ = _bare(inner[0], [])
        if one is str:
            found = {"kind": "texts"}
        elif typing.get_origin(one) is Literal:
            found = {"kind": "choices", "choices": tuple(map(str, typing.get_args(one)))}
        elif _is_spec(one):
            parts = _items(one, keys)
            # A spec of which every key may be left empty is a choice of steps; one that the first
            # key alone says enough of is a record; any other is written as YAML.
            if all(part.optional for part in parts):
                found = {"kind": "steps", "items": parts}
            elif not any(part.required for part in parts[1:]):
                found = {"kind": "records", "items": parts}
    elif origin is dict and typing.get_origin(inner[1]) is Literal:
        found = {"kind": "mapping", "choices": tuple(map(str, typing.get_args(inner[1])))}
    elif origin in (typing.Union, types.UnionType):
        words = [one for one in inner if typing.get_origin(one) is Literal]
        if words and any(typing.get_origin(one) is dict for one in inner):
            found = {"kind": "weights", "choices": tuple(map(str, typing.get_args(words[0])))}
    return found


def _bare(annotation: Any, metadata: list[Any]) -> tuple[Any, bool, dict[str, Any]]:
    """Take `Annotated` and `| None` off; return what is left, whether it is optional, and bounds.

    Unions of anything else stay as they are.
    """
    optional, known = False, list(metadata)
    while True:
        origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is Annotated:
            annotation = inner[0]
            for one in inner[1:]:
                known += one.metadata if isinstance(one, FieldInfo) else [one]
        elif origin in (typing.Union, types.UnionType) and type(None) in inner:
            optional = True
            rest = [one for one in inner if one is not type(None)]
            if len(rest) > 1:
                break
            annotation = rest[0]
        else:
            break
    bounds: dict[str, Any] = {}
    for one in known:
        for name, bound, strict in (
            ("ge", "low", None),
            ("gt", "low", "above"),
            ("le", "high", None),
            ("lt", "high", "below"),
        ):
            value = getattr(one, name, None)
            if value is not None:
                bounds[bound] = value
                if strict:
                    bounds[strict] = True
    return annotation, optional, bounds


def _is_spec(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _plain(value: Any) -> Any:
    """Return a default as YAML would hold it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value
