"""The parts of this page, in their order; each is imported when it is first opened."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget

from ...frame.texts import tr
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


def make_pane(name: str, desk: Desk) -> QWidget:
    """Make a pane; each is imported when it is first opened, with what it needs."""
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
