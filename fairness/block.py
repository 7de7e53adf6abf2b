"""Figures of one kind for every group of a grouping: what rates, areas and means have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .gaps import Gap
from .groups import Grouping
from .spec import AuditSpec

Figures = tuple[Measured, ...]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compared:
    """What is compared with what.

    Attributes
    ----------
    grouping
        The groups.
    label
        Class that counts as positive, if any.
    reference
        Position of the group that others are compared with.
    spec
        Level of the intervals, draws and seed.
    """

    grouping: Grouping
    label: str | None
    reference: int
    spec: AuditSpec

    @property
    def words(self) -> str:
        """Column and class, which enter the seed of every draw."""
        return f"{self.grouping.column}\n{self.label or ''}"


@dataclass(frozen=True, eq=False)
class Block:
    """Figures of one kind; `GroupTable` says what each mapping holds."""

    metrics: dict[str, Figures] = field(default_factory=dict)
    overall: dict[str, Measured] = field(default_factory=dict)
    rest: dict[str, Figures] = field(default_factory=dict)
    to_rest: dict[str, Figures] = field(default_factory=dict)
    to_reference: dict[str, Figures] = field(default_factory=dict)
    ratios: dict[str, Figures] = field(default_factory=dict)
    p_values: dict[str, Numbers] = field(default_factory=dict)
    shrunk: dict[str, Numbers] = field(default_factory=dict)
    gaps: dict[str, Gap] = field(default_factory=dict)

    @classmethod
    def joined(cls, blocks: Sequence[Block]) -> Block:
        """Put the figures of several kinds into one block."""
        out = cls()
        for block in blocks:
            for part in fields(cls):
                getattr(out, part.name).update(getattr(block, part.name))
        return out


def measured(
    values: Numbers,
    ends: tuple[Numbers, Numbers],
    rows: NDArray[np.integer] | Numbers,
    method: str,
) -> Figures:
    """Return figures of every group from arrays of shape (groups,); NaN where not defined."""
    return tuple(
        Measured(float(value), n=int(n))
        if math.isnan(value) or math.isnan(least)
        else Measured(float(value), float(least), float(most), int(n), method)
        for value, least, most, n in zip(values, *ends, rows, strict=True)
    )


def scaled(figures: Figures, factors: Numbers) -> Figures:
    """Multiply figures and their intervals by positive numbers."""
    return tuple(
        Measured(
            figure.value * factor,
            None if figure.low is None else figure.low * factor,
            None if figure.high is None else figure.high * factor,
            figure.n,
            figure.method,
        )
        for figure, factor in zip(figures, factors.tolist(), strict=True)
    )
