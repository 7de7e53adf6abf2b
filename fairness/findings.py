"""What an audit found, in plain and careful sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..core.report.tree import Text
from .audit import Audit, Finding
from .frame import MOST_GROUPS
from .table import GroupTable
from .words import chance, level, rows_of, small_names

_NAMED = 12  # small groups that the summary names; the tables mark all


def findings(audit: Audit) -> tuple[Text, ...]:
    """Say what was found, and what can't be said.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    tuple of Text
        The group with the lowest recall against all others (or that none shows), the widest gap
        of selection rates, small groups, what was left out, and how many comparisons were made.
    """
    return tuple(
        text
        for text in (
            _recall(audit),
            _selection(audit),
            _small(audit),
            _dropped(audit),
            _skipped(audit),
            comparisons_note(audit),
        )
        if text is not None
    )


def comparisons_note(audit: Audit) -> Text:
    """Say how many comparisons were made and what that means."""
    expected = 1 - audit.spec.confidence
    return Text(
        f"This audit holds {audit.comparisons:,} signed differences with a {level(audit)} interval "
        f"and {audit.tests:,} permutation p-values; many of them rest on the same counts. Neither "
        f"is adjusted for their number: where no group differs at all, about {expected * 100:g}% "
        "of the intervals would still leave out zero. Treat a single one as a reason to look "
        "closer, not as proof.",
        "note",
    )


def _recall(audit: Audit) -> Text:
    worst = audit.worst()
    if worst is not None:
        return Text(_worst_sentence(audit, worst), "finding")
    groups = sum(
        len(table.names) - len(table.small) for table in _singles(audit) if len(table.names) > 1
    )
    of_class = "" if audit.positive is None else f" on “{audit.positive}”"
    return Text(
        f"In none of the {groups} compared groups with at least {audit.spec.small} rows does the "
        f"{level(audit)} interval of the difference in recall{of_class} to all other rows lie "
        "below zero. That is no proof that groups are treated alike: with few rows, large "
        "differences stay unseen.",
        "finding",
    )


def _worst_sentence(audit: Audit, worst: Finding) -> str:
    low, high = worst.difference.low, worst.difference.high
    interval = "" if low is None or high is None else f" interval {low:.2f} to {high:.2f}"
    return (
        f"In the {rows_of(audit, worst.rows)} of {worst.column} {worst.group}, recall on "
        f"“{worst.label}” is {worst.rate.value:.2f} (over the {worst.rate.n:,} rows with that "
        f"label); in all other rows it is {worst.rest.value:.2f} (over {worst.rest.n:,}): a "
        f"difference of {worst.difference.value:.2f} ({level(audit)}{interval})."
    )


def _selection(audit: Audit) -> Text | None:
    """Name the widest gap of selection rates among the single columns, least likely first."""
    if audit.positive is None:
        return None
    name = "demographic_parity_difference"
    ranked = sorted(
        (gap.p_value, -gap.figure.value, table.column)
        for table in _singles(audit)
        if (gap := table.gaps[name]).p_value is not None
    )
    if not ranked:
        return None
    table = audit.groupings[ranked[0][2]]
    gap = table.gaps[name]
    rates = dict(zip(table.names, table.metrics["selection_rate"], strict=True))
    rows = dict(zip(table.names, table.n, strict=True))
    if gap.p_value is None or gap.lowest is None or gap.highest is None:
        return None
    ends = " to ".join(
        f"{rates[group].value:.2f} ({group}, {rows[group]:,} rows)"
        for group in (gap.lowest, gap.highest)
    )
    return Text(
        f"By {table.column}, the share of {_noun(audit)} predicted “{audit.positive}” runs from "
        f"{ends}: a gap of {gap.figure.value:.2f}. Were {table.column} given to these rows at "
        "random, a gap at least as large would come up with a probability of about "
        f"{chance(gap.p_value)} ({audit.spec.permutations:,} permutations).",
        "finding",
    )


def _small(audit: Audit) -> Text | None:
    named = [name for table in audit.groupings.values() for name in small_names(table)]
    if not named:
        return None
    rest = "" if len(named) <= _NAMED else f" and {len(named) - _NAMED} more"
    return Text(
        f"{len(named)} of the groups and intersections have fewer than {audit.spec.small} rows: "
        f"{', '.join(named[:_NAMED])}{rest}. They are marked in the tables; their figures are "
        "little more than anecdotes, and they still count in the largest gaps.",
        "warning",
    )


def _dropped(audit: Audit) -> Text | None:
    if not audit.dropped:
        return None
    share = audit.dropped / (audit.dropped + audit.rows)
    return Text(
        f"{audit.dropped:,} rows ({math.ceil(share * 1000) / 10:g}%) have no label or no "
        "prediction and are left out. If they are missing more often in some groups, the figures "
        "are distorted.",
        "warning",
    )


def _skipped(audit: Audit) -> Text | None:
    if not audit.skipped:
        return None
    return Text(
        f"Left out, because they have more than {MOST_GROUPS:,} groups of mostly few rows: "
        f"{', '.join(audit.skipped)}.",
        "warning",
    )


def _singles(audit: Audit) -> Iterator[GroupTable]:
    return (table for table in audit.groupings.values() if len(table.columns) == 1)


def _noun(audit: Audit) -> str:
    return f"{audit.split} rows" if audit.split else "rows"
