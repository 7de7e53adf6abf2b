"""Explanations as maps: one scale for all, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....multimodal.draw import PICTURED
from ...frame.texts import tr
from ...widgets.drawn_maps import LARGE, Drawing
from ...widgets.word_map import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ....explain.attribution import Attribution
    from .facts import Facts
    from .reading import Reading

Answer = Literal["all", "wrong", "right", "unsure"]


@dataclass(frozen=True)
class Wanted:
    """A filter of explanations.

    Attributes
    ----------
    answer, margin
        As for rows (`rows_filter.Asked`).
    target
        The class that was explained; empty for any.
    group
        Column and group, or None for any.
    text
        Words that must stand in the text, whatever their case.
    """

    answer: Answer = "all"
    margin: float = 0.2
    target: str = ""
    group: tuple[str, str] | None = None
    text: str = ""


def as_words(one: Attribution, scale: float) -> Words:
    """Return the map of an explanation's words; an empty one where there are none."""
    span = next((span for part, span in one.spans if part.modality not in PICTURED), slice(0, 0))
    scores = tuple(one.scores[span].tolist())
    return Words(one.segments[span], one.separators[span], scores, scale, one.target)


def drawings(
    one: Attribution, reading: Reading, scale: float, sizes: Mapping[str, int] = LARGE
) -> tuple[Drawing, ...]:
    """Return the maps of an explanation's pictures and sounds.

    Parameters
    ----------
    one
        The explanation.
    reading
        Its run, which says where files lie.
    scale
        Absolute score that gets the strongest colour.
    sizes
        Points of a map by its modality.
    """
    if not any(part.modality in PICTURED for part in one.drawn):
        return ()
    found = []
    outlines = one.outlines(reading.files(one.id))
    for (part, span), (outline, scores) in zip(one.spans, outlines, strict=True):
        if part.modality in PICTURED:
            said = tr("Map of {column}; {strongest} counts most").format(
                column=part.columns[0], strongest=_strongest(one.segments[span], scores)
            )
            name = (reading.name, one.method, one.id, one.target, part.modality)
            size = sizes[part.modality]
            found.append(Drawing(name, part.modality, said, outline, scores, scale, size))
    return tuple(found)


def _strongest(names: Sequence[str], scores: NDArray[np.float64]) -> str:
    """Name the segment with the largest score, whatever its sign."""
    return names[int(abs(scores).argmax())] if names else tr("nothing")


def wanted(found: Sequence[Attribution], facts: Facts | None, filter_: Wanted) -> list[int]:
    """Return the places of the explanations that are asked for."""
    text = filter_.text.casefold()
    return [
        at
        for at, one in enumerate(found)
        if (not filter_.target or one.target == filter_.target)
        and _answered(one, facts, filter_)
        and (filter_.group is None or _in_group(one, facts, filter_.group))
        and (not text or text in written(one).casefold())
    ]


def written(one: Attribution) -> str:
    """Return the text that was explained, as the model read it."""
    words = as_words(one, 1.0)
    return "".join(
        f"{word}{after}" for word, after in zip(words.words, words.separators, strict=True)
    )


def _answered(one: Attribution, facts: Facts | None, filter_: Wanted) -> bool:
    if filter_.answer == "wrong":
        return one.label != one.prediction
    if filter_.answer == "right":
        return one.label == one.prediction
    if filter_.answer == "unsure":
        row = None if facts is None else facts.place.get(one.id)
        return row is not None and facts is not None and facts.margin[row] <= filter_.margin
    return True


def _in_group(one: Attribution, facts: Facts | None, group: tuple[str, str]) -> bool:
    row = None if facts is None else facts.place.get(one.id)
    if row is None or facts is None or group[0] not in facts.groups:
        return False
    codes, names = facts.groups[group[0]]
    return names[int(codes[row])] == group[1]
