"""From a CSV file to an exported figure by clicking; the same by the copied command and Python."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from pellucid.gui.window import MainWindow

Wait = Callable[..., None]
PATIENCE = 180
EDITS = {
    "train.epochs": "1",
    "train.batch_size": "16",
    "model.max_length": "32",
    "explain.rows": "6",
}


def click(where: QWidget, text: str) -> None:
    """Click the visible button whose text begins so."""
    found = [
        one
        for one in where.findChildren(QPushButton)
        if one.text().startswith(text) and one.isVisible() and one.isEnabled()
    ]
    assert found, f"there is no button “{text}”"
    QTest.mouseClick(found[0], Qt.MouseButton.LeftButton)


def type_into(page: QWidget, name: str, text: str) -> None:
    editor = page.form.rows[name].editor  # type: ignore[attr-defined]
    line = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


def predictions(run: Path) -> pd.DataFrame:
    return pd.read_parquet(run / "predictions.parquet")


def test_from_a_table_to_an_exported_figure(
    window: MainWindow,
    table: Path,
    tiny_model: Path,
    tmp_path: Path,
    wait_until: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Bring a table.
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(table), ""))
    window.go("data")
    data = window.page("data")
    click(window, "Bring a table")
    wait_until(
        lambda: data.looker.asked is None and window.actions_["data.recipe"].isEnabled(), PATIENCE
    )

    # Make a recipe, and say what is trained by typing.
    click(window, "Make a recipe")
    assert window.current == "recipe"
    recipe = window.page("recipe")
    type_into(recipe, "model.name", str(tiny_model))
    for name, text in EDITS.items():
        type_into(recipe, name, text)
    wait_until(window.actions_["recipe.start"].isEnabled, PATIENCE)

    # Start it, and wait as a person does.
    click(window, "Start")
    assert window.current == "jobs"
    runs = window.workspace.runs
    wait_until(
        lambda: any(job.status == "finished" for job in window.watch.jobs.values()), PATIENCE
    )
    (clicked,) = window.watch.jobs
    click(window, "Open results")
    assert window.current == "results"
    results = window.page("results")
    wait_until(lambda: results.reading is not None and results.reading.path == clicked, PATIENCE)

    # Export a figure.
    out = tmp_path / "matrix.svg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(out), ""))
    told: list[str] = []
    results.desk.saved.connect(told.append)
    results.desk.failed.connect(told.append)
    results.desk.save("evaluation-test.confusion-matrix", out)
    wait_until(lambda: told, PATIENCE)
    assert out.read_text(encoding="utf-8").startswith("<")

    # The copied command and the copied Python do the same, number for number.
    window.go("recipe")
    clipboard = QGuiApplication.clipboard()
    window.actions_["recipe.copy_command"].trigger()
    folders = [clicked]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    command = clipboard.text()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=window.workspace.path,
        env={"PATH": path, "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    wait_until(lambda: len(window.watch.jobs) > 1, PATIENCE)
    folders.append(Path(done.stdout.splitlines()[-1]))
    window.actions_["recipe.copy_python"].trigger()
    done = subprocess.run(
        [sys.executable, "-c", clipboard.text()],
        cwd=window.workspace.path,
        check=True,
        capture_output=True,
        text=True,
    )
    folders.append(Path(done.stdout.splitlines()[-1]))
    assert len({(runs / folder).resolve() for folder in folders}) == 3
    first, *others = (predictions(runs / folder) for folder in folders)
    for other in others:
        pd.testing.assert_frame_equal(first, other, check_exact=True)
    measured = [
        json.loads((runs / folder / "evaluation.json").read_text())["test"] for folder in folders
    ]
    assert measured[0] == measured[1] == measured[2]
