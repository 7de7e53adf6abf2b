"""The steps of a job in a row: done, at work, to come."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ....core.follow import Following
from ...frame.icons import pixmap
from ...frame.texts import tr
from ...frame.theme import Theme
from ...widgets.standing import step_name

SIDE = 24


def step_states(job: Following) -> list[tuple[str, str]]:
    """Return each step of a job with how it stands: done, at work, ended (in it) or to come.

    A resumed job passes over steps whose work is there, so all before the one at work are done.
    """
    if job.status == "finished":
        return [(step, "done") for step in job.steps]
    at = job.steps.index(job.step) if job.step in job.steps else len(job.finished_steps)
    inside = "at work" if job.status == "running" else "ended"
    return [
        (step, "done" if number < at else inside if number == at and job.step else "to come")
        for number, step in enumerate(job.steps)
    ]


class Stepper(QWidget):
    """Draws the steps; a reader hears them as the description."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._states: list[tuple[str, str]] = []
        self.setAccessibleName(tr("Steps"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._recolour)

    def show_job(self, job: Following) -> None:
        """Show a job's steps."""
        states = step_states(job)
        if states != self._states:
            self._states = states
            words = {
                "done": tr("done"),
                "at work": tr("at work"),
                "ended": tr("ended here"),
                "to come": tr("to come"),
            }
            said = ", ".join(f"{step_name(step)}: {words[how]}" for step, how in states)
            self.setAccessibleDescription(said)
            self.setToolTip(said)
            self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the steps side by side."""
        return QSize(5 * 110, 52)

    def minimumSizeHint(self) -> QSize:
        """Return the least room: words stand under their marks."""
        return QSize(5 * 72, 52)

    def _recolour(self) -> None:
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw marks, lines between them, and names."""
        if not self._states:
            return
        colours = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        part = min(self.width() / len(self._states), 190.0)
        for number, (step, how) in enumerate(self._states):
            middle = QPointF(part * (number + 0.5), SIDE / 2 + 2)
            if number:
                reached = how != "to come"
                painter.setPen(QPen(QColor(colours.accent if reached else colours.border), 2))
                painter.drawLine(
                    QPointF(middle.x() - part + SIDE / 2 + 5, middle.y()),
                    QPointF(middle.x() - SIDE / 2 - 5, middle.y()),
                )
            self._mark(painter, middle, number, how)
            font = QFont(self.font())
            font.setPointSize(9)
            current = how in ("at work", "ended")
            font.setWeight(QFont.Weight.DemiBold if current else QFont.Weight.Normal)
            painter.setFont(font)
            painter.setPen(QColor(colours.muted if how == "to come" else colours.text))
            below = QRectF(middle.x() - part / 2, SIDE + 6, part, 18)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, step_name(step))

    def _mark(self, painter: QPainter, middle: QPointF, number: int, how: str) -> None:
        colours = self._theme.palette
        circle = QRectF(middle.x() - SIDE / 2, middle.y() - SIDE / 2, SIDE, SIDE)
        strong = {"done": colours.accent, "at work": colours.accent, "ended": colours.warning}
        colour = strong.get(how, colours.border)
        painter.setPen(QPen(QColor(colour), 2))
        painter.setBrush(QColor(colours.accent if how == "done" else colours.surface))
        painter.drawEllipse(circle.adjusted(1, 1, -1, -1))
        if how == "done":
            side = 14
            sign = pixmap("check", side, colours.inverse, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(middle.x() - side / 2, middle.y() - side / 2), sign)
            return
        font = QFont(self.font())
        font.setPointSize(9)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours.muted if how == "to come" else colour))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(number + 1))
