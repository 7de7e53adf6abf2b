"""How a run's explanations differ from another model's, as report nodes and in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.measured import Measured
from ...core.report.numbers import shown
from ...core.report.tree import Block, IntervalFigure, Section, Table, Text
from ..methods import methods
from ..said import rows_of
from ..section import Cells
from .beside import Beside
from .difference import Changed
from .shown_rows import ShownRows

FIGURE = 6
"""Segments in the figure that gained, and that lost."""

NAMED = 6
"""Segments that a sentence names."""

LEAST_ALIKE = 10
"""Rows that are listed as explained most differently."""

FEW = 5
"""What rests on fewer rows is marked."""

OTHERWISE = 0.5
"""Rank correlation below which two runs are said to answer for other reasons."""


def sections(found: Beside, *, cells: Cells = lambda row: {}) -> tuple[Section, ...]:
    """Build the report's part on what fine-tuning, or another run, changed in the explanations.

    Parameters
    ----------
    found
        What `beside` returned.
    cells
        The cells of a row by column, by the row's id.
    """
    told = found.difference
    blocks: list[Block] = [Text(sentence) for sentence in _agreement(found)]
    listed = (*told.gained[:FIGURE], *told.lost[:FIGURE])
    if listed:
        blocks.append(_figure(found, listed))
    for title, changed in (("more", told.gained), ("less", told.lost)):
        if changed:
            blocks.append(_table(found, f"What speaks {title} for its answer", changed))
    if told.rows and not listed:
        blocks.append(
            Text("No segment stands in enough of these rows to be compared over them.", tone="note")
        )
    if told.rows:
        blocks.append(_rows(found, ShownRows(cells)))
    return (
        Section(
            title="Before and after fine-tuning"
            if found.other is None
            else f"Explained beside the run “{found.other}”",
            anchor="explain-difference",
            lead=_how(found),
            blocks=tuple(blocks),
        ),
    )


def findings(found: Beside) -> tuple[Text, ...]:
    """Tell the summary of another run that gives other reasons for the same answers.

    That fine-tuning changes explanations is what it is for.
    """
    alike = found.difference.correlation
    if found.other is None or alike.high is None or alike.high >= OTHERWISE:
        return ()
    return (
        Text(
            f"This run and the run “{found.other}” rest on different segments of the same rows: "
            f"the mean rank correlation of their explanations ({_title(found)}) is "
            f"{_said(alike)}, over {rows_of(len(found.difference.rows))}. Models that score alike "
            "may still have learnt different things.",
            tone="finding",
        ),
    )


def sentences(found: Beside) -> list[str]:
    """Say in words how far explanations agree, what gained and what lost."""
    out = _agreement(found)
    if found.difference.rows:
        for title, changed, side in (
            ("Gained", found.difference.gained, "above"),
            ("Lost", found.difference.lost, "below"),
        ):
            sure = [one for one in changed if one.change.excludes_zero][:NAMED]
            text = "; ".join(map(_named, sure)) or f"nothing whose 95% interval lies {side} zero"
            out.append(f"{title}: {text}.")
    return out


def _agreement(found: Beside) -> list[str]:
    told = found.difference
    out = []
    if told.rows:
        who = (
            "before and after fine-tuning"
            if found.other is None
            else f"by “{found.other}” and by “{found.run}”"
        )
        out.append(
            f"Over {rows_of(len({one.id for one in told.rows}))}, the mean rank correlation of the "
            f"explanations {who} is {_said(told.correlation)}: 1 is the same order of segments, "
            "0 none in common."
        )
    else:
        out.append("No explanation could be compared.")
    if told.unmatched:
        out.append(
            f"{told.unmatched:,} explanation{'' if told.unmatched == 1 else 's'} had no "
            "counterpart: a row that one side doesn’t have, or that was cut into other segments."
        )
    return out


def _how(found: Beside) -> str:
    other = (
        "the pretrained model with the head that was trained on this run’s classes"
        if found.other is None
        else f"the run “{found.other}”, explained for the same answers"
    )
    return (
        f"{_title(found)} of this run’s model beside {other}. Scores are compared as shares of a "
        "row’s absolute scores, for two models’ logits have different units."
    )


def _figure(found: Beside, listed: Sequence[Changed]) -> IntervalFigure:
    names = tuple(f"{one.name} ({one.target})" for one in listed)
    said = ", ".join(
        f"{name} {_said(one.change, signed=True)}" for name, one in zip(names, listed, strict=True)
    )
    return IntervalFigure(
        title="What changed most",
        x_label="mean change of the share of a row’s scores",
        names=names,
        values=tuple(one.change for one in listed),
        alt=f"Mean changes of segments’ shares, with their intervals: {said}.",
        reference=0.0,
        marked=_few(listed),
    )


def _table(found: Beside, title: str, changed: Sequence[Changed]) -> Table:
    first, second = (
        ("Before", "After")
        if found.other is None
        else (f"Share in {found.other}", f"Share in {found.run}")
    )
    return Table(
        title=title,
        columns=("Segment", "Explained answer", "Rows", first, second, "Change"),
        rows=tuple(
            (one.name, one.target, one.change.n, one.before, one.after, one.change)
            for one in changed
        ),
        note="Mean shares over the rows that hold the segment; above zero it spoke for the answer. "
        "In the order of what is certain of the change. Intervals: 95%, Student’s t on pairs, not "
        "adjusted for the number of segments, so a few of them exclude zero by chance alone.",
        marked=_few(changed),
        signed=frozenset({3, 4, 5}),
    )


def _rows(found: Beside, known: ShownRows) -> Table:
    rows = found.difference.rows
    order = np.argsort([one.correlation for one in rows], kind="stable")[:LEAST_ALIKE].tolist()
    least = [rows[place] for place in order]
    columns = known.columns(least[0].id)
    return Table(
        title="Rows that are explained most differently",
        columns=("Row", "Explained answer", "Rank correlation", *columns),
        rows=tuple(
            (one.id, one.target, one.correlation, *known.line(one.id, columns)) for one in least
        ),
        note="Spearman’s rank correlation of both sets of scores, from −1 to 1; not defined where "
        "all scores of one are alike.",
    )


def _few(changed: Sequence[Changed]) -> frozenset[int]:
    return frozenset(at for at, one in enumerate(changed) if (one.change.n or 0) < FEW)


def _named(one: Changed) -> str:
    change = one.change
    return (
        f"“{one.name}” for “{one.target}” {_said(change, signed=True)} in {rows_of(change.n or 0)}"
    )


def _said(one: Measured, *, signed: bool = False) -> str:
    told = shown(one, signed=signed)
    return f"{told.text} {told.interval.replace('(', '(95% interval ')}".rstrip()


def _title(found: Beside) -> str:
    known = methods().get(found.method)
    return found.method if known is None else known.title
