"""Both answers to each pair, as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...core.answering import Answering, answering
from ...core.dataset import Dataset
from ...core.events import Clock, Emit, Progress, silent
from ...core.runs import Run
from ...core.tasks.task import Writer
from ..terms.lists import TermList
from ..terms.swap import swap
from .likeness import likeness
from .measure import AFTER, BEFORE
from .pairs import Pair, rows_of, swapped_rows
from .record import NUMBER, Kind

AT_A_TIME = 32
"""Texts that are written between two looks at whether the job was cancelled."""

KINDS: dict[str, Kind] = {
    "classification": "classes",
    "multilabel": "labels",
    "regression": "number",
    "chat": "text",
    "causal_lm": "text",
}
"""What the tasks answer whose texts can be swapped."""


def answered(
    run: Run,
    dataset: Dataset,
    found: Sequence[Pair],
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Have a model that tells classes apart, or answers numbers, answer both rows of each pair.

    The same swapped row is answered once, and those as they are not again where predictions.parquet
    holds their answers.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``row``, id, label, category, from, to, pair, original, swapped, cells,
        changes, prediction, swapped_prediction, flipped, and of each class (or of the number)
        ``score:<class>`` and ``swapped:<class>``.
    """
    kind = KINDS[run.task]
    labels = tuple(run.labels) or (NUMBER,)
    with_model = answering(run)
    rows = rows_of(found)
    before = _kept(run, dataset.take(rows), with_model, kind)
    if before is None:
        before = with_model(dataset.take(rows), emit=emit, check=check)
    place = {int(row): at for at, row in enumerate(rows)}
    own = np.array([place[one.row] for one in found], np.int64)
    after, which = _once(with_model, dataset, found, emit, check)
    out = _told(dataset, found)
    out.insert(2, "label", before["label"].to_numpy()[own] if "label" in before else None)
    out["prediction"] = before["prediction"].to_numpy()[own]
    out["swapped_prediction"] = after["prediction"].to_numpy()[which]
    out["flipped"] = out["prediction"].to_numpy() != out["swapped_prediction"].to_numpy()
    for name in labels:
        column = "prediction" if kind == "number" else f"score:{name}"
        out[BEFORE + name] = before[column].to_numpy(np.float64)[own]
        out[AFTER + name] = after[column].to_numpy(np.float64)[which]
    return out


def written(
    run: Run,
    dataset: Dataset,
    found: Sequence[Pair],
    lists: Sequence[TermList],
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Have a model write the answers to both prompts of each pair, the likeliest word each time.

    Returns
    -------
    pandas.DataFrame
        As `answered` returns it, with ``equal``, ``length_ratio`` and ``similarity`` in place of
        scores. Each answer to a swapped prompt is compared with the other one as it is, and with
        its terms swapped likewise; the more alike counts.
    """
    with_model = answering(run)
    rows = rows_of(found)
    both = [dataset.take(rows), swapped_rows(dataset, found)]
    total = sum(map(len, both))
    clock, done = Clock(total), 0
    texts: list[list[str]] = []
    assert isinstance(with_model.task, Writer)
    for part in both:
        texts.append([])
        for first in range(0, len(part), AT_A_TIME):
            some = part.take(np.arange(first, min(first + AT_A_TIME, len(part))))
            said = with_model.task.write(with_model.model, with_model.processor, some)
            texts[-1] += [one.text for one in said]
            done += len(some)
            if clock.due() or done == total:
                left = clock.remaining(done)
                emit(Progress(step="swap", done=done, total=total, remaining=left))
            check()
    place = {int(row): at for at, row in enumerate(rows)}
    out = _told(dataset, found)
    out.insert(2, "label", None)
    out["prediction"] = [texts[0][place[one.row]] for one in found]
    out["swapped_prediction"] = texts[1]
    known = {one.category: one for one in lists}
    likest = []
    for pair, first, second in zip(found, out["prediction"], texts[1], strict=True):
        one = pair.swapped
        turned = swap(first, known[one.category], one.source, one.target)
        ways = [first, *([] if turned is None else [turned.text])]
        likest.append(max((likeness(way, second) for way in ways), key=lambda like: like[2]))
    for at, name in enumerate(("equal", "length_ratio", "similarity")):
        out[name] = np.array([one[at] for one in likest], np.float64)
    out["flipped"] = out["equal"].to_numpy() < 1
    return out


def _once(
    with_model: Answering,
    dataset: Dataset,
    found: Sequence[Pair],
    emit: Emit,
    check: Callable[[], None],
) -> tuple[pd.DataFrame, Any]:
    """Answer each different swapped row once; return the answers, and which is each pair's."""
    rows = swapped_rows(dataset, found)
    number: dict[tuple[str, ...], int] = {}
    which = [number.setdefault(sample, len(number)) for sample in rows.samples()]
    _, first = np.unique(which, return_index=True)
    return with_model(rows.take(first), emit=emit, check=check), np.array(which, np.int64)


def _kept(run: Run, rows: Dataset, with_model: Answering, kind: Kind) -> pd.DataFrame | None:
    """Return the answers to rows that predictions.parquet holds; None where it lacks some."""
    if not run.has("predictions.parquet"):
        return None
    known = run.predictions()
    known = known.loc[known["split"] == "test"].drop_duplicates("id").set_index("id")
    if not set(rows.ids) <= set(known.index):
        return None
    out = known.loc[list(rows.ids)].reset_index()
    if with_model.decided is not None and kind == "classes":
        scores = out[[f"score:{name}" for name in run.labels]].to_numpy(np.float64)
        codes = with_model.decided.answers(scores, run.labels)
        out["prediction"] = np.array(run.labels, dtype=object)[codes]
    return out


def _told(dataset: Dataset, found: Sequence[Pair]) -> pd.DataFrame:
    """Return what is known of the pairs before they are answered."""
    rows = np.array([one.row for one in found], np.int64)
    swaps = [one.swapped for one in found]
    return pd.DataFrame(
        {
            "row": rows,
            "id": dataset.ids[rows],
            "category": [one.category for one in swaps],
            "from": [one.source for one in swaps],
            "to": [one.target for one in swaps],
            "pair": [one.pair for one in swaps],
            "original": [_read(one.original) for one in swaps],
            "swapped": [_read(one.text) for one in swaps],
            "cells": [json.dumps(one.cells, ensure_ascii=False) for one in found],
            "changes": [[(one.start, one.end, one.new) for one in each.changes] for each in swaps],
        }
    )


def _read(text: str) -> str:
    """Return the texts of a row as people read them, one below the other."""
    return text.replace("\0", " ")  # as long as before, so that places stay
