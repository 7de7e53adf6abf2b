"""How a job stands, as people read it: an icon, a word and a colour's role for every status."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from PySide6.QtCore import QDateTime, QLocale

from ..frame.texts import tr

RESUMABLE = ("stopped", "cancelled", "interrupted", "failed")
"""Statuses of runs that can go on."""


@dataclass(frozen=True)
class Standing:
    """A status for people: icon, word, and the role of its colour in the palette."""

    icon: str
    word: str
    role: str


def standing(status: str) -> Standing:
    """Return how a status is shown; one that is not known here as itself."""
    known = {
        "running": Standing("play", tr("Running"), "accent"),
        "finished": Standing("check", tr("Finished"), "finding"),
        "stopped": Standing("stop", tr("Stopped"), "note"),
        "cancelled": Standing("cancel", tr("Cancelled"), "note"),
        "failed": Standing("error", tr("Failed"), "warning"),
        "interrupted": Standing("warning", tr("Interrupted"), "warning"),
        "new": Standing("clock", tr("Starting"), "muted"),
        "waiting": Standing("clock", tr("Waiting"), "muted"),
        "only begun": Standing("minus", tr("Only begun"), "muted"),
        "damaged": Standing("warning", tr("Damaged"), "warning"),
    }
    return known.get(status, Standing("info", status, "muted"))


def step_name(step: str) -> str:
    """Return the name of a step."""
    names = {
        "train": tr("Train"),
        "evaluate": tr("Evaluate"),
        "explain": tr("Explain"),
        "audit": tr("Audit"),
        "report": tr("Report"),
    }
    return names.get(step, step)


def at_work(step: str) -> str:
    """Say what a job does in a step."""
    doing = {
        "": tr("Starting"),
        "train": tr("Training"),
        "evaluate": tr("Evaluating"),
        "explain": tr("Explaining"),
        "audit": tr("Auditing"),
        "report": tr("Writing the report"),
    }
    return doing.get(step, step)


def metric_name(name: str) -> str:
    """Write a metric's name for people, with the kind of average behind it."""
    known = {
        "accuracy": tr("Accuracy"),
        "balanced_accuracy": tr("Balanced accuracy"),
        "precision": tr("Precision"),
        "recall": tr("Recall"),
        "f1": tr("F1"),
        "log_loss": tr("Log loss"),
        "loss": tr("Loss"),
        "roc_auc": tr("ROC AUC"),
        "average_precision": tr("Average precision"),
        "learning_rate": tr("Learning rate"),
        "samples_per_second": tr("Samples per second"),
        "tokens_per_second": tr("Tokens per second"),
        "memory_bytes": tr("Memory"),
    }
    averages = {"macro": tr("macro"), "micro": tr("micro"), "weighted": tr("weighted")}
    parts = re.fullmatch(r"(.+?)(?:_(macro|micro|weighted))?", name)
    base, average = parts.groups() if parts is not None else (name, None)
    text = known.get(base, "")
    if not text:
        from ...core.metric_names import title

        return tr(title(name).partition(" (")[0])
    return f"{text} ({averages[average]})" if average else text


def moment(when: float | None) -> str:
    """Say when something was: the time where it was today, else the date too."""
    if when is None or not math.isfinite(when):
        return ""
    then, now = QDateTime.fromSecsSinceEpoch(round(when)), QDateTime.currentDateTime()
    locale = QLocale()
    clock = locale.toString(then.time(), "HH:mm")
    if then.date() == now.date():
        return clock
    day = "d MMM" if then.date().year() == now.date().year() else "d MMM yyyy"
    return f"{locale.toString(then.date(), day)}, {clock}"


def since(when: float | None) -> float:
    """Return the seconds that went by since a moment."""
    return max(time.time() - when, 0.0) if when is not None else 0.0
