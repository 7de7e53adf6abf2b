"""What this machine can do, in a few lines."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout

from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import size, tr
from ...frame.workspace import settings
from ...widgets.basics import Card, label
from .row import Mark

BYTES = 24
"""Bytes for each weight that is trained: the weight, its gradient and Adam's two moments in
float32 are 16; activations and copies take about half as much again."""
GPUS = ("nvidia", "geforce", "tesla", "quadro", "radeon", "instinct")
EVERY = 1000
"""Milliseconds between two looks whether the device is known by now."""


class Machine(Card):
    """Device, memory and disk, and how large a model they allow."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("This machine"))
        self._workspace = context.workspace
        self.lines = [label("", wrap=True) for _ in range(3)]
        for name, line in zip(("system", "model", "save"), self.lines, strict=True):
            row = QHBoxLayout()
            row.setSpacing(SPACE + 4)
            row.addWidget(Mark(context.theme, name, "muted"))
            row.addWidget(line, 1)
            self.body.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is known now, and look again while the device isn't."""
        device = str(settings().value("device", ""))
        free = psutil.virtual_memory().available
        self.lines[0].setText(device or tr("Looking at this machine …"))
        self.lines[1].setText(room(device, free))
        disk = ""
        with contextlib.suppress(OSError):
            disk = tr("{free} free on the disk; a run of MiniLM takes about 1 GB").format(
                free=size(psutil.disk_usage(str(self._workspace.path)).free)
            )
        self.lines[2].setText(disk)
        if device or not self.isVisible():
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()


def room(device: str, free: float) -> str:
    """Say how large a model fits into the memory, where the processor computes.

    Parameters
    ----------
    device
        The device in words.
    free
        Bytes of memory that are free.
    """
    said = tr("{free} of memory free").format(free=size(free))
    if not device or any(name in device.lower() for name in GPUS):
        return said
    weights = round(free / BYTES, -7) / 1e6
    more = tr("enough to fine-tune every weight of a model of about {n} million").format(
        n=f"{weights:,.0f}"
    )
    return f"{said}, {more}" if weights >= 10 else said


def home_relative(path: Path) -> str:
    """Write a path with ~ for the person's home."""
    with contextlib.suppress(ValueError):
        return str(Path("~") / path.relative_to(Path.home()))
    return str(path)
