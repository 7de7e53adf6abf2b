"""Differences between groups among rows that are alike in a control column.

Groups may be selected at different rates because they differ in something that is allowed to count,
such as the department applied to. *Conditional parity* asks whether they still differ among rows of
the same stratum (Kamiran, Žliobaitė & Calders 2013; Corbett-Davies et al. 2017). Differences within
strata are pooled with the weights of Mantel and Haenszel. Whether the control column may count is
for people to say; a column that itself stems from unequal treatment hides it.

References
----------
Mantel & Haenszel (1959), Statistical aspects of the analysis of data from retrospective studies of
disease. JNCI 22. Variance: Sato (1989), On the variance estimator for the Mantel-Haenszel risk
difference. Biometrics 45.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .block import Figures, Numbers, measured
from .counts import Share, shares
from .groups import Grouping
from .passes import Codes, counted, crossed
from .tally import Counts
from .uncertainty import normal_quantile

RATES = ("selection_rate", "accuracy", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, eq=False)
class Conditional:
    """The groups of one column, compared within the strata of a control column.

    Attributes
    ----------
    column, control
        Sensitive column and control column.
    label
        Class that counts as positive.
    names, strata
        The groups, and the values of the control column.
    n
        Rows, shape (strata, groups).
    rates
        Rate to its value in every stratum and group, shape (strata, groups); NaN without rows.
    pooled
        Rate to the difference of each group to all others within strata, over all strata.
    """

    column: str
    control: str
    label: str
    names: tuple[str, ...]
    strata: tuple[str, ...]
    n: NDArray[np.int64]
    rates: Mapping[str, Numbers]
    pooled: Mapping[str, Figures]

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that audit.json holds."""
        return {
            "column": self.column,
            "control": self.control,
            "label": self.label,
            "groups": list(self.names),
            "strata": list(self.strata),
            "n": self.n.tolist(),
            "rates": {name: _nested(values) for name, values in self.rates.items()},
            "pooled_to_rest": {
                name: [figure.as_json() for figure in figures]
                for name, figures in self.pooled.items()
            },
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Conditional:
        """Read what `as_json` wrote."""
        return cls(
            raw["column"],
            raw["control"],
            raw["label"],
            tuple(raw["groups"]),
            tuple(raw["strata"]),
            np.array(raw["n"], np.int64),
            {name: np.array(values, np.float64) for name, values in raw["rates"].items()},
            {
                name: tuple(Measured.from_json(one) for one in figures)
                for name, figures in raw["pooled_to_rest"].items()
            },
        )


def conditional(
    grouping: Grouping,
    control: Grouping,
    label: str,
    cells: Codes,
    confidence: float,
    rates: Iterable[str] = RATES,
) -> Conditional:
    """Compare groups within strata.

    Parameters
    ----------
    grouping, control
        Groups and strata of the same rows.
    label
        Class that counts as positive.
    cells
        Whether each row is a true positive (0), a false positive (1), a false negative (2) or a
        true negative (3), shape (rows,).
    confidence
        Level of the intervals.
    rates
        Names of the rates, out of `counts.RATES`.
    """
    groups, strata = len(grouping.names), len(control.names)
    both = crossed(control.codes, grouping.codes, strata, groups)
    flat = crossed(both, cells, strata * groups, 4)
    counts = counted(flat.__getitem__, len(flat), strata * groups * 4)
    found = shares(counts.reshape(-1, 4), rates)
    named = {name: _shaped(share, strata, groups) for name, share in found.items()}
    return Conditional(
        grouping.column,
        control.column,
        label,
        grouping.names,
        control.names,
        counts.reshape(strata, groups, 4).sum(axis=2),
        {name: _values(*pair) for name, pair in named.items()},
        {name: pooled(*pair, confidence) for name, pair in named.items()},
    )


def pooled(successes: Counts, rows: Counts, confidence: float) -> Figures:
    """Return each group's difference to all others within strata, pooled over strata.

    Parameters
    ----------
    successes, rows
        Shape (strata, groups).
    confidence
        Level of the intervals.

    Returns
    -------
    tuple of Measured
        Mantel and Haenszel's difference with Sato's interval, or Wilson's reach where all rows of
        each stratum are alike; NaN where no stratum has rows of the group and of others. `n` are
        the group's rows in strata that have both.
    """
    x1, n1 = successes.astype(float), rows.astype(float)
    x0, n0 = x1.sum(axis=1, keepdims=True) - x1, n1.sum(axis=1, keepdims=True) - n1
    both = (n1 > 0) & (n0 > 0)
    total = np.where(both, n1 + n0, 1.0)

    def over(values: Numbers) -> Numbers:
        return np.asarray(np.where(both, values, 0.0).sum(axis=0), np.float64)

    weight = over(n1 * n0 / total)
    known = np.where(weight > 0, weight, np.nan)
    gap = over((x1 * n0 - x0 * n1) / total) / known
    p = over((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / total**2)
    q = over((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * total))
    z = normal_quantile(confidence)
    variance = np.maximum(gap * p + q, 0)
    # Where the rows of every stratum are all alike there is no variance. There Wilson's reach
    # stands in its place, with the rows that a weighted mean of strata is worth.
    worth = [
        weight**2 / np.where(weight > 0, over((n1 * n0 / total) ** 2 / np.maximum(n, 1)), 1.0)
        for n in (n1, n0)
    ]
    reach = z * z / (np.minimum(*worth) + z * z)
    half = np.where(variance > 0, z * np.sqrt(variance) / known, reach)
    ends = np.maximum(gap - half, -1.0), np.minimum(gap + half, 1.0)
    return measured(gap, ends, over(n1), "mantel_haenszel")


def _shaped(share: Share, strata: int, groups: int) -> tuple[Counts, Counts]:
    return share.successes.reshape(strata, groups), share.rows.reshape(strata, groups)


def _values(successes: Counts, rows: Counts) -> Numbers:
    out = np.full(rows.shape, np.nan)
    np.divide(successes, rows, out=out, where=rows > 0)
    return out


def _nested(values: Numbers) -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]
