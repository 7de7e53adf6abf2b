"""What answers rest on in each group, in plain and careful sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.report.numbers import number
from ...core.report.tree import Text
from .record import LEAST, Attributed, Compared, Difference

LISTED = 3
"""Words or places of a comparison where many comparisons are listed."""

NAMED = 3
"""Most words or places that a sentence names."""

CHANCE = 0.05
"""Adjusted p-value from which on nothing is named."""


def findings(found: Attributed) -> tuple[Text, ...]:
    """Say which words or places differ most surely.

    Parameters
    ----------
    found
        What `compare_attributions` returned.

    Returns
    -------
    tuple of Text
        What drives wrong answers, and what differs between groups; or that nothing stands out.
    """
    return tuple(Text(text, "finding") for text in _said(found))


def sentences(found: Attributed) -> list[str]:
    """Say what differs most in each comparison, for a terminal."""
    out = [how(found)]
    for one in found.compared:
        few = ", few" if one.small else ""
        out.append(f"{_heading(one)} ({_rows(one)}{few}):")
        for each in one.differences[:LISTED]:
            there = f"; in {each.rows:.0%} and {each.other_rows:.0%} of the rows"
            out.append(
                f"  {named(found, each)}: {each.difference.show(signed=True)}, adjusted p-value "
                f"{each.adjusted:.2g}{there if found.noun != 'place' else ''}"
            )
    for part in found.terms:
        rest = (
            "" if part.to_rest is None else f"; minus all others {part.to_rest.show(signed=True)}"
        )
        name = f"{part.column} {part.group}".strip() or "all rows"
        out.append(
            f"Terms in {name} ({part.rows:,} rows): in {part.holding.value:.1%} of the rows, "
            f"{part.share.value:.2%} of the attribution{rest}"
        )
    return out


def limits(found: Attributed) -> tuple[str, ...]:
    """Say what these figures don't tell."""
    spots = sum(one.tested for one in found.compared)
    tested = (
        f"Differences that were tested: {spots:,}, in comparisons of two sets of rows: "
        f"{len(found.compared):,}. p-values are adjusted over all of the same question (Benjamini "
        "and Hochberg). Those that are shown are the largest, and so rather too large; their "
        "intervals are not adjusted."
        if found.compared
        else "There is nothing to compare: no group, and neither wrong nor right answers, has "
        f"{LEAST} explained rows or more beside as many others."
    )
    return (
        f"None of this is a cause. A {found.noun} that differs may stand for something else that "
        "groups differ in, and a method’s scores are estimates of what one model used. To see "
        f"whether a {found.noun} matters, change it and look at the answers.",
        tested,
    )


def how(found: Attributed) -> str:
    """Say what scores and their differences mean."""
    said = "spoke for" if found.signed else "mattered, either way, for"
    if found.noun == "place":
        return (
            f"A score says how much a place {said} the answer that the row was explained for. "
            "Compared are mean scores over rows."
        )
    return (
        f"A score says how much a {found.noun} {said} the answer that the row was explained for; "
        "of a row without it the score is 0. Differences of mean scores therefore come from how "
        f"often a {found.noun} is there, and from how much it says where it is: both stand beside "
        "them."
    )


def sides(one: Compared) -> tuple[str, str]:
    """Name the two sets of rows."""
    if one.against == "others":
        return one.named, "all others"
    behind = "" if not one.column else f" of {one.named}"
    return f"wrong answers{behind}", "right ones"


def named(found: Attributed, each: Difference) -> str:
    """Name a spot, with its column where there are several."""
    columns = {d.spot.column for one in found.compared for d in one.differences}
    return f"{each.spot.column}: {each.spot.name}" if len(columns) > 1 else each.spot.name


def _said(found: Attributed) -> Iterator[str]:
    for one in found.compared:
        sure = _sure(one)
        if one.against == "right" and not one.column and sure:
            yield (
                f"In the {one.rows:,} explained rows answered wrong, {_listed(found, sure)}, "
                f"compared with the {one.other_rows:,} answered right (differences of mean scores; "
                f"adjusted p-value at most {_most(sure)}). This says what wrong answers rest on, "
                "not why."
            )
    others = [one for one in found.compared if one.against == "others"]
    told = sorted(
        (one for one in others if _sure(one)),
        key=lambda one: min(each.adjusted for each in one.differences),
    )
    for one in told[:NAMED]:
        sure = _sure(one)
        yield (
            f"In the {one.rows:,} explained rows of {one.named}, {_listed(found, sure)}, compared "
            f"with all {one.other_rows:,} others (differences of mean scores; adjusted p-value at "
            f"most {_most(sure)}). This says what answers rest on, and is no cause of a difference "
            "between the groups."
        )
    if others and not told:
        yield (
            f"Groups were compared with all other explained rows ({len(others):,} of them), and no "
            f"{found.noun} stands out whose mean score differs (adjusted p-values above {CHANCE}). "
            "That is no proof that answers rest on the same."
        )


def _sure(one: Compared) -> list[Difference]:
    return [each for each in one.differences if each.adjusted <= CHANCE][:NAMED]


def _most(some: Sequence[Difference]) -> str:
    return f"{max(each.adjusted for each in some):.2g}"


def _listed(found: Attributed, some: Sequence[Difference]) -> str:
    """Write differences: “voucher” (+0.794) spoke more for the answer."""
    parts = []
    for side, sign in (("more", 1), ("less", -1)):
        each = [one for one in some if sign * one.difference.value > 0]
        if each:
            names = ", ".join(
                f"“{one.spot.name}” ({number(one.difference.value, signed=True)})" for one in each
            )
            parts.append(f"{names} spoke {side}" if found.signed else f"{names} mattered {side}")
    return f"{' and '.join(parts)} for the answer"


def _heading(one: Compared) -> str:
    own, others = sides(one)
    return f"{own[0].upper()}{own[1:]} minus {others}"


def _rows(one: Compared) -> str:
    return f"{one.rows:,} and {one.other_rows:,} rows"
