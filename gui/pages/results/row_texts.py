"""The texts of a run's rows, which predictions.parquet doesn't hold, and what is done with rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QLabel

from ...frame.child import Child
from ...frame.texts import tr
from ...widgets.table import TableView
from .desk import Desk, Item
from .facts import has_texts, texts_file


class RowTexts:
    """Has the rows of a run written with their texts, once for each prediction of it.

    Parameters
    ----------
    desk
        Told when they are there (`Desk.texts_written`).
    state
        Where it says what it does.
    shown
        Which run is shown when they come; of another one nothing is told.
    """

    def __init__(self, desk: Desk, state: QLabel, shown: Callable[[], Path | None]) -> None:
        self._desk = desk
        self._state = state
        self._shown = shown
        self._child = Child(state)
        self._child.answered.connect(lambda _: self._came())
        self._child.failed.connect(self._failed)
        self._run: Path | None = None
        self._tried: set[tuple[Path, int]] = set()

    def want(self, run: Path, *, there: bool) -> None:
        """Have the texts of a run written, unless they are there or were tried."""
        if there:
            self._state.setText("")
            return
        file = run / "predictions.parquet"
        key = (run, file.stat().st_mtime_ns if file.exists() else 0)
        texts = texts_file(self._desk.context.workspace.memory, run)
        if key in self._tried or has_texts(run, texts):
            return
        self._tried.add(key)
        self._run = run
        texts.parent.mkdir(parents=True, exist_ok=True)
        self._state.setText(tr("Reading the inputs …"))
        self._child.run([*self._desk.export("rows", texts).words(), "--json"])

    def end(self) -> None:
        """End what is at work."""
        self._child.end()

    def _came(self) -> None:
        self._state.setText("")
        if self._run is not None and self._run == self._shown():
            self._desk.texts_written.emit(str(self._run))

    def _failed(self, why: str) -> None:
        self._state.setText(tr("The inputs are not here"))
        self._state.setToolTip(why)


def row_items(desk: Desk, view: TableView) -> list[Item]:
    """Return what can be done with all rows of a run, and with the selected ones."""
    return [
        (tr("Save all rows with their inputs as CSV …"), lambda: desk.ask_and_save("rows", ".csv")),
        (
            tr("Save all rows with their inputs as Parquet …"),
            lambda: desk.ask_and_save("rows", ".parquet"),
        ),
        (tr("Copy the selected rows"), partial(view.copy_rows, names=True)),
        (None, None),
        *desk.copies_of_export("rows", ".csv"),
    ]
