"""A run's explanations beside those of another model: itself before fine-tuning, or another run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core.dataset import Dataset, pick, sample_fingerprints
from ...core.events import Emit, silent
from ...core.files import read_json, write_json
from ...core.runs import Run
from ...core.spec import Rows
from ...errors import DataError, paragraph
from ..attribute import attribute, changed, check_method, explain_kept, explain_samples, kept_of
from ..attribution import Attribution
from ..opened import open_run
from ..said import FIRST
from ..spec import ExplainSpec
from ..targets import explains
from .before import before
from .difference import Difference, difference

FORMAT = 1
FILE = "difference.json"

NAMED = ("classification", "multilabel")
"""Tasks of which the other model can be asked about the very class that a row was explained for."""


@dataclass(frozen=True)
class Beside:
    """How a run's explanations differ from those of another model.

    Attributes
    ----------
    run
        Name of the run, whose explanations are those after.
    other
        Name of the run whose explanations are those before; None where it is the run itself before
        it was fine-tuned.
    method, target
        How, and for which answers, both were explained.
    difference
        What differs.
    """

    run: str
    other: str | None
    method: str
    target: str
    difference: Difference

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "difference": self.difference.as_json()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Beside:
        """Read what `as_json` wrote."""
        told = {name: raw[name] for name in ("run", "other", "method", "target")}
        return cls(**told, difference=Difference.from_json(raw["difference"]))


def write_beside(path: Path, found: Beside) -> None:
    """Write what was compared as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **found.as_json()})


def read_beside(path: Path) -> Beside:
    """Read what `write_beside` wrote."""
    return Beside.from_json(read_json(path))


def beside(
    run: Run | str | Path,
    other: Run | str | Path | None = None,
    rows: Rows | None = None,
    method: str | None = None,
    *,
    target: str | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Beside:
    """Compare a run's explanations with those of another model of the same rows.

    Parameters
    ----------
    run
        A run, or its folder. Its recipe says how segments are cut for both.
    other
        Another run of the same task, or its folder; the run itself before it was fine-tuned if left
        out (`before`). Rows are matched by what they hold. Of classes and labels, the other run is
        explained for those that the first one was explained for, whatever it answers itself.
    rows
        Test rows of `run`: a number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's if left
        out.
    method
        Name of a method; the recipe's first one if left out.
    target
        ``predicted``, ``label`` or the name of a class; the recipe's if left out.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If a row, a method or the target is not there, or the runs can't be compared.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    second = other if other is None or isinstance(other, Run) else Run.open(other)
    _check(run, second)
    own = run.section("explain", ExplainSpec)
    spec = changed(own, {"rows": rows, "target": target})
    method = method or next(iter(spec.methods), FIRST)
    check_method(method)
    told: dict[str, Any] = {"emit": emit, "check": check}
    if second is None:
        after = attribute(run, rows, method, target=target, **told)
        found = difference(before(run, after, **told), after)
        return Beside(run.name, None, method, spec.target, found)
    ours, theirs = _test(run), _test(second)
    prints = tuple(
        dict(zip(map(str, one.ids), sample_fingerprints(one.samples()), strict=True))
        for one in (ours, theirs)
    )
    chosen = {str(name) for name in ours.ids[pick(ours.ids, spec.rows)]}
    if {prints[0][name] for name in chosen}.isdisjoint(prints[1].values()):
        raise DataError(
            paragraph(
                str(second.path),
                f"none of the {len(chosen):,} rows that were asked for is among its test rows",
                "Choose other rows, or runs that were trained on the same table with the same "
                "split",
            )
        )
    after = attribute(run, rows, method, target=target, **told)
    first = _explained(second, theirs, prints, after, spec, method, **told)
    found = difference(first, after, (prints[1], prints[0]))
    return Beside(run.name, second.name, method, spec.target, found)


def _explained(
    run: Run,
    test: Dataset,
    prints: Sequence[Mapping[str, str]],
    explained: Sequence[Attribution],
    spec: ExplainSpec,
    method: str,
    **told: Any,
) -> list[Attribution]:
    """Explain rows by another run, for the classes that they were explained for."""
    opened = open_run(run)
    place = {print_: row for row, print_ in enumerate(prints[1].values())}
    asked: dict[str, dict[int, None]] = {}
    for one in explained:
        row = place.get(prints[0][one.id])
        target = one.target if run.task in NAMED else spec.target
        if row is not None and (run.task not in NAMED or target in opened.labels):
            asked.setdefault(target, {})[row] = None
    out: list[Attribution] = []
    for target, rows in asked.items():
        some = test.take(np.array(list(rows), np.int64))
        own = spec.model_copy(update={"target": target})
        if os.access(run.path, os.W_OK):
            out += explain_kept(opened, some, own, kept_of(run, method), method=method, **told)
        else:
            out += explain_samples(opened, some, own, method=method, **told)
    return out


def _test(run: Run) -> Dataset:
    dataset = run.dataset()
    return dataset.take(dataset.rows("test"))


def _check(run: Run, other: Run | None) -> None:
    """Refuse what can't be compared, before anything is computed."""
    task = run.task.replace("_", " ")
    if not explains(run.task):
        raise DataError(
            paragraph(
                str(run.path),
                f"explanations are compared of answers that are classes, labels, numbers, entities "
                f"or passages, not of {task}",
                "Choose another run",
            )
        )
    if other is None:
        if run.task not in (*NAMED, "regression"):
            raise DataError(
                paragraph(
                    str(run.path),
                    "what is explained before and after fine-tuning are classes, labels or "
                    f"numbers, not answers of {task}",
                    "Name another run to compare it with",
                )
            )
        return
    if other.path.resolve() == run.path.resolve():
        raise DataError(
            paragraph(
                str(other.path),
                "this is the run itself",
                "Name another run, or none to compare with the model before fine-tuning",
            )
        )
    if other.task != run.task:
        raise DataError(
            paragraph(
                str(other.path),
                f"it learns {other.task.replace('_', ' ')}, and {run.path} learns {task}",
                "Name a run of the same task",
            )
        )
