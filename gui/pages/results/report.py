"""The run's documents: which there are, what each is for, and the model card in full."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....core.files import write_with
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...frame.theme import monospace
from ...widgets.basics import Card, EmptyState, MoreButton, label, scrolled
from .desk import Desk, Item, show_file
from .reading import DOCUMENTS, Reading

REPORT = DOCUMENTS["html"]
CARD_HEIGHT = 420


@dataclass(frozen=True)
class _Line:
    """The widgets of one document."""

    when: QLabel
    open: QPushButton
    write: QPushButton
    more: MoreButton


class ReportPane(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.nothing = EmptyState(
            "report",
            tr("No report was written yet"),
            tr(
                "The report is one page for the browser with everything that was measured; it "
                "needs no network and can be passed on. The model card says the same in short."
            ),
            [(tr("Write the report"), self.write)],
        )
        self.lines: dict[str, _Line] = {}
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(monospace(10))
        self.text.setMinimumHeight(CARD_HEIGHT)
        self.text.setAccessibleName(tr("Model card"))
        self.card = Card(tr("Model card"))
        copy = QPushButton(tr("Copy"))
        copy.setAccessibleName(tr("Copy the model card"))
        copy.clicked.connect(self._copy_card)
        self.card.header.addWidget(copy)
        self.card.body.addWidget(self.text, 1)
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self._documents())
        column.addWidget(self.card, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(scrolled(made))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    def _documents(self) -> Card:
        page = Card(tr("Documents"))
        page.header.addWidget(MoreButton(self._items, tr("Write or copy")))
        self.where = label("", "muted", wrap=True)
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(SPACE)
        grid.setColumnStretch(1, 1)
        for at, (name, title, about) in enumerate(_kinds()):
            line = self._line(name, title)
            self.lines[name] = line
            named = label(title)
            named.setBuddy(line.open)
            grid.addWidget(named, at, 0)
            grid.addWidget(label(about, "muted", wrap=True), at, 1)
            grid.addWidget(line.when, at, 2)
            for place, widget in enumerate((line.open, line.write, line.more), start=3):
                grid.addWidget(widget, at, place)
        self.open = self.lines["html"].open
        self.folder = QPushButton(tr("Show the run’s folder"))
        self.folder.clicked.connect(lambda *_: show_file(self.desk.run))
        self.all = QPushButton(tr("Write all"))
        self.all.setToolTip(tr("Write every document, from one and the same report"))
        self.all.clicked.connect(lambda *_: self.write(tuple(DOCUMENTS)))
        row = QHBoxLayout()
        row.addWidget(self.all)
        row.addWidget(self.folder)
        row.addStretch(1)
        page.body.addLayout(grid)
        page.body.addWidget(self.where)
        page.body.addLayout(row)
        return page

    def _line(self, name: str, title: str) -> _Line:
        open_ = QPushButton(tr("Open"))
        set_look(open_, "primary" if name == "html" else "")
        open_.setAccessibleName(tr("Open: {document}").format(document=title))
        open_.clicked.connect(lambda *_: self._open(name))
        write = QPushButton()
        write.clicked.connect(lambda *_: self.write((name,)))
        more = MoreButton(
            partial(self._items_of, name), tr("Save or copy: {title}").format(title=title)
        )
        return _Line(label("", "muted"), open_, write, more)

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's documents."""
        there = [name for name, file in DOCUMENTS.items() if file in reading.made]
        self.stack.setCurrentIndex(1 if there else 0)
        self.where.setText(visible(tr("In {folder}").format(folder=reading.path)))
        titles = {name: title for name, title, _ in _kinds()}
        for name, line in self.lines.items():
            has = name in there
            line.when.setText(_when(reading.path / DOCUMENTS[name]) if has else tr("not written"))
            line.open.setEnabled(has)
            said = tr("Write again") if has else tr("Write")
            line.write.setText(said)
            line.write.setAccessibleName(f"{said}: {titles[name]}")
        self.card.setVisible(bool(reading.card))
        self.text.setPlainText(visible(reading.card, lines=True))

    def open_report(self) -> None:
        """Open the report in the browser."""
        self._open("html")

    def _open(self, name: str) -> None:
        file = self.desk.run / DOCUMENTS[name]
        if file.exists():
            show_file(file)
            return
        self.desk.context.notices.show(
            tr("This run has no report yet.")
            if name == "html"
            else tr("{file} is no longer there.").format(file=file.name),
            "warning",
            offers=((tr("Write the report"), lambda: self.write((name,))),),
        )

    def write(self, formats: tuple[str, ...] = ()) -> None:
        """Write documents as a job; those of the recipe if none are named."""
        said = tr("The report is being written.")
        if formats and formats != ("html",):
            titles = {name: title for name, title, _ in _kinds()}
            written = ", ".join(titles[name] for name in formats)
            said = tr("Being written: {documents}.").format(documents=written)
        self.desk.start(copyable.Report(self.desk.run, formats), said)

    def save_copy(self, name: str, target: Path) -> None:
        """Copy a document to another place; a folder of tables becomes one zip file."""
        source = self.desk.run / DOCUMENTS[name]

        def copied(partial: Path) -> None:
            if source.is_dir():
                _zipped(source, partial)
            else:
                shutil.copyfile(source, partial)

        try:
            write_with(target, copied)
        except OSError as error:
            said = tr("{file} can’t be written ({why}). Choose another folder.")
            self.desk.context.notices.show(said.format(file=target, why=error), "error")
            return
        self.desk.told_saved(target)

    def _ask_and_copy(self, name: str) -> None:
        source = self.desk.run / DOCUMENTS[name]
        if not source.exists():
            self._open(name)
            return
        target = self.desk.ask(source.stem, source.suffix or ".zip")
        if target is not None:
            self.save_copy(name, target)

    def _copy_card(self, *_: object) -> None:
        if self.desk.reading is not None:
            self.desk.context.copy(self.desk.reading.card, tr("the model card"))

    def _items(self) -> list[Item]:
        copies = self.desk.copies(lambda: copyable.Report(self.desk.run))
        return [(tr("Write those of the recipe again"), self.write), (None, None), *copies]

    def _items_of(self, name: str) -> list[Item]:
        has = (self.desk.run / DOCUMENTS[name]).exists()
        copies = self.desk.copies(lambda: copyable.Report(self.desk.run, (name,)))
        save = (lambda: self._ask_and_copy(name)) if has else None
        return [(tr("Save a copy …"), save), (None, None), *copies]


def _kinds() -> tuple[tuple[str, str, str], ...]:
    """Return each document's name, title and what it is for."""
    return (
        ("html", tr("Report, HTML"), tr("One page with everything, for any browser.")),
        ("pdf", tr("Report, PDF"), tr("The same on pages: to print, to sign, to file.")),
        ("markdown", tr("Report, Markdown"), tr("Text with its pictures in a folder beside it.")),
        ("json", tr("Report, JSON"), tr("Every number, for programs.")),
        ("csv", tr("Report, CSV tables"), tr("Every table and figure as a table of its own.")),
        ("model_card", tr("Model card"), tr("What the model is for, and how it was measured.")),
        ("data_sheet", tr("Data sheet"), tr("What the data is and where it comes from.")),
    )


def _when(path: Path) -> str:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    except OSError:
        return ""


def _zipped(source: Path, target: Path) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(source.parent))
