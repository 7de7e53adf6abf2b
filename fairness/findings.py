"""What an audit found, in plain and careful sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..core.report.tree import Text
from .audit import UNITS_DIFFER, Audit, Finding
from .frame import MOST_GROUPS
from .table import GroupTable
from .words import chance, inner, level, rows_of, small_names

_WIDEST = 3
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
        The group with the lowest recall against all others (or that none shows), how many more
        differences there are, the widest gap of selection rates, small groups, what was left out,
        and how many comparisons were made.
    """
    return tuple(
        text
        for text in (
            _first(audit),
            _others(audit),
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
    return Text(
        f"Tested were {audit.comparisons:,} differences of a group to all other rows and "
        f"{audit.tests:,} largest gaps; many of them rest on the same counts. What is called a "
        "finding stands the adjustment for their number (Benjamini and Hochberg): where no group "
        f"differs at all, at most {(1 - audit.spec.confidence) * 100:g}% of such audits would call "
        "anything one. Intervals are not adjusted. Treat a finding as a reason to look closer, not "
        "as proof.",
        "note",
    )


def _first(audit: Audit) -> Text:
    """Say which group fares worst, or that none shows."""
    if audit.kind == "numbers":
        return _numbers(audit)
    if not audit.has_classes:
        return _texts(audit)
    worst = audit.worst()
    if worst is not None:
        return Text(_worst_sentence(audit, worst), "finding")
    of_class = "" if audit.positive is None else f" on “{audit.positive}”"
    return Text(
        f"{_in_none(audit)} does recall{of_class} lie below that of all other rows by more than "
        f"chance and the number of comparisons explain. {_NO_PROOF}",
        "finding",
    )


def _texts(audit: Audit) -> Text:
    """Say which group's answers are furthest from the expected ones, or guessed worst."""
    worst = audit.worst()
    others = (one for one in audit.alarms() if one.column in audit.single)
    one = worst or next(others, None)
    if one is None:
        return Text(
            f"{_in_none(audit)} do answers lie further from the expected ones, or words surprise "
            "the model more, than chance and the number of comparisons explain. " + _NO_PROOF,
            "finding",
        )
    what = {
        "exact_match": "the share of answers that equal the expected one",
        "answer_words": "the mean number of words of an answer",
        "loss": "the mean loss per token (nats)",
    }.get(one.metric, f"the mean {inner(one.metric)}")
    return Text(
        f"In the {rows_of(audit, one.rows)} of {one.column} {one.group}, {what} is "
        f"{one.rate.value:.3g}; in all other rows it is {one.rest.value:.3g}: a difference of "
        f"{one.difference.value:.3g} ({level(audit)}{_ends(one, '.3g')}).",
        "finding",
    )


def _numbers(audit: Audit) -> Text:
    """Say in which group predicted numbers are furthest off."""
    for metric, words in _ERRORS.items():
        found = [one for one in audit.alarms() if one.metric == metric]
        if found:
            one = found[0]
            return Text(
                f"In the {rows_of(audit, one.rows)} of {one.column} {one.group}, {words} is "
                f"{one.rate.value:.3g}; in all other rows it is {one.rest.value:.3g}: a difference "
                f"of {one.difference.value:.3g} ({level(audit)}{_ends(one, '.3g')}).",
                "finding",
            )
    return Text(
        f"{_in_none(audit)} are predictions off by more, or more to one side, than chance and the "
        f"number of comparisons explain. {_NO_PROOF}",
        "finding",
    )


_ERRORS = {
    "mean_absolute_error": "the mean absolute error",
    "mean_error": "the mean error (prediction minus label)",
}
_NO_PROOF = (
    "That is no proof that groups are treated alike: with few rows, large differences stay unseen."
)


def _in_none(audit: Audit) -> str:
    groups = sum(
        len(table.names) - len(table.small) for table in _singles(audit) if len(table.names) > 1
    )
    return f"In none of the {groups} compared groups with at least {audit.spec.small} rows"


def _worst_sentence(audit: Audit, worst: Finding) -> str:
    return (
        f"In the {rows_of(audit, worst.rows)} of {worst.column} {worst.group}, recall on "
        f"“{worst.label}” is {worst.rate.value:.2f} (over the {worst.rate.n:,} rows with that "
        f"label); in all other rows it is {worst.rest.value:.2f} (over {worst.rest.n:,}): a "
        f"difference of {worst.difference.value:.2f} ({level(audit)}{_ends(worst, '.2f')})."
    )


def _ends(one: Finding, form: str) -> str:
    low, high = one.difference.low, one.difference.high
    if low is None or high is None:
        return ""
    return f" interval {low:{form}} to {high:{form}}"


def _others(audit: Audit) -> Text | None:
    """Say how many more differences stand the adjustment, and name the widest."""
    worst = audit.worst()
    same = None if worst is None else (worst.column, worst.group, worst.metric, worst.label)
    found = [
        one for one in audit.alarms() if (one.column, one.group, one.metric, one.label) != same
    ]
    if not found:
        return None
    named = "; ".join(
        f"{one.column} {one.group}, {inner(one.metric)}{_on(audit, one)} "
        f"{one.difference.show(2, signed=True)}"
        for one in found[:_WIDEST]
    )
    noun = "difference stands" if len(found) == 1 else "differences stand"
    beside = "more " if worst is not None else ""
    first = "surest" if audit.kind in UNITS_DIFFER else "widest"
    return Text(
        f"{len(found):,} {beside}{noun} the adjustment for the number of comparisons; the {first}: "
        f"{named}.",
        "finding",
    )


def _on(audit: Audit, one: Finding) -> str:
    """Name the class of a figure that isn't about the favourable one."""
    return "" if one.label in (None, audit.positive) else f" on “{one.label}”"


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
