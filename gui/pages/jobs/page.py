"""The jobs page: the list at the left, the chosen job or entry at the right."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from .... import copyable
from ....core import jobs, queue
from ....core.follow import Following
from ....core.queue import Entry
from ...frame.actions import Deed
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import EmptyState, PageHeader, action_button
from ...widgets.standing import RESUMABLE
from ...widgets.undoable import attempt, carry
from .board import board, queued_by, waiting
from .detail import Detail
from .job_list import JobList
from .waiting import Waiting

QUEUE_EVERY = 1000
"""Milliseconds between two looks at the queue's folder."""
PATIENCE = 60.0
"""Seconds after which a request that nothing came of is shown no more."""


class JobsPage(QWidget):
    """Watch what runs, stop, cancel and resume it, and arrange what waits."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._asked: dict[Path, str] = {}
        self._asked_at: dict[Path, float] = {}
        self._entries: list[Entry] = []
        self._runner = False
        self._stamp: object = None
        self._queued: dict[Path, str] = {}
        self._register()
        self.list = JobList(context.theme)
        self.list.chosen.connect(self.choose)
        self.detail = Detail(context, self._asked, self._more)
        self.waiting = Waiting(context)
        self._lay_out()
        watch = context.watch
        watch.told.connect(self._told)
        watch.changed.connect(self._changed)
        watch.listed.connect(self._listed)
        self._timer = QTimer(self)
        self._timer.setInterval(QUEUE_EVERY)
        self._timer.timeout.connect(self._look_at_queue)
        self._timer.start()
        self.workspace_opened()

    # What the window asks

    def show_what(self, *, run: str | Path | None = None, **what: object) -> None:
        """Show a run's job; the one that was chosen last if none is named."""
        if run is not None:
            self.choose(str(Path(run)))

    def workspace_opened(self) -> None:
        """Show the jobs of the workspace that is open now."""
        self._asked.clear()
        self._queued.clear()
        self._stamp = None
        self._look_at_queue()
        self.refresh()
        kept = str(self._context.workspace.runs / str(self._context.workspace.recall("job", "")))
        keys = self.list.keys
        self.choose(kept if kept in keys else keys[0] if keys else "")

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take nothing."""
        return False

    def leave(self) -> None:
        """End the timers."""
        self._timer.stop()
        self.detail.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what was told while another page was in front."""
        super().showEvent(event)
        self._look_at_queue()
        self.refresh()
        self.detail.catch_up()

    # What is shown

    @property
    def job(self) -> Following | None:
        """The chosen job; None where an entry or nothing is chosen."""
        return self._context.watch.jobs.get(Path(self.list.key)) if self.list.key else None

    @property
    def entry(self) -> Entry | None:
        """The chosen entry of the queue."""
        return next((one for one in self._entries if str(one.path) == self.list.key), None)

    def choose(self, key: str) -> None:
        """Choose a job or an entry by its path."""
        self.list.choose(key)
        self._show_chosen()
        if self.job is not None:
            self._context.workspace.remember("job", self.job.name)

    def refresh(self) -> None:
        """Show the list as it is now."""
        every = list(self._context.watch.jobs.values())
        for job in every:
            if job.status == "running" and job.path not in self._queued:
                self._queued[job.path] = queued_by(job)
        items = board(every, self._entries, runner=self._runner, queued=self._queued)
        had = self.list.key
        self.list.show_items(items)
        self._stack.setCurrentIndex(1 if items else 0)
        running = sum(job.status == "running" for job in every)
        self._header.set_lead(_lead(running, len(self._entries)))
        waits = any(one.status == "waiting" for one in self._entries)
        self._start.setVisible(waits and not self._runner)
        self._end.setVisible(self._runner)
        if self.list.key != had or not had:
            keys = self.list.keys
            if self.list.key not in keys and keys:
                self.list.choose(keys[0])
            self._show_chosen()
        self._allow()

    def _show_chosen(self) -> None:
        job, entry = self.job, self.entry
        if job is not None:
            if self.detail.job is not job:
                self.detail.follow(job)
            self._right.setCurrentWidget(self.detail)
        elif entry is not None:
            self._show_entry(entry)
            self._right.setCurrentWidget(self.waiting)
        else:
            self._right.setCurrentIndex(2)
        self._allow()

    def _show_entry(self, entry: Entry) -> None:
        waits = waiting(list(self._context.watch.jobs.values()), self._entries, self._queued)
        at = self._entries.index(entry)
        self.waiting.show_entry(entry, at + 1, len(self._entries), self._runner, waits[at])

    def _allow(self) -> None:
        job, entry = self.job, self.entry
        status = job.status if job is not None else ""
        asked = self._asked.get(job.path, "") if job is not None else ""
        at = self._entries.index(entry) if entry is not None else -1
        allowed = {
            "stop": status == "running" and not asked,
            "cancel": status == "running" and asked != "cancel",
            "resume": status in RESUMABLE and not asked,
            "results": job is not None,
            "folder": job is not None,
            "recipe": job is not None,
            "command": job is not None,
            "python": job is not None,
            "up": at > 0,
            "down": 0 <= at < len(self._entries) - 1,
            "remove": entry is not None,
            "retry": entry is not None and bool(entry.error) and bool(entry.recipe),
            "start_queue": not self._runner
            and any(one.status == "waiting" for one in self._entries),
            "end_queue": self._runner,
        }
        for name, may in allowed.items():
            self._context.actions.enable(f"jobs.{name}", may)

    # What is told

    def _told(self, path: str) -> None:
        if self._asked.get(Path(path)) == "resume":
            self._forget(Path(path))
        if not self.isVisible():
            return
        self.refresh()
        if self.detail.job is not None and str(self.detail.job.path) == path:
            self.detail.catch_up()

    def _changed(self, path: str) -> None:
        self._forget(Path(path))
        self.refresh()
        if self.detail.job is not None and str(self.detail.job.path) == path:
            self.detail.catch_up()

    def _listed(self) -> None:
        self.refresh()
        # After another workspace was opened the same folder may be followed by something new.
        if self.job is not None and self.detail.job is not self.job:
            self.detail.follow(self.job)

    def _look_at_queue(self) -> None:
        self._expire()
        runs = self._context.workspace.runs
        runner = queue.runner_alive(runs)
        stamp = _stamp(runs / queue.FOLDER)
        if (stamp, runner) == self._stamp:
            return
        self._stamp, self._runner = (stamp, runner), runner
        self._entries = queue.entries(runs)
        self.refresh()
        if self.entry is not None:
            self._show_entry(self.entry)

    def _expire(self) -> None:
        old = [path for path, at in self._asked_at.items() if time.monotonic() - at > PATIENCE]
        for path in old:
            self._context.notices.show(
                tr(
                    "{name}: nothing came of “{what}” within a minute. Try again, or run the "
                    "command in a terminal: {command}"
                ).format(
                    name=path.name,
                    what=self._asked[path],
                    command=copyable.command([self._asked[path], str(path)]),
                ),
                "warning",
            )
            self._forget(path)
            self.detail.refresh()
            self._allow()

    def _forget(self, path: Path) -> None:
        self._asked.pop(path, None)
        self._asked_at.pop(path, None)

    # What can be done

    def stop(self) -> None:
        """Let the chosen job finish its step, save, and end."""
        self._ask("stop", ["stop"])

    def cancel(self) -> None:
        """End the chosen job at once."""
        self._ask("cancel", ["cancel"])

    def resume(self) -> None:
        """Go on with the chosen run."""
        self._ask("resume", ["resume"], ["--quiet"])

    def _ask(self, what: str, words: list[str], more: Sequence[str] = ()) -> None:
        job = self.job
        if job is None:
            return
        self._asked[job.path], self._asked_at[job.path] = what, time.monotonic()
        # A process of its own: cancelling waits up to ten seconds for the job to end.
        self._context.workspace.start([*words, str(job.path), *more])
        self.detail.refresh()
        self._allow()

    def shift(self, by: int) -> None:
        """Give the chosen entry an earlier or a later place; it can be undone."""
        entry = self.entry
        if entry is None:
            return
        place = self._entries.index(entry) + 1
        carry(
            self._context,
            tr("Move {name} in the queue").format(name=entry.name),
            partial(self._moved, entry, place + by),
            partial(self._moved, entry, place),
        )

    def _moved(self, entry: Entry, place: int) -> None:
        queue.move(entry, place)
        self._look_at_queue()

    def remove(self) -> None:
        """Take the chosen entry out of the queue; it can be undone."""
        entry = self.entry
        if entry is None:
            return
        at = self._entries.index(entry)

        def gone() -> None:
            queue.remove(entry)
            self._look_at_queue()

        def back() -> None:
            queue.put_back(entry)
            self._look_at_queue()

        if carry(
            self._context,
            tr("Remove {name} from the queue").format(name=entry.name),
            gone,
            back,
        ):
            if self._entries:
                self.choose(str(self._entries[min(at, len(self._entries) - 1)].path))
            self._context.notices.show(
                tr("{name} was removed from the queue.").format(name=entry.name),
                offers=((tr("Undo"), self._context.undo.stack.undo),),
            )

    def retry(self) -> None:
        """Let the chosen entry, which could not begin, wait for its turn again."""
        entry = self.entry
        if entry is not None and attempt(self._context, partial(queue.retry, entry)):
            self._look_at_queue()

    def start_queue(self) -> None:
        """Carry out what waits, one after another."""
        workspace = self._context.workspace
        workspace.start(queue.runner_words(workspace.runs))
        self._context.notices.show(tr("The queue starts."))

    def end_queue(self) -> None:
        """Take no further entry; the run at work comes to its end."""
        folder = queue.runner_folder(self._context.workspace.runs)
        if attempt(self._context, partial(jobs.ask, folder, "stop")):
            self._context.notices.show(
                tr("The queue takes nothing more. The run at work comes to its end.")
            )

    def open_results(self) -> None:
        """Open the results of the chosen run."""
        if self.job is not None:
            self._context.go("results", run=self.job.path)

    def open_folder(self) -> None:
        """Show the chosen run's folder in the file manager."""
        if self.job is not None and not QDesktopServices.openUrl(
            QUrl.fromLocalFile(str(self.job.path))
        ):
            self._context.copy(str(self.job.path), tr("the folder’s path"))

    def new_recipe(self) -> None:
        """Begin a recipe from the chosen run's."""
        if self.job is not None:
            self._context.go("recipe", run=self.job.path)

    def copy_command(self) -> None:
        """Copy what goes on with the run, or carries out its recipe once more."""
        if self.job is not None:
            self._context.copy(copyable.as_command(_action(self.job)), tr("the command"))

    def copy_python(self) -> None:
        """Copy the same as a program."""
        if self.job is not None:
            self._context.copy(copyable.as_python(_action(self.job)), tr("the program"))

    def _more(self) -> list[tuple[str | None, Callable[[], object] | None]]:
        actions = self._context.actions
        names: tuple[str | None, ...] = ("folder", "recipe", None, "command", "python")
        out: list[tuple[str | None, Callable[[], object] | None]] = []
        for name in names:
            action = actions[f"jobs.{name}"] if name else None
            out.append((action.text(), action.trigger) if action else (None, None))
        return out

    # How it is built

    def _register(self) -> None:
        deeds = (
            ("stop", tr("Stop the job: finish the step and save"), self.stop, "stop", ""),
            ("cancel", tr("Cancel the job: end it at once"), self.cancel, "cancel", ""),
            ("resume", tr("Resume the job"), self.resume, "resume", "Ctrl+R"),
            ("results", tr("Open the job’s results"), self.open_results, "results", ""),
            ("folder", tr("Open the run’s folder"), self.open_folder, "external", ""),
            ("recipe", tr("New recipe from this run"), self.new_recipe, "recipe", ""),
            ("command", tr("Copy as command"), self.copy_command, "copy", ""),
            ("python", tr("Copy as Python"), self.copy_python, "code", ""),
            ("up", tr("Move up in the queue"), partial(self.shift, -1), "up", "Alt+Up"),
            ("down", tr("Move down in the queue"), partial(self.shift, 1), "down", "Alt+Down"),
            ("remove", tr("Remove from the queue"), self.remove, "trash", "Del"),
            ("retry", tr("Let it wait for its turn again"), self.retry, "resume", ""),
            ("start_queue", tr("Start the queue"), self.start_queue, "play", ""),
            ("end_queue", tr("Stop the queue after this run"), self.end_queue, "stop", ""),
        )
        for name, text, run, icon, keys in deeds:
            self._context.actions.add(
                Deed(f"jobs.{name}", text, run, menu="run", icon=icon, shortcut=keys, page="jobs")
            )

    def _lay_out(self) -> None:
        context = self._context
        self._header = PageHeader(tr("Jobs"))
        self._start = action_button(context.actions["jobs.start_queue"], "primary")
        self._end = action_button(context.actions["jobs.end_queue"])
        self._header.add(self._start)
        self._header.add(self._end)
        nothing = EmptyState(
            "jobs",
            tr("Nothing runs yet"),
            tr(
                "A job trains, evaluates, explains and audits a model. It goes on when this window "
                "is closed, and shows here again. Write a recipe to start one, or bring a table "
                "and get a recipe for it."
            ),
            (
                (tr("Write a recipe"), partial(context.go, "recipe")),
                (tr("Bring a table"), partial(context.go, "data")),
            ),
        )
        self._right = QStackedWidget()
        self._right.addWidget(self.detail)
        self._right.addWidget(self.waiting)
        self._right.addWidget(QWidget())
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        self.list.setMinimumWidth(240)
        split.addWidget(self.list)
        split.addWidget(self._right)
        split.setStretchFactor(1, 1)
        split.setSizes([300, 900])
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(split)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._header)
        column.addWidget(self._stack, 1)


def _action(job: Following) -> copyable.Action:
    if job.status in RESUMABLE:
        return copyable.Resume(job.path)
    return copyable.RunRecipe(job.path / "recipe.yaml", job.path.parent)


def _lead(running: int, waits: int) -> str:
    if running == 0 and waits == 0:
        return tr("Nothing is running now.")
    words = []
    if running:
        words.append(
            tr("1 job is running") if running == 1 else tr("{n} jobs are running").format(n=running)
        )
    if waits:
        words.append(
            tr("1 waits in the queue")
            if waits == 1
            else tr("{n} wait in the queue").format(n=waits)
        )
    return ", ".join(words) + "."


def _stamp(folder: Path) -> object:
    """Return what changes whenever an entry is added, changed or taken off."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None
