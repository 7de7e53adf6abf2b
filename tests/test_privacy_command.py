"""`pellucid privacy` and `pellucid canaries plant`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core.files import read_json
from pellucid.errors import DataError
from pellucid.fairness import privacy as measure
from pellucid.fairness.privacy.findings import findings
from pellucid.fairness.privacy.record import read_privacy
from pellucid.fairness.privacy.section import sections
from pellucid.tests.command_line import called


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "explanations"))
    return copy


def test_what_a_run_gives_away(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = called(["privacy", str(run), "--rows", "200", "--quiet"], monkeypatch, capsys)
    file = run / "audit" / "privacy.json"
    assert code == 0 and out.splitlines()[-1] == str(file)
    found = read_privacy(run)
    assert found is not None and found.membership is not None
    # 320 training rows of 400, of which 200 are drawn, and all 40 test rows.
    assert (found.membership.loss.members, found.membership.loss.others) == (200, 40)
    assert f"area under the ROC curve of {found.membership.loss.auc.value:.2f}" in out
    assert ".5 is chance" in out and "no proof" in out
    assert "Not carried out: “canaries” (a run of classification doesn’t allow it)" in out
    assert read_json(file)["format"] == 1
    assert {one.column for one in found.membership.groups} == {"gender", "region"}


def test_a_check_by_its_name_keeps_what_others_found(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_privacy(run)
    assert before is not None
    asked = ["privacy", str(run), "--check", "personal", "--json"]
    code, out, _ = called(asked, monkeypatch, capsys)
    told = json.loads(out)
    assert code == 0 and told["privacy"]["membership"] is None
    assert list(told["privacy"]["personal"]) == ["sentences.csv"]
    after = read_privacy(run)
    assert after is not None and after.membership == before.membership
    assert after.personal["sentences.csv"].found == ()


def test_the_same_in_python(run: Path) -> None:
    found = measure(run, checks=["membership"], rows=200)
    stored = read_privacy(run)
    assert stored is not None and found.membership == stored.membership
    (whole,) = sections(stored)
    assert [part.anchor for part in whole.blocks] == [  # type: ignore[union-attr]
        "privacy-membership",
        "privacy-personal",
        "privacy-limits",
    ]
    said = " ".join(text.text for text in findings(stored))
    assert "significant" not in said and "safe" not in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["privacy", "RUN", "--check", "membrship"], "check “membrship”: "),
        (["privacy", "RUN", "--check", "overlap"], "not of classification"),
        (["privacy", "RUN", "--check", "canaries"], "no canaries are known"),
        (["privacy", "RUN", "--canaries", "nowhere.json"], "nowhere.json: "),
        (["privacy", "RUN", "--rows", "3"], "--rows 3: "),
        (["canaries", "plant", "TABLE", "--out", "a.txt"], "“.txt” is no known form"),
        (["canaries", "plant", "TABLE", "--out", "a.csv", "--form", "x"], "no place for a secret"),
        (["canaries", "plant", "TABLE", "--out", "a.csv", "--repeats", "0"], "--repeats 0: "),
        (["canaries", "plant", "TABLE", "--out", "a.csv", "--repeats", "x"], "--repeats x: "),
    ],
)
def test_what_is_not_there(
    words: list[str],
    named: str,
    run: Path,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"RUN": str(run), "TABLE": str(table)}
    code, out, err = called([given.get(word, word) for word in words], monkeypatch, capsys)
    assert (code, out) == (DataError.exit_code, "")
    assert err.startswith("Error: ") and named in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_planting(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out_file = tmp_path / "planted.csv"
    asked = ["canaries", "plant", str(table), "--out", str(out_file), "--repeats", "0,3", "--each"]
    code, out, _ = called([*asked, "1"], monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(out_file)
    planted = pd.read_csv(out_file)
    secrets = read_json(tmp_path / "planted.csv.canaries.json")
    never, thrice = (one["text"] for one in secrets["canaries"])
    assert (planted["text"] == thrice).sum() == 3 and (planted["text"] == never).sum() == 0
    assert "2 canaries stand in 3 new rows of the column “text”" in out
    code, out, _ = called([*asked, "1", "--json"], monkeypatch, capsys)
    assert json.loads(out)["canaries"] == secrets["canaries"]
