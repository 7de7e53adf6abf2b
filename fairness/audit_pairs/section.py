"""Two audits beside each other as a report's section, and in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.report.tree import Block, Cell, IntervalFigure, Section, Table, Text
from ..groups import CROSS
from ..words import GAPS, TITLES, chance, inner
from .record import AuditPair, OfGap, OfGroup

_NAMED = 3
_GAPS = 6
_DRAWN = 20
_LISTED = 60
_MOST = 400
_MAIN = ("demographic_parity", "equal_opportunity", "equalized_odds")
_ERRORS = ("mean_absolute_error", "mean_error")
"""Yardsticks of which sentences speak, of classes and of numbers; the table has all."""

_FIRST = ("accuracy", "mean_absolute_error", "roc_auc")
"""Figures of all rows of which a sentence speaks."""


def sections(pair: AuditPair) -> tuple[Section, ...]:
    """Return the report's section on two audits."""
    blocks: list[Block | Section] = [Text(_scope(pair))]
    blocks += [Text(text) for text in pair.notes]
    blocks += _figure(pair)
    blocks += [_table(pair), _gap_table(pair), _overall(pair)]
    blocks += [Text(text, "warning") for text in _alone(pair)]
    blocks += [Text(text) for text in LIMITS]
    blocks.append(
        Section("Every change", "audit-against-all", tuple(_every(pair)), "One row for each group.")
    )
    return (
        Section(
            "Before and after",
            "audit-against",
            tuple(block for block in blocks if not isinstance(block, Table) or block.rows),
            f"What was measured in {pair.before}, and what in {pair.after}.",
        ),
    )


def findings(pair: AuditPair) -> tuple[Text, ...]:
    """Return what belongs into a report's summary."""
    first, *rest = _sentences(pair)
    return (
        Text(first),
        *(Text(text, "finding") for text in rest),
        *(Text(text, "warning") for text in _alone(pair)),
        *(Text(text, "note") for text in (*pair.notes, *LIMITS)),
    )


LIMITS = (
    "A change says that figures differ, not why: the data may have changed, not only the model. A "
    "change that can't be told from none is no proof that there is none. Whether a gap is smaller "
    "because one group fares better or because another fares worse, the groups' own figures say.",
)
"""What two audits beside each other can't tell."""


def _sentences(pair: AuditPair) -> Iterator[str]:
    yield _scope(pair)
    for metric in _FIRST:
        found = [one for one in pair.overall if one.metric == metric]
        if found and found[0].value.by.defined:
            value = found[0].value
            yield (
                f"Over all rows, {inner(metric)} was {value.before.value:.3f} and is "
                f"{value.after.value:.3f}: a change of {value.by.show(signed=True)}."
            )
            break
    yield _differences(pair)
    gaps = [gap for gap in pair.gaps if _is_told(gap)]
    shown = gaps if len(gaps) <= _GAPS else [gap for gap in gaps if gap.width.by.excludes_zero]
    yield from map(_gap_sentence, shown[:_GAPS])
    if len(shown) < len(gaps) or len(shown) > _GAPS:
        left = len(gaps) - min(len(shown), _GAPS)
        yield (
            f"Of {len(gaps)} largest gaps by single columns, the change of {len(shown)} has an "
            f"interval that excludes zero; were nothing different, chance would bring about "
            f"{len(gaps) * (1 - pair.confidence):.0f}. The table has the other {left}."
        )


def _is_told(gap: OfGap) -> bool:
    """Whether sentences speak of a gap: of a main yardstick, by a single column."""
    main = gap.name in _MAIN or (gap.name in _ERRORS and gap.label is None)
    return main and CROSS not in gap.column and gap.width.by.defined


def _scope(pair: AuditPair) -> str:
    level = f"Intervals have a level of {pair.confidence * 100:g}%"
    if pair.paired:
        return (
            f"{pair.before} and {pair.after} answered the same {pair.rows[0]:,} rows. {level} and "
            "are paired by these rows."
        )
    return (
        f"{pair.before} was audited on {pair.rows[0]:,} rows, {pair.after} on {pair.rows[1]:,}. "
        f"{level} and take the rows of the two as separate ones."
    )


def _differences(pair: AuditPair) -> str:
    """Say which differences grew and which shrank."""
    changed = pair.changed()
    tested = f"Of {pair.comparisons:,} differences between a group and all other rows"
    if not changed:
        return (
            f"{tested} none changed by more than chance and the number of comparisons explain: "
            "before and after can't be told apart."
        )
    parts = []
    for word in ("grew", "shrank", "turned round"):
        of_kind = [one for one in changed if _kind(one) == word]
        if of_kind:
            named = "; ".join(_named(one) for one in of_kind[:_NAMED])
            more = ", among them" if len(of_kind) > _NAMED else ""
            parts.append(f"{len(of_kind):,} {word}{more} ({named})")
    left = pair.comparisons - len(changed)
    return (
        f"{tested}, by more than chance and the number of comparisons explain, "
        f"{', '.join(parts)}. The other {left:,} can't be told apart."
    )


def _kind(one: OfGroup) -> str:
    assert one.apart is not None  # only differences are tested
    before, after = one.apart.before, one.apart.after
    if before.excludes_zero and after.excludes_zero and before.value * after.value < 0:
        return "turned round"
    return "grew" if abs(after.value) > abs(before.value) else "shrank"


