"""The runs page: the table with its filters, a pane beside it, comparing, and the trash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....core import trash
from ...frame.actions import Deed
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import EmptyState, MoreButton, PageHeader, action_button
from ...widgets.standing import RESUMABLE
from ...widgets.undoable import attempt, carry
from .comparing import Comparing
from .export import export_csv
from .filters import Filters
from .model import USUAL_METRICS, RunsModel
from .rows import Row
from .shelf import Shelf
from .side import Side
from .table import RunsTable
from .trash_view import TrashView

TABLE, COMPARE, TRASH = range(3)


class RunsPage(QWidget):
    """Find runs, note what they are, compare them, and throw away what is not needed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.model = RunsModel(self, lambda: context.watch.jobs)
        self.shelf = Shelf(self)
        self._register()
        self.table = RunsTable(self.model)
        self.filters = Filters()
        self.side = Side(context, self.model.status)
        self.comparing = Comparing(context)
        self.trash = TrashView(self.restore)
        self._lay_out()
        self.table.selected.connect(self._selected)
        self.table.opened.connect(lambda path: context.go("results", run=Path(path)))
        self.filters.changed.connect(self._filter)
        self.filters.metrics_chosen.connect(self.choose_metrics)
        self.side.written.connect(lambda path: self.shelf.read_now(Path(path)))
        self.shelf.changed.connect(self.refresh)
        context.watch.listed.connect(self.shelf.look)
        context.watch.changed.connect(self._changed)
        context.watch.told.connect(self._told)
        self.workspace_opened()

    # What the window asks

    def show_what(
        self, *, run: str | Path | None = None, compare: Sequence[str | Path] = (), **what: object
    ) -> None:
        """Choose a run, or compare some."""
        if compare:
            self.compare([Path(path) for path in compare])
        elif run is not None:
            if Path(run) not in self.shelf.rows:
                self.shelf.read_now(Path(run))
            self.filters.clear()
            self.tabs.setCurrentIndex(TABLE)
            self.table.select([Path(run)])

    def workspace_opened(self) -> None:
        """Show the runs of the workspace that is open now."""
        workspace = self._context.workspace
        kept = workspace.recall("runs.metrics", list(USUAL_METRICS))
        self.model.use_metrics([str(name) for name in kept])
        self.comparing.show_runs([])
        self.shelf.follow(workspace.runs)
        self._look_at_trash()

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take nothing."""
        return False

    def leave(self) -> None:
        """Save a note that is being written, and end the timers."""
        self.side.save_note()
        self.shelf.stop()
        self.comparing.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while another page was in front."""
        super().showEvent(event)
        self.shelf.look()
        self.refresh()
        self._look_at_trash()

    # What is shown

    @property
    def chosen(self) -> list[Row]:
        """The runs that the actions are for: those compared, else those selected."""
        if self.tabs.currentIndex() == COMPARE and self.comparing.paths:
            rows = (self.shelf.rows.get(path) for path in self.comparing.paths)
            return [row for row in rows if row is not None]
        return self.table.rows

    def refresh(self) -> None:
        """Show the runs as they are now; what is selected and where it is scrolled to stays."""
        rows = list(self.shelf.rows.values())
        self.comparing.drop([path for path in self.comparing.paths if path not in self.shelf.rows])
        self.model.show_rows(rows)
        self.filters.show_choices(
            [self.model.status(row) for row in rows], [tag for row in rows for tag in row.tags]
        )
        self.filters.show_metrics(self.model.known_metrics, self.model.metrics)
        self._stack.setCurrentIndex(1 if rows or self.shelf.busy else 0)
        self._nothing.setVisible(bool(rows) and not self.model.shown)
        self._say()
        self._selected()

    def _say(self) -> None:
        every, shown = len(self.model.every), len(self.model.shown)
        text = tr("1 run") if every == 1 else tr("{n} runs").format(n=every)
        if shown != every:
            text = tr("{shown} of {all} runs").format(shown=shown, all=every)
        self._header.set_lead(text)

    def _selected(self) -> None:
        rows = self.chosen
        one = rows[0] if len(rows) == 1 else None
        status = self.model.status(one) if one is not None else ""
        allowed = {
            "open": one is not None and one.whole,
            "compare": len(rows) > 1,
            "job": one is not None and one.path in self._context.watch.jobs,
            "resume": status in RESUMABLE,
            "recipe": one is not None and one.whole,
            "folder": one is not None,
            "delete": bool(rows),
            "export": bool(self.model.shown),
            "copy": bool(self.model.shown),
            "command": len(rows) > 1,
            "python": len(rows) > 1,
        }
        for name, may in allowed.items():
            self._context.actions.enable(f"runs.{name}", may)
        self.side.show_rows(self.table.rows)

    def _filter(self) -> None:
        self.model.use_filter(self.filters.filter)
        self._nothing.setVisible(bool(self.model.every) and not self.model.shown)
        self._say()
        self._selected()

    def _changed(self, _: str) -> None:
        self.shelf.look()
        self.refresh()

    def _told(self, _: str) -> None:
        if self.isVisible():
            self.model.show_rows(list(self.shelf.rows.values()))

    def _look_at_trash(self) -> None:
        count = self.trash.look(self._context.workspace.runs)
        self.tabs.setTabText(TRASH, tr("Trash ({n})").format(n=count) if count else tr("Trash"))

    # What can be done

    def choose_metrics(self, names: Sequence[str]) -> None:
        """Show these metrics as columns, and remember them."""
        selected = [row.path for row in self.table.rows]
        self.model.use_metrics(list(names))
        self.table.select(selected)
        self._context.workspace.remember("runs.metrics", list(names))

    def open_results(self) -> None:
        """Open the chosen run's results."""
        if len(self.chosen) == 1:
            self._context.go("results", run=self.chosen[0].path)

    def open_job(self) -> None:
        """Open the chosen run's job."""
        if len(self.chosen) == 1:
            self._context.go("jobs", run=self.chosen[0].path)

    def new_recipe(self) -> None:
        """Begin a recipe from the chosen run's."""
        if len(self.chosen) == 1:
            self._context.go("recipe", run=self.chosen[0].path)

    def resume(self) -> None:
        """Go on with the chosen run."""
        if len(self.chosen) == 1:
            path = self.chosen[0].path
            self._context.workspace.start(["resume", str(path), "--quiet"])
            self._context.notices.show(
                tr("{name} is being resumed.").format(name=path.name),
                offers=((tr("Watch it"), partial(self._context.go, "jobs", run=path)),),
            )

    def compare(self, paths: Sequence[Path] | None = None) -> None:
        """Put runs beside each other: these, or those selected."""
        chosen = [row.path for row in self.table.rows] if paths is None else list(paths)
        self.comparing.show_runs(chosen)
        self.tabs.setCurrentIndex(COMPARE)

    def delete(self) -> None:
        """Move the chosen runs to the trash; it can be undone."""
        rows = self.chosen
        running = [row for row in rows if self.model.status(row) == "running"]
        for row in running:
            self._context.notices.show(
                tr(
                    "{name} is running, so it was not deleted. Stop or cancel its job first."
                ).format(name=row.name),
                "warning",
                offers=((tr("Open jobs"), partial(self._context.go, "jobs", run=row.path)),),
            )
        paths = [row.path for row in rows if row not in running]
        if not paths:
            return
        self.side.save_note()
        name = paths[0].name if len(paths) == 1 else tr("{n} runs").format(n=len(paths))
        places: list[Path] = []

        def away() -> None:
            try:
                for path in paths:
                    places.append(trash.discard(path))
            finally:
                self._moved()

        def back() -> None:
            # A name may be taken by now; what is thrown away again is where it came to.
            try:
                paths[:] = [trash.restore(place) for place in places]
                places.clear()
            finally:
                self._moved(*paths)

        if carry(self._context, tr("Delete {name}").format(name=name), away, back):
            self._context.notices.show(
                tr("{name} moved to the trash.").format(name=name),
                "done",
                offers=((tr("Undo"), self._context.undo.stack.undo),),
            )

    def restore(self, place: Path) -> None:
        """Bring a run back from the trash."""
        restored: list[Path] = []
        if attempt(self._context, lambda: restored.append(trash.restore(place))):
            self._context.notices.show(
                tr("{name} is back.").format(name=restored[0].name),
                "done",
                offers=((tr("Show it"), partial(self.show_what, run=restored[0])),),
            )
        self._moved(*restored)

    def export(self, path: Path | None = None) -> None:
        """Write the table as it is shown to a CSV file; ask for one if none is named."""
        if path is None:
            proposed = str(self._context.workspace.path / "runs.csv")
            name, _ = QFileDialog.getSaveFileName(
                self, tr("Export the table"), proposed, tr("CSV (*.csv)")
            )
            if not name:
                return
            path = Path(name)
        if attempt(self._context, partial(export_csv, path, self.model, self.model.shown)):
            self._context.notices.show(
                tr("{n} runs written to {path}.").format(n=len(self.model.shown), path=path), "done"
            )

    def copy(self) -> None:
        """Copy the selected rows, or all that are shown."""
        count = self.table.copy_rows()
        self._context.notices.show(tr("Copied: {n} rows").format(n=count), "done")

    def copy_command(self) -> None:
        """Copy the comparison as a command."""
        self._context.copy(copyable.as_command(self._comparison()), tr("the command"))

    def copy_python(self) -> None:
        """Copy the comparison as a program."""
        self._context.copy(copyable.as_python(self._comparison()), tr("the program"))

    def _comparison(self) -> copyable.Compare:
        return copyable.Compare(tuple(row.path for row in self.chosen))

    def open_folder(self) -> None:
        """Show the chosen run's folder in the file manager."""
        path = self.chosen[0].path
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._context.copy(str(path), tr("the folder’s path"))

    def _moved(self, *came: Path) -> None:
        """Note that folders came or went."""
        self._context.watch.look()
        self.shelf.look()
        for path in came:
            self.shelf.read_now(path)
        self.refresh()
        self._look_at_trash()

    def _more(self) -> list[tuple[str | None, Callable[[], object] | None]]:
        names: tuple[str | None, ...] = (
            "job",
            "folder",
            None,
            "copy",
            "export",
            None,
            "command",
            "python",
        )
        out: list[tuple[str | None, Callable[[], object] | None]] = []
        for name in names:
            action = self._context.actions[f"runs.{name}"] if name else None
            does = action.trigger if action is not None and action.isEnabled() else None
            out.append((action.text() if action is not None else None, does))
        return out

    # How it is built

    def _register(self) -> None:
        deeds = (
            ("open", tr("Open the run’s results"), self.open_results, "results", ""),
            ("compare", tr("Compare the chosen runs"), self.compare, "compare", "Ctrl+M"),
            ("job", tr("Show the run’s job"), self.open_job, "jobs", ""),
            ("resume", tr("Resume the run"), self.resume, "resume", "Ctrl+R"),
            ("recipe", tr("New recipe from this run"), self.new_recipe, "recipe", ""),
            ("folder", tr("Open the run’s folder"), self.open_folder, "external", ""),
            ("delete", tr("Delete the chosen runs"), self.delete, "trash", "Del"),
            ("search", tr("Search runs"), self._search, "search", "Ctrl+F"),
            ("copy", tr("Copy the rows"), self.copy, "copy", ""),
            ("export", tr("Export the table as CSV …"), self.export, "export", "Ctrl+E"),
            ("command", tr("Copy the comparison as command"), self.copy_command, "copy", ""),
            ("python", tr("Copy the comparison as Python"), self.copy_python, "code", ""),
        )
        for name, text, run, icon, keys in deeds:
            self._context.actions.add(
                Deed(f"runs.{name}", text, run, menu="run", icon=icon, shortcut=keys, page="runs")
            )

    def _search(self) -> None:
        self.tabs.setCurrentIndex(TABLE)
        self.filters.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.selectAll()

    def _lay_out(self) -> None:
        context = self._context
        self._header = PageHeader(tr("Runs"))
        self._header.add(action_button(context.actions["runs.compare"], text=tr("Compare")))
        self._header.add(action_button(context.actions["runs.export"], text=tr("Export …")))
        self._header.add(MoreButton(self._more, tr("More for these runs")))
        empty = EmptyState(
            "runs",
            tr("No runs yet"),
            tr(
                "A run is one execution of a recipe: its model, figures, explanations and report "
                "in one folder. Write a recipe, or bring a table and get a recipe for it."
            ),
            (
                (tr("Write a recipe"), partial(context.go, "recipe")),
                (tr("Bring a table"), partial(context.go, "data")),
            ),
        )
        self._nothing = EmptyState(
            "search",
            tr("No run passes the filter"),
            tr("Search for something else, or show all runs again."),
            ((tr("Show all"), self.filters.clear),),
        )
        self._nothing.hide()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, SPACE, 2 * SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.filters)
        column.addWidget(self.table, 1)
        column.addWidget(self._nothing)
        self.side.setMinimumWidth(290)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.side)
        split.setStretchFactor(0, 1)
        split.setSizes([900, 300])
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Parts of the page"))
        self.tabs.tabBar().setAccessibleName(tr("Parts of the page"))
        self.tabs.addTab(split, tr("All runs"))
        self.tabs.addTab(self.comparing, tr("Compare"))
        self.tabs.addTab(self.trash, tr("Trash"))
        self.tabs.currentChanged.connect(lambda _: self._selected())
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(self.tabs)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        whole.setSpacing(SPACE)
        whole.addWidget(self._header)
        whole.addWidget(self._stack, 1)
