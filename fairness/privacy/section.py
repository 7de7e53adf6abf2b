"""Checks of privacy as report sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.measured import Measured
from ...core.report.tree import Block, Cell, IntervalFigure, Section, Table, Text
from .attack import Attack
from .exposure import Exposures
from .findings import attacked, copied, holds, planted
from .membership import Membership, Part
from .overlap import FIFTY, Overlap
from .personal import Personal
from .record import Privacy

_DRAWN = 30  # parts or canaries in a figure
_HOWS = {
    "all": "ranked among all",
    "drawn": "ranked among those drawn",
    "skew-normal": "fitted distribution",
}


def sections(found: Privacy) -> tuple[Section, ...]:
    """Return the report's sections of a run's checks; none where none was carried out.

    Parameters
    ----------
    found
        The record.
    """
    level = f"{found.confidence * 100:g}%"
    out: list[Section] = []
    if found.membership is not None:
        out.append(_membership(found.membership, level))
    if found.canaries is not None:
        out.append(_canaries(found.canaries))
    if found.overlap is not None:
        out.append(_overlap(found.overlap, level))
    if found.personal:
        out.append(_personal(found.personal))
    if not out:
        return ()
    return (
        Section(
            "What the model gives away of its training rows",
            "privacy",
            (*out, _limits(found)),
            "Attacks that someone could try on the model, and personal data in its table.",
        ),
    )


def _membership(found: Membership, level: str) -> Section:
    blocks: list[Block | Section] = [Text(attacked(found, level))]
    rows = [_attack_row("its loss", found.loss)]
    if found.calibrated is not None:
        rows.append(_attack_row(f"its loss beside {found.reference}", found.calibrated))
    rates = [rate for rate, _ in found.loss.caught]
    named = tuple(f"Caught at {rate * 100:g}% false alarms" for rate in rates)
    blocks.append(
        Table(
            "Training rows told from test rows",
            ("By", "ROC AUC", *named, "Advantage", "By chance below"),
            tuple(rows),
            f"In brackets: {level} intervals. Advantage: largest difference of caught training "
            "rows and false alarms over all thresholds; it is never below zero, and chance alone "
            f"stays below the last column in 95 of 100 draws. Mean loss: {found.mean_loss[0]:.3f} "
            f"on training rows, {found.mean_loss[1]:.3f} on test rows, in {found.unit}."
            + _repeated(found),
        )
    )
    for title, parts in (("class", found.classes), ("group", found.groups)):
        if len(parts) > 1:
            blocks += list(_parts(title, parts, level))
    return Section(
        "Membership: can training rows be told?",
        "privacy-membership",
        tuple(blocks),
        "Someone who holds a row and its true answer takes it for a training row where the "
        "model’s loss on it is low (Yeom et al. 2018).",
    )


def _repeated(found: Membership) -> str:
    if not found.repeated:
        return ""
    rows = "row was" if found.repeated == 1 else "rows were"
    return f" {found.repeated:,} test {rows} left out because the same stands in the training rows."


def _attack_row(name: str, one: Attack) -> tuple[Cell, ...]:
    return (name, one.auc, *(share for _, share in one.caught), one.advantage, one.chance)


def _parts(title: str, parts: Sequence[Part], level: str) -> Iterator[Block]:
    few = frozenset(at for at, one in enumerate(parts) if one.small)
    yield Table(
        f"The same for each {title}",
        ("Column", title.capitalize(), "Training rows", "Test rows", "ROC AUC", "To all others"),
        tuple(
            (
                one.column,
                one.value,
                one.attack.members,
                one.attack.others,
                one.attack.auc,
                one.to_rest,
            )
            for one in parts
        ),
        "To all others: the area among these rows minus that among all other rows. Marked: few "
        "rows on one side.",
        marked=few,
        signed=frozenset({5}),
    )
    drawn = parts[:_DRAWN]
    said = "; ".join(f"{one.column} {one.value} {one.attack.auc.show(2)}" for one in drawn)
    yield IntervalFigure(
        f"How well training rows are told, by {title}",
        f"area under the ROC curve ({level} interval)",
        tuple(f"{one.column} {one.value}" for one in drawn),
        tuple(one.attack.auc for one in drawn),
        f"Area under the ROC curve of the attack: {said}.",
        reference=0.5,
        marked=frozenset(at for at in few if at < _DRAWN),
    )


def _canaries(found: Exposures) -> Section:
    fitted = (
        ""
        if found.misfit is None
        else f" The fitted distribution is at most {found.misfit:.3f} away from that of the "
        "losses drawn (Kolmogorov-Smirnov); where few or none of these is preferred, it is an "
        "extrapolation."
    )
    blocks: list[Block | Section] = [
        Text(planted(found)),
        Table(
            "Planted secrets",
            ("Canary", "Training rows", "Exposure in bits", "Rank", "How"),
            tuple(
                (one.text, one.planted, one.bits, round(one.rank), _HOWS[one.how])
                for one in found.canaries
            ),
            f"There are {found.size:,} secrets of the form; each canary was ranked among "
            f"{found.candidates:,} of them by the model’s loss. A secret that was never planted "
            f"has more than e bits with a probability of 2 to the power of −e.{fitted}",
        ),
    ]
    if found.elsewhere:
        blocks.append(
            Text(f"{found.elsewhere:,} canaries stand in validation or test rows too.", "warning")
        )
    drawn = found.canaries[:_DRAWN]
    said = "; ".join(f"planted in {one.planted} rows: {one.bits.value:.1f} bits" for one in drawn)
    blocks.append(
        IntervalFigure(
            "Exposure of each canary",
            f"bits, of at most {found.most:.1f}",
            tuple(f"{one.text} ({one.planted:,}×)" for one in drawn),
            tuple(_drawn(one.bits) for one in drawn),
            f"Exposure: {said}.",
            reference=0.0,
        )
    )
    return Section(
        "Canaries: are made-up secrets learnt by heart?",
        "privacy-canaries",
        tuple(blocks),
        "Exposure (Carlini et al. 2019): how far the model prefers a planted secret to all others "
        "of its form.",
    )


def _drawn(bits: Measured) -> Measured:
    if bits.low is not None:
        return bits
    return Measured(bits.value, bits.value, bits.value, bits.n)


def _overlap(found: Overlap, level: str) -> Section:
    rows = tuple(
        (
            name,
            side.rows,
            round(side.written, 1),
            side.verbatim,
            side.fifty,
            side.longest[1],
            side.longest[2],
        )
        for name, side in (("training rows", found.trained), ("test rows", found.control))
    )
    blocks: list[Block | Section] = [
        Text(copied(found, level)),
        Table(
            "Words in a row that stand in the training rows",
            (
                "Begun with",
                "Rows",
                "Words written",
                f"With {found.words} or more",
                f"With {FIFTY} or more",
                "Longest, median",
                "Longest of all",
            ),
            rows,
            f"In brackets: {level} intervals. Words are told apart at white space; case and "
            "punctuation count.",
        ),
    ]
    if found.examples:
        blocks.append(
            Table(
                "What was copied most",
                ("Begun row", "Words", "Words in a row", "Stand in row"),
                tuple((one.id, one.words, one.text, one.source) for one in found.examples),
                "Personal data that patterns find is masked.",
            )
        )
    return Section(
        "Overlap: are training rows written word for word?",
        "privacy-overlap",
        tuple(blocks),
        "The beginnings of training rows were written on by the model, and those of test rows "
        "beside them, which it never learnt.",
    )


def _personal(found: dict[str, Personal]) -> Section:
    blocks: list[Block | Section] = []
    for name, one in found.items():
        blocks.append(Text(holds(one, name)))
        if one.found:
            blocks.append(
                Table(
                    f"Personal data in {name}",
                    ("Kind", "Column", "Rows", "Places", "Examples, masked"),
                    tuple(
                        (
                            each.title,
                            each.column,
                            each.rows,
                            each.count,
                            "; ".join(f"row {row}: {text}" for row, text in each.examples),
                        )
                        for each in one.found
                    ),
                    "Rows are counted from 1 below the header. Numbers of cards and accounts and "
                    "of French registration were checked by their check digits; telephone numbers, "
                    "dates and names of accounts are known by how they are written alone.",
                )
            )
        if one.suggested:
            said = "; ".join(f"{each.column} ({each.title})" for each in one.suggested)
            blocks.append(Text(f"Columns whose names suggest personal data: {said}.", "note"))
        blocks.append(Text(f"Looked for: {', '.join(one.kinds)}.", "note"))
    return Section(
        "Personal data in the table",
        "privacy-personal",
        tuple(blocks),
        "What stands in the table can be learnt by heart, and is passed on with it.",
    )


def _limits(found: Privacy) -> Section:
    left = [f"“{name}” ({reason.rstrip('.')})" for name, reason in found.left_out.items()]
    blocks: list[Block | Section] = [
        Text(
            "That nothing leaks. Each check tries one simple way; someone with the model’s "
            "weights, with models trained alike, or with more questions can find more."
        ),
        Text(
            "Anything about rows that weren’t tried, or about a model that is trained again: both "
            "change what is learnt by heart."
        ),
        Text(
            "Personal data without a form: names, descriptions, what is told between the lines, "
            "faces and voices."
        ),
    ]
    if left:
        blocks.append(Text(f"Not carried out: {'; '.join(left)}.", "note"))
    return Section("What these checks can’t tell", "privacy-limits", tuple(blocks))
