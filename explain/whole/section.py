"""What explanations say of a whole dataset, as report nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...core.measured import Measured
from ...core.report.tree import Block, Drawing, Gallery, Section, Table, Text
from ...multimodal.heat_map import heat_map
from .clusters import Cluster
from .heat import HeatMap
from .importance import Importance
from .shortcuts import Shortcut
from .whole import Whole

GROUPS_SHOWN = 6
"""Segments of a class whose importance is compared between groups."""

SURE = 0.35
"""Strength from which on a shortcut is named in the summary."""

FOLLOWED = 0.25
"""Share of rows whose answer must change without a segment that the summary names."""

NAMED = 3
"""Shortcuts that the summary names."""

FEW = 5
"""What rests on fewer rows is marked, and not named in the summary."""


def sections(found: Whole) -> tuple[Section, ...]:
    """Build the report's parts on a whole split."""
    return (
        *maps_section(found.maps),
        *groups_section(found.groups, found.importance),
        *clusters_section(found.clusters),
        *shortcuts_section(found.shortcuts),
    )


def maps_section(maps: Sequence[HeatMap]) -> tuple[Section, ...]:
    """Draw the mean heat map of each class; none where there are no pictures or sounds."""
    if not maps:
        return ()
    scale = max(float(np.nanmax(np.abs(one.mean), initial=0)) for one in maps)
    return (
        Section(
            title="Where the scores lie",
            anchor="explain-places",
            lead="The mean score of each place over all explained rows of a class: of pictures as "
            "shares of width and height, of sounds as shares of the time from left to right, and "
            "pitch from below. All maps share one scale.",
            blocks=(Gallery(tuple(_drawn(one, scale) for one in maps)),),
        ),
    )


def groups_section(
    groups: Mapping[str, Mapping[str, Mapping[str, Sequence[Importance]]]],
    overall: Mapping[str, Sequence[Importance]],
) -> tuple[Section, ...]:
    """Compare what matters most for each class between groups.

    Parameters
    ----------
    groups
        As `importance_by_group` returned it.
    overall
        Over all rows, which tells what is compared.
    """
    parts: list[Block | Section] = []
    for column, values in groups.items():
        blocks = tuple(
            _compared(target, column, found[:GROUPS_SHOWN], values)
            for target, found in overall.items()
            if any(own.get(target) for own in values.values())
        )
        if blocks:
            parts.append(Section(f"By {column}", f"explain-groups-{column}", blocks))
    if not parts:
        return ()
    return (
        Section(
            title="What matters in each group",
            anchor="explain-groups",
            lead="Mean scores of the most important segments among the rows of each group. "
            "Intervals: 95%, Student’s t, not adjusted for the number of groups and segments, so a "
            "few of them differ by chance alone.",
            blocks=tuple(parts),
        ),
    )


def _compared(
    target: str,
    column: str,
    found: Sequence[Importance],
    values: Mapping[str, Mapping[str, Sequence[Importance]]],
) -> Table:
    """Put the mean scores of segments beside each other, a column for each group."""
    known = {
        value: {own.spot: own for own in targets.get(target, ())}
        for value, targets in values.items()
    }
    told = [[own.get(one.spot) for own in known.values()] for one in found]
    return Table(
        title=f"Mean scores for “{target}” by {column}",
        columns=("Segment", *known),
        rows=tuple(
            (one.word, *(None if own is None else own.mean for own in row))
            for one, row in zip(found, told, strict=True)
        ),
        note="In logits; none where a segment stands in fewer than three of a group’s rows.",
        marked=frozenset(
            at for at, row in enumerate(told) if any(own and own.rows < FEW for own in row)
        ),
        signed=frozenset(range(1, len(known) + 1)),
    )


def clusters_section(clusters: Mapping[str, Sequence[Cluster]]) -> tuple[Section, ...]:
    """List the ways in which each class was answered."""
    blocks: list[Block] = []
    for target, found in clusters.items():
        blocks.append(
            Table(
                title=f"Ways of answering “{target}”",
                columns=("Rows", "Typical segments", "Right", "Apart", "Examples"),
                rows=tuple(
                    (
                        len(one.ids),
                        ", ".join(
                            f"{typical.name} {typical.share:+.0%}".replace("-", "−")
                            for typical in one.typical
                        ),
                        one.right,
                        one.distance,
                        ", ".join(one.examples),
                    )
                    for one in found
                ),
                note=f"{found[0].of:,} rows were explained for this answer. Typical segments are "
                "those whose share of a row’s scores differs most from the class’s other rows. "
                "Right: with 95% intervals (Wilson). Apart: mean silhouette, from −1 to 1.",
                marked=frozenset(place for place, one in enumerate(found) if len(one.ids) < FEW),
            )
        )
    if not blocks:
        return ()
    return (
        Section(
            title="Rows that are explained alike",
            anchor="explain-clusters",
            lead="Explanations whose scores lie on the same segments, found by spectral clustering "
            "(SpRAy, Lapuschkin et al. 2019). A small group that leans on something odd, or is "
            "often answered wrongly, is worth a look.",
            blocks=tuple(blocks),
        ),
    )


