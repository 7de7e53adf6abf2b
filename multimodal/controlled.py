"""Samples changed by a known amount, so that it can be measured what the change does to answers.

A picture is blurred by a sigma in pixels, a sound gets noise of a signal-to-noise ratio in
decibels, a share of a text's words is misspelt. Every change has a name (`Kind.name`), a unit and
strengths; the same sample, strength and seed always give the same copy. What each change does
stands in ``image.controlled``, ``audio.controlled`` and ``text.controlled``, which have the same
names: ``KINDS``, ``change(read, kind, strength, seed)``, ``load(part)`` and ``store(read, path)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RecipeError, nearest, paragraph
from .draw import PICTURED
from .media import File, content, once_more, shown
from .modality import of


@dataclass(frozen=True)
class Kind:
    """One way of changing samples of one modality.

    Attributes
    ----------
    modality, name
        ``image`` and ``blur``, say.
    title
        What it is called in a report.
    unit
        Of the strengths, as it stands behind a number (`dB`, `px`); ``%`` of shares, which are
        given from 0 to 1, and empty of plain numbers.
    measure
        What the strengths are, as an axis names them.
    strengths
        Those that are measured where nobody names others, in rising order.
    least, most
        Between which strengths lie, both allowed.
    neutral
        The strength that changes nothing; None where no finite one does.
    bears_on
        Labels that may no longer hold of a changed sample; empty where all of them should.
    """

    modality: str
    name: str
    title: str
    unit: str
    measure: str
    strengths: tuple[float, ...]
    least: float
    most: float
    neutral: float | None = None
    bears_on: str = ""

    def show(self, strength: float) -> str:
        """Write a strength for people: ``2 px``, or ``10%`` of a share."""
        if self.unit == "%":
            return f"{100 * strength:g}%"
        return f"{strength:g}{' ' if self.unit not in ('', '°', '×') else ''}{self.unit}"


def kinds(modalities: Collection[str]) -> tuple[Kind, ...]:
    """Return what can be changed of samples whose parts have these modalities."""
    return tuple(
        one for kind in dict.fromkeys(modalities) for one in of(kind).controlled.KINDS.values()
    )


def chosen(names: Iterable[str], modalities: Collection[str], where: str) -> tuple[Kind, ...]:
    """Return kinds by their names; all of them where none is named.

    Parameters
    ----------
    names
        Such as ``blur``.
    modalities
        Of the samples' parts.
    where
        Which key or option errors name.

    Raises
    ------
    RecipeError
        If no part of these samples can be changed so.
    """
    known = {one.name: one for one in kinds(modalities)}
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise RecipeError(
                paragraph(
                    f"{where}: “{name}”",
                    f"parts of {' and '.join(dict.fromkeys(modalities))} can't be changed so "
                    f"({nearest(name, known)})",
                    f"Name some of {', '.join(known)}",
                )
            )
    return tuple(known[name] for name in wanted or known)


def checked(kind: Kind, strengths: Sequence[float], where: str) -> tuple[float, ...]:
    """Return strengths in rising order, those of the kind where none are given.

    Raises
    ------
    RecipeError
        If one lies beyond what the kind allows.
    """
    for one in strengths:
        if not kind.least <= one <= kind.most:
            raise RecipeError(
                paragraph(
                    f"{where}, {kind.name}: {one:g}",
                    f"expected {kind.measure} between {kind.show(kind.least)} and "
                    f"{kind.show(kind.most)}",
                    f"Name others, such as {', '.join(f'{known:g}' for known in kind.strengths)}",
                )
            )
    return tuple(sorted(set(strengths))) or kind.strengths


def change(part: str, kind: Kind, strength: float | None, seed: int) -> Any:
    """Change one part of a sample.

    Parameters
    ----------
    part
        A text, or a file of the kind's modality.
    kind, strength
        What is done, and how strongly; None reads the part and changes nothing.
    seed
        Decides, with what the part holds, what is drawn by chance. Of several strengths the same
        is drawn, so that a stronger change holds the weaker one.

    Returns
    -------
    A text, `PIL.Image.Image` or `audio.read.Sound`.
    """
    own = of(kind.modality).controlled
    read = once_more(own.load, part) if kind.modality in PICTURED else own.load(part)
    if strength is None or strength == kind.neutral:
        return read
    drawn = int(_digest(content(part))[:8], 16) ^ seed
    return own.change(read, kind.name, strength, drawn % 2**63)


def changed(part: str, kind: Kind, strength: float | None, seed: int, folder: Path) -> str:
    """Do the same, and return a part that models read: a text, or a file in `folder`.

    Files keep what was changed without loss: pictures as BMP, sounds as WAV of 32-bit floats.
    """
    found = change(part, kind, strength, seed)
    if isinstance(found, str):
        return found
    name = f"{_digest(part)[:16]}-{kind.name}-{strength}"
    file = File(of(kind.modality).controlled.store(found, folder / name))
    file.cell, file.content = shown(part), f"{content(part)}:{kind.name}:{strength}:{seed}"
    return file


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
