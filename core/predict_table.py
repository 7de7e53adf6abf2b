"""Answering the rows of a new table with a run's model, however many they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from .. import device as devices
from ..device import Device
from ..errors import DataError, nearest, paragraph
from ..multimodal.models import reload
from ..multimodal.processors import reload_processor
from ..multimodal.spec import ModelSpec
from . import decision, media, roles
from .dataset import LED, Dataset
from .decision import Decision
from .events import Clock, Emit, Event, Progress, Warning, silent
from .folders import totals
from .parts import check_form, parts
from .predict import SCORE, present
from .runs import Run
from .spec import DataSpec, EvaluateSpec, SourceSpec, TrainSpec
from .streaming import ROWS, Streamed, stream
from .tasks import Task, make
from .tasks.task import Sparing

FIRST = 128
"""Rows of the first part; each one after it has twice as many, until one takes `LONG` or has
`ROWS`. What a killed process loses is the part it was at."""

TOLD = 20
"""Rows that are named where they are left out."""

REMEDY = "Correct the files or their paths, or take such rows out of the table"

LONG = 30.0
"""Seconds that a part may take before the parts stop growing."""


@dataclass(frozen=True)
class Predicted:
    """A table of predictions that was written.

    Attributes
    ----------
    path
        The file.
    rows
        How many it holds.
    """

    path: Path
    rows: int

    def frame(self) -> pd.DataFrame:
        """Read it; a large one may not fit into memory."""
        ending = self.path.suffix.lower()
        if ending == ".parquet":
            return pd.read_parquet(self.path)
        if ending == ".jsonl":
            return pd.read_json(self.path, lines=True, dtype={"id": str})
        return pd.read_csv(self.path, sep="\t" if ending == ".tsv" else ",", dtype={"id": str})


def predict_table(
    run: Run,
    table: str | Path,
    out: str | Path,
    *,
    encoding: str = "utf-8",
    precision: Literal["auto", "bf16", "fp32"] = "fp32",
    resume: bool = False,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Predicted:
    """Answer every row of a table and write what predictions.parquet would hold of it.

    The table is read, answered and written a part at a time, so neither table nor answers need
    fit into memory. The answer is the task's own; of classes the one with the highest score, or
    what the run's decision says.

    Parameters
    ----------
    run
        A run whose training has ended.
    table
        A table with the run's input columns, or a folder of pictures or sounds; an id column and
        label and group columns are taken over where they are there. Missing texts are read as
        empty ones. Pictures and sounds lie in the table's folder. All are looked into before the
        first row is answered; what is done where some can't be used is what the run's recipe says
        (`data.on_bad_sample`): an error that names them, or answers to the other rows alone.
    out
        Where to write; the ending decides the form.
    encoding
        Character encoding of the table.
    precision
        Number format of the weights: fp32 answers as any other program does with the saved model;
        bf16 takes a third of the time on a machine that has it and moves probabilities by up to
        0.02; auto takes it where the machine has it.
    resume
        Whether to go on behind what an earlier process finished; else it is done anew.
    emit, check
        Listener, and a function that raises where the work was cancelled.

    Raises
    ------
    DataError
        If an input column is missing, a picture or sound can't be used, or `out` ends in no known
        form.
    RunError
        If the run has no model yet, its decision can't be read, or what was finished before
        belongs to another table or model.
    """
    devices.prepare()
    path = Path(out)
    check_form(path)
    model_folder = run.model
    spec = run.section("data", DataSpec)
    decided = decision.read(run.path, run.labels)
    given = stream(SourceSpec(path=str(table), encoding=encoding))
    spec = spec.model_copy(update={"folder": None})  # that of the training table is another one
    asked = _task(run)
    columns = _columns(given, spec, asked.spared if isinstance(asked, Sparing) else ())
    with media.Finder(spec) as find:
        left_out = _left_out(given, columns, find, spec, _task(run), emit, check)
    made_of = {
        "table": totals(Path(table)) if Path(table).is_dir() else _stamp(Path(table)),
        "choice of rows": left_out.tolist(),
        "model": [[file.name, *_stamp(file)] for file in sorted(model_folder.iterdir())],
        "decision": None if decided is None else decided.as_json(),
        "precision": precision,
        "encoding": encoding,
    }
    with parts(path, made_of, resume=resume) as written, ExitStack() as stack:
        before = written.rows
        size = _Growing(before)
        done = _behind(sum(before), left_out)
        chunks = given.chunks(columns, size, skip=done)
        find = stack.enter_context(media.Finder(spec))
        answer = None if sum(before) == given.rows - len(left_out) else _answerer(run, precision)
        told = _Told(emit, given.rows, done)
        coming = stack.enter_context(closing(_ahead(chunks)))
        for chunk in coming:
            text = chunk[~np.isin(chunk.index, left_out)]
            if not len(text):
                told.did(len(chunk))
                continue
            assert answer is not None  # there are rows left
            began = time.monotonic()
            rows, labelled = _dataset(text, given.path, spec, run, answer.task, find)
            found = answer(rows, emit=told.of(len(chunk)), check=check)
            written.add(_finished(found, rows, labelled, run, decided))
            told.did(len(chunk))
            size.took(time.monotonic() - began)
            check()
        return Predicted(path, written.join())


@dataclass(frozen=True, eq=False)
class _Answerer:
    """A run's model with all that it needs to answer."""

    run: Run
    task: Task
    model: torch.nn.Module
    processor: Any

    def __call__(self, rows: Dataset, *, emit: Emit, check: Callable[[], None]) -> pd.DataFrame:
        return self.task.predict(self.run, self.model, self.processor, rows, emit=emit, check=check)


