"""The status bar: what this machine computes on, its memory, and the jobs at work."""

from __future__ import annotations

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton, QStatusBar

from .child import Child
from .style import SPACE, set_look
from .texts import duration, size, tr
from .watch import Watch
from .workspace import settings

EVERY = 2000
"""Milliseconds between two looks at the memory."""


class StatusBar(QStatusBar):
    """Shows device, memory and jobs; the device is asked for once, in a process of its own."""

    def __init__(self, watch: Watch, open_jobs: QPushButton) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.setAccessibleName(tr("Status"))
        self.setContentsMargins(SPACE, 0, SPACE, 0)
        self._watch = watch
        self.device = QLabel(str(settings().value("device", "")) or tr("Looking at this machine …"))
        self.device.setAccessibleName(tr("Device"))
        self.memory = QLabel()
        self.memory.setAccessibleName(tr("Memory"))
        self.jobs = open_jobs
        set_look(self.jobs, "quiet")
        self.addWidget(self.device)
        self.addPermanentWidget(self.memory)
        self.addPermanentWidget(self.jobs)
        self._child = Child(self)
        self._child.answered.connect(self._machine)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        watch.told.connect(lambda _: self.look())
        watch.changed.connect(lambda _: self.look())
        self.look()

    def ask_machine(self) -> None:
        """Ask `pellucid doctor` what computes here."""
        self._child.run(["doctor", "--json"])

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._child.end()

    def look(self) -> None:
        """Show memory and jobs as they are now."""
        memory = psutil.virtual_memory()
        self.memory.setText(
            tr("Memory {used} of {all}").format(
                used=size(memory.total - memory.available), all=size(memory.total)
            )
        )
        running = self._watch.running()
        if not running:
            text = tr("No job is running")
        elif len(running) == 1:
            job = running[0]
            share = f" {job.share:.0%}" if job.share is not None else ""
            left = (
                tr(", {time} left").format(time=duration(job.remaining))
                if job.remaining is not None
                else ""
            )
            text = f"{job.name}: {job.step or tr('starting')}{share}{left}"
        else:
            text = tr("{n} jobs are running").format(n=len(running))
        if self.jobs.text() != text:
            self.jobs.setText(text)
            self.jobs.setAccessibleName(text)

    def _machine(self, found: dict[str, dict[str, object]]) -> None:
        text = str(found.get("device", {}).get("found", ""))
        if text:
            self.device.setText(text)
            settings().setValue("device", text)
