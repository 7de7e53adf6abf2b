"""Attributing the answers of a model to segments of rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..core.dataset import Dataset, pick
from ..core.events import Clock, Emit, Event, Progress, silent
from ..core.runs import Run
from ..core.spec import Rows
from ..errors import DataError, nearest, paragraph
from .attribution import Attribution, Drawn
from .kept import Kept, fingerprints, settings_of
from .methods import Method, methods, names, unknown
from .opened import Opened, ask, open_run
from .spec import ExplainSpec

if TYPE_CHECKING:
    import pandas as pd

    from .given import Given

AT_ONCE = 256
"""Rows that are held in memory at a time."""

FIRST, LONG = 16, 8.0
"""Rows of the first part that is kept; each one after it has twice as many, until one takes so many
seconds or has `AT_ONCE`. What a killed process loses is the part it was at."""


def attribute(
    run: Run | str | Path,
    rows: Rows | pd.DataFrame | Sequence[Any] | Path | None = None,
    method: str = "integrated_gradients",
    *,
    inputs: Mapping[str, str] | None = None,
    label: str | None = None,
    target: str | None = None,
    tolerance: float | None = None,
    keep: bool = True,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    **settings: Any,
) -> list[Attribution]:
    """Attribute a model's answers to segments of rows.

    Parameters
    ----------
    run
        A run, or its folder; or a model that was not trained here: a folder as ``transformers``
        saves it, ``bundled/…``, or a hub id.
    rows
        Of a run's test rows a number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's
        `explain.rows` if left out. Or other rows: a data frame, the path of a table, or a list of
        samples, each a text, a tuple or a mapping. Those are asked for with `inputs`.
    method
        Name of a method (`explain.methods`).
    inputs
        Columns of other rows to their modality: ``{"text": "text"}``; a run's own if left out.
        Cells of pictures and sounds name files in the table's folder; of a data frame or a list,
        in the working directory.
    label
        Column of other rows with what is true, if there is one.
    target
        ``predicted``, ``label`` or the name of a class; the recipe's if left out. Of several labels
        some may be named with commas between them.
    tolerance
        Largest completeness error as a share; the recipe's if left out.
    keep
        Whether a run's folder keeps what was computed, and what it keeps isn't computed again.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    settings
        Further keys of a recipe's section `explain`, such as ``segments={"image": "patches"}``.

    Returns
    -------
    list of Attribution
        One for each row, in the order of the rows; of entities and labels several for a row, or
        none.

    Raises
    ------
    RunError
        If the run has no model yet, or its data changed since.
    ModelError
        If there is no such model, or nothing that it answers can be explained.
    DataError
        If a row, a column, a method or the target is not there, or a setting is out of range.
    """
    check_method(method)
    known = as_run(run)
    own = ExplainSpec() if known is None else known.section("explain", ExplainSpec)
    named = {"target": target, "tolerance": tolerance, **settings}
    told: dict[str, Any] = {"method": method, "emit": emit, "check": check}
    if known is None or inputs is not None or not _chooses(rows):
        from .given import given

        other: Given = given(known if known is not None else str(run), rows, inputs, label)
        return explain_samples(other.opened, other.dataset, changed(own, named), **told)
    spec = changed(own, {**named, "rows": rows})
    dataset = known.dataset()
    test = dataset.take(dataset.rows("test"))
    chosen = test.take(pick(test.ids, spec.rows))
    if not keep or not os.access(known.path, os.W_OK):
        return explain_rows(known, chosen, spec, **told)
    return list(explain_kept(open_run(known), chosen, spec, kept_of(known, method), **told))


def as_run(name: Run | str | Path) -> Run | None:
    """Return the run that a name stands for, None where it stands for a model or for nothing."""
    if isinstance(name, Run):
        return name
    folder = Path(name).expanduser()
    if (folder / "recipe.yaml").is_file() or (
        folder.is_dir() and not (folder / "config.json").is_file() and not _adapter(folder)
    ):
        return Run.open(folder)  # which says what is missing
    return None


def changed(spec: ExplainSpec, changes: Mapping[str, Any]) -> ExplainSpec:
    """Return settings of which some have other values; None changes nothing.

    Raises
    ------
    DataError
        If there is no such setting, or its value is out of range.
    """
    named = {key: value for key, value in changes.items() if value is not None}
    for key in named:
        if key not in ExplainSpec.model_fields:
            raise DataError(
                paragraph(
                    f"explain.{key}",
                    f"there is no such setting ({nearest(key, list(ExplainSpec.model_fields))})",
                    "Correct its name",
                )
            )
    try:
        return ExplainSpec(**{**spec.model_dump(), **named})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            paragraph(
                ".".join(map(str, ("explain", *first["loc"]))),
                f"found “{first['input']}”: {first['msg'].lower()}",
                "Correct the value",
            )
        ) from None


def check_method(name: str) -> None:
    """Refuse a method that is not there.

    Raises
    ------
    DataError
        Naming the nearest one.
    """
    if name not in names():
        raise DataError(paragraph(f"method “{name}”", unknown(name), "Choose one of those"))


def kept_of(run: Run, method: str) -> Kept:
    """Return the attributions by a method that a run's folder keeps."""
    return Kept(run.path / "explanations" / "kept" / method)


