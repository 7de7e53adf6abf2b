"""The explanations of a run as report nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from markupsafe import Markup

from ..core.dataset import Dataset
from ..core.report.tree import Drawing, IntervalFigure, Section, Table, Text
from ..multimodal.media import Unreadable
from .attribution import Attribution
from .drawn import shared_scale
from .said import (
    FIRST,
    anchored,
    caption,
    how,
    many_rows,
    method_of,
    noun,
    rows_of,
    share,
    titled,
    unit_of,
)
from .whole.importance import Importance

WORDS_SHOWN = 12
FEW = 5
"""Words in fewer rows are marked: their mean is rough."""
WORDS_NAMED = 6
"""Words of a class in the figure and table, and in the summary."""

PLACES_SHOWN = 3
"""Segments of a class in the table where these are places of pictures or sounds."""

Cells = Callable[[str], Mapping[str, str]]
"""The cells of a row by column, by the row's id; files as paths."""


def sections(
    attributions: Sequence[Attribution],
    importances: Mapping[str, Sequence[Importance]],
    *,
    maps: int,
    cells: Cells = lambda row: {},
) -> tuple[Section, ...]:
    """Build the report's part on explanations.

    Parameters
    ----------
    attributions
        What was explained.
    importances
        The most important words of each class.
    maps
        Attribution maps to draw.
    cells
        Where the pictures and sounds of rows lie.
    """
    if not len(attributions):
        return ()
    words = _global(attributions, importances)
    return (words, _maps(attributions, maps, cells)) if maps else (words,)


