"""What spoke for a class over all explained rows: its findings, its figure, its table."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from ...widgets.row_plots import IntervalPlot
from .desk import Desk
from .exhibit import Exhibit, show_block, show_intervals
from .overview import Findings
from .reading import Reading
from .tree_table import TreeTable


class ClassWords(QWidget):
    """Words, places or moments of one class, by one method."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self._anchor = ""
        self.findings = Findings()
        self.target = QComboBox()
        self.target.setAccessibleName(tr("Class whose words are shown"))
        self.target.currentIndexChanged.connect(lambda *_: self._show_class())
        theme = desk.context.theme
        self.figure = Exhibit(desk, "", IntervalPlot(theme))
        self.table = Exhibit(desk, "", TreeTable(theme, tr("Words")))
        self.few = label(
            tr("No word or place stands in enough of these rows to be ranked over all of them."),
            "note",
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        for widget in (self.findings, self.target, self.few, self.figure, self.table):
            column.addWidget(widget)
        column.addStretch(1)

    def show_method(self, reading: Reading, method: str, anchor: str) -> None:
        """Show what one method found.

        Parameters
        ----------
        reading
            The run.
        method
            Name of the method.
        anchor
            Beginning of the names by which the report knows its figures and tables.
        """
        self._reading, self._anchor = reading, anchor
        self.findings.show_texts(reading.findings.get("words", ()))
        known = [name for name, found in reading.words.get(method, {}).items() if found]
        self.target.blockSignals(True)
        self.target.clear()
        for name in known:
            self.target.addItem(tr("What spoke for “{name}”").format(name=visible(name, 60)), name)
        self.target.blockSignals(False)
        self.target.setVisible(bool(known))
        self.few.setVisible(not known)
        self._show_class()

    def _show_class(self) -> None:
        if self._reading is None:
            return
        every = self._reading.named(self._anchor)
        # Titles of the report, which is English.
        target = f"“{self.target.currentData()}”"
        blocks = [one for one in every if target in one.block.title]
        # Places of pictures and sounds stand in one table for all classes.
        self.target.setVisible(bool(blocks))
        for kind, exhibit in (("figure", self.figure), ("table", self.table)):
            named = next((one for one in blocks or every if one.kind == kind), None)
            exhibit.setVisible(named is not None)
            if named is None:
                continue
            if kind == "figure":
                show_intervals(exhibit, named.block)
                exhibit.show_named(named)
            else:
                show_block(exhibit, named)
