"""Schemes in which tags of words mark entities: IOB2, and IOBES alias BILOU.

Each tag is ``O``, or a letter and the entity's type: ``B-`` at its first word, ``I-`` inside
(Ramshaw and Marcus 1995). IOBES adds ``E-`` at its last word and ``S-`` where it is a single one,
which BILOU calls ``L-`` and ``U-`` (Ratinov and Roth 2009). Tags that aren't of this form, such as
parts of speech, mark no entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Scheme = Literal["IOB2", "IOBES", "BILOU"]

OUTSIDE = "O"
_MARK = re.compile(r"^([BIESLU])(?:-(.*))?$", re.DOTALL)
_SAME = {"L": "E", "U": "S"}


class Entity(NamedTuple):
    """An entity: its type, its first word, and the one behind its last."""

    type: str
    start: int
    end: int


def scheme_of(tags: Iterable[str]) -> Scheme | None:
    """Recognise the scheme of all tags of a dataset; None where they mark no entities."""
    letters = set()
    for tag in set(tags) - {OUTSIDE}:
        found = _MARK.match(tag)
        if found is None:
            return None
        letters.add(found[1])
    if not letters & {"B", "I", "S", "U"} or (letters & {"L", "U"} and letters & {"E", "S"}):
        return None
    return "BILOU" if letters & {"L", "U"} else "IOBES" if letters & {"E", "S"} else "IOB2"


def entities(tags: Sequence[str]) -> list[Entity]:
    """Find the entities of a text as conlleval and seqeval's default do.

    A tag that goes on with an entity where there is none begins one, and another type ends one and
    begins another, so every tag but ``O`` belongs to an entity.
    """
    out = []
    before, kind, begin = OUTSIDE, "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        mark, own = _split(tag)
        inside = before != OUTSIDE
        if inside and (before in "ES" or mark in "BSO" or own != kind):
            out.append(Entity(kind, begin, place))
            inside = False
        if mark != OUTSIDE and not inside:
            begin = place
        before, kind = mark, own
    return out


def strict_entities(tags: Sequence[str], scheme: Scheme) -> list[Entity]:
    """Find only the entities that are marked as the scheme says, as seqeval's strict mode does.

    In IOB2 an entity begins with ``B-`` and goes on with ``I-`` of its type. In IOBES and BILOU it
    is a single ``S-``, or goes from ``B-`` over ``I-`` to ``E-``, all of one type; what is
    incomplete is no entity.
    """
    out = []
    begin: int | None = None
    kind = ""
    closed = scheme != "IOB2"
    for place, tag in enumerate([*tags, OUTSIDE]):
        mark, own = _split(tag)
        goes_on = begin is not None and own == kind and mark in ("I", "E")
        if begin is not None and not goes_on:
            if not closed:
                out.append(Entity(kind, begin, place))
            begin = None
        if goes_on and begin is not None and mark == "E":
            out.append(Entity(kind, begin, place + 1))
            begin = None
        elif mark == "S":
            out.append(Entity(own, place, place + 1))
        elif mark == "B":
            begin, kind = place, own
    return out


def write_tags(found: Iterable[Entity], words: int, scheme: Scheme) -> list[str]:
    """Return the tags of a text's entities, which must not overlap, in a scheme."""
    first, inside, last, single = {
        "IOB2": ("B", "I", "I", "B"),
        "IOBES": ("B", "I", "E", "S"),
        "BILOU": ("B", "I", "L", "U"),
    }[scheme]
    out = [OUTSIDE] * words
    for kind, start, end in found:
        marks = [first, *(inside * (end - start - 2)), last] if end - start > 1 else [single]
        out[start:end] = [f"{mark}-{kind}" if kind else mark for mark in marks]
    return out


def convert(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Write tags of any scheme in another one."""
    return write_tags(entities(tags), len(tags), scheme)


def _split(tag: str) -> tuple[str, str]:
    """Return a tag's letter, in IOBES' terms, and its type; what is no such tag is outside."""
    found = _MARK.match(tag)
    if found is None:
        return OUTSIDE, ""
    return _SAME.get(found[1], found[1]), found[2] or ""
