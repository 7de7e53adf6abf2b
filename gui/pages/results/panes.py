"""The parts of this page, in their order; each is imported when it is first opened."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget

from ...frame.texts import tr
from ...widgets.task_words import DEFAULT
from .desk import Desk
from .reading import Reading

PANES = ("overview", "curves", "rows", "words", "groups", "report")


class Pane(Protocol):
    """What the page asks of a pane."""

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run on a split."""


def pane_titles() -> dict[str, str]:
    """Return what the parts are called."""
    return dict(
        zip(
            PANES,
            (
                tr("Overview"),
                tr("Curves and threshold"),
                tr("Rows"),
                tr("Words"),
                tr("Groups"),
                tr("Report"),
            ),
            strict=True,
        )
    )


def pane_key(name: str, task: str) -> str:
    """Return which pane a part shows for a task: its own, or another one that fits the task."""
    if task == DEFAULT or name in ("overview", "report"):
        return name
    if name == "rows":
        return "answers"
    return "label_curves" if name == "curves" and task == "multilabel" else f"no_{name}"


def make_pane(name: str, desk: Desk) -> QWidget:
    """Make a pane by its key; each is imported when it is first opened, with what it needs."""
    if name == "answers":
        from .answer_rows import AnswerRows

        return AnswerRows(desk)
    if name == "label_curves":
        from .label_curves import LabelCurves

        return LabelCurves(desk)
    if name.startswith("no_"):
        from .elsewhere import Elsewhere

        return Elsewhere(desk, name.removeprefix("no_"))
    if name == "overview":
        from .overview import Overview

        return Overview(desk)
    if name == "curves":
        from .threshold import ThresholdPane

        return ThresholdPane(desk)
    if name == "rows":
        from .rows import Rows

        return Rows(desk)
    if name == "words":
        from .words import WordsPane

        return WordsPane(desk)
    if name == "groups":
        from .groups import GroupsPane

        return GroupsPane(desk)
    from .report import ReportPane

    return ReportPane(desk)
