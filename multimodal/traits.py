"""What is known of samples from their files or texts alone: how bright, how long, how loud.

Each modality has a module ``traits`` with ``TRAITS`` and ``measure(part)``, which reads a part once
and returns all of them. Groups are made of them by cutting numbers into bands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import RecipeError, nearest, paragraph
from .arrays import in_threads
from .draw import PICTURED
from .media import once_more
from .modality import of

Value = float | str
"""Numbers, and words of traits that are no numbers."""

TOGETHER = 64
"""Parts that are measured between two looks whether the work was cancelled."""


@dataclass(frozen=True)
class Trait:
    """Something that is known of every part of a modality.

    Attributes
    ----------
    name
        As recipes write it.
    unit
        Of the numbers; empty where it is a word, or has none.
    words
        What is measured, and how.
    numeric
        Whether it is a number, which is cut into bands; else each of its values is a group.
    """

    name: str
    unit: str
    words: str
    numeric: bool = True


def known(modalities: Collection[str]) -> dict[str, tuple[Trait, str]]:
    """Return trait and modality by name, of samples with parts of these modalities."""
    return {
        name: (trait, kind)
        for kind in dict.fromkeys(modalities)
        for name, trait in of(kind).traits.TRAITS.items()
    }


def measured(
    inputs: Mapping[str, Sequence[str]],
    modalities: Mapping[str, str],
    names: Iterable[str],
    *,
    where: str = "audit.derived",
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, tuple[Trait, list[Value]]]:
    """Read traits of many samples; each file is read once, whatever is asked of it.

    Parameters
    ----------
    inputs
        Column by column, the parts.
    modalities
        Modality of each column.
    names
        Traits. Where several columns are of its modality, a trait is measured of each of them.
    where
        Which key or option errors name.
    tell
        Called with the number of parts that were read since it was called last; raises where the
        work was cancelled.

    Returns
    -------
    dict
        Trait and values in the samples' order, by the trait's name; by ``name(column)`` where
        several columns are of its modality.

    Raises
    ------
    RecipeError
        If nothing of that name is known of these samples.
    DataError
        If a file can't be read any more.
    """
    there = known(modalities.values())
    wanted: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        if name not in there:
            raise RecipeError(
                paragraph(
                    f"{where}: “{name}”",
                    f"this is not known of {' and '.join(dict.fromkeys(modalities.values()))} "
                    f"parts ({nearest(name, there)})",
                    f"Name some of {', '.join(there)}",
                )
            )
        wanted.setdefault(there[name][1], []).append(name)
    out: dict[str, tuple[Trait, list[Value]]] = {}
    for kind, traits in wanted.items():
        columns = [column for column, own in modalities.items() if own == kind]
        for column in columns:
            found = _each(kind, inputs[column], tell)
            for name in traits:
                key = name if len(columns) == 1 else f"{name}({column})"
                out[key] = (there[name][0], [one[name] for one in found])
    return out


def _each(kind: str, parts: Sequence[str], tell: Callable[[int], None]) -> list[dict[str, Value]]:
    """Measure parts, each different one once."""
    measure: Callable[[str], dict[str, Value]] = of(kind).traits.measure
    if kind in PICTURED:
        inner = measure

        def measure(part: str) -> dict[str, Value]:
            return once_more(inner, part)

    different = list(dict.fromkeys(parts))
    found: dict[str, dict[str, Value]] = {}
    for one, value in zip(different, in_threads(measure, different), strict=True):
        found[one] = value
        if len(found) % TOGETHER == 0:
            tell(TOGETHER)
    tell(len(found) % TOGETHER)
    return [found[part] for part in parts]
