"""What was done lately: the newest runs, and the workspaces that were open before."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QPushButton

from ....core.follow import Following
from ....core.measured import Measured
from ....core.metric_names import mentioned
from ...frame.context import Context
from ...frame.style import set_look
from ...frame.texts import tr
from ...frame.workspace import recents
from ...widgets.basics import Card, label
from ...widgets.numbers import number
from ...widgets.standing import moment, standing
from .facts import foremost, when
from .row import RowButton

SHOWN = 5
"""Rows of each list."""


class RecentRuns(Card):
    """The newest runs of the workspace: how they stand and how well they answer."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Recent runs"))
        self._context = context
        self.all = QPushButton(tr("All runs"))
        set_look(self.all, "quiet")
        self.all.clicked.connect(lambda *_: context.go("runs"))
        self.header.addWidget(self.all)
        self.rows: list[RowButton] = []
        self._none = label(
            tr("None yet. Run the example, or bring a table of your own."), "muted", wrap=True
        )
        self.body.addWidget(self._none)
        self._shown: list[tuple[str, ...]] = []

    def refresh(self) -> None:
        """Show the runs as they stand now."""
        jobs = sorted(self._context.watch.jobs.values(), key=when, reverse=True)[:SHOWN]
        facts = [(job, *self._facts(job)) for job in jobs]
        told: list[tuple[str, ...]] = [
            (str(job.path), job.status, detail, right) for job, detail, right in facts
        ]
        if told == self._shown:
            return
        self._shown = told
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        for job, detail, right in facts:
            how = standing(job.status)
            row = RowButton(self._context.theme, how.icon, how.role, job.name, detail, right)
            row.clicked.connect(partial(self._open, job.path, job.status))
            self.body.addWidget(row)
            self.rows.append(row)
        self._none.setVisible(not facts)
        self.all.setEnabled(bool(facts))

    def _facts(self, job: Following) -> tuple[str, str]:
        at = moment(when(job)) if when(job) else ""
        word = standing(job.status).word
        known = foremost(job.path) if job.status != "running" else None
        return (f"{word} · {at}" if at else word), "" if known is None else _said(*known)

    def _open(self, path: Path, status: str, *_: object) -> None:
        self._context.go("results" if status == "finished" else "jobs", run=path)


def _said(name: str, figure: Measured) -> str:
    if name == "accuracy" and figure.defined:
        return tr("{share} right").format(share=f"{figure.value:.1%}")
    return f"{mentioned(name)} {number(figure.value)}"


class RecentWorkspaces(Card):
    """The workspaces that were open before this one."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Recent workspaces"))
        self._context = context
        other = QPushButton(tr("Open another …"))
        set_look(other, "quiet")
        other.clicked.connect(lambda *_: context.actions["file.workspace"].trigger())
        self.header.addWidget(other)
        self.rows: list[RowButton] = []
        self._none = label(
            tr("This is the first one. A workspace is a folder that holds your runs."),
            "muted",
            wrap=True,
        )
        self.body.addWidget(self._none)
        self._shown: list[Path] | None = None

    def refresh(self) -> None:
        """Show the workspaces as they are remembered now."""
        paths = [path for path in recents() if path != self._context.workspace.path][:SHOWN]
        if paths == self._shown:
            return
        self._shown = paths
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        for path in paths:
            shown = str(path.parent).replace(str(Path.home()), "~", 1)
            row = RowButton(self._context.theme, "open", "accent", path.name, shown, middle=True)
            row.clicked.connect(partial(self._open, path))
            self.body.addWidget(row)
            self.rows.append(row)
        self._none.setVisible(not paths)

    def _open(self, path: Path, *_: object) -> None:
        try:
            self._context.workspace.open(path)
        except OSError as error:
            self._context.notices.show(
                tr("{path} can’t be opened ({why}). Choose a folder you may write to.").format(
                    path=path, why=error.strerror
                ),
                "error",
            )
