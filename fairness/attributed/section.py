"""Attributions by group as report nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...core.report.tree import (
    Block,
    Cell,
    Drawing,
    Gallery,
    HeatmapFigure,
    IntervalFigure,
    Section,
    Table,
    Text,
)
from ...multimodal.heat_map import heat_map
from .findings import LISTED, how, limits, named, sides
from .record import Attributed, Compared, Map

GROUPS = 6
"""Most groups of a column with a part of their own, the largest ones."""


def sections(found: Attributed) -> tuple[Section, ...]:
    """Return the report's section on attributions by group.

    Parameters
    ----------
    found
        What `compare_attributions` returned.
    """
    parts: list[Block | Section] = [Text(how(found))]
    if found.terms:
        parts.append(_terms(found))
    columns = dict.fromkeys(one.column for one in found.compared if one.against == "others")
    for number_, column in enumerate(columns):
        parts += _column(found, column, number_)
    wrong = [one for one in found.compared if one.against == "right"]
    if wrong:
        parts.append(_wrong(found, wrong))
    parts += [Text(text, "note") for text in limits(found)]
    return (
        Section(
            "What answers rest on, by group",
            "audit-attributed",
            tuple(parts),
            f"Attributions of {found.rows:,} test rows by {_method(found)}"
            + ("." if found.target is None else f", for the answer “{found.target}”."),
        ),
    )


def _column(found: Attributed, column: str, place: int) -> Iterator[Block | Section]:
    own = [one for one in found.compared if one.column == column and one.against == "others"]
    drawn = sorted(own, key=lambda one: -one.rows)[:GROUPS]
    for at, one in enumerate(own):
        if one in drawn:
            yield Section(
                f"Which {_plural(found)} differ in {one.named}",
                f"audit-attributed-{place + 1}-{at + 1}",
                tuple(_blocks(found, one)),
                f"{one.rows:,} explained rows of the group, and {one.other_rows:,} others.",
            )
    left = [one.group for one in own if one not in drawn]
    if left:
        yield Text(
            f"Smaller groups of {column} stand in audit/attributed.json: {', '.join(left)}.", "note"
        )


def _wrong(found: Attributed, compared: Sequence[Compared]) -> Section:
    blocks: list[Block | Section] = []
    for one in compared:
        if not one.column:
            blocks += _blocks(found, one)
    groups = [one for one in compared if one.column]
    if groups:
        blocks.append(_many(found, groups))
    return Section(
        "What wrong answers rest on",
        "audit-attributed-wrong",
        tuple(blocks),
        "Explained rows answered wrong, set against those answered right: over all rows, and "
        "within each group.",
    )


def _blocks(found: Attributed, one: Compared) -> Iterator[Block]:
    if one.small:
        yield Text(
            f"One side has fewer than {found.small} explained rows: take this as an anecdote.",
            "warning",
        )
    if not one.differences:
        yield Text(f"No {found.noun} stands in enough of these rows.", "note")
        return
    yield _intervals(found, one)
    for grid in one.maps:
        yield _heat(one, grid)
        yield _pair(one, grid)
    yield _table(found, one)


def _intervals(found: Attributed, one: Compared) -> IntervalFigure:
    own, others = sides(one)
    title = f"Mean scores: {own} minus {others}"
    names = tuple(named(found, each) for each in one.differences)
    said = "; ".join(
        f"{name} {each.difference.show(signed=True)}"
        for name, each in zip(names, one.differences, strict=True)
    )
    return IntervalFigure(
        title,
        f"difference of mean scores ({found.confidence * 100:g}% interval, not adjusted)",
        names,
        tuple(each.difference for each in one.differences),
        f"{title}. {said}.",
        reference=0.0,
    )


def _table(found: Attributed, one: Compared) -> Table:
    own, others = sides(one)
    # Every picture has every place; words are there or not.
    worded = found.noun != "place"
    columns = [found.noun.capitalize(), "Difference of mean scores", "Adjusted p-value"]
    columns += [f"Rows with it, {own}", f"… {others}"] if worded else []
    columns += [f"Share of the attribution, {own}", f"… {others}"]
    rows: list[tuple[Cell, ...]] = []
    for each in one.differences:
        row: list[Cell] = [named(found, each), each.difference, f"{each.adjusted:.2g}"]
        row += [f"{each.rows:.0%}", f"{each.other_rows:.0%}"] if worded else []
        rows.append((*row, f"{each.mass:.1%}", f"{each.other_mass:.1%}"))
    return Table(
        f"Largest differences: {own} minus {others}",
        tuple(columns),
        tuple(rows),
        f"Of {one.tested:,} tested. In brackets: {found.confidence * 100:g}% bootstrap intervals. "
        "The share is the mean over rows of a row’s absolute scores.",
        signed=frozenset({1}),
    )


def _many(found: Attributed, groups: Sequence[Compared]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    marked = []
    for one in groups:
        for each in one.differences[:LISTED]:
            if one.small:
                marked.append(len(rows))
            rows.append(
                (
                    one.named,
                    one.rows,
                    one.other_rows,
                    named(found, each),
                    each.difference,
                    f"{each.adjusted:.2g}",
                )
            )
    return Table(
        "Within each group: what differs most between wrong and right answers",
        ("Group", "Wrong", "Right", found.noun.capitalize(), "Difference", "Adjusted p-value"),
        tuple(rows),
        f"Marked: fewer than {found.small} rows on one side.",
        marked=frozenset(marked),
        signed=frozenset({4}),
    )


def _terms(found: Attributed) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{one.column} {one.group}".strip() or "all rows",
            one.rows,
            one.holding,
            one.share,
            one.to_rest,
        )
        for one in found.terms
    ]
    return Section(
        "Words for people",
        "audit-attributed-terms",
        (
            Table(
                "Share of the attribution on words for people",
                ("Group", "Rows", "Rows that hold one", "Share", "That minus all other rows"),
                tuple(rows),
                "The share is the mean over rows of a row’s absolute scores; rows without such a "
                "word count as 0. Where no row holds one, an interval of no width means nothing.",
                marked=frozenset(
                    at for at, one in enumerate(found.terms) if one.rows < found.small
                ),
                signed=frozenset({4}),
            ),
        ),
        f"Looked for: {found.sought}.",
    )


def _heat(one: Compared, grid: Map) -> HeatmapFigure:
    """Draw the difference; the highest frequency of a sound stands on top, as in a spectrogram."""
    rising = grid.modality == "audio"
    values = grid.own - grid.others
    down = [_edge(pair, rising) for pair in pairwise(grid.down)]
    across = tuple(_edge(pair, False) for pair in pairwise(grid.across))
    own, others = sides(one)
    title = f"Where in {grid.column}: {own} minus {others}"
    most = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return HeatmapFigure(
        title,
        "frequency" if rising else "from the top",
        "time" if rising else "from the left",
        tuple(reversed(down)) if rising else tuple(down),
        across,
        values[::-1] if rising else values,
        f"{title}: the largest difference is {values[most]:+.3g}, at {across[most[1]]} and "
        f"{down[most[0]]}.",
    )


def _pair(one: Compared, grid: Map) -> Gallery:
    own, others = sides(one)
    scale = float(np.abs(np.stack([grid.own, grid.others])).max())
    return Gallery(
        tuple(
            _mean(grid, values, scale, name)
            for name, values in ((own, grid.own), (others, grid.others))
        )
    )


def _mean(grid: Map, values: NDArray[np.float64], scale: float, name: str) -> Drawing:
    said = f"Mean scores over the places of {grid.column}, {name}"
    html = heat_map(values, said, scale=scale, rising=grid.modality == "audio")
    return Drawing(html, said, f"{name[0].upper()}{name[1:]}")


def _edge(pair: tuple[float, float], hertz: bool) -> str:
    low, high = pair
    return f"{low:.0f}–{high:.0f} Hz" if hertz else f"{100 * low:.0f}–{100 * high:.0f}%"


def _method(found: Attributed) -> str:
    return found.method.replace("_", " ")


def _plural(found: Attributed) -> str:
    return "words and places" if " or " in found.noun else f"{found.noun}s"
