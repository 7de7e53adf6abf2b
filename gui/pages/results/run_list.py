"""The runs of the workspace to choose from, the newest first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from ....multimodal.escape import visible
from ...frame.context import Context
from ...frame.texts import tr


class RunList(QComboBox):
    """A list of runs; `run_chosen` carries the folder of one that a person chose."""

    run_chosen = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._setting = False
        self.setAccessibleName(tr("Run"))
        self.setMinimumWidth(220)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.currentIndexChanged.connect(self._changed)

    def list_runs(self, shown: Path | None) -> list[Path]:
        """List the runs anew, with the one that is shown, and return them."""
        known = self._known()
        if shown is not None and shown not in known and (shown / "recipe.yaml").is_file():
            known.append(shown)
        self._setting = True
        self.clear()
        for run in known:
            self.addItem(visible(run.name, 80), run)
        self._setting = False
        self.setEnabled(bool(known))
        if shown is not None:
            self.choose(shown)
        return known

    def choose(self, run: Path) -> None:
        """Show a run as the chosen one; nothing is emitted."""
        paths = [self.itemData(at) for at in range(self.count())]
        self._setting = True
        if run not in paths:
            self.addItem(visible(run.name, 80), run)
            paths.append(run)
        self.setCurrentIndex(paths.index(run))
        self._setting = False

    def last(self) -> Path | None:
        """Return the run shown last in this workspace, else the newest that finished."""
        kept = self._context.workspace.recall("results.run")
        if kept and (Path(kept) / "recipe.yaml").is_file():
            return Path(kept)
        known = self._known()
        jobs = self._context.watch.jobs
        done = [run for run in known if run in jobs and jobs[run].status == "finished"]
        return next(iter(done or known), None)

    def _known(self) -> list[Path]:
        found = []
        for file in self._context.workspace.runs.glob("[!.]*/recipe.yaml"):
            try:
                found.append((file.stat().st_mtime_ns, file.parent))
            except OSError:
                continue
        return [path for _, path in sorted(found, reverse=True)]

    def _changed(self, at: int) -> None:
        if not self._setting and at >= 0:
            self.run_chosen.emit(self.itemData(at))
