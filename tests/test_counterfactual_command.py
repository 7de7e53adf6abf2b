"""`pellucid counterfactual` and `pellucid what-if`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.errors import DataError
from pellucid.explain.search import read_counterfactuals
from pellucid.tests.command_line import called


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints"))
    return copy


def test_rows_of_a_run(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["counterfactual", str(run), "--rows", "0:3", "--kind", "remove,keep"]
    code, out, _ = called([*asked, "--quiet"], monkeypatch, capsys)
    file = run / "explanations" / "counterfactuals.json"
    assert code == 0 and out.splitlines()[-1] == str(file)
    stored = read_counterfactuals(file)
    predictions = pd.read_parquet(run / "predictions.parquet")
    test = predictions[predictions["split"] == "test"].reset_index(drop=True)
    assert [one.id for one in stored] == test["id"].tolist()[:3]
    assert [one.answer.label for one in stored] == test["prediction"].tolist()[:3]
    assert all(f"Row {one.id}: “{one.answer.label}”" in out for one in stored)
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["rows"] == json.loads(json.dumps([one.as_json() for one in stored]))


def test_an_edited_row(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = str(Run.open(run).predictions().query("split == 'test'")["id"].iloc[0])
    asked = ["what-if", str(run), "--row", row, "--set", "text=the staff were rude"]
    code, out, _ = called([*asked, "--without", "3", "--segments"], monkeypatch, capsys)
    assert code == 0
    assert "Left out: rude" in out and "3  rude" in out
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    assert json.loads(out)["segments"] == ["the", "staff", "were", "rude"]


@pytest.mark.parametrize(
    "words",
    [
        ["counterfactual", "RUN", "--kind", "removal"],
        ["what-if", "RUN", "--row", "nobody"],
        ["what-if", "RUN", "--row", "ROW", "--set", "text"],
        ["what-if", "RUN", "--row", "ROW", "--without", "first"],
    ],
)
def test_what_is_not_there(
    words: list[str],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(run) if word == "RUN" else word for word in words]
    code, out, err = called(given, monkeypatch, capsys)
    assert (code, out) == (DataError.exit_code, "")
    assert err.startswith("Error: ")
    assert not (run / "explanations" / "counterfactuals.json").exists()