def _answerer(run: Run, precision: Literal["auto", "bf16", "fp32"]) -> _Answerer:
    device = present(Device.from_json(run.environment["device"]))
    torch.set_num_threads(device.threads)
    task = _task(run)
    model = reload(task.auto, run.model).to(device.kind)
    processor = reload_processor(run.model, run.modalities)
    if devices.choose(precision).precision == "bf16":
        model = model.to(torch.bfloat16)
    return _Answerer(run, task, model.eval(), processor)


def _task(run: Run) -> Task:
    return make(
        run.task,
        run.section("data", DataSpec),
        run.section("model", ModelSpec),
        run.section("train", TrainSpec),
        run.section("evaluate", EvaluateSpec),
    )


class _Growing:
    """How many rows the next part has (`FIRST`); parts are read one ahead."""

    def __init__(self, before: list[int]) -> None:
        self._next = min(2 * before[-1], ROWS) if before else FIRST
        self._fast = True

    def __call__(self) -> int:
        asked = self._next
        if self._fast:
            self._next = min(2 * asked, ROWS)
        return asked

    def took(self, seconds: float) -> None:
        """Let parts grow no more where one took long."""
        self._fast = self._fast and seconds < LONG


class _Told:
    """Progress over the rows of the whole table, from what tasks tell of a part."""

    def __init__(self, emit: Emit, total: int, done: int) -> None:
        self._emit, self._total, self._done = emit, total, done
        self._clock = Clock(total, done)

    def of(self, rows: int) -> Emit:
        """Return the listener for a part of so many rows."""

        def listen(event: Event) -> None:
            if not isinstance(event, Progress):
                self._emit(event)
            elif event.total and self._clock.due():
                self._tell(self._done + rows * event.done / event.total)

        return listen

    def did(self, rows: int) -> None:
        """Note a finished part."""
        self._done += rows
        if self._clock.due() or self._done == self._total:
            self._tell(self._done)

    def _tell(self, done: float) -> None:
        left = self._clock.remaining(done)
        self._emit(Progress(step="predict", done=int(done), total=self._total, remaining=left))


def _ahead(chunks: Iterator[pd.DataFrame]) -> Generator[pd.DataFrame, None, None]:
    """Read the next chunk in a thread while one is worked on."""
    with ThreadPoolExecutor(1, "reading") as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _columns(given: Streamed, spec: DataSpec, spared: Sequence[str]) -> list[str]:
    """Return the columns to read: all of them where the task knows its own.

    Inputs that the task can do without (`spared`) may be missing.
    """
    for name in spec.inputs:
        if name not in given.columns and name not in spared:
            raise DataError(
                paragraph(
                    f"{given.path}, column “{name}”",
                    f"the model reads this column, and it is not there "
                    f"({nearest(name, given.columns)})",
                    "Rename the column",
                )
            )
    wanted = spec.columns if spec.inputs else given.columns
    return [name for name in wanted if name in given.columns]


