"""Stereotype tests as report sections, and in sentences for the summary."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.measured import Measured
from ...core.report.numbers import number
from ...core.report.tree import Block, Cell, IntervalFigure, Section, Table, Text
from .about import ABOUT, LIMITS, About
from .record import Breakdown, Stereotypes, Tested

DRAWN = 60
"""Most parts of a breakdown that are drawn."""


def sections(found: Stereotypes) -> tuple[Section, ...]:
    """Return the report's sections: one for each test, and what such tests can't tell.

    Parameters
    ----------
    found
        What a run's folder holds.
    """
    if not found.tests:
        return ()
    limits = Section(
        "What stereotype tests can’t tell", "stereotypes-limits", (Text(LIMITS, "warning"),)
    )
    return (*(section(one) for one in found.tests), limits)


def section(found: Tested) -> Section:
    """Return the section of one test."""
    about = ABOUT[found.test]
    blocks: list[Block] = [Text(said, "finding") for said in sentences(found)]
    blocks.append(_figures(found, about))
    for one in found.breakdowns:
        blocks += _drawn(found, about, one)
        blocks.append(_parts(found, about, one))
    if found.examples:
        blocks.append(_examples(found))
    blocks.append(Text(about.limits, "warning"))
    blocks += [Text(one, "note") for one in found.notes]
    blocks.append(Text(source(found), "note"))
    return Section(
        f"{about.title} ({about.cited})",
        f"stereotypes-{found.test.replace('_', '-')}",
        tuple(blocks),
        about.asks,
    )


def findings(found: Stereotypes) -> tuple[Text, ...]:
    """Return one sentence or two of each test for the report's summary."""
    return tuple(Text(said, "finding") for one in found.tests for said in sentences(one))


def sentences(found: Tested) -> list[str]:
    """Say in words what a test came to."""
    about, rows = ABOUT[found.test], _rows(found)
    out = []
    for name in about.main:
        figure = found.figures.get(name) or found.figures.get(f"{name}_mean")
        if figure is None:
            continue
        title = about.figures[name if name in found.figures else f"{name}_mean"]
        said = f"{about.title}: {title[0].lower() if title[1:2].islower() else title[0]}{title[1:]}"
        ends = f"{level(found)} interval " if figure.low is not None else ""
        value = _show(found, figure, ends)
        text = f"{said}: {value}, over {rows}"
        if about.reference is not None:
            text += f"; {number(about.reference).removesuffix('.000')} would be even"
            text += _against(figure, about.reference)
        out.append(f"{text}.")
    if found.test == "jigsaw_templates" and found.breakdowns[0].parts:
        worst = [
            f"“{part.name}” {part.figures['bpsn_auc'].show()}"
            for part in found.breakdowns[0].parts[:3]
        ]
        out.append(f"{about.title}: the lowest BPSN AUC have the terms {', '.join(worst)}.")
    return out


def source(found: Tested) -> str:
    """Say what was measured, with which model and on which files."""
    names = ", ".join(found.files)
    kind = {"masked": "masked language model", "causal": "causal language model"}.get(
        found.kind, found.kind
    )
    return (
        f"Measured: {found.scoring}; model {found.model} ({kind}, {found.precision}). Files: "
        f"{names} ({found.licence}); their SHA-256 stand in audit/stereotypes.json."
    )


def level(found: Tested) -> str:
    """Write the level of the intervals."""
    return f"{found.confidence * 100:g}%"


def _rows(found: Tested) -> str:
    rows = ABOUT[found.test].rows
    drawn = f" drawn from {found.of:,}" if found.rows < found.of else ""
    return f"{found.rows:,} {rows}{drawn}"


def _digits(figure: Measured) -> int:
    return 1 if abs(figure.value) >= 10 else 3


def _show(found: Tested, figure: Measured, ends: str = "") -> str:
    digits = _digits(figure)
    text = figure.show(digits, signed=ABOUT[found.test].reference == 0)
    return text.replace("(", f"({ends}", 1)


def _against(figure: Measured, reference: float) -> str:
    if figure.low is None or figure.high is None:
        return ""
    holds = figure.low <= reference <= figure.high
    return ", which lies within the interval" if holds else ", which lies outside the interval"


def _figures(found: Tested, about: About) -> Table:
    named = [name for name in about.figures if name in found.figures]
    return Table(
        f"{about.title}: all rows",
        ("Figure", "Value", "Rests on"),
        tuple((about.figures[name], found.figures[name], found.figures[name].n) for name in named),
        f"In brackets: {level(found)} intervals.",
    )


def _drawn(found: Tested, about: About, one: Breakdown) -> list[Block]:
    blocks: list[Block] = []
    for name in about.main:
        parts = [part for part in one.parts if name in part.figures][:DRAWN]
        values = tuple(part.figures[name] for part in parts)
        if len(parts) < 2:
            continue
        title = f"{about.title}, by {one.by}: {about.figures[name]}"
        told = "; ".join(f"{part.name} {_show(found, part.figures[name])}" for part in parts)
        blocks.append(
            IntervalFigure(
                title,
                f"{about.figures[name]} ({level(found)} interval)",
                tuple(part.name for part in parts),
                values,
                f"{title}. {told}.",
                reference=about.reference
                if about.reference is not None
                else found.figures["auc"].value,
            )
        )
    return blocks


def _parts(found: Tested, about: About, one: Breakdown) -> Table:
    named = [name for name in about.figures if any(name in part.figures for part in one.parts)]
    rows: list[tuple[Cell, ...]] = [
        (part.name, _count(part.figures.values()), *(part.figures.get(name) for name in named))
        for part in one.parts
    ]
    return Table(
        f"{about.title}, by {one.by}",
        (one.by[0].upper() + one.by[1:], "Rests on", *(about.figures[name] for name in named)),
        tuple(rows),
        f"In brackets: {level(found)} intervals; each part by itself, many of them at once, so "
        "that some lie apart from the rest by chance.",
    )


def _count(figures: Iterable[Measured]) -> int | None:
    known = [one.n for one in figures if one.n is not None]
    return max(known, default=None)


def _examples(found: Tested) -> Table:
    about = ABOUT[found.test]
    return Table(
        f"{about.title}: where the model leans most",
        ("About", "Preferred, or scored higher", "The other", "Difference"),
        tuple((one.part, one.preferred, one.other, one.difference) for one in found.examples),
        "These sentences come from the test’s files, and may hurt. They are the farthest apart, "
        "not typical ones.",
    )
