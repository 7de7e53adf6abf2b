"""All figures of one grouping: each group's own, its differences to others, the gaps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from ..core.multiple import adjusted
from .block import Block, Compared, Figures, scaled
from .counts import COMPLEMENTS, RATES
from .gaps import ALIASES, Gap
from .numeric import NUMERIC
from .power import smallest_gap
from .written import ANSWERS

ADDITIVE = frozenset({*RATES, *NUMERIC, *ANSWERS, "brier_score"})
"""Figures of all rows that are means of the groups' ones by their rows."""


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
        Metric to its figure in each group: ``count``, rates, indices, and with scores areas and
        calibration. A rate without rows to count is NaN.
    overall
        Metric to its figure in all rows.
    rest
        Metric to its figure in all rows outside of the group.
    to_rest
        Metric to the signed difference, the group minus all others, with its interval. Its
        `n` are the rows of the group that the metric counts.
    to_reference
        The same, the group minus the reference group; NaN for the reference itself.
    ratios
        Rate to its ratio to the reference group's.
    p_values, adjusted
        Metric to the p-value of each difference to all others, and the one adjusted for all
        comparisons of the audit (Benjamini and Hochberg); NaN where there is none.
    shrunk
        Rate to what empirical Bayes makes of it (`shrinkage`).
    detectable
        Rate to the smallest difference to all others that the rows could show (`power`).
    gaps
        Name to the largest gap between groups.
    reference
        The group that others are compared with.
    small
        Positions of groups with few rows: marked, never hidden.
    generalised
        Generalised means over groups of subgroup, BPSN and BNSP AUC (`subgroups`).
    per_class
        With more than two classes, the same for each class against the rest.
    """

    column: str
    columns: tuple[str, ...]
    label: str | None
    names: tuple[str, ...]
    n: tuple[int, ...]
    metrics: Mapping[str, Figures]
    overall: Mapping[str, Measured]
    rest: Mapping[str, Figures]
    to_rest: Mapping[str, Figures]
    to_reference: Mapping[str, Figures]
    ratios: Mapping[str, Figures]
    p_values: Mapping[str, NDArray[np.float64]]
    adjusted: Mapping[str, NDArray[np.float64]]
    shrunk: Mapping[str, NDArray[np.float64]]
    detectable: Mapping[str, NDArray[np.float64]]
    gaps: Mapping[str, Gap]
    reference: str
    small: frozenset[int]
    generalised: Mapping[str, float] = field(default_factory=dict)
    per_class: Mapping[str, GroupTable] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return ``groups``, ``to_rest``, ``gaps`` and so on, ``per_class`` if there is one.

        The count of a small group carries ``"small": true``.
        """
        groups = self._by_group(self.metrics)
        for i in self.small:
            groups[self.names[i]]["count"]["small"] = True
        to_rest = self._by_group(self.to_rest)
        for i, name in enumerate(self.names):
            for metric, values in self.p_values.items():
                to_rest[name][metric]["p_value"] = _plain(values[i])
                to_rest[name][metric]["adjusted_p_value"] = _plain(self.adjusted[metric][i])
        out: dict[str, Any] = {
            "columns": list(self.columns),
            "reference": self.reference,
            "groups": groups,
            "overall": {metric: figure.as_json() for metric, figure in self.overall.items()},
            "rest": self._by_group(self.rest),
            "to_rest": to_rest,
            "to_overall": self._by_group(self.to_overall),
            "to_reference": self._by_group(self.to_reference),
            "ratios_to_reference": self._by_group(self.ratios),
            "shrunk": self._numbers(self.shrunk),
            "smallest_visible_gap": self._numbers(self.detectable),
            "gaps": {name: gap.as_json() for name, gap in self.gaps.items()},
        }
        if self.generalised:
            out["generalised_means"] = {name: _plain(x) for name, x in self.generalised.items()}
        if self.per_class:
            out["per_class"] = {label: table.as_json() for label, table in self.per_class.items()}
        return out

    @classmethod
    def from_json(
        cls, column: str, columns: tuple[str, ...], raw: Mapping[str, Any], label: str | None
    ) -> GroupTable:
        """Read what `as_json` wrote."""
        names = tuple(raw["groups"])

        def figures(part: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
            first: Mapping[str, Any] = next(iter(part.values()), {})
            return {
                metric: tuple(Measured.from_json(part[name][metric]) for name in names)
                for metric in first
            }

        def numbers(part: Mapping[str, Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
            first: Mapping[str, Any] = next(iter(part.values()), {})
            return {
                metric: np.array([_number(part[name][metric]) for name in names])
                for metric in first
            }

        def p_values(key: str) -> dict[str, NDArray[np.float64]]:
            first: Mapping[str, Any] = next(iter(raw["to_rest"].values()), {})
            return {
                metric: np.array([_number(raw["to_rest"][name][metric][key]) for name in names])
                for metric, figure in first.items()
                if key in figure
            }

        metrics = figures(raw["groups"])
        return cls(
            column=column,
            columns=columns,
            label=label,
            names=names,
            n=tuple(int(figure.value) for figure in metrics.get("count", ())),
            metrics=metrics,
            overall={name: Measured.from_json(one) for name, one in raw["overall"].items()},
            rest=figures(raw["rest"]),
            to_rest=figures(raw["to_rest"]),
            to_reference=figures(raw["to_reference"]),
            ratios=figures(raw["ratios_to_reference"]),
            p_values=p_values("p_value"),
            adjusted=p_values("adjusted_p_value"),
            shrunk=numbers(raw["shrunk"]),
            detectable=numbers(raw["smallest_visible_gap"]),
            gaps={name: Gap.from_json(gap) for name, gap in raw["gaps"].items()},
            reference=raw["reference"],
            small=frozenset(
                at for at, name in enumerate(names) if raw["groups"][name]["count"].get("small")
            ),
            generalised={name: _number(x) for name, x in raw.get("generalised_means", {}).items()},
            per_class={
                name: cls.from_json(column, columns, one, name)
                for name, one in raw.get("per_class", {}).items()
            },
        )

    def tables(self) -> Iterable[GroupTable]:
        """Go through this table and those of its other classes."""
        yield self
        # The figures of the positive class stand in a grouping's own table already.
        yield from (one for label, one in self.per_class.items() if label != self.label)

    @property
    def to_overall(self) -> dict[str, Figures]:
        """Signed differences of each group to all rows, itself among them.

        They are those to all others, less by the group's own share of the rows.
        """
        return {
            metric: scaled(figures, _outside(self.metrics[metric], self.rest[metric]))
            for metric, figures in self.to_rest.items()
            if metric in ADDITIVE
        }

    def _by_group(self, figures: Mapping[str, Figures]) -> dict[str, dict[str, Any]]:
        return {
            name: {metric: values[i].as_json() for metric, values in figures.items()}
            for i, name in enumerate(self.names)
        }

    def _numbers(self, values: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, Any]]:
        return {
            name: {metric: _plain(numbers[i]) for metric, numbers in values.items()}
            for i, name in enumerate(self.names)
        }


def group_table(
    compared: Compared,
    n: NDArray[np.int64],
    block: Block,
    *,
    generalised: Mapping[str, float] | None = None,
    per_class: Mapping[str, GroupTable] | None = None,
) -> GroupTable:
    """Put the figures of one grouping together.

    Parameters
    ----------
    compared
        The groups, and what they are compared with.
    n
        Rows of each group, shape (groups,).
    block
        Their figures.
    generalised
        Generalised means of areas, where there are scores.
    per_class
        The same for each class, where there are more than two.
    """
    spec, names = compared.spec, compared.grouping.names
    count = {"count": tuple(Measured(float(rows), n=int(rows)) for rows in n)}
    total = int(n.sum())
    return GroupTable(
        column=compared.grouping.column,
        columns=compared.grouping.columns,
        label=compared.label,
        names=names,
        n=tuple(int(rows) for rows in n),
        metrics=count | block.metrics,
        overall={"count": Measured(float(total), n=total)} | block.overall,
        rest=block.rest,
        to_rest=block.to_rest,
        to_reference={
            metric: tuple(
                Measured(math.nan, n=figure.n) if i == compared.reference else figure
                for i, figure in enumerate(figures)
            )
            for metric, figures in block.to_reference.items()
        },
        ratios=block.ratios,
        p_values=block.p_values,
        adjusted=block.p_values,
        shrunk=block.shrunk,
        detectable=_detectable(block, spec.confidence),
        gaps=block.gaps,
        reference=names[compared.reference],
        small=frozenset(i for i, rows in enumerate(n) if rows < spec.small),
        generalised=generalised or {},
        per_class=per_class or {},
    )


def adjust(tables: Mapping[str, GroupTable]) -> dict[str, GroupTable]:
    """Adjust all p-values of an audit for one another: of differences, and of largest gaps.

    Of dozens of differences one in twenty would look striking by chance at a level of 5%. Benjamini
    and Hochberg's adjustment keeps the expected share of false alarms among all alarms at the
    level; where no group differs at all, it keeps the chance of any alarm there.

    Parameters
    ----------
    tables
        Groupings by their column. Figures of the labels alone are not the model's doing and are
        left out of the comparisons; so are small groups, which are never called a finding, a rate
        that is 1 minus another one, and a gap that only has another name.
    """
    every = [table for one in tables.values() for table in one.tables()]
    rates = [
        (table, metric) for table in every for metric in table.p_values if metric not in _LABELS
    ]
    gaps = [
        (table, name)
        for table in every
        for name, gap in table.gaps.items()
        if gap.p_value is not None and _is_compared(name)
    ]
    known = [_of_many(table, table.p_values[metric]) for table, metric in rates]
    known.append(np.array([table.gaps[name].p_value for table, name in gaps], np.float64))
    values = np.split(adjusted(np.concatenate(known)), np.cumsum([len(x) for x in known])[:-1])
    differences: dict[int, dict[str, NDArray[np.float64]]] = {id(table): {} for table in every}
    for (table, metric), value in zip(rates, values, strict=False):
        differences[id(table)][metric] = value
    widest: dict[int, dict[str, Gap]] = {id(table): {} for table in every}
    for (table, name), number in zip(gaps, values[-1].tolist(), strict=True):
        widest[id(table)][name] = replace(table.gaps[name], adjusted=number)

    def changed(table: GroupTable, like: GroupTable) -> GroupTable:
        known = differences[id(like)]
        nothing = {metric: np.full(len(table.names), np.nan) for metric in table.p_values}
        return replace(
            table,
            adjusted=nothing | {name: known[name] for name in known if name in nothing},
            gaps=dict(table.gaps)
            | {name: gap for name, gap in widest[id(like)].items() if name in table.gaps},
            per_class={
                label: changed(one, table if label == table.label else one)
                for label, one in table.per_class.items()
            },
        )

    return {column: changed(table, table) for column, table in tables.items()}


_LABELS = ("base_rate", "mean_label")


def _of_many(table: GroupTable, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values without those of small groups."""
    out = values.copy()
    out[list(table.small)] = np.nan
    return out


def _is_compared(name: str) -> bool:
    metric, _, kind = name.rpartition("_")
    left_out = (*_LABELS, *ALIASES, *COMPLEMENTS)
    return kind == "difference" and metric not in left_out


def _detectable(block: Block, confidence: float) -> dict[str, NDArray[np.float64]]:
    out = {}
    for metric in block.shrunk:
        own, rest = block.metrics[metric], block.rest[metric]
        rows, others = (np.array([one.n or 0 for one in part]) for part in (own, rest))
        rate = np.full(len(own), block.overall[metric].value)
        out[metric] = smallest_gap(rate, rows, others, confidence)
    return out


def _outside(own: Figures, rest: Figures) -> NDArray[np.float64]:
    rows, others = (np.array([one.n or 0 for one in part], float) for part in (own, rest))
    out = np.zeros_like(rows)
    np.divide(others, rows + others, out=out, where=rows + others > 0)
    return out


def _plain(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