def shortcuts_section(shortcuts: Sequence[Shortcut]) -> tuple[Section, ...]:
    """List the segments that may carry a class by themselves."""
    if not shortcuts:
        return ()
    few = frozenset(at for at, one in enumerate(shortcuts) if one.follow.rows < FEW)
    return (
        Section(
            title="Segments that may carry a class",
            anchor="explain-shortcuts",
            lead="What each of them tells of the class in the training labels, and how far the "
            "model’s answers follow it.",
            blocks=(
                Table(
                    title="Shortcuts suspected",
                    columns=(
                        "Segment",
                        "Class",
                        "Class where it is (training)",
                        "Class in all training rows",
                        "Class where it is (explained)",
                        "Share of the scores",
                        "Rows tried",
                        "Answer changes without it",
                        "Class by it alone",
                        "Class by nothing",
                        "Strength",
                    ),
                    rows=tuple(
                        (
                            one.segment.word,
                            one.segment.target,
                            one.trained,
                            one.base,
                            one.held,
                            one.segment.share,
                            one.follow.rows,
                            one.follow.changed,
                            one.follow.alone,
                            one.follow.nothing,
                            one.strength,
                        )
                        for one in shortcuts
                    ),
                    note="A place of pictures or sounds counts as there where what it holds looks "
                    "like the class by itself. Intervals: 95%, Wilson. Strength orders the list: "
                    "it is no probability.",
                    marked=few,
                ),
                Text(
                    "This list can’t tell a shortcut from a good reason. A word that means what "
                    "the class means, or the object itself, stands here rightly; a word, a mark or "
                    "a noise that only happens to go along with the class does not.",
                    tone="note",
                ),
            ),
        ),
    )


def findings(shortcuts: Sequence[Shortcut]) -> tuple[Text, ...]:
    """Name the strongest shortcuts for the summary, those that rest on several rows."""
    strong = [
        one
        for one in shortcuts
        if one.strength >= SURE and one.follow.rows >= FEW and one.follow.changed.value >= FOLLOWED
    ]
    return tuple(
        Text(
            f"{_named(one)} may be a shortcut to “{one.segment.target}”: "
            f"{_percent(one.trained)} of the {one.trained.n:,} training rows with it have this "
            f"class ({one.base:.0%} of all), and of {one.follow.rows:,} explained rows with it "
            f"{_percent(one.follow.changed)} got another answer when it was left out. "
            + (
                f"Of the {one.held.n:,} explained rows that hold it, {_percent(one.held)} are "
                "labelled so. "
                if one.broken > 0
                else ""
            )
            + "Whether it should matter is for people to judge.",
            tone="finding",
        )
        for one in strong[:NAMED]
    )


def _named(one: Shortcut) -> str:
    word = one.segment.word
    return f"“{word}”" if one.segment.box is None else f"What is at {word}"


def _percent(share: Measured) -> str:
    return f"{share.value:.0%}"


def _drawn(one: HeatMap, scale: float) -> Drawing:
    row, column = np.unravel_index(int(np.nanargmax(one.mean)), one.mean.shape)
    unit = "Hz" if one.down[-1] > 1 else "of the height"
    across = f"{one.across[column]:.0%} to {one.across[column + 1]:.0%}"
    ends = one.down[row], one.down[row + 1]
    down = " to ".join(f"{end:.0f}" if unit == "Hz" else f"{end:.0%}" for end in ends)
    told = Measured(
        float(one.mean[row, column]), float(one.low[row, column]), float(one.high[row, column])
    )
    length = "the time" if unit == "Hz" else "the width"
    return Drawing(
        html=heat_map(one.mean, f"Mean scores for {one.target}", scale=scale, rising=unit == "Hz"),
        alt=f"Mean scores of the places of {one.column} for {one.target}",
        caption=f"“{one.target}” in {one.rows:,} {'row' if one.rows == 1 else 'rows'}. The highest "
        f"mean is {told.show(2, signed=True)} logits, at {across} of {length} and {down} {unit}.",
    )
