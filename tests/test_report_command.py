"""`pellucid report`: the documents of a run."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.tests.command_line import called
from pellucid.writeup import write


def test_every_document_of_a_run(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "copy"
    left_out = shutil.ignore_patterns("checkpoints", "model", "report.html", "model_card.md")
    shutil.copytree(finished, folder, ignore=left_out)
    run = Run.open(folder)
    forms = "html,pdf,markdown,json,csv"
    code, _, _ = called(["report", str(run.path), "--formats", forms], monkeypatch, capsys)
    assert code == 0
    told = (run.path / "report.pdf").read_bytes()
    assert told.startswith(b"%PDF-")
    begun = datetime.fromisoformat(run.environment["created"])
    assert b"/CreationDate (D:%s" % begun.strftime("%Y%m%d").encode() in told
    numbers_of = (run.path / "report.json").read_text(encoding="utf-8")
    assert f"# {run.recipe['name']}" in (run.path / "report.md").read_text(encoding="utf-8")
    evaluation = json.loads((run.path / "evaluation.json").read_text())
    assert str(evaluation["test"]["accuracy"]["low"]) in numbers_of
    index = pd.read_csv(run.path / "report_tables/index.csv")
    assert all((run.path / "report_tables" / name).is_file() for name in index["file"])
    assert not (run.path / "model_card.md").exists()
    assert write(run, run.dataset(), ["pdf"]) == ["report.pdf"]
    assert (run.path / "report.pdf").read_bytes() == told
    code, _, said = called(["report", str(run.path), "--formats", "doc"], monkeypatch, capsys)
    assert code == 2
    assert "--formats doc" in said
    assert "markdown" in said
