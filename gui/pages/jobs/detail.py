"""The chosen job: how it stands, its steps, curves and log, kept up while it works."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ....core.files import read_json
from ....core.follow import Following
from ...frame.context import Context
from ...frame.icons import pixmap
from ...frame.style import SPACE, set_look
from ...frame.texts import duration, tr
from ...widgets.basics import MoreButton, action_button, label, scrolled
from ...widgets.standing import RESUMABLE, at_work, moment, since, standing
from .curves import Curves
from .samples import Samples
from .stepper import Stepper
from .told import Told

BESIDE = 1150
"""Pixels from which on answers stand beside the curves."""
SHOWN_NOTES = 4
"""Warnings shown above the curves; all of them are in the log."""

Menu = Callable[[], Sequence[tuple[str | None, Callable[[], object] | None]]]


class Detail(QWidget):
    """Shows one job; `asked` says what a person asked of which job and is not done yet."""

    def __init__(self, context: Context, asked: dict[Path, str], more: Menu) -> None:
        super().__init__()
        self._context = context
        self._asked = asked
        self.job: Following | None = None
        self._mark = QLabel()
        self._mark.setAccessibleName(tr("Status"))
        self.name = label("", "title")
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said = label("", "lead", wrap=True)
        self.stepper = Stepper(context.theme)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("Progress of this step"))
        self.trouble = label("", "error", wrap=True)
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.curves = Curves(context.theme)
        self.samples = Samples()
        self.told = Told(context)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(SPACE)
        self._noted: tuple[str, ...] = ()
        self.buttons = self._make_buttons()
        self._lay_out(more)
        context.theme.changed.connect(self.refresh)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._clock.start()

    def follow(self, job: Following | None) -> None:
        """Show a job from now on."""
        if job is not self.job:
            self._area.verticalScrollBar().setValue(0)
        self.job = job
        self.told.follow(job.path if job is not None else None)
        self.samples.follow(job.path if job is not None else None)
        self.curves.follow(job)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of the job now."""
        job = self.job
        if job is None:
            return
        how = standing(job.status)
        colour = getattr(self._context.theme.palette, how.role)
        self._mark.setPixmap(pixmap(how.icon, 28, colour, self.devicePixelRatioF()))
        self._mark.setAccessibleDescription(how.word)
        self.name.setText(job.name)
        self.name.setToolTip(str(job.path))
        self.said.setText(self.words(job))
        self.stepper.show_job(job)
        self.bar.setVisible(job.status == "running")
        self.bar.setValue(round(1000 * (job.share or 0.0)))
        trouble = self.trouble_words(job)
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        self._show_notes(job)
        resumable = job.status in RESUMABLE
        shown = {
            "stop": job.status == "running",
            "cancel": job.status == "running",
            "resume": resumable,
            "results": job.status == "finished" or (job.path / "evaluation.json").exists(),
        }
        for name, visible in shown.items():
            self.buttons[name].setVisible(visible)

    def catch_up(self) -> None:
        """Show what the job told since."""
        self.told.catch_up()
        self.samples.catch_up()
        self.curves.refresh()
        self.refresh()

    def stop(self) -> None:
        """Keep up no more."""
        self._clock.stop()
        self.curves.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the answers beside the curves where there is room, else below them."""
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        wide = self.width() >= BESIDE
        self._beside.setDirection(directions.LeftToRight if wide else directions.TopToBottom)

    def words(self, job: Following) -> str:
        """Say in one line how the job stands."""
        asked = self._asked.get(job.path, "")
        if asked == "resume":
            return tr("Resuming …")
        if job.status == "running":
            words = [tr("At work for {time}").format(time=duration(since(_started(job))))]
            if asked == "stop":
                words.append(tr("stopping: it finishes its step and saves …"))
            elif asked == "cancel":
                words.append(tr("cancelling …"))
            elif job.step in job.steps:
                words.append(
                    tr("step {n} of {all}: {step}").format(
                        n=job.steps.index(job.step) + 1,
                        all=len(job.steps),
                        step=at_work(job.step).lower(),
                    )
                )
                if job.text:
                    words.append(job.text)
                if job.share is not None:
                    words.append(f"{job.share:.0%}")
                if job.remaining is not None:
                    words.append(tr("about {time} left in it").format(time=duration(job.remaining)))
            return " · ".join(words)
        words = [standing(job.status).word]
        if job.ended is not None and job.began is not None:
            words.append(moment(job.ended))
            said = tr("took {time}") if job.status == "finished" else tr("{time} after it began")
            words.append(said.format(time=duration(job.ended - job.began)))
        if job.status in ("stopped", "cancelled"):
            words.append(tr("can be resumed"))
        return " · ".join(words)

    def trouble_words(self, job: Following) -> str:
        """Say what went wrong and what to do; empty where nothing did."""
        if self._asked.get(job.path) == "resume":
            return ""
        if job.status == "interrupted":
            return tr(
                "This job was interrupted: its process was killed or crashed before it could say "
                "why. What was saved is intact. Resume it, and it goes on from its last checkpoint."
            )
        return job.error if job.status == "failed" else ""

    def _make_buttons(self) -> dict[str, QPushButton]:
        actions = self._context.actions
        return {
            "stop": action_button(actions["jobs.stop"], text=tr("Stop")),
            "cancel": action_button(actions["jobs.cancel"], "danger", text=tr("Cancel")),
            "resume": action_button(actions["jobs.resume"], "primary", text=tr("Resume")),
            "results": action_button(actions["jobs.results"], text=tr("Open results")),
        }

    def _lay_out(self, more: Menu) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._mark)
        top.addWidget(self.name, 1)
        for button in self.buttons.values():
            top.addWidget(button)
        others = MoreButton(more, tr("More for this job"))
        others.setIconSize(QSize(18, 18))
        top.addWidget(others)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(SPACE)
        whole.addLayout(self._notes)
        self._beside = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._beside.setSpacing(2 * SPACE)
        self._beside.addWidget(self.curves, 3)
        self._beside.addWidget(self.samples, 2, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(self._beside, 1)
        inside = QWidget()
        inside.setLayout(whole)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Parts of the job"))
        self.tabs.tabBar().setAccessibleName(tr("Parts of the job"))
        self._area = scrolled(inside)
        self.tabs.addTab(self._area, tr("Curves"))
        self.tabs.addTab(self.told, tr("Log"))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(self.said)
        column.addWidget(self.stepper)
        column.addWidget(self.bar)
        column.addWidget(self.trouble)
        column.addWidget(self.tabs, 1)

    def _show_notes(self, job: Following) -> None:
        notes = tuple(job.warnings[:SHOWN_NOTES])
        if notes == self._noted:
            return
        self._noted = notes
        while (item := self._notes.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for text in notes:
            said = label(text, "note", wrap=True)
            set_look(said, "note")
            self._notes.addWidget(said)

    def _tick(self) -> None:
        if self.isVisible() and self.job is not None and self.job.status == "running":
            self.said.setText(self.words(self.job))


def _started(job: Following) -> float | None:
    """Return when the process that works on a run began: a resumed run began before."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return float(read_json(job.path / "job.json")["started"])
    return job.began
