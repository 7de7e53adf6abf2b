"""What stands in a part of the results that doesn't apply to a run's task: one sentence why."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from ...frame.texts import tr
from ...widgets.basics import EmptyState
from ...widgets.task_words import task_name
from .desk import Desk
from .panes import PANES, pane_titles
from .reading import Reading


class Elsewhere(QStackedWidget):
    """The pane."""

    def __init__(self, desk: Desk, part: str) -> None:
        super().__init__()
        self.desk = desk
        self._part = part
        self.said = ""

    def show_reading(self, reading: Reading, split: str) -> None:
        """Say why there is nothing here for the run's task, and where to look instead."""
        task = task_name(reading.task, reading.modalities.values() or ["text"])
        self.said = _reasons(reading.task).get(self._part, "")
        title = tr("{part}: not for “{task}”").format(part=pane_titles()[self._part], task=task)
        old = self.currentWidget()
        state = EmptyState(
            _ICONS[self._part],
            title,
            self.said,
            [(tr("Look at the rows"), lambda: self.desk.pane_asked.emit("rows"))],
        )
        self.addWidget(state)
        self.setCurrentWidget(state)
        if old is not None:
            self.removeWidget(old)
            old.deleteLater()


_ICONS = dict(zip(PANES, ("results", "compare", "tag", "words", "groups", "report"), strict=True))


def _reasons(task: str) -> dict[str, str]:
    chosen = {
        "regression": tr("The model answers with a number, so there is no threshold to set."),
        "token_classification": tr(
            "Each word gets the tag with the highest score, so there is no threshold to set."
        ),
        "extractive_qa": tr(
            "The answer is the passage with the highest score, so there is no threshold to set."
        ),
        "masked_lm": tr("The model guesses words, so there is no threshold to set."),
        "causal_lm": tr("The model guesses the next word, so there is no threshold to set."),
        "chat": tr("The answers are texts, so there is no threshold to set."),
        "preference": tr(
            "One of two answers is preferred by the sign of the margin, so there is no threshold "
            "to set."
        ),
    }
    return {
        "curves": chosen.get(task, ""),
        "words": tr(
            "What an answer rests on is shown here for classes, labels, numbers, tags and "
            "passages. The answers of this run can be read one by one, the worst first."
        ),
    }