def findings(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> tuple[Text, ...]:
    """Say in plain words which words speak most for each class, and what can't be relied on.

    A word is named only where the interval of its mean score lies above zero.
    """
    if not len(attributions):
        return ()
    one = attributions[0]
    what = noun(one)
    by = "" if one.method == FIRST else f" by {method_of(one).title}"
    named = [
        f"for “{target}” {words}"
        for target, found in importances.items()
        if (words := _sure(found))
    ]
    out = []
    if named:
        out.append(
            Text(
                f"Over {many_rows(attributions)} of the test split that were explained{by}, the "
                f"words that spoke most for an answer were {'; '.join(named)}. A word that "
                "should not matter for the answer, but stands here, may be a shortcut that the "
                "model learnt.",
                tone="finding",
            )
        )
    missed = sum(not one.converged for one in attributions)
    if missed:
        settings = attributions[0].settings
        out.append(
            Text(
                f"The {what} scores of {missed:,} of {many_rows(attributions)} are rough{by}: they "
                f"miss the difference that they must add up to by more than {share(settings)}"
                + (
                    f" after {settings['max_steps']:,} steps. explain.max_steps in the recipe "
                    "raises that."
                    if one.method == FIRST
                    else "."
                ),
                tone="warning",
            )
        )
    return tuple(out)


def chosen(attributions: Sequence[Attribution], maps: int) -> list[Attribution]:
    """Choose the rows whose maps are drawn: wrong answers first, then right ones.

    Wrong answers take half of the maps, more where there are too few right ones; both are spread
    evenly over the rows.

    Parameters
    ----------
    attributions
        What was explained.
    maps
        Most maps to draw.
    """
    # Numbers of attributions, not these themselves, which need not fit into memory.
    wrong: list[int] = []
    right: list[int] = []
    for number, one in enumerate(attributions):
        (wrong if one.right is False else right).append(number)
    first = min(len(wrong), max((maps + 1) // 2, maps - len(right)))
    places = [*_spread(wrong, first), *_spread(right, maps - first)]
    return [attributions[place] for place in places]


def cells_of(dataset: Dataset) -> Cells:
    """Return what gives a row's cells by column, by the row's id."""
    places = {str(name): place for place, name in enumerate(dataset.ids)}

    def cells(row: str) -> Mapping[str, str]:
        place = places.get(row)
        return {} if place is None else {name: one[place] for name, one in dataset.inputs.items()}

    return cells


def _global(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> Section:
    first = attributions[0]
    what = noun(first)
    counts: dict[str, int] = {}
    for each in attributions:
        counts[each.target] = counts.get(each.target, 0) + 1
    blocks: list[IntervalFigure | Table] = (
        _ranked(first, importances, counts) if what == "word" else _placed(first, importances)
    )
    return Section(
        title=titled(f"The most important {what}s", first),
        anchor=anchored("explain-words", first),
        lead=how(attributions),
        blocks=tuple(blocks)
        or (Text(f"No {what} stood in enough explained rows to be ranked.", tone="note"),),
    )


def _placed(
    first: Attribution, importances: Mapping[str, Sequence[Importance]]
) -> list[IntervalFigure | Table]:
    """List the first segments of each class; where they lie is drawn elsewhere."""
    found = [(target, one) for target, each in importances.items() for one in each[:PLACES_SHOWN]]
    if not found:
        return []
    return [
        Table(
            title="The strongest segments of each answer",
            columns=("Answer", "Segment", "Mean score", "Rows", "Mean share"),
            rows=tuple((target, one.word, one.mean, one.rows, one.share) for target, one in found),
            note=f"Places are shares of a picture’s width and height, or of a sound’s time, with "
            f"its pitch. Scores ({unit_of(first)}) are means over the rows that hold the segment, "
            "with 95% intervals (Student’s t, not adjusted for the number of segments); the share "
            "is of the absolute scores of a row.",
            marked=frozenset(place for place, (_, one) in enumerate(found) if one.rows < FEW),
            signed=frozenset({2}),
        )
    ]


def _ranked(
    first: Attribution, importances: Mapping[str, Sequence[Importance]], counts: Mapping[str, int]
) -> list[IntervalFigure | Table]:
    """Draw and list the words that spoke most for each class."""
    blocks: list[IntervalFigure | Table] = []
    what, unit = noun(first), unit_of(first)
    for target, words in importances.items():
        shown = words[:WORDS_SHOWN]
        if not shown:
            continue
        few = frozenset(place for place, one in enumerate(shown) if one.rows < FEW)
        listed = ", ".join(f"{one.word} {one.mean.show(2, signed=True)}" for one in shown)
        blocks.append(
            IntervalFigure(
                title=f"{what.capitalize()}s that spoke for “{target}”",
                x_label=f"mean score in the rows that hold the {what} ({unit})",
                names=tuple(one.word for one in shown),
                values=tuple(one.mean for one in shown),
                alt=f"Mean scores of the {what}s that spoke most for {target}, with their "
                f"intervals: {listed}.",
                reference=0.0,
                marked=few,
            )
        )
        blocks.append(
            Table(
                title=f"The same {what}s for “{target}”",
                columns=(what.capitalize(), "Rows", "Mean score", "Mean share of the row"),
                rows=tuple((one.word, one.rows, one.mean, one.share) for one in shown),
                note=f"{rows_of(counts.get(target, 0), 'was', 'were')} explained for this answer. "
                f"{what.capitalize()}s are in the order of their mean score less one standard "
                f"error. Intervals: 95%, Student’s t, not adjusted for the number of {what}s. The "
                "share is of the absolute scores of a row.",
                marked=few,
                signed=frozenset({2}),
            )
        )
    return blocks


def _maps(attributions: Sequence[Attribution], maps: int, cells: Cells) -> Section:
    drawn = chosen(attributions, maps)
    first = drawn[0]
    scale = shared_scale(drawn)
    signs = (
        "orange spoke for the answer, blue against it"
        if method_of(first).signed
        else "the stronger the orange, the more it mattered, for the answer or against it"
    )
    if noun(first) == "word" and method_of(first).signed:
        signs = "orange and underlined spoke for the answer, blue against it"
    blocks: list[Text | Drawing] = [
        Text(
            f"Each {noun(first)} is coloured by its score: {signs}; all maps share one scale, "
            "beyond which colours get no stronger."
            + (" Wrong answers come first." if any(one.right is False for one in drawn) else "")
        )
    ]
    for one in drawn:
        blocks.append(
            Drawing(
                html=map_html(one, scale, cells),
                alt=f"{noun(one).capitalize()}s of row {one.id} with their scores for {one.target}",
                caption=caption(one),
            )
        )
    by = {"word": "word by word"}.get(noun(first), "part by part")
    return Section(
        title=titled("Attribution maps", first),
        anchor=anchored("explain-maps", first),
        lead=f"{many_rows(drawn)} of the test split, {by}.",
        blocks=tuple(blocks),
    )


def map_html(one: Attribution, scale: float, cells: Cells) -> Markup:
    """Draw a sample's parts, one below the other; all share one scale."""
    try:
        drawn = [outline.html(scores, scale) for outline, scores in one.outlines(cells(one.id))]
    except Unreadable:  # why would name a place on this machine
        return Markup('<p class="left-out">A file of this row can’t be read any more.</p>')
    return Markup("\n").join(drawn)


def _sure(segments: Sequence[Importance]) -> str:
    """Name words that spoke for an answer; places of pictures and sounds are looked at instead."""
    words = [one for one in segments[:WORDS_NAMED] if one.modality == "text"]
    return ", ".join(f"“{one.word}”" for one in words if one.mean.excludes_zero)


def _spread(places: Sequence[int], count: int) -> list[int]:
    if count <= 0 or not places:
        return []
    few = np.unique(np.linspace(0, len(places) - 1, min(count, len(places))).round().astype(int))
    return [places[place] for place in few]
