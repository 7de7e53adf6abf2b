"""A comparison of methods as report nodes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...core.report.numbers import number
from ...core.report.tree import Block, Cell, IntervalFigure, Line, LineFigure, Section, Table, Text
from .comparison import ALPHA, FRESH, RANDOM, Comparison, Difference, title
from .measures import GAIN, MEASURES, TESTED

DRAWN = 5
"""Methods whose curves are drawn; random scores beside them."""


def section(found: Comparison) -> Section:
    """Return the part of a report that says which method can be trusted more."""
    blocks: list[Block] = [Text(found.words[0], "finding" if found.recommended else "warning")]
    blocks += [Text(text) for text in found.words[1:]]
    blocks += [_gains(found), _figures(found), _differences(found)]
    blocks += _curves(found)
    if found.agreement:
        blocks.append(_agreement(found))
    blocks.append(_ranges(found))
    rows = f"{found.rows:,} {'row' if found.rows == 1 else 'rows'}"
    left = f"; {found.left_out:,} with fewer than two segments were left out"
    measures = found.settings["measures"]
    return Section(
        "Which explanations can be trusted",
        "explain-proof",
        tuple(blocks),
        f"{len(found.ranked)} {'method' if len(found.ranked) == 1 else 'methods'} on the same "
        f"{rows}{left if found.left_out else ''}, beside scores drawn at random"
        f"{' and a model that learnt nothing' if measures['untrained'] else ''}. Intervals: "
        f"{100 * measures['confidence']:g}%, bootstrap over rows.",
    )


def _names(found: Comparison) -> list[str]:
    """Return methods, the best first, then the controls."""
    return [
        *found.ranked,
        RANDOM,
        *(FRESH + name for name in found.ranked if FRESH + name in found.figures),
    ]


def _gains(found: Comparison) -> IntervalFigure:
    names = _names(found)
    values = tuple(found.figures[name][GAIN] for name in names)
    titles = tuple(title(name, found.titles) for name in names)
    unit = "probability" if found.scale == "probability" else "logits"
    listed = ", ".join(
        f"{name} {value.show(2, signed=True)}" for name, value in zip(titles, values, strict=True)
    )
    return IntervalFigure(
        "Insertion minus deletion",
        f"area between the curves ({unit}; {MEASURES[GAIN].range(found.scale)})",
        titles,
        values,
        alt=f"Area between insertion and deletion of each method and control: {listed}.",
        reference=0.0,
    )


def _figures(found: Comparison) -> Table:
    names = _names(found)
    shown = [one for one in MEASURES.values() if any(one.name in found.figures[n] for n in names)]
    rows: list[tuple[Cell, ...]] = [
        (
            title(name, found.titles),
            *(found.figures[name].get(one.name) for one in shown),
            found.evaluations.get(name),
            round(found.seconds[name], 1) if name in found.seconds else None,
        )
        for name in names
    ]
    arrows = {"higher": "↑", "lower": "↓"}
    return Table(
        "All measures",
        (
            "Method",
            *(f"{one.title} {arrows[one.better]}" for one in shown),
            "Evaluations",
            "Seconds",
        ),
        tuple(rows),
        note="↑: more is better, ↓: less is better. “Untrained”: the method's map on a model that "
        "learnt nothing, measured on this one. Evaluations and seconds are those of the method "
        "itself on all rows.",
    )


def _differences(found: Comparison) -> Table:
    """List how the first method stands to all others, and all to their controls."""
    pairs = [(found.ranked[0], name) for name in found.ranked[1:]]
    pairs += [(name, RANDOM) for name in found.ranked]
    pairs += [(name, FRESH + name) for name in found.ranked if FRESH + name in found.figures]
    others = [name for name in TESTED if name != GAIN]
    rows: list[tuple[Cell, ...]] = []
    for first, second in pairs:
        gain = found.difference(GAIN, first, second)
        rows.append(
            (
                title(first, found.titles),
                title(second, found.titles),
                None if gain is None else gain.value,
                _p(gain),
                *(_short(found.difference(name, first, second)) for name in others),
            )
        )
    return Table(
        "Differences on the same rows",
        (
            "Method",
            "Beside",
            MEASURES[GAIN].title,
            "Adjusted p",
            *(MEASURES[name].title for name in others),
        ),
        tuple(rows),
        note="Method minus what it is beside; intervals are of the difference itself. p: signs of "
        "the rows' differences flipped at random, adjusted by Benjamini and Hochberg over "
        f"{len(found.differences):,} differences. n.s.: not significant, {ALPHA:g} or above. "
        "Such a difference is not shown to be there, which doesn't mean that there is none.",
        signed=frozenset({2}),
    )


def _short(one: Difference | None) -> Cell:
    """Write a difference with its p-value."""
    if one is None or not one.value.defined:
        return None
    return f"{number(one.value.value, signed=True)} ({_p(one)})"


def _p(one: Difference | None) -> str | None:
    if one is None or math.isnan(one.adjusted):
        return None
    return f"{'' if one.significant else 'n.s., '}p {number(one.adjusted)}"


def _curves(found: Comparison) -> list[Block]:
    names = [*found.ranked[:DRAWN], RANDOM]
    unit = "Probability of the answer" if found.scale == "probability" else "Logit of the answer"
    out: list[Block] = []
    for side, x in (("insertion", "put in"), ("deletion", "left out")):
        lines = []
        for name in names:
            drawn = found.curves[name]
            mean, low, high = (np.array(one) for one in getattr(drawn, side))
            lines.append(
                Line(
                    title(name, found.titles),
                    np.array(drawn.share),
                    mean,
                    # More than a few bands on top of each other hide the curves.
                    low if len(names) <= 3 else None,
                    high if len(names) <= 3 else None,
                    dashed=name == RANDOM,
                )
            )
        areas = ", ".join(
            f"{title(name, found.titles)} {found.figures[name][f'{side}_auc'].value:.3f}"
            for name in names
        )
        out.append(
            LineFigure(
                side.capitalize(),
                f"Share of the segments {x}, highest scores first",
                unit,
                tuple(lines),
                alt=f"Mean curves of {side}; areas below them: {areas}.",
                unit_square=found.scale == "probability",
            )
        )
    return out


def _agreement(found: Comparison) -> Table:
    return Table(
        "How far methods agree",
        ("Method", "And", "Rank correlation", "First segments in common"),
        tuple(
            (found.titles[one.first], found.titles[one.second], one.correlation, one.overlap)
            for one in found.agreement
        ),
        note="Spearman's rank correlation of the scores of a row's segments, from −1 to 1, and the "
        "share of the first fifth of the segments that both have, from 0 to 1 (0.2 by chance); "
        "means over rows. Methods that agree may be wrong together.",
    )


def _ranges(found: Comparison) -> Table:
    known = {name for figures in found.figures.values() for name in figures}
    rows: Sequence[tuple[Cell, ...]] = [
        (
            one.title,
            one.range(found.scale),
            f"{one.better} is better",
            one.chance,
            one.meaning,
            one.source,
        )
        for one in MEASURES.values()
        if one.name in known
    ]
    return Table(
        "What the measures are, and between which numbers they lie",
        ("Measure", "Range", "Direction", "Random scores", "Meaning", "Source"),
        tuple(rows),
    )