def explain_rows(
    run: Run,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    method: str = "integrated_gradients",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Attribute the answers of a run on rows at hand; nothing is kept."""
    check_method(method)
    return explain_samples(open_run(run), dataset, spec, method=method, emit=emit, check=check)


def explain_samples(
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    method: str = "integrated_gradients",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Attribute a model's answers on the rows of a dataset, `AT_ONCE` of them at a time."""
    check_method(method)
    by = methods()[method]
    prints = fingerprints(opened, dataset, spec, by)
    told = _Told(emit, by, len(dataset), 0)
    out: list[Attribution] = []
    for first in range(0, len(dataset), AT_ONCE):
        some = np.arange(first, min(first + AT_ONCE, len(dataset)))
        out += _some(opened, dataset, some, spec, by, prints, told, check)
    return out


def explain_kept(
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    kept: Kept,
    *,
    method: str = "integrated_gradients",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Attribution]:
    """Attribute a model's answers on the rows of a dataset, save on those that are kept already.

    All is computed and kept before anything is returned. However many rows there are, no more than
    `AT_ONCE` are in memory.

    Parameters
    ----------
    opened, dataset, spec, method, emit, check
        As `explain_samples` takes them.
    kept
        Where finished parts go, and are found.

    Returns
    -------
    iterator of Attribution
        Of all rows, in their order, read from what is kept.
    """
    check_method(method)
    by = methods()[method]
    prints = fingerprints(opened, dataset, spec, by)
    missing = np.array([row for row, one in enumerate(prints) if one not in kept], np.int64)
    told = _Told(emit, by, len(dataset), len(dataset) - len(missing))
    size, first = FIRST, 0
    while first < len(missing):
        check()
        rows = missing[first : first + size]
        began = time.monotonic()
        found = _some(opened, dataset, rows, spec, by, prints, told, check)
        kept.add([prints[row] for row in rows], found)
        first += len(rows)
        if time.monotonic() - began < LONG:
            size = min(2 * size, AT_ONCE)
    return kept.read(prints)


def _some(
    opened: Opened,
    dataset: Dataset,
    rows: NDArray[np.int64],
    spec: ExplainSpec,
    method: Method,
    prints: Sequence[str],
    told: _Told,
    check: Callable[[], None],
) -> Iterator[Attribution]:
    """Attribute the answers on some rows; what comes back is made one by one."""
    some = dataset.take(rows)
    asked = ask(opened, some, spec, check=check)
    listen = told.of(len(rows))
    found = []
    if len(asked.rows):  # a text may hold no entity
        found = method.function(asked.subject, spec, emit=listen, check=check)
    told.did(len(rows))
    settings = settings_of(spec)
    for number, (row, one) in enumerate(zip(asked.rows.tolist(), found, strict=True)):
        pieces = asked.subject.cut(number)
        yield Attribution(
            id=str(some.ids[row]),
            method=method.name,
            settings=settings | one.settings,
            target=asked.targets[number],
            segments=pieces.names,
            columns=pieces.columns,
            scores=one.scores,
            special=one.rest,
            output=one.output,
            baseline_output=one.baseline_output,
            evaluations=one.evaluations,
            label=asked.labels[number],
            prediction=asked.predictions[number],
            split=str(some.split[row] or ""),
            drawn=tuple(
                Drawn(piece.modality, piece.columns, len(piece), piece.segmented.outline.as_json())
                for piece in pieces.pieces
            ),
            complete=method.complete,
            fingerprint=prints[rows[row]],
            task=opened.task,
            about=asked.about[number] if asked.about else "",
        )


class _Told:
    """Progress over all rows, from what a method tells of some of them."""

    def __init__(self, emit: Emit, method: Method, total: int, done: int) -> None:
        self._emit, self._method, self._total, self._done = emit, method, total, done
        self._clock = Clock(total, done)
        if done and done == total:
            self._tell(done)

    def of(self, rows: int) -> Emit:
        """Return the listener for so many rows."""

        def listen(event: Event) -> None:
            if not isinstance(event, Progress):
                self._emit(event)
            elif event.total and self._clock.due():
                self._tell(self._done + rows * event.done / event.total)

        return listen

    def did(self, rows: int) -> None:
        """Note finished rows."""
        self._done += rows
        if self._clock.due() or self._done == self._total:
            self._tell(self._done)

    def _tell(self, done: float) -> None:
        text = f"{self._method.title}: {int(done):,} of {self._total:,} rows"
        left = self._clock.remaining(done)
        self._emit(
            Progress(step="explain", done=int(done), total=self._total, remaining=left, text=text)
        )


def _chooses(rows: Any) -> bool:
    """Whether rows are chosen of a run's own: by a number, a range or ids."""
    if rows is None or isinstance(rows, int):
        return True
    if isinstance(rows, str):
        return not Path(rows).is_file()
    return isinstance(rows, list) and all(isinstance(one, str | int) for one in rows)


def _adapter(folder: Path) -> bool:
    from ..multimodal.adapters import is_adapter

    return is_adapter(folder)
