"""The parts of this page, in their order; each is imported when it is first opened."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from PySide6.QtWidgets import QWidget

from ....explain.targets import explains
from ....steps import WRITTEN
from ...frame.texts import tr
from ...widgets.task_words import DEFAULT
from .desk import Desk
from .reading import Reading

NOT_HERE = "no_"
DRAWN = frozenset({"multilabel", "contrastive"})
"""Tasks without a threshold to set that have curves all the same."""
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
                tr("Why"),
                tr("Groups"),
                tr("Report"),
            ),
            strict=True,
        )
    )


def pane_key(name: str, task: str) -> str:
    """Return which pane a part shows for a task: its own, or another one that fits the task."""
    own = ("overview", "groups", "report", *(("words",) if explains(task) else ()))
    if task == DEFAULT or name in own:
        return name
    if name == "words" and task in WRITTEN:
        return "writings"
    if name == "rows":
        return "answers"
    return "label_curves" if name == "curves" and task in DRAWN else f"{NOT_HERE}{name}"


MADE_BY = {
    "overview": ("overview", "Overview"),
    "curves": ("threshold", "ThresholdPane"),
    "label_curves": ("label_curves", "LabelCurves"),
    "rows": ("rows", "Rows"),
    "answers": ("answer_rows", "AnswerRows"),
    "words": ("words", "WordsPane"),
    "writings": ("writings", "WritingsPane"),
    "groups": ("groups", "GroupsPane"),
    "report": ("report", "ReportPane"),
}
"""Each pane's module and class by the pane's key."""


def make_pane(key: str, desk: Desk) -> QWidget:
    """Make a pane by its key; each is imported when it is first opened, with what it needs."""
    if key not in MADE_BY:
        from .elsewhere import Elsewhere

        return Elsewhere(desk, key.removeprefix(NOT_HERE))
    module, name = MADE_BY[key]
    made: QWidget = getattr(import_module(f".{module}", __package__), name)(desk)
    return made
