"""Texts for people, through Qt's translation."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "pellucid"
"""Translation context of every text of the window."""


def tr(text: str) -> str:
    """Return a text in the person's language; the text itself where no translation is loaded.

    Texts with values in them are translated as templates: ``tr("{n} rows").format(n=n)``.
    """
    return QCoreApplication.translate(CONTEXT, text)


def duration(seconds: float | None) -> str:
    """Say how long something takes, as roughly as it is known: “about 3 minutes”."""
    if seconds is None:
        return tr("a while")
    if seconds < 1:
        return tr("under a second")
    if seconds < 90:
        return tr("{n} seconds").format(n=round(seconds))
    minutes = seconds / 60
    if minutes < 90:
        return tr("{n} minutes").format(n=round(minutes))
    return tr("{h} h {m:02d} min").format(h=int(minutes // 60), m=int(minutes % 60))


def size(count: float) -> str:
    """Say how many bytes, in the unit that fits: “3.4 GB”."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
