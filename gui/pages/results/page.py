"""A run and a split above, its parts below; a run stays until the next one is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtWidgets import (
    QComboBox,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....explain.targets import explains
from ....steps import offered
from ...frame.actions import Deed
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.background import Later
from ...widgets.basics import EmptyState, MoreButton, PageHeader, label
from ...widgets.task_words import DEFAULT, task_name
from .desk import Desk, Item, show_file
from .facts import texts_file
from .panes import PANES, Pane, make_pane, pane_key, pane_titles
from .reading import Reading, read
from .rows_filter import Asked
from .run_list import RunList
from .states import no_runs, unevaluated

if TYPE_CHECKING:
    from ....core.decision import Decision


class ResultsPage(QWidget):
    """Read what a run came to."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.desk = Desk(context, self)
        self.reading: Reading | None = None
        self._wished: Path | None = None
        self._panes: dict[str, QWidget] = {}
        self._stale: set[str] = set(PANES)
        self._from_top: set[str] = set()
        self._setting = False
        self._later = Later(self, context.pool)
        self._later.arrived.connect(self._arrived)
        self._later.failed.connect(self._broken)
        self._build()
        self._register()
        self.desk.rows_asked.connect(self.show_rows)
        self.desk.decided.connect(self._decided)
        self.desk.texts_written.connect(self._texts_written)
        self.desk.row_asked.connect(self.show_row)
        self.desk.pane_asked.connect(self.show_pane)
        context.watch.listed.connect(self._list)
        context.watch.changed.connect(self._job_changed)
        context.watch.ended.connect(self._job_ended)
        context.watch.told.connect(self._job_told)

    def _build(self) -> None:
        self.header = PageHeader(tr("Results"))
        self.runs = RunList(self.context)
        self.runs.run_chosen.connect(self.open)
        self.split = QComboBox()
        self.split.setAccessibleName(tr("Rows that were measured"))
        self.split.setMinimumWidth(150)
        self.split.currentIndexChanged.connect(self._split_chosen)
        self.header.add(self.split)
        self.header.add(self.runs)
        self.header.add(MoreButton(self._items, tr("What can be done with this run")))
        self.banner = label("", "note", wrap=True)
        self.banner.hide()
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName(tr("Parts of the results"))
        for name, text in pane_titles().items():
            at = self.tabs.addTab(text)
            self.tabs.setTabData(at, name)
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.stack = QStackedWidget()
        whole = QWidget()
        inside = QVBoxLayout(whole)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.tabs)
        inside.addWidget(self.stack, 1)
        self.places = QStackedWidget()
        self.empty = QStackedWidget()
        self.places.addWidget(self.empty)
        self.places.addWidget(whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addWidget(self.places, 1)
        self._show_empty(
            EmptyState("results", tr("Reading …"), tr("The run’s folder is being read."))
        )

    def _register(self) -> None:
        icons = ("results", "compare", "tag", "words", "groups", "report")
        for number, (name, text) in enumerate(pane_titles().items(), start=1):
            self.context.actions.add(
                Deed(
                    f"results.{name}",
                    tr("Results: {part}").format(part=text),
                    partial(self.show_pane, name),
                    shortcut=f"Alt+{number}",
                    icon=icons[number - 1],
                    page="results",
                )
            )
        deeds: tuple[tuple[str, str, Callable[[], object], str, str], ...] = (
            ("open_report", tr("Open the report in the browser"), self.open_report, "external", ""),
            ("explain", tr("Explain test rows"), self.explain, "words", ""),
            ("trust", tr("Which method to trust"), self.show_trust, "compare", ""),
            ("audit", tr("Compare the groups"), self.audit, "groups", ""),
            ("evaluate", tr("Evaluate the run again"), self.evaluate, "play", ""),
            ("write_report", tr("Write the report again"), self.write_report, "report", ""),
            ("decide", tr("Use this threshold"), self.decide, "check", ""),
            ("reload", tr("Read the run again"), self.reload, "resume", "F5"),
        )
        for name, text, does, icon, keys in deeds:
            self.context.actions.add(
                Deed(
                    f"results.{name}",
                    text,
                    does,
                    menu="" if name == "reload" else "run",
                    icon=icon,
                    shortcut=keys,
                    page="results",
                )
            )
        self._allow()

    # The page, as the window sees it

    def show_what(self, **what: Any) -> None:
        """Show a run (``run``), a part of it (``pane``), some of its rows (``rows``).

        Without a run: the one that was shown last, else the newest that finished.
        """
        pane = what.get("pane") or self.context.workspace.recall("results.pane", "overview")
        self.tabs.setCurrentIndex(PANES.index(pane) if pane in PANES else 0)
        asked = what.get("run")
        run = Path(asked) if asked is not None else self.runs.last()
        if isinstance(what.get("rows"), Asked):
            cast(Any, self._pane("rows")).asked = what["rows"]
        self._list()
        if run is None:
            self._no_runs()
        elif self.reading is None or run != self.reading.path or asked is not None:
            if self.reading is None or run != self.reading.path:
                self._from_top = set(self._panes)
            self.open(run)

    def workspace_opened(self) -> None:
        """Begin anew in another workspace."""
        self._later.forget()
        self.reading = self.desk.reading = self._wished = None
        self._stale = set(PANES)
        self._list()
        run = self.runs.last()
        if run is None:
            self._no_runs()
        else:
            self.open(run)

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take a run's folder."""
        run = next((path for path in paths if (path / "recipe.yaml").is_file()), None)
        if run is not None:
            self.open(run)
        return run is not None

    def leave(self) -> None:
        """End threads and processes."""
        self._later.forget()
        self.desk.end()
        for pane in self._panes.values():
            end = getattr(pane, "end", None)
            if end is not None:
                end()

    # Runs

    def open(self, run: Path) -> None:
        """Read a run; what stands there stays until it is read."""
        self._wished = run
        self.runs.choose(run)
        texts = texts_file(self.context.workspace.memory, run)
        self._later.run(partial(read, run, texts))

    def reload(self) -> None:
        """Read the run again."""
        if self.reading is not None:
            self.open(self.reading.path)

    def _list(self) -> None:
        shown = self._wished or (self.reading.path if self.reading is not None else None)
        known = self.runs.list_runs(shown)
        if self.reading is None and self._wished is None and known and self.isVisible():
            self.open(self.runs.last() or known[0])

    def _arrived(self, reading: Reading | None) -> None:
        if reading is None or reading.path != self._wished:
            return
        self.reading = self.desk.reading = reading
        self.context.workspace.remember("results.run", str(reading.path))
        self._stale = set(PANES)
        self._setting = True
        kept = self.split.currentData()
        self.split.clear()
        for name in reading.splits:
            self.split.addItem(tr("{split} rows").format(split=name), name)
        self.split.setCurrentIndex(max(self.split.findData(kept), 0))
        self._setting = False
        self.split.setVisible(len(reading.splits) > 1)
        self.desk.split = self.split.currentData() or ""
        self.header.set_lead(self._lead(reading))
        self._say()
        self._allow()
        if reading.evaluation is None:
            self._show_empty(unevaluated(reading, self.desk, self.evaluate))
            return
        self.places.setCurrentIndex(1)
        self._show_pane()

    def _broken(self, error: Exception) -> None:
        self.context.notices.show(
            str(error), "error", offers=((tr("Open runs"), lambda: self.context.go("runs")),)
        )
        if self.reading is None:
            self._no_runs()
        else:
            self._wished = self.reading.path
            self.runs.choose(self.reading.path)

    def _lead(self, reading: Reading) -> str:
        split = reading.split(self.desk.split)
        if split is None:
            return tr("{run} · {status}").format(run=reading.name, status=reading.status)
        rows = tr("{rows} {split} rows").format(rows=f"{split.n:,}", split=self.desk.split)
        if reading.task == DEFAULT:
            return tr("{rows} · {classes} classes").format(rows=rows, classes=len(reading.labels))
        return tr("{rows} · {task}").format(rows=rows, task=self._task(reading).lower())

    # Panes

    def show_pane(self, name: str) -> None:
        """Bring a part to the front."""
        self.tabs.setCurrentIndex(PANES.index(name))

    def show_rows(self, asked: Asked) -> None:
        """Show rows by a filter."""
        pane = cast(Any, self._pane("rows"))
        pane.asked = asked
        self._stale.add("rows")
        if self.tabs.currentIndex() == PANES.index("rows"):
            self._show_pane()
        self.show_pane("rows")
        pane.view.setFocus()

    def show_row(self, row: int) -> None:
        """Show one row closely, by its number in the predictions."""
        self.show_pane("rows")
        pane = cast(Any, self._pane("rows"))
        pane.show_row(row)
        pane.view.setFocus()

    def _pane(self, name: str) -> QWidget:
        key = name if self.reading is None else self._key(name, self.reading)
        if key not in self._panes:
            made = make_pane(key, self.desk)
            made.setAccessibleName(pane_titles()[name])
            self._panes[key] = made
            self.stack.addWidget(made)
        return self._panes[key]

    def _task(self, reading: Reading) -> str:
        return task_name(reading.task, reading.modalities.values() or ["text"])

    def _key(self, name: str, reading: Reading) -> str:
        return pane_key(name, reading.task)

    def _tab_chosen(self, at: int) -> None:
        self.context.workspace.remember("results.pane", PANES[at])
        self._show_pane()

    def _show_pane(self) -> None:
        name = PANES[max(self.tabs.currentIndex(), 0)]
        pane = self._pane(name)
        self.stack.setCurrentWidget(pane)
        if self.reading is not None and self.reading.evaluation is not None and name in self._stale:
            self._stale.discard(name)
            cast(Pane, pane).show_reading(self.reading, self.desk.split)
            self._scroll_up(pane, self._key(name, self.reading))

    def _scroll_up(self, pane: QWidget, key: str) -> None:
        """Show the top of a run that was opened from elsewhere; choosing one here stays put."""
        if key in self._from_top:
            self._from_top.discard(key)
            for area in pane.findChildren(QScrollArea):
                area.verticalScrollBar().setValue(0)

    def _split_chosen(self, at: int) -> None:
        if self._setting or self.reading is None:
            return
        self.desk.split = self.split.currentData() or ""
        self.header.set_lead(self._lead(self.reading))
        self._stale |= {"overview", "curves", "rows"}
        self._show_pane()

    # States

    def _show_empty(self, state: EmptyState) -> None:
        old = self.empty.currentWidget()
        self.empty.addWidget(state)
        self.empty.setCurrentWidget(state)
        self.places.setCurrentIndex(0)
        if old is not None:
            self.empty.removeWidget(old)
            old.deleteLater()

    def _no_runs(self) -> None:
        self.split.hide()
        self.header.set_lead("")
        self.banner.hide()
        self._show_empty(no_runs(self.context))

    def _say(self) -> None:
        """Say above the panes what is at work on this run, or was not read."""
        reading = self.reading
        if reading is None:
            return
        job = self.context.watch.jobs.get(reading.path)
        said = list(reading.troubles)
        if job is not None and job.status == "running" and reading.evaluation is not None:
            share = "" if job.share is None else f" {job.share:.0%}"
            said.append(
                tr("At work on this run: {step}{share}").format(step=job.step or "…", share=share)
            )
        elif job is not None and job.status == "failed":
            said.append(tr("Its last job failed: {why}").format(why=job.error))
        self.banner.setText("\n".join(said))
        self.banner.setVisible(bool(said))

    def _allow(self) -> None:
        reading = self.reading
        there = reading is not None
        kinds = ["text"] if reading is None else reading.modalities.values() or ["text"]
        known = offered(reading.task, kinds, by_name=True) if reading else ()
        for name, can in (
            ("open_report", reading is not None and "report.html" in reading.made),
            (
                "explain",
                "explain" in known and reading is not None and "model" in reading.made,
            ),
            ("trust", reading is not None and explains(reading.task) and "model" in reading.made),
            (
                "audit",
                "audit" in known and reading is not None and "predictions.parquet" in reading.made,
            ),
            ("evaluate", reading is not None and "model" in reading.made),
            ("write_report", reading is not None and reading.evaluation is not None),
            ("decide", reading is not None and reading.facts is not None),
            ("reload", there),
        ):
            self.context.actions.enable(f"results.{name}", can)

    def _job_told(self, path: str) -> None:
        if self.reading is not None and Path(path) == self.reading.path and self.isVisible():
            self._say()

    def _job_changed(self, path: str) -> None:
        self._job_told(path)

    def _job_ended(self, path: str) -> None:
        if self.reading is not None and Path(path) == self.reading.path:
            self.reload()

    def _decided(self, decision: Decision | None) -> None:
        if self.reading is not None:
            self.reading = self.desk.reading = replace(self.reading, decision=decision)

    def _texts_written(self, path: str) -> None:
        if self.reading is not None and Path(path) == self.reading.path:
            self.reload()

    # What can be done

    def open_report(self) -> None:
        """Open the report in the browser."""
        cast(Any, self._pane("report")).open_report()

    def explain(self) -> None:
        """Show where rows are explained."""
        self.show_pane("words")
        pane: Any = self._pane("words")
        if self.reading is not None and not (self.reading.explained or self.reading.written):
            pane.explain(pane.rows.value())
        else:
            pane.rows.setFocus()

    def show_trust(self) -> None:
        """Show which method of explanation can be trusted."""
        self.show_pane("words")
        cast(Any, self._pane("words")).show_trust()

    def audit(self) -> None:
        """Compare the groups of the recipe."""
        cast(Any, self._pane("groups")).audit(())

    def evaluate(self) -> None:
        """Predict and measure the run's rows as a job."""
        if self.reading is not None:
            self.desk.start(copyable.Evaluate(self.reading.path), tr("The run is being evaluated."))

    def write_report(self) -> None:
        """Write the report as a job."""
        cast(Any, self._pane("report")).write()

    def decide(self) -> None:
        """Use the threshold that is set on the pane of curves."""
        if self.tabs.currentIndex() != PANES.index("curves"):
            self.show_pane("curves")
        else:
            cast(Any, self._pane("curves")).decide()

    def _items(self) -> list[Item]:
        reading = self.reading
        if reading is None:
            return []
        context, run = self.context, reading.path
        return [
            (
                tr("Open the report in the browser"),
                self.open_report if "report.html" in reading.made else None,
            ),
            (tr("Open its recipe"), lambda: context.go("recipe", path=run / "recipe.yaml")),
            (tr("Show its folder"), lambda: show_file(run)),
            (tr("Copy its path"), lambda: context.copy(str(run), tr("the path"))),
            (None, None),
            (tr("Evaluate it again"), self.evaluate if "model" in reading.made else None),
            *self.desk.copies(lambda: copyable.Evaluate(run)),
        ]
