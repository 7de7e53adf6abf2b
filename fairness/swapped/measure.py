"""Flip rates, score shifts and likeness of answers, with intervals over rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.measured import Measured
from ...core.row_bootstrap import measure_rows
from ...core.spec import EvaluateSpec
from ..paired import rate
from .record import (
    ALIKE,
    EQUAL,
    FLIPS,
    LENGTHS,
    ROWS_FLIPPED,
    SHIFT,
    SIZE,
    Example,
    Figures,
    Kind,
)
from .spec import SwapSpec

BEFORE, AFTER = "score:", "swapped:"
LEAST = 10
"""Rows below which a pair of groups gets no interval of its shift: it would be too narrow."""

Floats = NDArray[np.float64]


def measured(
    table: pd.DataFrame, kind: Kind, labels: tuple[str, ...], spec: SwapSpec
) -> dict[str, Any]:
    """Measure all pairs, those of each category, of two groups, and of each label.

    Parameters
    ----------
    table
        One row per pair, as `answers` returns it.
    kind, labels
        What the model answers.
    spec
        Level of the intervals, replicates and seed.

    Returns
    -------
    dict
        ``whole``, ``categories``, ``groups`` and ``by_label`` of a `record.Swaps`.
    """

    def of(name: str, category: str, part: pd.DataFrame) -> Figures:
        rows = int(part["row"].nunique())
        found = _written(part, spec) if kind == "text" else _answered(part, kind, labels, spec)
        return Figures(name, category, rows, len(part), found)

    if not len(table):
        return {"whole": None, "categories": (), "groups": (), "by_label": ()}
    groups = [of(pair, category, part) for (category, pair), part in _parts(table, "pair")]
    known = table[table["label"].notna()] if kind in ("classes", "labels") else table[:0]
    return {
        "whole": of("all", "", table),
        "categories": tuple(of(name, name, part) for name, part in _by(table, "category")),
        "groups": tuple(sorted(groups, key=lambda one: (one.category, -one.rows))),
        "by_label": tuple(of(str(name), "", part) for name, part in _by(known, "label")),
    }


def largest(table: pd.DataFrame, kind: Kind, labels: tuple[str, ...]) -> Floats:
    """Return by how much the answers of each pair differ; shape (pairs,).

    Of classes and labels the largest difference of any score, of numbers the difference, of texts
    what is missing to the greatest likeness.
    """
    if kind == "text":
        return 1 - table["similarity"].to_numpy(np.float64)
    shifts = np.abs(_shifts(table, labels))
    return np.zeros(len(table)) if not shifts.size else shifts.max(axis=1)


def examples(
    table: pd.DataFrame, kind: Kind, labels: tuple[str, ...], most: int
) -> Iterator[Example]:
    """Yield the pairs whose answers differ most, one for each row; another answer comes first."""
    shift = largest(table, kind, labels)
    flipped = table["flipped"].to_numpy(bool)
    seen: set[Any] = set()
    for at in np.lexsort((-shift, ~flipped if kind != "text" else shift * 0)):
        if len(seen) >= most:
            return
        one = table.iloc[int(at)]
        if one["row"] in seen or (shift[at] == 0 and not flipped[at]):
            continue
        seen.add(one["row"])
        yield Example(
            id=str(one["id"]),
            label="" if one["label"] is None or pd.isna(one["label"]) else str(one["label"]),
            category=one["category"],
            pair=one["pair"],
            original=one["original"],
            swapped=one["swapped"],
            changes=tuple((int(a), int(b), str(new)) for a, b, new in one["changes"]),
            before=str(one["prediction"]),
            after=str(one["swapped_prediction"]),
            scores={name: (float(one[BEFORE + name]), float(one[AFTER + name])) for name in labels},
            shift=float(shift[at]),
        )


def _answered(
    part: pd.DataFrame, kind: Kind, labels: tuple[str, ...], spec: SwapSpec
) -> dict[str, Measured]:
    flipped = part["flipped"].to_numpy(np.float64)
    shifts = _shifts(part, labels)
    sums = _row_sums(part, {"pairs": np.ones(len(part)), "flips": flipped})
    out: dict[str, Measured] = {}
    if kind != "number":
        any_flip = sums["flips"] > 0
        out[ROWS_FLIPPED] = rate(any_flip, spec.confidence)
        once = len(part) == len(any_flip)
        # Where each row counts once its share has a closed form.
        out[FLIPS] = (
            rate(flipped > 0, spec.confidence)
            if once
            else _bootstrapped(sums, lambda total: {FLIPS: total["flips"] / total["pairs"]}, spec)[
                FLIPS
            ]
        )
    moved = _row_sums(part, {"pairs": np.ones(len(part)), "shift": shifts, "size": np.abs(shifts)})

    def means(total: Mapping[str, Any]) -> dict[str, float]:
        signed, size = total["shift"] / total["pairs"], total["size"] / total["pairs"]
        return {
            **{SHIFT + name: float(one) for name, one in zip(labels, signed, strict=True)},
            **{SIZE + name: float(one) for name, one in zip(labels, size, strict=True)},
        }

    return out | _bootstrapped(moved, means, spec)


def _written(part: pd.DataFrame, spec: SwapSpec) -> dict[str, Measured]:
    names = {EQUAL: "equal", LENGTHS: "length_ratio", ALIKE: "similarity"}
    columns = {key: part[column].to_numpy(np.float64) for key, column in names.items()}
    sums = _row_sums(part, {"pairs": np.ones(len(part)), **columns})
    return _bootstrapped(
        sums, lambda total: {key: total[key] / total["pairs"] for key in names}, spec
    )


def _bootstrapped(
    sums: dict[str, Floats], figures: Callable[[Any], Mapping[str, float]], spec: SwapSpec
) -> dict[str, Measured]:
    """Measure figures of sums over rows; few rows get no interval."""
    rows = len(sums["pairs"])
    if rows < LEAST:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            values = figures({name: one.sum(axis=0) for name, one in sums.items()})
        return {name: Measured(float(value), n=rows) for name, value in values.items()}
    asked = EvaluateSpec(confidence=spec.confidence, replicates=spec.replicates, seed=spec.seed)
    return measure_rows(sums, figures, asked, stream=2, shares=(FLIPS, EQUAL))


def _row_sums(part: pd.DataFrame, columns: dict[str, Floats]) -> dict[str, Floats]:
    """Add up what the pairs of each row have; shape (rows, …)."""
    codes, rows = pd.factorize(part["row"])
    out = {}
    for name, values in columns.items():
        total = np.zeros((len(rows), *values.shape[1:]))
        np.add.at(total, codes, values)
        out[name] = total
    return out


def _shifts(table: pd.DataFrame, labels: tuple[str, ...]) -> Floats:
    """Return swapped minus original of each score; shape (pairs, classes)."""
    before = table[[BEFORE + name for name in labels]].to_numpy(np.float64)
    return np.asarray(table[[AFTER + name for name in labels]].to_numpy(np.float64) - before)


def _by(table: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, part in table.groupby(column, sort=False):
        yield str(name), part


def _parts(table: pd.DataFrame, column: str) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    for key, part in table.groupby(["category", column], sort=False):
        yield (str(key[0]), str(key[1])), part
