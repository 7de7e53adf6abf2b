"""All figures of one grouping: each group's rates, its differences to all others, the gaps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .counts import Share
from .gaps import Gap, largest_gaps
from .groups import Grouping
from .spec import AuditSpec
from .uncertainty import newcombe, wilson

Figures = tuple[Measured, ...]


@dataclass(frozen=True)
class GroupTable:
    """The figures of one grouping, on all classes or on one class against the rest.

    Attributes
    ----------
    column
        Name of the column, ``a×b`` for an intersection.
    columns
        The columns that were crossed; one for a single column.
    label
        Class that counts as positive; None where only class-free figures stand here.
    names
        The groups; every tuple below has one entry per group.
    n
        Rows of each group.
    metrics
        Metric to its figure in each group: ``count``, rates with Wilson intervals, and with scores
        ``roc_auc`` and ``average_precision``. A rate without rows to count is NaN.
    rest
        Rate to its figure in all rows outside of the group.
    to_rest
        Rate to the signed difference, the group minus all others, with Newcombe's interval. Its
        `n` are the rows of the group that the rate counts.
    gaps
        Name to the largest gap between groups.
    small
        Positions of groups with few rows: marked, never hidden.
    per_class
        With more than two classes, the same for each class against the rest.
    """

    column: str
    columns: tuple[str, ...]
    label: str | None
    names: tuple[str, ...]
    n: tuple[int, ...]
    metrics: Mapping[str, Figures]
    rest: Mapping[str, Figures]
    to_rest: Mapping[str, Figures]
    gaps: Mapping[str, Gap]
    small: frozenset[int]
    per_class: Mapping[str, GroupTable] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return ``groups``, ``to_rest`` and ``gaps``, and ``per_class`` where there is one.

        The count of a small group carries ``"small": true``.
        """
        groups = {
            name: {metric: figures[i].as_json() for metric, figures in self.metrics.items()}
            for i, name in enumerate(self.names)
        }
        for i in self.small:
            groups[self.names[i]]["count"]["small"] = True
        out: dict[str, Any] = {
            "groups": groups,
            "to_rest": {
                name: {metric: figures[i].as_json() for metric, figures in self.to_rest.items()}
                for i, name in enumerate(self.names)
            },
            "gaps": {name: gap.as_json() for name, gap in self.gaps.items()},
        }
        if self.per_class:
            out["per_class"] = {label: table.as_json() for label, table in self.per_class.items()}
        return out

    def tables(self) -> Iterable[GroupTable]:
        """Go through this table and those of its classes."""
        yield self
        yield from self.per_class.values()


def group_table(
    grouping: Grouping,
    n: NDArray[np.int64],
    rates: Mapping[str, Share],
    spec: AuditSpec,
    *,
    label: str | None = None,
    areas: Mapping[str, Figures] | None = None,
    per_class: Mapping[str, GroupTable] | None = None,
) -> GroupTable:
    """Measure every rate of one grouping.

    Parameters
    ----------
    grouping
        Name of the grouping, its columns and its groups.
    n
        Rows of each group, shape (groups,).
    rates
        Successes and rows of each metric, from `counts.shares`.
    spec
        Level of the intervals, size of a small group, permutations and seed.
    label
        Class that counts as positive, if any.
    areas
        ``roc_auc`` and ``average_precision`` of each group, where there are scores.
    per_class
        The same for each class, where there are more than two.
    """
    others = {name: share.rest for name, share in rates.items()}
    return GroupTable(
        column=grouping.column,
        columns=grouping.columns,
        label=label,
        names=grouping.names,
        n=tuple(int(count) for count in n),
        metrics={
            "count": tuple(Measured(float(count), n=int(count)) for count in n),
            **{name: _proportions(share, spec.confidence) for name, share in rates.items()},
            **(areas or {}),
        },
        rest={name: _proportions(share, spec.confidence) for name, share in others.items()},
        to_rest={
            name: _differences(share, others[name], spec.confidence)
            for name, share in rates.items()
        },
        gaps=largest_gaps(
            grouping.names,
            rates,
            permutations=spec.permutations,
            seed=spec.seed,
            words=f"{grouping.column}\n{label or ''}",
        ),
        small=frozenset(i for i, count in enumerate(n) if count < spec.small),
        per_class=per_class or {},
    )


def _proportions(share: Share, confidence: float) -> Figures:
    low, high = wilson(share.successes, share.rows, confidence)
    return _measured(share.value, low, high, share.rows, "wilson")


def _differences(share: Share, other: Share, confidence: float) -> Figures:
    low, high = newcombe(share.successes, share.rows, other.successes, other.rows, confidence)
    return _measured(share.value - other.value, low, high, share.rows, "newcombe")


def _measured(
    values: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    rows: NDArray[np.int64],
    method: str,
) -> Figures:
    return tuple(
        Measured(math.nan, n=int(n))
        if math.isnan(value)
        else Measured(float(value), float(least), float(most), int(n), method)
        for value, least, most, n in zip(values, low, high, rows, strict=True)
    )