def _named(one: OfGroup) -> str:
    assert one.apart is not None
    label = "" if one.label is None else f" on “{one.label}”"
    return (
        f"{one.column} {one.group}, {inner(one.metric)}{label}: "
        f"{one.apart.before.value:+.3f} before, {one.apart.after.value:+.3f} after"
    )


def _gap_sentence(gap: OfGap) -> str:
    name = GAPS[gap.name].split(" (")[0]
    name = name[0].lower() + name[1:]
    label = "" if gap.label is None else f" on “{gap.label}”"
    by = gap.width.by
    if by.low is None or by.high is None:
        told = "its change carries no interval"
    elif not by.excludes_zero:
        told = "the interval holds zero, so that the two can't be told apart"
    else:
        told = "it shrank" if by.value < 0 else "it grew"
    return (
        f"By {gap.column}, the largest gap of {name}{label} was {gap.width.before.value:.3f} and "
        f"is {gap.width.after.value:.3f}: a change of {by.show(signed=True)}; {told}."
    )


def _alone(pair: AuditPair) -> Iterator[str]:
    """Name what only one of the two has."""
    for side, name in (("before", pair.before), ("after", pair.after)):
        only = [TITLES.get(one, one) for one in pair.alone.get(side, ())]
        if only:
            shown = ", ".join(only[:_DRAWN])
            more = f" and {len(only) - _DRAWN} more" if len(only) > _DRAWN else ""
            yield f"Only {name} has, so that nothing can be compared: {shown}{more}."


def _figure(pair: AuditPair) -> list[Block]:
    changed = pair.changed()[:_DRAWN]
    if not changed:
        return [Text(_differences(pair))]
    names = tuple(f"{one.column} {one.group}: {inner(one.metric)}{_of(one)}" for one in changed)
    values = tuple(one.apart.by for one in changed if one.apart is not None)
    title = "Changes of differences to all other rows"
    told = "; ".join(
        f"{name} {value.show(signed=True)}" for name, value in zip(names, values, strict=True)
    )
    return [
        Text(_differences(pair), "finding"),
        IntervalFigure(
            title,
            f"difference after minus difference before ({pair.confidence * 100:g}% interval)",
            names,
            values,
            f"{title}: {told}.",
            reference=0.0,
        ),
    ]


def _table(pair: AuditPair) -> Table:
    changed = pair.changed()
    rows: list[tuple[Cell, ...]] = [
        (
            one.column,
            one.group,
            TITLES[one.metric] + _of(one),
            one.apart.before,
            one.apart.after,
            one.apart.by,
            _kind(one),
            chance(one.adjusted),
        )
        for one in changed[:_LISTED]
        if one.apart is not None and one.adjusted is not None
    ]
    return Table(
        "Changed differences to all other rows",
        ("Column", "Group", "Figure", "Before", "After", "Change", "The difference", "p"),
        tuple(rows),
        f"Those that stand the adjustment for {pair.comparisons:,} comparisons (Benjamini and "
        "Hochberg). Many rest on the same rows, so they are not separate pieces of evidence.",
        signed=frozenset({3, 4, 5}),
    )


def _gap_table(pair: AuditPair) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.column if one.label is None else f"{one.column}, “{one.label}”",
            GAPS[one.name],
            one.width.before,
            one.width.after,
            one.width.by,
        )
        for one in pair.gaps
        if one.width.by.defined
    ]
    return Table(
        "Largest gaps between any two groups",
        ("Column", "Yardstick", "Before", "After", "Change"),
        tuple(rows[:_LISTED]),
        "Gap: largest minus smallest group, which is never below zero and wider the more groups "
        "there are and the fewer rows they have. From the interval of a change the mean excess of "
        "draws is taken. These intervals are not adjusted for their number.",
        signed=frozenset({4}),
    )


def _overall(pair: AuditPair) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            TITLES[one.metric] + ("" if one.label is None else f", “{one.label}”"),
            one.value.before,
            one.value.after,
            one.value.by,
        )
        for one in pair.overall
        if one.value.by.defined
    ]
    return Table(
        "All rows",
        ("Figure", "Before", "After", "Change"),
        tuple(rows[:_LISTED]),
        signed=frozenset({3}),
    )


def _every(pair: AuditPair) -> Iterator[Table]:
    """Give a table of every group's figures, for each column and class."""
    parts: dict[tuple[str, str | None], list[OfGroup]] = {}
    for one in pair.groups:
        parts.setdefault((one.column, one.label), []).append(one)
    room = _MOST
    for (column, label), members in parts.items():
        if room <= 0:
            return
        listed = members[:room]
        room -= len(listed)
        rows: list[tuple[Cell, ...]] = [
            (
                one.group,
                TITLES[one.metric],
                one.own.before,
                one.own.after,
                one.own.by,
                None if one.apart is None else one.apart.by,
            )
            for one in listed
        ]
        left = len(members) - len(listed)
        yield Table(
            f"By {column}" + ("" if label is None else f", “{label}”"),
            ("Group", "Figure", "Before", "After", "Change", "Change of its difference"),
            tuple(rows),
            f"{left:,} more rows stand in audit/against.json." if left else "",
            marked=frozenset(at for at, one in enumerate(listed) if one.small),
            signed=frozenset({4, 5}),
        )


def _of(one: OfGroup) -> str:
    return "" if one.label is None else f", “{one.label}”"
