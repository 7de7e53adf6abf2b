"""What the recipe would take: asked of `pellucid estimate`, shown in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from ....core.files import write_text
from ....core.roughly import almost, amount
from ....recipe import Recipe
from ...frame.child import Child
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import label

SETTLED = 4000
"""Milliseconds after the last edit until an estimate begins by itself."""


class EstimateLine(QWidget):
    """Asks for estimates and shows the last one; `busy` tells that one is awaited."""

    busy = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.text: QLabel = label(tr("Not estimated yet."), "muted", wrap=True)
        self.text.setAccessibleName(tr("Estimate"))
        self.stop = QToolButton()
        self.stop.setIcon(icon("close"))
        self.stop.setIconSize(QSize(14, 14))
        self.stop.setToolTip(tr("Estimate no more"))
        self.stop.setAccessibleName(tr("Estimate no more"))
        keep = self.stop.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.stop.setSizePolicy(keep)
        self.stop.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, SPACE)
        row.setSpacing(SPACE // 2)
        row.addWidget(self.text, 1)
        row.addWidget(self.stop)
        self._said = ""
        self._asked = ""
        self._answered = ""
        self._child = Child(self)
        self._child.answered.connect(self._answer)
        self._child.failed.connect(self._failed)
        self._child.busy.connect(self._busy)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLED)
        self.stop.clicked.connect(lambda *_: self.end())
        self.due = self._soon.timeout

    def ask(self, recipe: Recipe, memory: Path) -> None:
        """Estimate a recipe in a process of its own."""
        self._soon.stop()
        self._asked = recipe.dump()
        file = memory / "estimate.recipe.yaml"
        write_text(file, self._asked)
        self._child.run(["estimate", str(file), "--json"])

    def changed(self, recipe: Recipe | None, by_itself: bool) -> None:
        """Take note that the recipe is another one; estimate it soon where that is wished for."""
        self._soon.stop()
        now = recipe.dump() if recipe is not None else ""
        if self._child.running and now != self._asked:
            self._child.end()
        self._show(stale=now != self._answered)
        if by_itself and recipe is not None and now != self._answered and not self._child.running:
            self._soon.start()

    def end(self) -> None:
        """Estimate no more."""
        self._soon.stop()
        self._child.end()
        self._show(stale=True)

    def clear(self) -> None:
        """Forget the last estimate: another recipe is open."""
        self._soon.stop()
        self._child.end()
        self._said = self._answered = self._asked = ""
        self._show(stale=False)

    def _answer(self, found: Any) -> None:
        self._answered = self._asked
        self._said = summary(found)
        self.text.setToolTip("\n".join(found["sentences"]))
        self._show(stale=False)

    def _failed(self, told: str) -> None:
        self._said, self._answered = "", ""
        self.text.setToolTip("")
        set_look(self.text, "complaint")
        self.text.setText(tr("⚠ It could not be estimated. {why}").format(why=told))

    def _busy(self, on: bool) -> None:
        self.stop.setVisible(on)
        if on:
            set_look(self.text, "muted")
            self.text.setText(
                tr("Estimating: data and model are loaded and a few steps are timed …")
            )
        self.busy.emit(on)

    def _show(self, *, stale: bool) -> None:
        if self._child.running:
            return
        set_look(self.text, "muted")
        if not self._said:
            self.text.setText(tr("Not estimated yet."))
            self.text.setToolTip("")
        elif stale:
            self.text.setText(tr("Before the last edits: {what}").format(what=self._said))
        else:
            self.text.setText(self._said)


def summary(found: Any) -> str:
    """Put an estimate into one line.

    Parameters
    ----------
    found
        What ``pellucid estimate --json`` prints.
    """
    seconds, held = found["seconds"], found["bytes"]
    said = tr("{train} of training, {explain} of explanation; {total} in all")
    if not seconds["explain"]:  # most tasks explain nothing
        said = tr("{train} of training; {total} in all")
    times = said.format(
        train=almost(seconds["train"]),
        explain=almost(seconds["explain"]),
        total=almost(seconds["total"]),
    )
    memory = tr("{need} of memory").format(need=amount(held["memory"]))
    if held["memory"] > held["available"]:
        memory = tr("⚠ {need} of memory, of which only {free} are free").format(
            need=amount(held["memory"]), free=amount(held["available"])
        )
    share = found["tokens"]["cut"]
    cut = tr("no sample is cut off")
    if share:
        cut = tr("{share} of the samples are cut off").format(share=f"{share:.1%}")
    return f"{times[:1].upper()}{times[1:]} · {memory} · {cut}"
