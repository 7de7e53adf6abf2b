"""Importing Pellucid must stay cheap: heavy packages load when they are first needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["torch", "transformers", "captum", "shap", "sklearn", "scipy", "matplotlib", "pandas"]
HEAVY += ["skimage", "pyarrow", "accelerate", "fairlearn", "pyqtgraph", "PySide6"]


@pytest.mark.parametrize(
    "module",
    [
        "pellucid",
        "pellucid.recipe",
        "pellucid.pipeline",
        "pellucid.queue_runner",
        "pellucid.__main__",
        "pellucid.core",
        "pellucid.core.spec",
        "pellucid.core.jobs",
        "pellucid.core.notes",
        "pellucid.core.queue",
        "pellucid.core.trash",
        "pellucid.core.undo",
        "pellucid.core.runs",
        "pellucid.explain.spec",
        "pellucid.fairness.spec",
        "pellucid.multimodal.spec",
    ],
)
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(out.stdout))
    assert loaded.isdisjoint(HEAVY)


def test_public_names_are_there() -> None:
    import pellucid

    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    from pellucid import core, explain, fairness, multimodal

    for room in (core, explain, fairness, multimodal):
        for name in room.__all__:
            assert getattr(room, name) is not None


OPEN = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QSettings
QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, sys.argv[1])
from pellucid.gui import main_window
from pellucid.gui.window import application, places
app = application()
window = main_window(Path(sys.argv[1]) / "ws")
window.show()
app.processEvents()
seen = [window.current, sorted(sys.modules)]
for place in places():
    window.go(place.name)
    app.processEvents()
seen += [window.stack.count(), sorted(sys.modules)]
window.close()
print(json.dumps(seen))
"""


def test_the_window_loads_nothing_heavy(tmp_path: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-c", OPEN, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    page, opened, pages, visited = json.loads(out.stdout)
    assert (page, pages) == ("home", 6)
    assert set(opened).isdisjoint(set(HEAVY) - {"PySide6"})
    assert set(visited).isdisjoint(
        {"torch", "transformers", "sklearn", "captum", "shap", "accelerate", "fairlearn"}
    )
