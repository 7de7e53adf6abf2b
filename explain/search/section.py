"""Counterfactuals as report nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...core.report.tree import Block, Drawing, Section, Table, Text
from .found import Counterfactual, LeftOut, Neighbour, Swap

ROWS_DRAWN = 12
NAMED = 8
"""Segments that are named in a sentence."""
CELL = 160
"""Characters of a neighbour's input that are shown."""


def sections(
    found: Sequence[Counterfactual],
    *,
    rows: int = ROWS_DRAWN,
    files: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Section, ...]:
    """Build the report's part on counterfactuals.

    Parameters
    ----------
    found
        What was searched for.
    rows
        Rows to draw, the first ones.
    files
        Of each row, by its id, the cells by column with files as paths; needed where `found` was
        read from a file and has pictures or sounds.
    """
    if not found:
        return ()
    blocks: list[Block | Section] = [_overview(found)]
    blocks += [_section(one, None if files is None else files.get(one.id)) for one in found[:rows]]
    some = "" if len(found) <= rows else f" {rows} of them are shown."
    return (
        Section(
            title="What would change the answer",
            anchor="counterfactuals",
            lead=f"Searched for {_rows(len(found))}.{some} Segments that are left out become "
            "neutral (a padding token, mean colour, silence). What is found says what this model "
            "leans on in a row, not what would be different in the world.",
            blocks=tuple(blocks),
        ),
    )


def sentences(one: Counterfactual) -> list[str]:
    """Say in words what would have to be different for another answer to a row."""
    out = []
    if one.remove is not None:
        out.append(_without(one, one.remove))
    if one.keep is not None:
        out.append(_alone(one, one.keep))
    if one.swap is not None:
        out.append(_swapped(one.swap))
    if one.neighbours:
        out.append(_near(one.neighbours[0]))
    out += [f"{_kind(kind)}: {why}." for kind, why in (one.missing or {}).items()]
    return out


def _overview(found: Sequence[Counterfactual]) -> Table:
    lines = []
    for title, kind in (
        ("Left out, they change the answer", "remove"),
        ("Alone, they keep the answer", "keep"),
        ("Words swapped for others", "swap"),
    ):
        own = [getattr(one, kind) for one in found]
        sizes = [
            len(one.words) if isinstance(one, Swap) else len(one.segments)
            for one in own
            if one is not None
        ]
        asked = sum(
            one is not None or kind in (row.missing or {})
            for one, row in zip(own, found, strict=True)
        )
        if asked:
            middle = float(np.median(sizes)) if sizes else None
            lines.append((title, asked, len(sizes), middle, max(sizes, default=None)))
    return Table(
        title="Fewest changes",
        columns=("What", "Rows searched", "Rows found", "Median size", "Largest"),
        rows=tuple(lines),
        note="Sizes are numbers of segments or of words. None of those found can be spared; that "
        "no smaller set does it is known only where a row says so.",
    )


def _section(one: Counterfactual, files: Mapping[str, str] | None) -> Section:
    blocks: list[Block] = []
    if one.remove is not None:
        blocks.append(Drawing(one.html(one.remove, files), _alt(one), _without(one, one.remove)))
    if one.keep is not None:
        blocks.append(Drawing(one.html(one.keep, files), _alt(one), _alone(one, one.keep)))
    if one.swap is not None:
        blocks.append(Drawing(one.swapped_html(files), _alt(one), _swapped(one.swap)))
    if one.neighbours:
        blocks.append(_neighbours(one))
    blocks += [
        Text(f"{_kind(kind)}: {why}.", tone="note") for kind, why in (one.missing or {}).items()
    ]
    right = "" if one.label in ("", one.answer.label) else f", labelled “{one.label}”"
    return Section(
        title=f"Row {one.id}",
        anchor=f"counterfactual-{one.id}",
        lead=f"Answered “{one.answer.label}” with a score of {one.answer.score:.2f}{right}.",
        blocks=tuple(blocks),
    )


def _without(one: Counterfactual, left: LeftOut) -> str:
    text = (
        f"Without {_named(left)} the answer is “{left.answer.label}” ({left.answer.score:.2f})."
        f"{_proven(left)}"
    )
    if left.deleted is not None and left.deleted.label != left.answer.label:
        text += f" Deleted from the text instead, it is “{left.deleted.label}”."
    return text


def _alone(one: Counterfactual, left: LeftOut) -> str:
    if not left.segments:
        return (
            f"Even with nothing of the row left the answer is “{left.answer.label}” "
            f"({left.answer.score:.2f}): it is what the model says to an empty sample."
        )
    return (
        f"{_named(left, capital=True)} alone of {left.count:,} segments keep"
        f"{'s' if len(left.segments) == 1 else ''} the answer “{left.answer.label}” "
        f"({left.answer.score:.2f}).{_proven(left)}"
    )


def _swapped(swap: Swap) -> str:
    words = ", ".join(f"“{one.new}” in place of “{one.old}”" for one in swap.words)
    return f"With {words} the answer is “{swap.answer.label}” ({swap.answer.score:.2f})."


def _near(one: Neighbour) -> str:
    return (
        f"The nearest training row with another label or answer is {one.id}: labelled "
        f"“{one.label}”, answered “{one.answer}” (similarity {one.similarity:.2f})."
    )


def _neighbours(one: Counterfactual) -> Table:
    columns = tuple(one.neighbours[0].cells)
    return Table(
        title=f"The nearest training rows to row {one.id} with another label or answer",
        columns=("Row", "Label", "Answer", "Similarity", *columns),
        rows=tuple(
            (
                near.id,
                near.label,
                near.answer,
                round(near.similarity, 3),
                *(_short(near.cells[name]) for name in columns),
            )
            for near in one.neighbours
        ),
        note="Similarity is the cosine of the features that the model’s last layer tells the "
        "classes apart by, from −1 to 1.",
    )


def _named(left: LeftOut, *, capital: bool = False) -> str:
    names = ", ".join(f"“{name}”" for name in left.names[:NAMED])
    if len(left.names) > NAMED:
        return f"{names} and {len(left.names) - NAMED:,} more"
    return names


def _proven(left: LeftOut) -> str:
    if len(left.segments) < 2:
        return ""
    return " No fewer segments do it." if left.proven else " None of them can be spared."


def _kind(kind: str) -> str:
    return {
        "remove": "Leaving out",
        "keep": "Keeping alone",
        "swap": "Other words",
        "neighbour": "Nearest rows",
    }[kind]


def _short(text: str) -> str:
    return text if len(text) <= CELL else f"{text[:CELL].rstrip()}…"


def _alt(one: Counterfactual) -> str:
    return f"Row {one.id} with what would have to be different for another answer"


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
