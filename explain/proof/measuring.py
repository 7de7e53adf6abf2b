"""Running methods and controls on some rows, and measuring each row's maps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ...errors import DataError, ModelError
from ..attribution import relative_error
from ..methods import Method
from ..pieces import Keep
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Rows, Subject, at_rest
from ..value import Value
from .agreement import points_at, rank_correlation, top_overlap
from .answers import answers
from .comparison import FRESH, RANDOM
from .curves import GRID, Curve, curves
from .infidelity import infidelity, subsets, unexplained
from .measures import (
    COMPLETENESS,
    INFIDELITY,
    POINTING,
    SENSITIVITY,
    UNEXPLAINED,
    UNTRAINED,
)
from .order import ordered
from .shaken import chosen, largest_change, shaken
from .taken import Measuring, Taken

Floats = NDArray[np.float64]
Truth = Sequence[NDArray[np.bool_] | None]
"""Which segments of each row are known to matter; None where it isn't known."""

REFUSALS = (ModelError, DataError)
"""What a method raises that can't serve a model, or a row with as many segments."""

TIES, SCORES, SUBSETS = range(3)
"""Streams of random numbers."""


Stage = Callable[[float, str], Emit]
"""``stage(weight, text)``: begins a piece of the work, and gives the listener of what it tells."""


def measured(
    subject: Subject,
    fresh: torch.nn.Module | None,
    methods: Sequence[Method],
    spec: ExplainSpec,
    how: Measuring,
    *,
    first: int = 0,
    shaken_rows: Rows | None = None,
    truth: Truth | None = None,
    stage: Stage = lambda weight, text: silent,
    check: Callable[[], None] = lambda: None,
) -> Taken:
    """Run methods on a subject's rows and measure every row's maps.

    Parameters
    ----------
    subject
        Model and rows.
    fresh
        The model that learnt nothing; None: no such control.
    methods
        What is compared.
    spec
        Settings of the methods.
    how
        Settings of the measures.
    first
        Number of the subject's first row among all that are compared; it decides what is drawn.
    shaken_rows
        Rows that max-sensitivity is measured on; none if left out.
    truth
        For the pointing game.
    stage, check
        What is told of the work, and a function that raises where the job was cancelled.
    """
    sizes = np.array([len(subject.cut(row)) for row in range(len(subject))], np.int64)
    rows = np.flatnonzero(sizes > 1)
    taken = Taken(answers(subject, how.scale)[1], sizes)
    maps: dict[str, list[Floats]] = {}
    served = []
    for method in methods:
        emit = stage(1, method.title)
        began = time.perf_counter()
        try:
            found = method.function(subject, spec, emit=emit, check=check)
        except REFUSALS as error:
            taken.failed[method.name] = str(error)
            continue
        served.append(method)
        taken.seconds[method.name] = time.perf_counter() - began
        taken.evaluations[method.name] = sum(one.evaluations for one in found)
        maps[method.name] = [one.scores for one in found]
        own = taken.figures.setdefault(method.name, {})
        own[COMPLETENESS] = _completeness(found, method.complete)
        if how.shakes and shaken_rows is not None and len(shaken_rows):
            told = stage(
                (1 + how.shakes) * len(shaken_rows) / len(subject), f"{method.title}, noise"
            )
            own[SENSITIVITY] = _sensitivity(subject, method, spec, how, shaken_rows, told, check)
        if fresh is not None:
            told = stage(1, f"{method.title}, untrained model")
            _untrained(subject, fresh, method, maps, spec, taken, told, check)
    maps[RANDOM] = [
        _drawn(how, first + row, SCORES).standard_normal(size) for row, size in enumerate(sizes)
    ]
    stage(1 + len(maps) / 2, "insertion, deletion and infidelity")
    complete = {method.name for method in served if method.complete}
    with at_rest(subject.model):
        _measure(subject, rows, maps, complete, how, first, truth, taken, check)
    for one, other in combinations([method.name for method in served], 2):
        taken.pairs[one, other] = _agreement(maps[one], maps[other], rows, how, first)
    return taken


