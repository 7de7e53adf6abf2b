"""Two audits set beside each other: every figure before, after, and its change."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ...core.multiple import adjusted
from ...core.runs import Run
from ...errors import RunError, paragraph
from ..audit import Audit
from ..gaps import ALIASES
from ..paired import between
from ..remedies.resampling import shifted
from ..table import GroupTable
from ..uncertainty import normal_quantile, p_value_of_interval
from ..words import GAPS
from .matched import Shifts
from .matching import match
from .record import AuditPair, Change, OfAll, OfGap, OfGroup
from .sides import Side, side

Numbers = NDArray[np.float64]

_LABELS = ("base_rate", "mean_label")
_EMPTY = Shifts({})


def compare_audits(
    before: Audit | Run | str | Path,
    after: Audit | Run | str | Path,
    *,
    names: tuple[str, str] = ("before", "after"),
    replicates: int = 2000,
    seed: int = 13,
) -> AuditPair:
    """Set two audits beside each other.

    Parameters
    ----------
    before, after
        Audits in memory; runs or their folders; or files that `pellucid audit --json` printed. Of
        two runs that answered the same test rows, intervals are paired.
    names
        What audits in memory are called; runs and files have names of their own.
    replicates
        Draws behind the intervals of largest gaps, and of shares of what is predicted positive.
    seed
        Seed of the draws.

    Returns
    -------
    AuditPair
        Changes of each group's figures, of its differences to all other rows, and of largest gaps;
        and what only one of the two has.

    Raises
    ------
    RunError
        If one of the two has no audit, their intervals differ in level, or they have no figure in
        common.
    """
    first, second = side(before, names[0]), side(after, names[1])
    if not math.isclose(first.confidence, second.confidence):
        raise RunError(
            paragraph(
                f"{first.name}, {second.name}",
                f"the intervals have levels of {first.confidence:g} and {second.confidence:g}, and "
                "only those of one level can be set beside each other",
                "Make one of the audits again with --confidence",
            )
        )
    rows, notes = match(first, second, replicates, seed)
    groups: list[OfGroup] = []
    gaps: list[OfGap] = []
    overall: dict[tuple[str | None, str], OfAll] = {}
    tested: set[str] = set()
    drawing = _Drawing(first.confidence, replicates, seed)
    for old, new, class_free in _both(first, second):
        found = None
        if rows is not None:
            found = rows.shifts(old.column, old.label, class_free=class_free)
        shifts = found or _EMPTY
        tested |= old.p_values.keys() & new.p_values.keys()
        groups += _groups(old, new, shifts)
        gaps += _gaps(old, new, shifts, drawing)
        for one in _all(old, new, shifts, class_free=class_free):
            overall.setdefault((one.label, one.metric), one)
    if not groups:
        raise RunError(
            paragraph(
                f"{first.name}, {second.name}",
                "the two audits have no group and no figure in common",
                "Audit the same columns and the same classes in both",
            )
        )
    return AuditPair(
        before=first.name,
        after=second.name,
        rows=(first.rows, second.rows),
        positive=(first.positive, second.positive),
        paired=rows is not None,
        overall=tuple(overall.values()),
        groups=_adjusted(groups, tested, first.confidence),
        gaps=tuple(gaps),
        alone=_alone(first, second),
        notes=notes,
        confidence=first.confidence,
        replicates=replicates,
        seed=seed,
    )


def _both(first: Side, second: Side) -> Iterator[tuple[GroupTable, GroupTable, bool]]:
    """Go through the tables that both have, and whether their accuracy is that of all classes."""
    later = {
        (column, one.label): (one, bool(one.per_class))
        for column, table in second.groupings.items()
        for one in table.tables()
    }
    for column, table in first.groupings.items():
        for one in table.tables():
            new, class_free = later.get((column, one.label), (None, False))
            if new is not None and class_free == bool(one.per_class):
                yield one, new, class_free


def _groups(old: GroupTable, new: GroupTable, shifts: Shifts) -> Iterator[OfGroup]:
    places = {name: at for at, name in enumerate(new.names)}
    for at, group in enumerate(old.names):
        to = places.get(group)
        if to is None:
            continue
        for metric, figures in old.metrics.items():
            if metric == "count" or metric not in new.metrics:
                continue
            shift = shifts.of.get(metric)
            own = _change(
                figures[at], new.metrics[metric][to], None if shift is None else shift.own[at]
            )
            apart = None
            if metric in old.to_rest and metric in new.to_rest:
                apart = _change(
                    old.to_rest[metric][at],
                    new.to_rest[metric][to],
                    None if shift is None else shift.apart[at],
                )
            yield OfGroup(
                old.column,
                group,
                None if metric == "accuracy" and old.per_class else old.label,
                metric,
                (old.n[at], new.n[to]),
                at in old.small or to in new.small,
                own,
                apart,
            )


def _all(old: GroupTable, new: GroupTable, shifts: Shifts, *, class_free: bool) -> Iterator[OfAll]:
    for metric, figure in old.overall.items():
        if metric != "count" and metric in new.overall:
            shift = shifts.of.get(metric)
            label = None if metric == "accuracy" and class_free else old.label
            change = _change(figure, new.overall[metric], None if shift is None else shift.overall)
            yield OfAll(label, metric, change)


def _change(before: Measured, after: Measured, paired: Measured | None) -> Change:
    """Put a figure before and after together with its change, of separate rows if not paired."""
    return Change(before, after, between(after, before) if paired is None else paired)


class _Drawing:
    """Largest gaps as they would be on other rows like these."""

    def __init__(self, confidence: float, replicates: int, seed: int) -> None:
        self.confidence, self._replicates = confidence, replicates
        self._rng = np.random.default_rng(seed)

    def widths(self, table: GroupTable, name: str) -> Numbers | None:
        """Return a largest gap on drawn rows; None where the groups' figures have no intervals."""
        if name == "equalized_odds":
            both = [
                self.widths(table, one) for one in ("true_positive_rate", "false_positive_rate")
            ]
            known = [one for one in both if one is not None]
            return np.fmax(*known) if len(known) == 2 else None
        figures = [
            one for one in table.metrics.get(ALIASES.get(name, name), ()) if one.defined and one.n
        ]
        if len(figures) < 2 or any(one.low is None or one.high is None for one in figures):
            return None
        drawn = np.stack([self._drawn(one) for one in figures])
        return np.asarray(drawn.max(axis=0) - drawn.min(axis=0))

    def _drawn(self, figure: Measured) -> Numbers:
        """Draw a share by its rows, and any other figure by the width of its interval."""
        assert figure.n is not None
        assert figure.low is not None
        assert figure.high is not None
        if figure.method == "wilson":
            hits = self._rng.binomial(figure.n, min(max(figure.value, 0), 1), self._replicates)
            return np.asarray(hits / figure.n)
        error = (figure.high - figure.low) / 2 / normal_quantile(self.confidence)
        return self._rng.normal(figure.value, error, self._replicates)


