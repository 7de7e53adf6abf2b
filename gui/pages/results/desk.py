"""What the panes of this page share: the frame, saving to files, starting jobs on the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from .... import copyable
from ....core.files import write_bytes
from ....errors import PellucidError
from ...frame.child import Child
from ...frame.context import Context
from ...frame.texts import tr
from .reading import Reading

Item = tuple[str | None, Callable[[], object] | None]


class Desk(QObject):
    """The run in front, and what can be done with it.

    Signals: `saved` carries a file that was written and `failed` why one wasn't; `rows_asked`
    carries a filter of rows (`rows_filter.Asked`) that shall be shown, `row_asked` the number of
    one row, `pane_asked` the name of a part; `decided` carries the decision now in use;
    `texts_written` carries the run whose rows were written with their texts.
    """

    saved = Signal(str)
    failed = Signal(str)
    rows_asked = Signal(object)
    row_asked = Signal(int)
    pane_asked = Signal(str)
    decided = Signal(object)
    texts_written = Signal(str)

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self.context = context
        self.reading: Reading | None = None
        self.split = ""
        self._parent = parent
        self._children: list[Child] = []

    @property
    def run(self) -> Path:
        """Folder of the run in front."""
        return self.reading.path if self.reading is not None else Path()

    @property
    def busy(self) -> bool:
        """Whether a process works on the run in front."""
        job = self.context.watch.jobs.get(self.run)
        return job is not None and job.status == "running"

    # Saving

    def export(self, name: str, target: Path, *, dark: bool = False) -> copyable.Export:
        """Return the action that writes a figure or table."""
        dark = dark and target.suffix == ".png" and ":" not in name
        return copyable.Export(self.run, name, target, dark)

    def save(self, name: str, target: Path, *, dark: bool = False) -> None:
        """Write a figure, table or word map to a file by ``pellucid export``."""
        words = self.export(name, target, dark=dark).words()
        self.wait_for(words, lambda: self.told_saved(target), self.failed.emit)

    def wait_for(
        self,
        words: Sequence[str],
        done: Callable[[], object],
        failed: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Carry out a command that ends with the window, and do something when it has answered."""
        child = Child(self)
        self._children.append(child)

        def ended() -> None:
            self._children.remove(child)
            child.deleteLater()

        def answered(_: object) -> None:
            ended()
            done()

        def broken(why: str) -> None:
            ended()
            self.context.notices.show(why, "error")
            failed(why)

        child.answered.connect(answered)
        child.failed.connect(broken)
        child.run([*words, "--json"])

    def ask_and_save(self, name: str, ending: str) -> None:
        """Ask for a file and write a figure, table or word map to it."""
        target = self.ask(stem(name), ending)
        if target is not None:
            self.save(name, target, dark=self.context.theme.dark)

    def ask(self, said: str, ending: str) -> Path | None:
        """Ask for a file to write; None if the person thought better of it."""
        folder = self.context.workspace.recall("exports", str(self.context.workspace.path))
        title = tr("Save as {kind}").format(kind=ending[1:].upper())
        tidy = re.sub(r"[^\w-]+", "-", said.lower()).strip("-")[:60]
        proposed = str(Path(folder) / f"{self.run.name}-{tidy}{ending}")
        chosen, _ = QFileDialog.getSaveFileName(self._parent, title, proposed, f"*{ending}")
        if not chosen:
            return None
        target = Path(chosen)
        if target.suffix.lower() != ending:
            target = target.with_name(target.name + ending)
        self.context.workspace.remember("exports", str(target.parent))
        return target

    def write(self, target: Path, content: bytes) -> None:
        """Write a file of the window's own, and say so."""
        try:
            write_bytes(target, content)
        except (OSError, PellucidError) as error:
            said = tr("{file} can’t be written ({why}). Choose another folder.")
            self.context.notices.show(said.format(file=target, why=error), "error")
            self.failed.emit(str(error))
            return
        self.told_saved(target)

    def told_saved(self, target: Path) -> None:
        """Say that a file was written, and offer to show it."""
        self.context.notices.show(
            tr("Saved {name}").format(name=target.name),
            "done",
            offers=((tr("Show it"), lambda: show_file(target)),),
        )
        self.saved.emit(str(target))

    # Copying

    def copies_of_export(self, name: str, ending: str) -> list[Item]:
        """Return the items of a menu that copy how a figure or table is written."""
        target = self.context.workspace.path / f"{stem(name)}{ending}"
        return self.copies(lambda: self.export(name, target))

    def copies(self, action: Callable[[], copyable.Action]) -> list[Item]:
        """Return the items of a menu that copy an action."""
        copy = self.context.copy
        return [
            (
                tr("Copy as command"),
                lambda: copy(copyable.as_command(action()), tr("the command")),
            ),
            (tr("Copy as Python"), lambda: copy(copyable.as_python(action()), tr("the script"))),
        ]

    # Jobs

    def start(self, action: copyable.Action, said: str) -> None:
        """Start an action on the run in front as a job, and say what it does."""
        if self.busy:
            told = tr("Another process works on {run}. Wait for it, or stop it on the page “Jobs”.")
            self.context.notices.show(
                told.format(run=self.run.name),
                "warning",
                offers=((tr("Open jobs"), self.open_job),),
            )
            return
        self.context.workspace.start(action.words())
        self.context.notices.show(said, offers=((tr("Open jobs"), self.open_job),))

    def open_job(self) -> None:
        """Show the run's job."""
        self.context.go("jobs", run=self.run)

    def end(self) -> None:
        """End what is still being written."""
        for child in self._children:
            child.end()
        self._children.clear()


def show_file(path: Path) -> None:
    """Open a file with the program that the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def stem(name: str) -> str:
    """Return the name of a figure or table as the stem of a file."""
    return name.replace(":", "-").split(".")[-1]