def _measure(
    subject: Subject,
    rows: Rows,
    maps: Mapping[str, list[Floats]],
    complete: set[str],
    how: Measuring,
    first: int,
    truth: Truth | None,
    taken: Taken,
    check: Callable[[], None],
) -> None:
    """Measure curves and infidelity of all maps of all rows by one value function."""
    value = Value(subject, check=check)
    orders = {
        int(row): [ordered(own[row], _drawn(how, first + int(row), TIES)) for own in maps.values()]
        for row in rows
    }
    read, _ = answers(subject, how.scale)
    found = curves(value, orders, read, points=how.points, shares=how.shares)
    lost = _lost(value, rows, how, first)
    count = len(subject)
    for place, (name, own) in enumerate(maps.items()):
        figures = taken.figures.setdefault(name, {})
        grid = np.full((2, count, len(GRID)), np.nan)
        for row in rows.tolist():
            curve: Curve = found[row][place]
            said = curve.figures(how.shares)
            keep, changes = lost[row]
            foretold = (~keep) @ own[row]
            said[UNEXPLAINED] = unexplained(foretold, changes)
            if name in complete:
                said[INFIDELITY] = infidelity(foretold, changes)
            if truth is not None and (mask := truth[row]) is not None:
                said[POINTING] = points_at(orders[row][place], mask)
            for measure, number in said.items():
                figures.setdefault(measure, np.full(count, np.nan))[row] = number
            grid[0, row], grid[1, row] = curve.on_grid()
        taken.deletion[name], taken.insertion[name] = grid


def _lost(value: Value, rows: Rows, how: Measuring, first: int) -> dict[int, tuple[Keep, Floats]]:
    """Leave segments out at random: what each copy keeps, and what its logit loses."""
    kept = {
        row: subsets(len(value.subject.cut(row)), how.subsets, _drawn(how, first + row, SUBSETS))
        for row in rows.tolist()
    }
    asked = [
        (row, np.concatenate([np.ones((1, keep.shape[1]), bool), keep]))
        for row, keep in kept.items()
    ]
    return {
        row: (kept[row], found[0] - found[1:])
        for (row, _), found in zip(asked, value.many(asked), strict=True)
    }


def _untrained(
    subject: Subject,
    fresh: torch.nn.Module,
    method: Method,
    maps: dict[str, list[Floats]],
    spec: ExplainSpec,
    taken: Taken,
    emit: Emit,
    check: Callable[[], None],
) -> None:
    """Run a method on a model that learnt nothing; where it can't serve it there is no control."""
    other = replace(subject, model=fresh)
    try:
        found = method.function(other, spec, emit=emit, check=check)
    except REFUSALS:
        return
    trained, drawn = maps[method.name], [one.scores for one in found]
    maps[FRESH + method.name] = drawn
    taken.figures[method.name][UNTRAINED] = np.array(
        [
            rank_correlation(one, two) if len(one) > 1 else math.nan
            for one, two in zip(trained, drawn, strict=True)
        ]
    )


def _sensitivity(
    subject: Subject,
    method: Method,
    spec: ExplainSpec,
    how: Measuring,
    rows: Rows,
    emit: Emit,
    check: Callable[[], None],
) -> Floats:
    """Return the largest change of some rows' scores under noise; NaN of all others.

    The rows are explained once more without noise too: what a method draws at random may depend on
    a row's number, and is no change of the sample's.
    """
    some = chosen(subject, rows)
    out = np.full(len(subject), np.nan)
    try:
        first = method.function(some, spec, emit=emit, check=check)
        others = []
        for shake in range(how.shakes):
            with shaken(some, how.seed + shake, how.radius) as moved:
                others.append(method.function(moved, spec, emit=emit, check=check))
    except REFUSALS:
        return out
    for place, row in enumerate(rows.tolist()):
        if len(first[place].scores):
            moves = [found[place].scores for found in others]
            out[row] = largest_change(first[place].scores, moves)
    return out


def _completeness(found: Sequence[Scores], complete: bool) -> Floats:
    """Return by how much scores miss what they add up to, as a share of it."""
    if not complete:
        return np.full(len(found), np.nan)
    out = []
    for one in found:
        difference = one.output - one.baseline_output
        out.append(relative_error(float(one.scores.sum()) + one.rest - difference, difference))
    return np.array(out)


def _agreement(
    one: list[Floats], other: list[Floats], rows: Rows, how: Measuring, first: int
) -> Floats:
    out = np.full((len(one), 2), np.nan)
    for row in rows.tolist():
        orders = [ordered(scores[row], _drawn(how, first + row, TIES)) for scores in (one, other)]
        out[row] = rank_correlation(one[row], other[row]), top_overlap(orders[0], orders[1])
    return out


def _drawn(how: Measuring, row: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([how.seed, row, stream])
