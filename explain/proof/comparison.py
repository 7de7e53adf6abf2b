"""What a comparison of methods came to, as plain data that JSON holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...core.measured import Measured
from .measures import MEASURES, Scale

ALPHA = 0.05
"""Adjusted p-value below which a difference is called significant."""

RANDOM = "random"
"""Name of the control that scores segments at random."""

FRESH = "untrained:"
"""Before a method's name: its scores on a model of the same architecture that learnt nothing."""

FORMAT = 1


def title(name: str, titles: Mapping[str, str]) -> str:
    """Return what a method or control is called."""
    if name == RANDOM:
        return "Random scores"
    if name.startswith(FRESH):
        return f"{titles[name.removeprefix(FRESH)]}, untrained"
    return titles[name]


@dataclass(frozen=True)
class Difference:
    """By how much one method's figure is above another's, on the same rows.

    Attributes
    ----------
    measure
        Name of the measure.
    first, second
        Methods, or controls; the difference is first minus second.
    value
        Mean over the rows with a paired interval.
    p
        Of a randomisation test that flips the signs of the rows' differences; NaN if undefined.
    adjusted
        The same after Benjamini & Hochberg, over all differences of the comparison.
    """

    measure: str
    first: str
    second: str
    value: Measured
    p: float
    adjusted: float

    @property
    def significant(self) -> bool:
        """Whether chance alone seldom makes so large a difference."""
        return self.adjusted < ALPHA

    @property
    def better(self) -> bool:
        """Whether the first is better, and chance alone seldom makes it look so."""
        up = MEASURES[self.measure].better == "higher"
        return self.significant and (self.value.value > 0) == up and self.value.value != 0


@dataclass(frozen=True)
class Agreement:
    """How far the maps of two methods agree, on average over rows.

    Attributes
    ----------
    first, second
        Methods.
    correlation
        Spearman's rank correlation.
    overlap
        Share of the first segments that they have in common.
    """

    first: str
    second: str
    correlation: Measured
    overlap: Measured


@dataclass(frozen=True)
class Drawn:
    """Mean curves of a method or control at shares of the segments, with intervals of each point.

    Attributes
    ----------
    share
        Of the segments, from 0 to 1.
    deletion, insertion
        Mean, low and high ends at these shares.
    """

    share: tuple[float, ...]
    deletion: tuple[tuple[float, ...], ...]
    insertion: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Comparison:
    """Methods beside each other, for one model on the same rows.

    Attributes
    ----------
    rows
        Rows that were measured.
    left_out
        Rows with fewer than two segments, which have no order.
    scale
        What curves are in: probability or logit.
    settings
        Everything that decides the figures besides model and rows.
    titles
        What each method is called, by its name.
    figures
        By method or control, then measure.
    differences
        Of all pairs of methods, and of each to its controls.
    agreement
        Of all pairs of methods.
    curves
        By method or control.
    seconds, evaluations
        Of each method, for all rows.
    failed
        Methods that can't serve this model, with the reason.
    ranked
        Methods, the largest area between insertion and deletion first.
    recommended
        The first of them, if it is better than random scores; empty otherwise.
    tied
        Methods that can't be told from the one recommended.
    words
        What was found, a sentence each.
    """

    rows: int
    left_out: int
    scale: Scale
    settings: dict[str, Any]
    titles: dict[str, str]
    figures: dict[str, dict[str, Measured]]
    differences: tuple[Difference, ...]
    agreement: tuple[Agreement, ...]
    curves: dict[str, Drawn]
    seconds: dict[str, float]
    evaluations: dict[str, int]
    failed: dict[str, str]
    ranked: tuple[str, ...] = ()
    recommended: str = ""
    tied: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())

    def difference(self, measure: str, first: str, second: str) -> Difference | None:
        """Return a difference that was measured, turned round where it was the other way."""
        for one in self.differences:
            if one.measure == measure and (one.first, one.second) == (first, second):
                return one
            if one.measure == measure and (one.first, one.second) == (second, first):
                return Difference(measure, first, second, minus(one.value), one.p, one.adjusted)
        return None

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for explanations/comparison.json."""
        return {
            "format": FORMAT,
            "rows": self.rows,
            "left_out": self.left_out,
            "scale": self.scale,
            "settings": self.settings,
            "ranked": list(self.ranked),
            "recommended": self.recommended,
            "tied": list(self.tied),
            "words": list(self.words),
            "titles": self.titles,
            "measures": {
                name: {"range": one.range(self.scale), "better": one.better, "source": one.source}
                for name, one in MEASURES.items()
            },
            "figures": {
                name: {measure: one.as_json() for measure, one in found.items()}
                for name, found in self.figures.items()
            },
            "differences": [
                {
                    **asdict(one),
                    "value": one.value.as_json(),
                    "p": _plain(one.p),
                    "adjusted": _plain(one.adjusted),
                }
                for one in self.differences
            ],
            "agreement": [
                {
                    "first": one.first,
                    "second": one.second,
                    "correlation": one.correlation.as_json(),
                    "overlap": one.overlap.as_json(),
                }
                for one in self.agreement
            ],
            "curves": {name: asdict(one) for name, one in self.curves.items()},
            "seconds": self.seconds,
            "evaluations": self.evaluations,
            "failed": self.failed,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Comparison:
        """Read what `as_json` wrote."""
        read = Measured.from_json
        return cls(
            rows=raw["rows"],
            left_out=raw["left_out"],
            scale=raw["scale"],
            settings=raw["settings"],
            titles=raw["titles"],
            figures={
                name: {measure: read(one) for measure, one in found.items()}
                for name, found in raw["figures"].items()
            },
            differences=tuple(
                Difference(
                    one["measure"],
                    one["first"],
                    one["second"],
                    read(one["value"]),
                    _number(one["p"]),
                    _number(one["adjusted"]),
                )
                for one in raw["differences"]
            ),
            agreement=tuple(
                Agreement(
                    one["first"], one["second"], read(one["correlation"]), read(one["overlap"])
                )
                for one in raw["agreement"]
            ),
            curves={
                name: Drawn(
                    tuple(one["share"]),
                    tuple(map(tuple, one["deletion"])),
                    tuple(map(tuple, one["insertion"])),
                )
                for name, one in raw["curves"].items()
            },
            seconds=raw["seconds"],
            evaluations=raw["evaluations"],
            failed=raw["failed"],
            ranked=tuple(raw["ranked"]),
            recommended=raw["recommended"],
            tied=tuple(raw["tied"]),
            words=tuple(raw["words"]),
        )


def minus(one: Measured) -> Measured:
    """Return a difference the other way round."""
    low, high = (None if end is None else -end for end in (one.high, one.low))
    return Measured(-one.value, low, high, one.n, one.method)


def _plain(number: float) -> float | None:
    return None if math.isnan(number) else number


def _number(raw: float | None) -> float:
    return float("nan") if raw is None else raw
