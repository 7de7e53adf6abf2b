"""Remedies as report nodes and in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.measured import Measured
from ...core.report.numbers import number
from ...core.report.tree import Block, Line, LineFigure, Section, Table, Text
from .record import UNMITIGATED, Point, Remedies

MEASURES = {
    "equalized_odds": "equalized odds (the wider gap of recall and false positive rate)",
    "demographic_parity": "demographic parity (the gap of selection rates)",
    "equal_opportunity": "equal opportunity (the gap of recall)",
    "false_positive_rate": "the gap of false positive rates",
    "recall": "the gap of recall, of whichever class it is widest",
    "subgroup_auc": "the gap of subgroup AUC",
}

MOST_FALLS = 4
"""Falls that a table's cell names."""


def sections(found: Remedies) -> tuple[Section, ...]:
    """Build the report's part on remedies."""
    blocks: list[Block | Section] = [
        _figure(found),
        Table(
            title="Each remedy on the validation rows",
            columns=("Remedy", "Accuracy", "Disparity", "Change of disparity", "What is worse"),
            rows=tuple(
                (
                    _named(one, found),
                    one.accuracy,
                    one.disparity,
                    one.disparity_change,
                    falls(one),
                )
                for one in found.validation
            ),
            note=f"{level(found)} Changes are those from the unmitigated model on the same rows. "
            "What is worse: accuracy or a group's recall fell, or the disparity grew, with an "
            "interval wholly on that side of zero; of many such looks some pass by chance. "
            f"{_left_out(found, 'validation')}".strip(),
            signed=frozenset({3}),
        ),
        Table(
            title="The chosen remedy on the test rows",
            columns=("Remedy", "Accuracy", "Disparity", "Change of disparity", "What is worse"),
            rows=tuple(
                (one.name, one.accuracy, one.disparity, one.disparity_change, falls(one))
                for one in found.test
            ),
            note="The test rows were looked at once, behind the choice. "
            f"{_left_out(found, 'test')}".strip(),
            signed=frozenset({3}),
        ),
        _recalls(found),
    ]
    if found.impossible:
        listed = "; ".join(f"{name}: {why}" for name, why in found.impossible.items())
        blocks.append(Text(f"Not possible here: {listed}.", tone="note"))
    return (
        Section(
            title="What remedies would do",
            anchor="remedies",
            lead=how(found),
            blocks=(*(Text(one) for one in rule(found)), *blocks),
        ),
    )


def findings(found: Remedies) -> tuple[Text, ...]:
    """Say in a few sentences what the comparison came to."""
    return (Text(_outcome(found), tone="finding"),)


def how(found: Remedies) -> str:
    """Say what was compared, and on what."""
    trained = (
        "For each remedy the last layer was trained on from where the run left it, on what it "
        "reads of the training rows; the layers below stayed as they are."
        if found.on_features
        else "For each remedy the run's whole recipe was carried out once more."
    )
    rows = {split: sum(of.values()) for split, of in found.rows.items()}
    return (
        f"Groups of {found.column} are compared by {MEASURES[found.measure]}"
        f"{_positive(found)}. {trained} Remedies were chosen on {rows['validation']:,} validation "
        f"rows and shown on {rows['test']:,} test rows."
    )


def rule(found: Remedies) -> tuple[str, ...]:
    """Say how a remedy was chosen, and what stands behind the intervals."""
    below = (
        "below that of the unmitigated model"
        if found.at_most is None
        else f"of at most {found.at_most:g}"
    )
    return (
        f"Chosen is the remedy with the highest accuracy among those with a disparity {below} in "
        "the validation rows; where there is none, the model stays as it is. Post-processing "
        "was fitted to the same validation rows, which flatters it there.",
        f"Accuracy carries Wilson's interval. Disparities are largest gaps, which resampled rows "
        f"make larger than they are: their {found.confidence:.0%} intervals come from "
        f"{found.replicates:,} resamples, the mean excess subtracted. An interval of a gap that "
        "stays above zero is no proof of a difference between groups.",
    )


def sentences(found: Remedies) -> list[str]:
    """Say all of it in lines for a terminal."""
    out = [how(found), *rule(found), ""]
    for one in found.validation:
        out.append(f"{_named(one, found)}: {_line(one)}")
    out += ["", "Test rows:"]
    out += [f"{one.name}: {_line(one)}" for one in found.test]
    out += [f"{name}: not possible, {why}" for name, why in found.impossible.items()]
    return [*out, "", _outcome(found)]


