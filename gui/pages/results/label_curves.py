"""Curves where there is no threshold to set: of every label by itself, and of recall."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label, scrolled
from ...widgets.plots import LinePlot
from .desk import Desk
from .exhibit import Exhibit
from .reading import Reading

PLOT = 380


class LabelCurves(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        theme = desk.context.theme
        self.plots = [Exhibit(desk, " ", LinePlot(theme)) for _ in range(2)]
        self.note = label("", "muted", wrap=True)
        inside = QWidget()
        grid = QGridLayout()
        grid.setSpacing(2 * SPACE)
        for at, exhibit in enumerate(self.plots):
            exhibit.inside.setFixedHeight(PLOT)
            grid.addWidget(exhibit, 0, at)
            grid.setColumnStretch(at, 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.note)
        column.addLayout(grid)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show the curves of a run on a split."""
        from ....core.report.tree import LineFigure

        found = [
            one
            for one in reading.named(f"evaluation-{split}.", "figure")
            if isinstance(one.block, LineFigure)
        ]
        for exhibit, named in zip(self.plots, [*found, None, None], strict=False):
            exhibit.setVisible(named is not None)
            if named is not None:
                exhibit.inside.show_figure(named.block)  # type: ignore[attr-defined]
                exhibit.show_named(named)
        said = _said().get(reading.task, "")
        none = tr("No curves were stored for these rows (curves.parquet).")
        self.note.setText(said if found else none)


def _said() -> dict[str, str]:
    """Return what the curves of each task tell."""
    return {
        "multilabel": tr(
            "Each label is answered from a score of 0.5 on, apart from the others. The curves tell "
            "how well each label’s score parts the rows that have it from those that don’t."
        ),
        "contrastive": tr(
            "How many pictures find their text, and texts their picture, among the first so many "
            "candidates. What is most similar comes first, so there is no threshold to set."
        ),
    }