def _gaps(old: GroupTable, new: GroupTable, shifts: Shifts, drawing: _Drawing) -> Iterator[OfGap]:
    for name in GAPS:
        key = f"{name}_difference"
        if name in _LABELS or key not in old.gaps or key not in new.gaps:
            continue
        before, after = old.gaps[key].figure, new.gaps[key].figure
        by = after.value - before.value
        drawn = shifts.gaps.get(ALIASES.get(name, name))
        if drawn is None:
            first, second = drawing.widths(old, name), drawing.widths(new, name)
            drawn = None if first is None or second is None else second - first
        change = Measured(by, n=after.n)
        if drawn is not None and math.isfinite(by):
            change = shifted(by, drawn, drawing.confidence, after.n or 0)
        label = None if name == "accuracy" and old.per_class else old.label
        yield OfGap(old.column, label, name, Change(before, after, change))


def _adjusted(
    groups: list[OfGroup], metrics: Collection[str], confidence: float
) -> tuple[OfGroup, ...]:
    """Adjust the p-values of changed differences for one another (Benjamini and Hochberg).

    Left out are small groups, figures of the labels alone, and what an audit does not test either.
    """
    tested = [
        at
        for at, one in enumerate(groups)
        if not one.small
        and one.metric in metrics
        and one.metric not in _LABELS
        and one.apart is not None
        and one.apart.by.defined
        and one.apart.by.low is not None
        and one.apart.by.high is not None
    ]
    by = [change.by for at in tested if (change := groups[at].apart) is not None]
    values = np.array([one.value for one in by], float)
    ends = np.array([one.low for one in by], float), np.array([one.high for one in by], float)
    found = adjusted(p_value_of_interval(values, ends, confidence))
    out = list(groups)
    for at, value in zip(tested, found.tolist(), strict=True):
        out[at] = replace(groups[at], adjusted=None if math.isnan(value) else value)
    return tuple(out)


def _alone(first: Side, second: Side) -> Mapping[str, tuple[str, ...]]:
    """Name columns, classes, groups and figures that only one of the two has."""
    sides = {"before": (first, second), "after": (second, first)}
    return {name: tuple(_only(own, other)) for name, (own, other) in sides.items()}


def _only(own: Side, other: Side) -> Iterator[str]:
    there = {
        (column, one.label): one
        for column, table in other.groupings.items()
        for one in table.tables()
    }
    figures: dict[str, None] = {}
    for column, table in own.groupings.items():
        if column not in other.groupings:
            yield column
            continue
        groups = set(other.groupings[column].names)
        yield from (f"{column} {name}" for name in table.names if name not in groups)
        for one in table.tables():
            like = there.get((column, one.label))
            if like is None:
                yield f"{column}, “{one.label}”" if one.label else column
                continue
            figures |= {metric: None for metric in one.metrics if metric not in like.metrics}
    yield from figures
