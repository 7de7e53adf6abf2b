"""`pellucid explain` and `pellucid methods`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pellucid.explain import read_attributions
from pellucid.explain.generation.writing import read_writings
from pellucid.explain.methods import methods
from pellucid.tests.command_line import called


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "kept"))
    return copy


def test_all_methods(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(["methods", "--json"], monkeypatch, capsys)
    listed = json.loads(out)
    assert code == 0 and [one["name"] for one in listed] == list(methods())
    assert set(listed[0]) == {"name", "title", "needs", "complete", "signed", "source"}
    code, out, _ = called(["methods"], monkeypatch, capsys)
    assert all(name in out for name in methods())


def test_a_run_with_other_settings(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(run), "--rows", "0:2", "--target", "positive", "--baseline", "mask"]
    code, out, _ = called([*words, "--segments", "patches,9", "--json"], monkeypatch, capsys)
    assert code == 0 and json.loads(out)["status"] == "finished"
    found = read_attributions(run / "explanations/integrated_gradients.parquet")
    assert len(found) == 2
    for one in found:
        assert one.target == "positive" and one.settings["baseline"]["text"] == "mask"
        assert one.settings["segments"] == {"image": "patches", "audio": "cells", "count": 9}


def test_a_model_with_a_table(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    pd.DataFrame({"said": ["a good room", "a rude desk", "we stayed"]}).to_csv(table, index=False)
    words = ["explain", str(run / "model"), "--table", str(table), "--inputs", "said=text", "-q"]
    code, out, _ = called([*words, "--rows", "2", "--json"], monkeypatch, capsys)
    found = json.loads(out)["integrated_gradients"]
    assert code == 0 and [one["segments"] for one in found] == [
        ["a", "good", "room"],
        ["we", "stayed"],
    ]
    code, out, _ = called([*words, "--out", str(tmp_path / "out")], monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(tmp_path / "out")
    assert "good +" in out
    written = read_attributions(tmp_path / "out/integrated_gradients.parquet")
    assert [one.id for one in written] == ["1", "2", "3"]
    assert len(list((tmp_path / "out/maps/integrated_gradients").glob("*.png"))) == 3
    assert (tmp_path / "out/importance.json").is_file()


def test_methods_are_compared(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "explanations/importance.json").read_text()
    words = ["explain", str(run), "--compare", "--method", "occlusion,saliency", "--rows", "0:8"]
    code, out, _ = called([*words, "-q"], monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(run) and len(out.splitlines()) > 1
    compared = json.loads((run / "explanations/comparison.json").read_text())
    assert {"occlusion", "saliency", "random"} <= set(compared["figures"])
    assert out.splitlines()[0] == compared["words"][0]
    assert (run / "explanations/importance.json").read_text() == before
    code, _, _ = called(["report", str(run), "-q"], monkeypatch, capsys)
    assert code == 0 and "Occlusion" in (run / "report.html").read_text()


def test_what_a_model_writes_is_explained_when_asked_for(
    picture_chat_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not (picture_chat_run / "explanations").exists()  # not by a whole recipe
    copy = tmp_path / "run"
    shutil.copytree(picture_chat_run, copy, ignore=shutil.ignore_patterns("checkpoints"))
    words = ["explain", str(copy), "--method", "occlusion", "--rows", "0:2", "-q"]
    code, _, err = called(words, monkeypatch, capsys)
    assert code == 0, err
    assert len(read_writings(copy / "explanations/written/occlusion.parquet")) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["RUN", "--method", "ocllusion_x,integrated_gradient"],
            "there is no method “ocllusion_x”",
        ),
        (["RUN", "--method", "integrated_gradient"], "did you mean “integrated_gradients”"),
        (["RUN", "--segments", "patch"], "did you mean “patches”"),
        (["RUN", "--baseline", "blurr"], "did you mean “blur”"),
        (["RUN", "--tolerance", "7"], "explain.tolerance"),
        (["RUN", "--target", "positiv"], "did you mean “positive”"),
        (["RUN", "--inputs", "a=text"], "Name the table with --table"),
        (["RUN/model"], "a model without rows of its own"),
        (["RUN/model", "--table", "TABLE", "--inputs", "said"], "a column and its modality"),
        (["RUN/model", "--table", "TABLE", "--inputs", "siad=text"], "did you mean “said”"),
        (["RUN/model", "--table", "no.csv"], "there is no such table"),
        (["RUN/explanations", "--table", "TABLE", "--inputs", "said=text"], "is not a run"),
        (["nowhere/at/all", "--rows", "3"], "there is no such folder"),
    ],
)
def test_bad_input_is_one_paragraph(
    words: list[str],
    said: str,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    events = (run / "events.jsonl").read_text()
    table = tmp_path / "t.csv"
    pd.DataFrame({"said": ["a good room"]}).to_csv(table, index=False)
    names = [one.replace("RUN", str(run)).replace("TABLE", str(table)) for one in words]
    code, out, err = called(["explain", *names, "-q"], monkeypatch, capsys)
    assert code == 2 and out == ""
    assert err.startswith("Error: ") and err.count("\n") == 1 and said in err
    assert (run / "events.jsonl").read_text() == events  # no job was begun
