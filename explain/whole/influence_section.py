"""The training rows that made a model answer as it does, as report nodes and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...core.report.numbers import number
from ...core.report.tree import Block, Cell, Gallery, Section, Table, Text
from ..said import rows_of
from ..section import Cells
from .influences import Influence, Influences, Influential, Suspected
from .shown_rows import ShownRows

ROWS_SHOWN = 6
"""Test rows with a part of their own."""

LISTED = 5
"""Training rows in a table that spoke for an answer, and that spoke against it."""

DRAWN = 3
"""Of these, pictures or sounds that are drawn; of suspected rows twice as many."""

NAMED = 3
"""Rows that a sentence names."""

IMPROBABLE = 0.05
"""Probability of its own label below which a training row is told of in the summary."""


def sections(
    found: Influences,
    *,
    rows: int = ROWS_SHOWN,
    cells: Cells = lambda row: {},
    modalities: Mapping[str, str] | None = None,
) -> tuple[Section, ...]:
    """Build the report's parts on training rows.

    Parameters
    ----------
    found
        What `influence` returned.
    rows
        Test rows to show, the first ones.
    cells
        The cells of a row by column, by the row's id.
    modalities
        Modality of each column; all are texts if left out.
    """
    known = ShownRows(cells, modalities or {})
    parts = []
    if found.rows:
        some = "" if len(found.rows) <= rows else f" {rows:,} of them are shown."
        parts.append(
            Section(
                title="Training rows behind the answers",
                anchor="influence",
                lead=f"{how(found)} Asked for {rows_of(len(found.rows))} of the test split.{some}",
                blocks=tuple(_row(found, one, known) for one in found.rows[:rows]),
            )
        )
    if found.suspected:
        parts.append(_suspicions(found.suspected, known))
    return tuple(parts)


def findings(found: Influences) -> tuple[Text, ...]:
    """Name training rows for the summary whose labels the trained model holds for improbable."""
    odd = [one for one in found.suspected if one.probability < IMPROBABLE]
    if not odd:
        return ()
    more = f" and {len(odd) - NAMED:,} more" if len(odd) > NAMED else ""
    listed = ", ".join(f"{one.id} (“{one.label}”)" for one in odd[:NAMED])
    have, it = ("has a label", "It is") if len(odd) == 1 else ("have labels", "They are")
    return (
        Text(
            f"Of the {rows_of(len(found.suspected))} of the training split with the largest "
            f"influence on themselves, {len(odd):,} {have} that the trained model gives a "
            f"probability below {IMPROBABLE:.0%}: {listed}{more}. {it} mislabelled or rare; which "
            "of both, people have to tell.",
            tone="finding",
        ),
    )


def how(found: Influences) -> str:
    """Say what was measured, and how far it can be relied on."""
    if found.measure == "cosine":
        return (
            "How far learning a training row and learning the answer to a test row would change "
            "the trained model alike: the cosine of both rows’ gradients, from −1 to 1. It is told "
            "by the last layer alone, and says nothing of how the model came to be so."
        )
    stages = f"{found.checkpoints:,} checkpoint{'' if found.checkpoints == 1 else 's'}"
    over = f"summed over {stages}" if found.checkpoints else "by the trained model alone"
    return (
        "How far the loss of the answer to a test row fell when a training row was learnt, "
        f"{over} (TracIn, Pruthi et al. 2020). It is an estimate to first order, of the last "
        "layer alone and as if plain gradient descent had been used: it puts training rows in an "
        "order, and doesn’t say what training without one of them would lead to."
    )


def heading(one: Influence, found: Influences) -> str:
    """Say which answer is asked about."""
    if found.answer == "label":
        return f"asked about its label “{one.prediction}”"
    right = "" if one.label == one.prediction else f", labelled “{one.label}”"
    return f"answered “{one.prediction}”{right}"


def sentences(one: Influence) -> list[str]:
    """Say in words which training rows spoke most for and against the answer to a row."""
    out = [
        f"Most for it: {_listed(one.helpful)}." if one.helpful else "No training row spoke for it.",
        f"Most against it: {_listed(one.harmful)}."
        if one.harmful
        else "No training row spoke against it.",
    ]
    same = [other.id for other in (*one.helpful, *one.harmful) if other.same]
    if same:
        out.append(f"The same stands in the training rows, byte for byte: {', '.join(same)}.")
    return out


def suspicion(one: Suspected) -> str:
    """Say in words what is odd about a training row."""
    return (
        f"labelled “{one.label}”, answered “{one.answer}” (its label has a probability of "
        f"{one.probability:.2f}; self-influence {number(one.score)})"
    )


def _listed(rows: Sequence[Influential]) -> str:
    return ", ".join(
        f"{one.id} (labelled “{one.label}”, {number(one.score, signed=True)})"
        for one in rows[:NAMED]
    )


def _row(found: Influences, one: Influence, known: ShownRows) -> Section:
    blocks: list[Block] = []
    if known.pictured:
        drawn = [
            known.drawing(
                other.id,
                f"Training row {other.id}, labelled “{other.label}”: spoke {side} it "
                f"({number(other.score, signed=True)}).",
            )
            for side, others in (("for", one.helpful), ("against", one.harmful))
            for other in others[:DRAWN]
        ]
        row = known.drawing(one.id, f"Test row {one.id}, {heading(one, found)}.")
        blocks.append(Gallery((row, *drawn)))
    rows = (*one.helpful[:LISTED], *one.harmful[:LISTED])
    columns = known.columns(one.id)
    if not known.pictured and columns:
        blocks.append(known.drawing(one.id, ""))
    lines: tuple[tuple[Cell, ...], ...] = tuple(
        (
            other.id,
            other.label,
            other.score,
            other.alike,
            "yes" if other.same else "no",
            *known.line(other.id, columns),
        )
        for other in rows
    )
    if lines:
        blocks.append(
            Table(
                title=f"Training rows for and against the answer to row {one.id}",
                columns=("Training row", "Label", "Influence", "Alike", "The same", *columns),
                rows=lines,
                note="Influence: above zero it spoke for the answer"
                + ("" if found.measure == "cosine" else ", in nats of its loss")
                + ". Alike: cosine of what the last layer reads of both rows; near 1 the model "
                "takes them for the same. The same: both hold the same, byte for byte.",
                signed=frozenset({2}),
            )
        )
    else:
        blocks.append(Text("No training row spoke for or against this answer.", tone="note"))
    said = heading(one, found)
    return Section(
        title=f"Row {one.id}",
        anchor=f"influence-{one.id}",
        lead=f"{said[0].upper()}{said[1:]}.",
        blocks=tuple(blocks),
    )


def _suspicions(suspected: Sequence[Suspected], known: ShownRows) -> Section:
    blocks: list[Block] = []
    if known.pictured:
        blocks.append(
            Gallery(
                tuple(
                    known.drawing(one.id, f"Training row {one.id}, {suspicion(one)}.")
                    for one in suspected[: 2 * DRAWN]
                )
            )
        )
    columns = known.columns(suspected[0].id)
    blocks.append(
        Table(
            title="Training rows with the largest influence on themselves",
            columns=(
                "Training row",
                "Label",
                "Answer",
                "Probability of the label",
                "Self-influence",
                *columns,
            ),
            rows=tuple(
                (
                    one.id,
                    one.label,
                    one.answer,
                    one.probability,
                    one.score,
                    *known.line(one.id, columns),
                )
                for one in suspected
            ),
            note="Answer and probability are the trained model’s.",
        )
    )
    return Section(
        title="Training rows to look at",
        anchor="influence-suspected",
        lead="A training row whose label is at odds with the rows like it does most to its own "
        "loss. Rows that are mislabelled or rare stand first; others are merely hard, or have been "
        "learnt by now. Nothing is changed by this list: people have to look.",
        blocks=tuple(blocks),
    )
