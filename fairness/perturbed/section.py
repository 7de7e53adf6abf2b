"""Answers to changed samples as report nodes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...core.report.tree import (
    Block,
    Cell,
    Drawing,
    Gallery,
    IntervalFigure,
    Line,
    LineFigure,
    Section,
    Table,
    Text,
)
from ...errors import DataError
from ...multimodal.controlled import Kind, changed
from ...multimodal.draw import html_of
from .findings import LOST, METRIC, kind_of, level, limits
from .record import Changed, Hit, Perturbed

Cells = Callable[[str], Mapping[str, str]]
"""The cells of a row by column, by the row's id."""

DRAWN = 6
"""Most groups of a column in one figure, the largest ones."""

BANDED = 4
"""Curves in one figure up to which intervals are drawn as bands."""


def sections(
    found: Perturbed,
    *,
    cells: Cells = lambda row: {},
    modalities: Mapping[str, str] | None = None,
) -> tuple[Section, ...]:
    """Return the report's section on answers to changed samples.

    Parameters
    ----------
    found
        What `perturb` returned.
    cells
        The cells of a row by column, by the row's id; without them no sample is shown.
    modalities
        Modality of each column.
    """
    if not found.changes:
        return ()
    example = cells(found.example)
    own = {name: kind for name, kind in (modalities or {}).items() if example.get(name)}
    parts: list[Block | Section] = [_overview(found)]
    parts += [_change(found, one, example, own) for one in found.changes]
    parts += [Text(text, "note") for text in limits(found)]
    return (
        Section(
            "Answers to changed samples",
            "audit-perturbed",
            tuple(parts),
            f"{found.rows:,} {found.split} rows were answered as they are, and again with a change "
            "of known strength. What is compared are the same rows before and after.",
        ),
    )


def _overview(found: Perturbed) -> Table:
    lost = LOST[found.metric]
    rows: list[tuple[Cell, ...]] = []
    for change in found.changes:
        kind, whole = kind_of(change), change.hits[0]
        others = [one for one in change.hits[1:] if one.to_rest is not None and not one.small]
        most = max(others, key=lambda one: one.to_rest.value if one.to_rest else 0, default=None)
        rows.append(
            (
                kind.title,
                whole.drop,
                None if most is None else most.named,
                None if most is None else most.to_rest,
                None if most is None or most.adjusted is None else f"{most.adjusted:.2g}",
            )
        )
    return Table(
        "What each change costs",
        (
            "Change",
            f"{lost.capitalize()}, mean over strengths",
            "Costs most in",
            "That minus all other rows",
            "Adjusted p-value",
        ),
        tuple(rows),
        f"In brackets: {level(found)} intervals, whose ends are means over the strengths, so that "
        "they are rather too wide. “Costs most in” leaves small groups out.",
        signed=frozenset({1, 3}),
    )


def _change(
    found: Perturbed, change: Changed, example: Mapping[str, str], modalities: Mapping[str, str]
) -> Section:
    kind = kind_of(change)
    columns = list(dict.fromkeys(hit.column for hit in change.hits[1:]))
    blocks: list[Block | Section] = []
    shown = _gallery(found, kind, change, example, modalities)
    if shown is not None:
        blocks.append(shown)
    blocks += [_curves(found, change, kind, column) for column in columns or [""]]
    compared = [hit for hit in change.hits if hit.to_rest is not None]
    if compared:
        blocks.append(_intervals(found, compared, kind))
    blocks += [_costs(found, change, kind), _scores(found, change, kind)]
    if change.hits[0].at[0].flips is not None:
        blocks.append(_flips(found, change, kind))
    return Section(
        f"{kind.title[0].upper()}{kind.title[1:]}",
        f"audit-perturbed-{change.modality}-{change.kind}",
        tuple(blocks),
        f"Strength: {kind.measure}."
        + ("" if kind.neutral is None else f" {kind.show(kind.neutral)} changes nothing."),
    )


def _curves(found: Perturbed, change: Changed, kind: Kind, column: str) -> LineFigure:
    hits = [hit for hit in change.hits if hit.column == column]
    largest = sorted(hits, key=lambda hit: -hit.rows)[:DRAWN]
    drawn = [change.hits[0], *(hit for hit in hits if hit in largest)] if column else hits
    lines = tuple(_line(hit, kind, len(drawn) <= BANDED) for hit in drawn)
    by = f" by {column}" if column else ""
    title = f"{METRIC[found.metric].capitalize()} under {kind.title}{by}"
    said = "; ".join(
        f"{hit.named} "
        + ", ".join(f"{kind.show(one.strength)} {one.score.value:.2f}" for one in hit.at)
        for hit in drawn
    )
    left = "" if len(hits) <= DRAWN else f" {len(hits) - DRAWN} smaller groups are not drawn."
    unit = f"{kind.measure}"
    return LineFigure(title, unit, METRIC[found.metric], lines, f"{title}: {said}.{left}")