def falls(one: Point) -> str:
    """Name what a remedy makes worse."""
    if one.kind is None:
        return ""
    shown = [f"{each.what} {_signed(each.by)}" for each in one.worse[:MOST_FALLS]]
    more = len(one.worse) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def level(found: Remedies) -> str:
    """Say which intervals stand in a table."""
    return f"Intervals of {found.confidence:.0%}."


def _outcome(found: Remedies) -> str:
    plain = found.test[0]
    gap = f"disparity by {found.column} ({found.measure.replace('_', ' ')})"
    if found.chosen == UNMITIGATED:
        return (
            f"No remedy that was tried has a lower {gap} in the validation rows, so none was "
            f"chosen; in the test rows it is {plain.disparity.show()}."
        )
    own = found.test[-1]
    change = own.disparity_change
    moved = "" if change is None else f", a change of {_signed(change)}"
    lost = f" Worse there: {falls(own)}." if own.worse else ""
    return (
        f"Of {len(found.validation) - 1} remedies and strengths, {found.chosen} was chosen on the "
        f"validation rows. In the test rows the {gap} is {own.disparity.show()} with it and "
        f"{plain.disparity.show()} without{moved}; accuracy is {own.accuracy.show()} and "
        f"{plain.accuracy.show()}.{lost} What remains, and groups that no column names, it says "
        "nothing about."
    )


def _line(one: Point) -> str:
    lost = f"; worse: {falls(one)}" if one.worse else ""
    change = one.disparity_change
    moved = "" if change is None else f", change {_signed(change)}"
    return f"accuracy {one.accuracy.show()}, disparity {one.disparity.show()}{moved}{lost}"


def _signed(by: Measured) -> str:
    return by.show(signed=True).replace("-", "−")


def _named(one: Point, found: Remedies) -> str:
    marks = [
        word
        for word, true in (
            ("chosen", one.name == found.chosen and one.kind is not None),
            ("frontier", one.name in found.frontier),
        )
        if true
    ]
    return f"{one.name} ({', '.join(marks)})" if marks else one.name


def _positive(found: Remedies) -> str:
    return "" if found.positive is None else f", “{found.positive}” being the favourable answer"


def _left_out(found: Remedies, split: str) -> str:
    names = found.left_out[split]
    if not names:
        return ""
    sizes = ", ".join(f"{name} ({found.rows[split][name]})" for name in names)
    return f"The disparity leaves out groups with few rows: {sizes}."


def _recalls(found: Remedies) -> Table:
    names = list(found.test[0].recalls) if found.test else []
    return Table(
        title="Recall of each group on the test rows",
        columns=("Group", *(one.name for one in found.test)),
        rows=tuple((name, *(one.recalls[name] for one in found.test)) for name in names),
        note="Wilson's intervals. Groups with few rows are shown too; they decide nothing here.",
    )


def _figure(found: Remedies) -> LineFigure:
    known = [one for one in found.validation if one.disparity.defined]
    plain = [one for one in known if one.kind is None]
    kinds = list(dict.fromkeys(one.kind for one in known if one.kind is not None))
    lines = [_path(kind, [*plain, *(one for one in known if one.kind == kind)]) for kind in kinds]
    front = [one for name in found.frontier for one in known if one.name == name]
    return LineFigure(
        title="Accuracy against disparity on the validation rows",
        x_label="Disparity (less is better)",
        y_label="Accuracy",
        lines=(
            *lines,
            _path(UNMITIGATED, plain),
            Line(
                "frontier: no other is better in both",
                np.array([one.disparity.value for one in front]),
                np.array([one.accuracy.value for one in front]),
                dashed=True,
            ),
        ),
        alt="; ".join(
            f"{one.name}: disparity {number(one.disparity.value)}, accuracy "
            f"{number(one.accuracy.value)}"
            for one in known
        ),
    )


def _path(name: str, some: Sequence[Point]) -> Line:
    """Lead from the unmitigated model over a remedy's strengths."""
    strengths = ", ".join(f"{one.strength:g}" for one in some if one.strength is not None)
    return Line(
        f"{name} ({strengths})" if strengths else name,
        np.array([one.disparity.value for one in some]),
        np.array([one.accuracy.value for one in some]),
    )
