"""The counterfactual swap test of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...core.dataset import pick
from ...core.events import Emit, silent
from ...core.files import write_with
from ...core.runs import Run
from ...core.spec import Rows
from ...errors import DataError, paragraph
from ..terms.lists import term_lists
from .answers import KINDS, answered, written
from .measure import examples, largest, measured
from .pairs import pairs, rows_of
from .record import NUMBER, TABLE, Swaps
from .spec import SwapSpec

FEW = 32
"""Prompts with a term that a model writes answers to, where nobody says how many."""


def swap_test(
    run: Run | str | Path,
    terms: Sequence[str] | None = None,
    own_list: str | Path | None = None,
    *,
    rows: Rows | None = None,
    most: int | None = None,
    spec: SwapSpec | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Swaps:
    """Answer test rows about other groups, and measure what changes.

    All pairs with both answers are written to the run's audit/swapped.parquet.

    Parameters
    ----------
    run
        A run whose training has ended, or its folder.
    terms
        Categories of terms that come along (`fairness.terms.lists.known`).
    own_list
        A file of terms of one's own (`fairness.terms.lists.read_lists`).
    rows
        Test rows that are looked through: a number, ``"a:b"``, ``"all"`` or a list of ids. Left
        out: all; of a model that writes, the first 32 that have a term.
    most
        Most swaps of a row.
    spec
        All of this and the rest, as a recipe says it; what is named beside it counts.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If the model's answers or rows can't be compared so, or a list or row is not there.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    named = {
        "terms": None if terms is None else list(terms),
        "own_list": None if own_list is None else str(own_list),
        "rows": rows,
        "most": most,
    }
    given = {key: value for key, value in named.items() if value is not None}
    spec = (spec or SwapSpec()).model_copy(update=given)
    _check(run)
    lists = term_lists(spec.terms, spec.own_list)
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    test = test.take(pick(test.ids, "all" if spec.rows is None else spec.rows))
    told: dict[str, Any] = {"emit": emit, "check": check}
    found = pairs(test, lists, most=spec.most, seed=spec.seed, check=check)
    kind = KINDS[run.task]
    if kind == "text" and spec.rows is None:
        first = set(rows_of(found)[:FEW].tolist())
        found = [one for one in found if one.row in first]
    labels = () if kind == "text" else tuple(run.labels) or (NUMBER,)
    table = pd.DataFrame()
    if found:
        table = (
            written(run, test, found, lists, **told)
            if kind == "text"
            else answered(run, test, found, **told)
        )
        write_pairs(run.path / TABLE, table.assign(shift=largest(table, kind, labels)))
    else:
        (run.path / TABLE).unlink(missing_ok=True)
    return Swaps(
        kind=kind,
        labels=labels,
        terms=tuple(one.category for one in lists),
        looked=len(test),
        most=spec.most,
        **measured(table, kind, labels, spec),
        examples=tuple(examples(table, kind, labels, spec.examples)) if found else (),
        level=spec.confidence,
    )


def write_pairs(path: Path, table: pd.DataFrame) -> None:
    """Write all pairs with both answers as Parquet, whole or not at all."""
    kept = table.drop(columns=["row", "changes"])
    write_with(path, lambda partial: kept.to_parquet(partial, index=False))


def largest_shifts(run: Run | str | Path, most: int = 12) -> pd.DataFrame:
    """Return the pairs whose answers differ most, one for each row.

    Parameters
    ----------
    run
        A run, or its folder.
    most
        How many.

    Returns
    -------
    pandas.DataFrame
        Rows of audit/swapped.parquet: id, original, swapped, cells (the columns of the swapped row
        that differ, as JSON), shift and the others.

    Raises
    ------
    RunError
        If no swaps were made yet.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    table = pd.read_parquet(run.need(TABLE, "swap"))
    order = np.argsort(-table["shift"].to_numpy(), kind="stable")
    return table.iloc[order].drop_duplicates("id").head(most).reset_index(drop=True)


def _check(run: Run) -> None:
    if run.task not in KINDS:
        raise DataError(
            paragraph(
                str(run.path),
                f"its answers ({run.task.replace('_', ' ')}) can't be compared over swapped texts",
                f"Choose a run of {', '.join(KINDS)}",
            )
        )
    if run.task != "chat" and "text" not in run.modalities:
        raise DataError(
            paragraph(
                str(run.path),
                "none of its inputs is a text, so there are no terms to swap",
                "Choose a run that reads texts",
            )
        )
