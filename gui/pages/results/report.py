"""The run's documents: the report for the browser, and the model card."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...frame.theme import monospace
from ...widgets.basics import Card, EmptyState, MoreButton, label
from .desk import Desk, Item, show_file
from .reading import Reading

REPORT, CARD = "report.html", "model_card.md"


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
        self.where = label("", "muted", wrap=True)
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.open = QPushButton(tr("Open the report"))
        set_look(self.open, "primary")
        self.open.clicked.connect(lambda *_: self.open_report())
        self.folder = QPushButton(tr("Show the run’s folder"))
        self.folder.clicked.connect(lambda *_: show_file(self.desk.run))
        page = Card(tr("Report"))
        page.header.addWidget(MoreButton(self._items, tr("Write or copy")))
        row = QHBoxLayout()
        row.addWidget(self.open)
        row.addWidget(self.folder)
        row.addStretch(1)
        page.body.addWidget(self.where)
        page.body.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(monospace(10))
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
        column.addWidget(page)
        column.addWidget(self.card, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(made)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's documents."""
        has = REPORT in reading.made
        self.stack.setCurrentIndex(1 if has or reading.card else 0)
        self.open.setEnabled(has)
        self.where.setText(visible(str(reading.path / REPORT)) if has else tr("Not written."))
        self.card.setVisible(bool(reading.card))
        self.text.setPlainText(visible(reading.card, lines=True))

    def open_report(self) -> None:
        """Open the report in the browser."""
        file = self.desk.run / REPORT
        if file.is_file():
            show_file(file)
        else:
            self.desk.context.notices.show(
                tr("This run has no report yet."),
                "warning",
                offers=((tr("Write the report"), self.write),),
            )

    def write(self) -> None:
        """Write report and model card as a job."""
        self.desk.start(copyable.Report(self.desk.run), tr("The report is being written."))

    def _copy_card(self, *_: object) -> None:
        if self.desk.reading is not None:
            self.desk.context.copy(self.desk.reading.card, tr("the model card"))

    def _items(self) -> list[Item]:
        copies = self.desk.copies(lambda: copyable.Report(self.desk.run))
        return [(tr("Write the report again"), self.write), (None, None), *copies]
