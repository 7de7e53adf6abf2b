"""What changes of samples cost, in plain and careful sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.measured import Measured
from ...core.report.tree import Text
from ...multimodal.controlled import Kind, kinds
from .record import Changed, Hit, Perturbed

NAMED = 3
"""Most groups that the summary names."""

CHANCE = 0.05
"""Adjusted p-value from which on a group is not named."""

METRIC = {"accuracy": "accuracy", "mean_absolute_error": "mean absolute error"}
"""What is measured, in words."""

LOST = {"accuracy": "accuracy lost", "mean_absolute_error": "error gained"}
"""What a change costs, in words."""


def findings(found: Perturbed) -> tuple[Text, ...]:
    """Say what changes cost, and whom more than others.

    Parameters
    ----------
    found
        What `perturb` returned.

    Returns
    -------
    tuple of Text
        The kind of change that costs most, and the groups that differ from all others, least likely
        first; or that none does.
    """
    if not found.changes:
        return ()
    worst = max(found.changes, key=lambda one: max(part.drop.value for part in one.hits[0].at))
    kind, whole = kind_of(worst), worst.hits[0]
    at = max(whole.at, key=lambda one: one.drop.value)
    of = "" if len(found.changes) == 1 else f"Of {len(found.changes)} kinds of change, "
    title = kind.title if of else f"{kind.title[0].upper()}{kind.title[1:]}"
    texts = [
        Text(
            f"{of}{title} at {kind.show(at.strength)} costs most: in {found.rows:,} {found.split} "
            f"rows the {METRIC[found.metric]} goes from {whole.unchanged.value:.2f} to "
            f"{at.score.value:.2f} ({_sure(found, at.drop, LOST[found.metric])}).",
            "finding",
        )
        if at.drop.value > 0
        else Text(
            f"No change that was made costs any {METRIC[found.metric]} in {found.rows:,} "
            f"{found.split} rows.",
            "finding",
        )
    ]
    texts += _whom(found)
    return tuple(texts)


def sentences(found: Perturbed) -> list[str]:
    """Say for each kind of change and each group what was measured, for a terminal."""
    out = []
    for change in found.changes:
        kind = kind_of(change)
        out.append(f"{kind.title} ({', '.join(kind.show(one) for one in change.strengths)}):")
        for hit in change.hits:
            scores = ", ".join(f"{one.score.value:.2f}" for one in hit.at)
            few = f", fewer than {found.small}" if hit.small else ""
            rest = ""
            if hit.to_rest is not None and hit.adjusted is not None:
                rest = (
                    f"; that minus all others’: {hit.to_rest.show(signed=True)}, adjusted "
                    f"p-value {hit.adjusted:.2g}"
                )
            out.append(
                f"  {hit.named} ({hit.rows:,} rows{few}): {METRIC[found.metric]} "
                f"{hit.unchanged.value:.2f}, then {scores}; {LOST[found.metric]} on average "
                f"{hit.drop.show(signed=True)}{rest}"
            )
    return out


def limits(found: Perturbed) -> tuple[str, ...]:
    """Say what these figures don't tell."""
    texts = [
        "A group that loses more is not thereby treated differently by design: its rows may be "
        "darker, noisier or shorter to begin with, or nearer to the border between two classes. A "
        "group whose answers are seldom right has less to lose; see how many of its answers differ "
        "at all. Changes made by a formula are not those that cameras, rooms and people make.",
        "Averages over strengths depend on which strengths were chosen.",
    ]
    if found.comparisons:
        texts.append(
            f"Comparisons of a group with all other rows: {found.comparisons:,}. p-values are "
            "adjusted for that (Benjamini and Hochberg), intervals are not."
        )
    else:
        texts.append("There are no groups to compare: the run has none, and none was derived.")
    told = [
        f"{kind.title} bears on {kind.bears_on}"
        for kind in map(kind_of, found.changes)
        if kind.bears_on
    ]
    if told:
        texts.append(f"Not every label outlives every change: {'; '.join(told)}.")
    return tuple(texts)


def _whom(found: Perturbed) -> Iterator[Text]:
    known = [
        (hit.adjusted, change, hit)
        for change in found.changes
        for hit in change.hits
        if hit.adjusted is not None and hit.to_rest is not None
    ]
    if not known:
        return
    told = sorted(
        (one for one in known if one[0] <= CHANCE), key=lambda one: (one[0], -_far(one[2]))
    )
    if not told:
        yield Text(
            f"{len(known):,} comparisons of a group with all other rows were made, and in none of "
            f"them does what a change costs stand out from chance (adjusted p-values above "
            f"{CHANCE}). That is no proof that changes cost all groups the same.",
            "finding",
        )
    for p_value, change, hit in told[:NAMED]:
        assert hit.to_rest is not None
        kind = kind_of(change)
        side = "more" if hit.to_rest.value > 0 else "less"
        yield Text(
            f"{kind.title[0].upper()}{kind.title[1:]} costs the {hit.rows:,} rows of {hit.named} "
            f"{side} than all other rows: on average over {len(hit.at)} strengths "
            f"{hit.drop.value:+.3f} {LOST[found.metric]}, a difference of "
            f"{hit.to_rest.value:+.3f} ({_interval(found, hit.to_rest)}; adjusted p-value "
            f"{p_value:.2g}).",
            "finding",
        )
    if len(told) > NAMED:
        yield Text(f"{len(told) - NAMED:,} more such comparisons stand in the tables.", "note")


def _far(hit: Hit) -> float:
    return abs(hit.to_rest.value) if hit.to_rest is not None else 0.0


def kind_of(change: Changed) -> Kind:
    """Return the kind of change that was made."""
    known = {one.name: one for one in kinds([change.modality])}
    return known[change.kind]


def level(found: Perturbed) -> str:
    """Write the level of the intervals: ``95%``."""
    return f"{found.confidence * 100:g}%"


def _interval(found: Perturbed, figure: Measured) -> str:
    if figure.low is None or figure.high is None:
        return "no interval"
    return f"{level(found)} interval {figure.low:+.3f} to {figure.high:+.3f}"


def _sure(found: Perturbed, figure: Measured, what: str) -> str:
    return f"{what} {figure.value:.3f}, {_interval(found, figure)}"
