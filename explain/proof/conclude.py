"""A comparison made of what was measured of rows: means, differences, curves, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ...core.multiple import adjusted
from ...core.spec import EvaluateSpec
from ...errors import DataError, paragraph
from ..methods import Method
from ..spec import ExplainSpec
from .comparison import FRESH, RANDOM, Agreement, Comparison, Difference, Drawn
from .curves import GRID
from .measures import MEASURES, POINTING, TESTED
from .paired import means, p_values
from .taken import Measuring, Taken
from .verdict import judged

Floats = NDArray[np.float64]


def conclude(
    taken: Sequence[Taken], methods: Sequence[Method], spec: ExplainSpec, how: Measuring
) -> Comparison:
    """Make a comparison of what was measured, some rows after the others."""
    failed = {name: reason for one in taken for name, reason in one.failed.items()}
    served = [method.name for method in methods if method.name not in failed]
    sizes = np.concatenate([one.segments for one in taken]) if taken else np.zeros(0, np.int64)
    there = sizes > 1
    if not there.any() or not served:
        raise _nothing(failed, served)
    fresh = [FRESH + name for name in served]
    every = [
        *served,
        RANDOM,
        *(name for name in fresh if any(name in one.figures for one in taken)),
    ]
    tables = {
        name: {
            measure: column[there]
            for measure in MEASURES
            if (column := _column(taken, name, measure)) is not None
        }
        for name in every
    }
    boot = EvaluateSpec(seed=how.seed, replicates=how.replicates, confidence=how.confidence)
    found = Comparison(
        rows=int(there.sum()),
        left_out=int((~there).sum()),
        scale=taken[0].scale,
        settings={
            "measures": {**asdict(how), "shares": None if how.shares is None else list(how.shares)},
            "methods": spec.model_dump(mode="json", exclude={"methods", "rows"}),
        },
        titles={method.name: method.title for method in methods},
        figures={name: _means(columns, boot) for name, columns in tables.items()},
        differences=_differences(tables, served, boot),
        agreement=_agreement(taken, served, there, boot),
        curves={name: _drawn(taken, name, there, boot) for name in every},
        seconds={name: sum(one.seconds[name] for one in taken) for name in served},
        evaluations={name: sum(one.evaluations[name] for one in taken) for name in served},
        failed=failed,
    )
    ranked, recommended, tied, words = judged(found)
    return replace(found, ranked=ranked, recommended=recommended, tied=tied, words=words)


def _column(taken: Sequence[Taken], name: str, measure: str) -> Floats | None:
    """Return a figure of all rows; None where no row has it."""
    parts = [
        one.figures.get(name, {}).get(measure, np.full(len(one.segments), np.nan)) for one in taken
    ]
    whole = np.concatenate(parts)
    return None if np.isnan(whole).all() else whole


def _means(columns: dict[str, Floats], spec: EvaluateSpec) -> dict[str, Measured]:
    if not columns:
        return {}
    shares = [place for place, name in enumerate(columns) if name == POINTING]
    found = means(np.stack(list(columns.values()), axis=1), spec, shares=shares)
    return dict(zip(columns, found, strict=True))


def _differences(
    tables: dict[str, dict[str, Floats]], served: Sequence[str], spec: EvaluateSpec
) -> tuple[Difference, ...]:
    pairs = [*combinations(served, 2), *((name, RANDOM) for name in served)]
    pairs += [(name, FRESH + name) for name in served if FRESH + name in tables]
    asked = [
        (measure, one, other)
        for measure in TESTED
        for one, other in pairs
        if measure in tables[one] and measure in tables[other]
    ]
    table = np.stack(
        [tables[one][measure] - tables[other][measure] for measure, one, other in asked], axis=1
    )
    p = p_values(table, spec.seed)
    return tuple(
        Difference(*names, value, float(raw), float(after))
        for names, value, raw, after in zip(asked, means(table, spec), p, adjusted(p), strict=True)
    )


def _agreement(
    taken: Sequence[Taken], served: Sequence[str], there: NDArray[np.bool_], spec: EvaluateSpec
) -> tuple[Agreement, ...]:
    out = []
    for pair in combinations(served, 2):
        table = np.concatenate([one.pairs[pair] for one in taken])[there]
        out.append(Agreement(*pair, *means(table, spec)))
    return tuple(out)


def _drawn(
    taken: Sequence[Taken], name: str, there: NDArray[np.bool_], spec: EvaluateSpec
) -> Drawn:
    sides = []
    for side in ("deletion", "insertion"):
        parts = [
            getattr(one, side).get(name, np.full((len(one.segments), len(GRID)), np.nan))
            for one in taken
        ]
        table = np.concatenate(parts)[there]
        found = means(table, spec)
        ends = [
            [one.value for one in found],
            [one.value if one.low is None else one.low for one in found],
            [one.value if one.high is None else one.high for one in found],
        ]
        sides.append(tuple(map(tuple, ends)))
    return Drawn(tuple(GRID.tolist()), *sides)


def _nothing(failed: dict[str, str], served: Sequence[str]) -> DataError:
    if not served:
        first = next(iter(failed.values()), "none was named")
        return DataError(
            paragraph(
                "methods to compare",
                f"none of them can serve this model; the first: {first}",
                "Name other methods",
            )
        )
    return DataError(
        paragraph(
            "rows to compare methods on",
            "none has two segments or more, so that there is no order to measure",
            "Choose other rows",
        )
    )
