"""Ways to answer the same rows as points of accuracy and disparity, and which of them is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.measured import Measured
from ..proportions import proportion, proportions
from .measures import Answered, Asked
from .record import Change, Point
from .resampling import (
    Resampled,
    measured_disparity,
    resampled,
    shifted,
    spread,
)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A remedy at a strength, and how the rows of each split are answered with it.

    Attributes
    ----------
    name, kind, strength, run
        As in `record.Point`.
    answers
        By split.
    """

    name: str
    kind: str | None
    strength: float | None
    answers: dict[str, Answered]
    run: str | None = None


def points(asked: Asked, split: str, candidates: Sequence[Candidate]) -> tuple[Point, ...]:
    """Measure candidates on the rows of a split.

    Parameters
    ----------
    asked
        The rows.
    split
        Which answers of the candidates.
    candidates
        The unmitigated one first.
    """
    plain = candidates[0]
    out = []
    for one in candidates:
        found = resampled(asked, [plain.answers[split], one.answers[split]])
        out.append(_point(asked, split, one, found, first=one is plain))
    return tuple(out)


def _point(asked: Asked, split: str, one: Candidate, found: Resampled, *, first: bool) -> Point:
    rows = len(asked.labels)
    hits = int((one.answers[split].predicted == asked.labels).sum())
    accuracy = proportion(hits, rows, asked.confidence)
    compared = int(asked.rows[asked.kept].sum())
    gap = measured_disparity(
        float(found.disparity[1]), found.disparities[1], asked.confidence, compared
    )
    more = less = None
    worse: tuple[Change, ...] = ()
    if not first:
        more = spread(
            float(found.accuracy[1] - found.accuracy[0]),
            found.accuracies[1] - found.accuracies[0],
            asked.confidence,
            rows,
        )
        less = shifted(
            float(found.disparity[1] - found.disparity[0]),
            found.disparities[1] - found.disparities[0],
            asked.confidence,
            compared,
        )
        worse = (
            *_where(Change("accuracy", more), sign=1),
            *_where(Change("disparity", less), sign=-1),
            *_recalls_lost(asked, found),
        )
    return Point(
        one.name,
        one.kind,
        one.strength,
        one.run,
        accuracy,
        gap,
        more,
        less,
        _recalls(asked, one.answers[split]),
        worse,
    )


def choose(found: Sequence[Point], at_most: float | None = None) -> str:
    """Choose a point by the validation rows.

    Of the points whose disparity is below the unmitigated one's (or at most a given one) the one
    with the highest accuracy; of several the one with the smallest disparity. The unmitigated one
    where there is none.
    """
    plain = found[0]
    fit = [
        one
        for one in found
        if one.disparity.defined
        and (
            one.disparity.value <= at_most
            if at_most is not None
            else one.disparity.value < plain.disparity.value
        )
    ]
    best = max(fit, key=lambda one: (one.accuracy.value, -one.disparity.value), default=plain)
    return best.name


def frontier(found: Sequence[Point]) -> tuple[str, ...]:
    """Name the points than which no other is at least as good in both and better in one."""
    known = [one for one in found if one.disparity.defined]

    def beaten(one: Point) -> bool:
        own = (one.accuracy.value, -one.disparity.value)
        return any(
            other[0] >= own[0] and other[1] >= own[1] and other != own
            for other in ((each.accuracy.value, -each.disparity.value) for each in known)
        )

    kept = sorted((one for one in known if not beaten(one)), key=lambda one: one.disparity.value)
    return tuple(one.name for one in kept)


def name_of(kind: str, strength: float) -> str:
    """Name a remedy at a strength."""
    return f"{kind} {strength:g}"


def looked_at(asked: Asked) -> list[int]:
    """Return the classes whose recall is shown: the favourable one, or all."""
    return list(range(len(asked.classes))) if asked.positive is None else [asked.positive]


def said(asked: Asked, group: int, code: int) -> str:
    """Name a group, with a class where no class is the favourable one."""
    name = asked.names[group]
    return name if asked.positive is not None else f"{name}: {asked.classes[code]}"


def _recalls(asked: Asked, answered: Answered) -> dict[str, Measured]:
    out = {}
    for code in looked_at(asked):
        own = asked.labels == code
        groups = asked.groups[own]
        rows = np.bincount(groups, minlength=len(asked.names))
        right = groups[answered.predicted[own] == code]
        hits = np.bincount(right, minlength=len(asked.names))
        for group, figure in enumerate(proportions(hits, rows, asked.confidence)):
            out[said(asked, group, code)] = figure
    return out


def _recalls_lost(asked: Asked, found: Resampled) -> list[Change]:
    out: list[Change] = []
    for code in looked_at(asked):
        for group in asked.kept:
            value = found.recall[1, group, code] - found.recall[0, group, code]
            drawn = found.recalls[1, :, group, code] - found.recalls[0, :, group, code]
            rows = int(((asked.labels == code) & (asked.groups == group)).sum())
            by = spread(float(value), drawn, asked.confidence, rows)
            out += _where(Change(f"recall of {said(asked, int(group), code)}", by), sign=1)
    return out


def _where(change: Change, *, sign: int) -> list[Change]:
    """Keep a change that is worse, its interval wholly on that side of zero."""
    by = change.by
    lost = by.defined and sign * by.value < 0 and by.excludes_zero
    return [change] if lost else []