def _line(hit: Hit, kind: Kind, banded: bool) -> Line:
    points = [(one.strength, one.score) for one in hit.at]
    if kind.neutral is not None and kind.neutral not in [one for one, _ in points]:
        points.append((kind.neutral, hit.unchanged))
    points.sort(key=lambda one: one[0])
    x = np.array([one for one, _ in points])
    y = np.array([one.value for _, one in points])
    low, high = (
        np.array([one.value if end is None else end for one, end in pairs])
        for pairs in (
            [(score, score.low) for _, score in points],
            [(score, score.high) for _, score in points],
        )
    )
    name = f"{hit.named} ({hit.rows:,})"
    if not banded:
        return Line(name, x, y, dashed=hit.small)
    return Line(name, x, y, low, high, dashed=hit.small)


def _costs(found: Perturbed, change: Changed, kind: Kind) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            hit.named,
            hit.rows,
            hit.drop,
            hit.to_rest,
            None if hit.p_value is None else f"{hit.p_value:.2g}",
            None if hit.adjusted is None else f"{hit.adjusted:.2g}",
        )
        for hit in change.hits
    ]
    lost = LOST[found.metric]
    return Table(
        f"{lost.capitalize()} under {kind.title}, mean over strengths",
        ("Group", "Rows", lost.capitalize(), "Minus all other rows", "p-value", "Adjusted"),
        tuple(rows),
        f"In brackets: {level(found)} intervals. p-value: how often a group’s mean would lie as "
        "far from that of all other rows were groups given to the rows at random "
        f"({found.permutations:,} permutations); adjusted for all comparisons of this part."
        + (f" Marked: fewer than {found.small} rows." if any(h.small for h in change.hits) else ""),
        marked=_marked(change.hits),
        signed=frozenset({2, 3}),
    )


def _scores(found: Perturbed, change: Changed, kind: Kind) -> Table:
    return Table(
        f"{METRIC[found.metric].capitalize()} at each strength of {kind.title}",
        ("Group", "Unchanged", *(kind.show(one) for one in change.strengths)),
        tuple((hit.named, hit.unchanged, *(one.score for one in hit.at)) for hit in change.hits),
        f"In brackets: {level(found)} intervals.",
        marked=_marked(change.hits),
    )


def _flips(found: Perturbed, change: Changed, kind: Kind) -> Table:
    return Table(
        f"Answers that differ from those to the unchanged rows, under {kind.title}",
        ("Group", *(kind.show(one) for one in change.strengths)),
        tuple((hit.named, *(one.flips for one in hit.at)) for hit in change.hits),
        f"Whether they were right or wrong before. In brackets: {level(found)} intervals.",
        marked=_marked(change.hits),
    )


def _intervals(found: Perturbed, hits: Sequence[Hit], kind: Kind) -> IntervalFigure:
    title = f"{LOST[found.metric].capitalize()} under {kind.title}: each group minus all other rows"
    values = tuple(hit.to_rest for hit in hits if hit.to_rest is not None)
    said = "; ".join(
        f"{hit.named} {value.show(signed=True)}" for hit, value in zip(hits, values, strict=True)
    )
    return IntervalFigure(
        title,
        f"difference of means over strengths ({level(found)} interval)",
        tuple(hit.named for hit in hits),
        values,
        f"{title}. {said}.",
        reference=0.0,
        marked=_marked(hits),
    )


def _gallery(
    found: Perturbed,
    kind: Kind,
    change: Changed,
    example: Mapping[str, str],
    modalities: Mapping[str, str],
) -> Gallery | None:
    """Show one sample at each strength; nothing where its files are gone."""
    columns = [name for name, modality in modalities.items() if modality == kind.modality]
    if not columns:
        return None
    part = example[columns[0]]
    drawings = []
    try:
        with tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
            for strength in (None, *change.strengths):
                copy = changed(part, kind, strength, found.seed, Path(folder))
                said = "unchanged" if strength is None else kind.show(strength)
                drawings.append(
                    Drawing(
                        html_of(kind.modality, copy),
                        f"Row {found.example}, {kind.title}: {said}",
                        f"{said[0].upper()}{said[1:]}",
                    )
                )
    except DataError:
        return None
    return Gallery(tuple(drawings))


def _marked(hits: Sequence[Hit]) -> frozenset[int]:
    return frozenset(at for at, hit in enumerate(hits) if hit.small)
