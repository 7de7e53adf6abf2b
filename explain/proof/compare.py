"""Methods compared for one model: which of them can be trusted more, and whether that is sure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.dataset import pick
from ...core.events import Emit, silent
from ...core.runs import Run
from ...core.spec import Rows as Wanted
from ...errors import DataError, paragraph
from ..methods import Method, names, unknown
from ..methods import methods as known_methods
from ..opened import ask, open_run
from ..pieces import Pieces
from ..spec import ExplainSpec
from ..subject import Subject
from .comparison import Comparison
from .conclude import conclude
from .measuring import Truth, measured
from .taken import Measuring, Taken
from .untrained import untrained
from .work import Work, weight

AT_ONCE = 64
"""Rows that are held in memory at a time."""

Known = Callable[[str, Pieces], NDArray[np.bool_] | None]
"""``known(id, pieces)``: which segments of a row are known to matter, None where it isn't known."""


def compare(
    subject: Subject,
    methods: Sequence[str | Method],
    spec: ExplainSpec | None = None,
    how: Measuring | None = None,
    *,
    truth: Truth | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Comparison:
    """Compare methods on all rows of a subject.

    Every method is run on the rows, and once more on a model of the same architecture that learnt
    nothing. Their maps, and scores drawn at random, are measured on the model: all masked copies
    of all maps go through one value function.

    Parameters
    ----------
    subject
        Model and rows.
    methods
        Names (`explain.methods`), or methods.
    spec
        Settings of the methods.
    how
        Settings of the measures.
    truth
        Which segments of each row are known to matter, for the pointing game.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If there is no such method, or no row with two segments or more.
    """
    spec, how = spec or ExplainSpec(), how or Measuring()
    found = [_method(one) for one in methods]
    work = Work(weight(found, how, len(subject), 1), emit)
    fresh = untrained(subject.model, how.seed) if how.untrained else None
    taken = measured(
        subject,
        fresh,
        found,
        spec,
        how,
        shaken_rows=_spread(len(subject), 1.0, how),
        truth=truth,
        stage=work.stage,
        check=check,
    )
    work.end()
    return conclude([taken], found, spec, how)


def compare_run(
    run: Run | str | Path,
    methods: Sequence[str | Method] | None = None,
    rows: Wanted | None = None,
    how: Measuring | None = None,
    *,
    spec: ExplainSpec | None = None,
    known: Known | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Comparison:
    """Compare methods on test rows of a run; see `compare`.

    Parameters
    ----------
    run
        A run, or its folder.
    methods
        Names, or methods; those of the recipe if left out.
    rows
        A number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's `explain.rows` if left out.
    how
        Settings of the measures.
    spec
        Settings of the methods; those of the recipe if left out.
    known
        Which segments are known to matter, for the pointing game.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    RunError
        If the run has no model yet, or its data changed since.
    DataError
        If there is no such method or row.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    how = how or Measuring()
    spec = spec or run.section("explain", ExplainSpec)
    found = [_method(one) for one in (spec.methods if methods is None else methods)]
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    test = test.take(pick(test.ids, spec.rows if rows is None else rows))
    opened = open_run(run)
    fresh = untrained(opened.model, how.seed) if how.untrained else None
    pieces = -(-len(test) // AT_ONCE)
    work = Work(weight(found, how, len(test), pieces), emit)
    taken: list[Taken] = []
    count = 0
    for first in range(0, len(test), AT_ONCE):
        some = test.take(np.arange(first, min(first + AT_ONCE, len(test))))
        asked = ask(opened, some, spec, check=check)
        subject = asked.subject
        if not len(subject):
            continue
        truth = None
        if known is not None:
            truth = [
                known(str(some.ids[row]), subject.cut(place))
                for place, row in enumerate(asked.rows.tolist())
            ]
        failed = {name for one in taken for name in one.failed}
        taken.append(
            measured(
                subject,
                fresh,
                [method for method in found if method.name not in failed],
                spec,
                how,
                first=count,
                shaken_rows=_spread(len(subject), len(some) / len(test), how),
                truth=truth,
                stage=work.stage,
                check=check,
            )
        )
        count += len(subject)
    work.end()
    return conclude(taken, found, spec, how)


def _method(one: str | Method) -> Method:
    if not isinstance(one, str):
        return one
    if one not in names():
        raise DataError(paragraph(f"method “{one}”", unknown(one), "Choose one of those"))
    return known_methods()[one]


def _spread(count: int, share: float, how: Measuring) -> NDArray[np.int64]:
    """Return the rows of a portion that get noise, evenly spread.

    Parameters
    ----------
    count
        Rows of the portion.
    share
        What they are of all rows.
    how
        Says how many of all rows get noise.
    """
    many = min(math.ceil(share * how.shaken_rows), count) if how.shakes else 0
    return np.unique(np.linspace(0, count - 1, many).round().astype(np.int64))