def _left_out(
    given: Streamed,
    columns: Sequence[str],
    find: media.Finder,
    spec: DataSpec,
    task: Task,
    emit: Emit,
    check: Callable[[], None],
) -> NDArray[np.int64]:
    """Return the rows whose picture or sound can't be used, counted from 0.

    All of them are looked into here, so that nothing is answered before one is refused.
    """
    bad: list[media.Bad] = []
    led = task.name in LED
    for text in given.chunks(columns if led else find.columns) if led or find.columns else ():
        check()
        table, arranged = _placed(text, given.path), spec
        if led:
            table, arranged = task.arrange(table, spec)
        bad += find(table, arranged, blank=not led)
    rows = np.unique(np.array([one.row - 1 for one in bad], np.int64))
    if len(rows) and (spec.on_bad_sample == "error" or len(rows) == given.rows):
        raise DataError(media.refusal(bad, REMEDY))
    if len(rows):
        said = f"{len(rows):,} of {given.rows:,} rows are left out, for {media.REASON}"
        emit(Warning(text=f"{said}: {media.listed(bad, TOLD)}."))
    return rows


def _behind(answered: int, left_out: NDArray[np.int64]) -> int:
    """Return how many rows of the table come up to the last one that was answered."""
    done = answered
    for row in left_out.tolist():  # in order
        if row >= done:
            break
        done += 1
    return done


def _placed(text: pd.DataFrame, path: str) -> pd.DataFrame:
    """Return a chunk of rows with their places, which errors name."""
    table = text.copy()
    table[roles.WHERE] = path
    table[roles.ROW] = table.index + 1
    return table


def _dataset(
    text: pd.DataFrame, path: str, spec: DataSpec, run: Run, task: Task, find: media.Finder
) -> tuple[Dataset, bool]:
    """Bring a chunk of rows into the form that tasks answer; say whether it has labels."""
    table, arranged = _arranged(_placed(text, path), spec, task)
    if bad := find(table, arranged):  # they were good when they were looked into first
        raise DataError(media.refusal(bad, REMEDY))
    count = len(table)
    empty = np.full(count, "", dtype=object)
    inputs = {
        name: table[name].fillna("").to_numpy(object) if name in table else empty
        for name in arranged.inputs
    }
    nothing = np.full(count, None, dtype=object)
    labelled = arranged.label is not None and arranged.label in table
    ids = (
        table[arranged.id].to_numpy(object)
        if arranged.id in table
        else np.array([str(row + 1) for row in text.index], dtype=object)
    )
    rows = Dataset(
        inputs=inputs,
        modalities=dict(arranged.inputs),
        label=_stripped(table, arranged.label) if labelled else nothing,
        ids=ids,
        split=nothing,
        labels=run.labels,
        groups={name: _stripped(table, name) for name in spec.groups if name in table},
        weight=np.ones(count, np.float32),
        fingerprint="",
        lineage=(),
        task=run.task,
    )
    return rows, labelled


def _arranged(table: pd.DataFrame, spec: DataSpec, task: Task) -> tuple[pd.DataFrame, DataSpec]:
    """Arrange rows as the task does, where they have what it asks for."""
    if spec.inputs and task.name not in LED and not all(name in table for name in spec.answers):
        return table, spec
    return task.arrange(table, spec)


def _stripped(table: pd.DataFrame, name: str | None) -> Any:
    # As in training, white space around a label or a group's name means nothing.
    return roles.by_value(table[cast(str, name)], lambda cell: cell.strip() or None)


def _finished(
    found: pd.DataFrame, rows: Dataset, labelled: bool, run: Run, decided: Decision | None
) -> pd.DataFrame:
    """Leave out what a new table has not, so that all parts are alike; apply the decision."""
    out = found.drop(columns=["split", *([] if labelled else ["label"])], errors="ignore")
    if labelled and "label" not in out:
        out.insert(1, "label", rows.label)
    if decided is not None:
        scores = out[[SCORE + name for name in run.labels]].to_numpy(np.float64)
        codes = decided.answers(scores, run.labels)
        out["prediction"] = np.array(run.labels, dtype=object)[codes]
    return out


def _stamp(file: Path) -> list[int]:
    """Return size and time of change, by which a file that was altered is known."""
    about = file.stat()
    return [about.st_size, about.st_mtime_ns]
