"""What checks of privacy found, in plain and careful sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...core.report.tree import Text
from .attack import Attack
from .exposure import Exposures
from .membership import Membership, Part
from .overlap import Overlap
from .personal import Personal
from .record import Privacy

_NAMED = 6  # kinds and columns that a sentence names


def findings(found: Privacy) -> tuple[Text, ...]:
    """Say what was found, on how many rows, and what it doesn't say.

    Parameters
    ----------
    found
        The record of a run's checks.
    """
    return tuple(_told(found))


def _told(found: Privacy) -> Iterator[Text]:
    level = f"{found.confidence * 100:g}%"
    if found.membership is not None:
        yield Text(attacked(found.membership, level), "finding")
        exposed = most_exposed(found.membership)
        if exposed is not None:
            yield Text(_exposed(exposed, found.membership, level), "finding")
    if found.canaries is not None:
        yield Text(planted(found.canaries), "finding")
    if found.overlap is not None:
        yield Text(copied(found.overlap, level), "finding")
    for name, one in found.personal.items():
        yield Text(holds(one, name), "warning" if one.found else "finding")


def attacked(found: Membership, level: str) -> str:
    """Say how well training rows are told by their loss."""
    one, other = found.loss, found.calibrated
    beside = "" if other is None else f"; set beside {found.reference}, of {other.auc.value:.2f}"
    tried = [each for each in (one, other) if each is not None]
    best = max(tried, key=lambda each: each.caught[0][1].value if each.caught else 0.0)
    return (
        f"By the model’s loss alone {one.members:,} training rows are told from {one.others:,} "
        f"test rows with an area under the ROC curve of {one.auc.value:.2f} ({level} interval "
        f"{one.auc.low:.2f} to {one.auc.high:.2f}; .5 is chance, 1 tells every row){beside}. "
        f"{_at_low_alarms(best, '' if other is None else ' by the better of both')}This tries one "
        "attack: a stronger one may tell more, and a figure near .5 is no proof that rows can’t be "
        "told."
    )


def _at_low_alarms(one: Attack, which: str) -> str:
    if not one.caught:
        return ""
    rate, share = one.caught[0]
    return (
        f"At {rate * 100:g}% false alarms {share.value:.1%} of the training rows are caught{which} "
        f"({rate * 100:g}% would be by chance). "
    )


def most_exposed(found: Membership) -> Part | None:
    """Return the group whose training rows are told best, if one is told better than the rest.

    Groups that are not small, of which the interval of the difference lies above zero.
    """
    parts = [one for one in found.groups if not one.small]
    higher = [one for one in parts if one.to_rest.value > 0 and one.to_rest.excludes_zero]
    return max(higher, key=lambda one: one.to_rest.value, default=None)


def _exposed(one: Part, found: Membership, level: str) -> str:
    compared = sum(not part.small for part in found.groups)
    low, high = one.to_rest.low or 0.0, one.to_rest.high or 0.0
    return (
        f"Training rows of {one.column} {one.value} are told best: an area of "
        f"{one.attack.auc.value:.2f} over {one.attack.members:,} training and "
        f"{one.attack.others:,} test rows, {one.to_rest.value:+.2f} against all other rows "
        f"({level} interval {low:+.2f} to {high:+.2f}). It is the largest of {compared:,} groups "
        "that were compared, each with an interval of its own: among many, one lies above zero by "
        "chance."
    )


def planted(found: Exposures) -> str:
    """Say how far planted secrets are preferred."""
    learnt = [one for one in found.canaries if one.planted]
    never = [one for one in found.canaries if not one.planted]
    # So rarely by chance that of all planted ones together fewer than one in twenty would be.
    bar = math.log2(len(learnt) / 0.05) if learnt else 0.0
    far = [one for one in learnt if (one.bits.low or one.bits.value) > bar]
    best = max(learnt, key=lambda one: one.bits.value)
    control = (
        ""
        if not never
        else f" {len(never):,} that were never planted reach "
        f"{max(one.bits.value for one in never):.1f} bits at most."
    )
    return (
        f"Of {len(learnt):,} secrets of the form “{found.form}” that were planted into the "
        f"training rows, {len(far):,} {'is' if len(far) == 1 else 'are'} preferred by the model "
        f"beyond {bar:.1f} bits, which chance alone reaches for any of them in fewer than one of "
        f"twenty draws. The most preferred one (planted {_times(best.planted)}) has an exposure "
        f"of {best.bits.value:.1f} of at most {found.most:.1f} bits.{control} It says what the "
        "model does with made-up secrets of this form, planted so often; real ones may lie "
        "otherwise."
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def copied(found: Overlap, level: str) -> str:
    """Say how often training rows come back word for word."""
    own, other, gap = found.trained, found.control, found.difference
    low, high = gap.low or 0.0, gap.high or 0.0
    return (
        f"Given the beginnings of {own.rows:,} training rows, the model writes {found.words} or "
        f"more words in a row that stand in the training rows for {own.verbatim.value:.1%} of "
        f"them; for {other.rows:,} test rows it is {other.verbatim.value:.1%} (a difference of "
        f"{gap.value * 100:+.1f} points, {level} interval {low * 100:+.1f} to {high * 100:+.1f}). "
        f"The longest run has {own.longest[2]:,} words. Only the likeliest words were written, "
        "once for each row: other ways of asking may bring out more."
    )


def holds(found: Personal, name: str) -> str:
    """Say which personal data a table holds."""
    if not found.found:
        return (
            f"No personal data of a known form was found in the {found.rows:,} rows of {name}. "
            "Names, stories and whatever has no fixed form can’t be found so."
        )
    kinds: dict[str, int] = {}
    for one in found.found:
        kinds[one.title] = kinds.get(one.title, 0) + one.rows
    listed = ", ".join(
        f"{title} ({rows:,} {'row' if rows == 1 else 'rows'})"
        for title, rows in sorted(kinds.items(), key=lambda pair: -pair[1])[:_NAMED]
    )
    more = "" if len(kinds) <= _NAMED else f" and {len(kinds) - _NAMED} more kinds"
    return (
        f"{found.touched:,} of the {found.rows:,} rows of {name} hold what looks like personal "
        f"data: {listed}{more}. Patterns find forms, not people: some of it may be none, and names "
        "and stories are not found so."
    )
