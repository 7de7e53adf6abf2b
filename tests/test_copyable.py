"""What is copied is run: the command by a shell, the Python by an interpreter, and compared."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from pellucid.__main__ import main
from pellucid.copyable import (
    Action,
    Audit,
    Compare,
    Counterfactual,
    Decide,
    Evaluate,
    Explain,
    Export,
    Notes,
    Predict,
    QueueRecipe,
    Report,
    Restore,
    Resume,
    RunRecipe,
    Trash,
    WhatIf,
    as_command,
    as_python,
    command,
)
from pellucid.core import CancelToken, Run, notes, queue
from pellucid.explain.search import read_counterfactuals
from pellucid.export import contents
from pellucid.pipeline import begin, carry_out
from pellucid.recipe import Recipe

# A folder that a shell and a Python literal can both get wrong.
AWKWARD = 'it\'s $HOME "here" \\n'


def run_text(text: str, folder: Path, *, python: bool) -> str:
    """Run a copied text in a process of its own, elsewhere; return its last line."""
    words = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": words, "PYTHONDONTWRITEBYTECODE": "1"}
    if python:
        file = folder / "copied.py"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(file)],
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
            check=False,
            timeout=300,
        )
    else:
        done = subprocess.run(
            text,
            shell=True,
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / AWKWARD
    path.mkdir()
    return path


def saved(raw: dict[str, Any], folder: Path) -> Path:
    path = folder / "my recipe.yaml"
    path.write_text(yaml.safe_dump(copy.deepcopy(raw)))
    return path


@pytest.fixture
def run(finished: Path, folder: Path) -> Path:
    """A finished run that may be changed."""
    shutil.copytree(
        finished, folder / "runs" / "tiny", ignore=shutil.ignore_patterns("checkpoints", "maps")
    )
    return folder / "runs" / "tiny"


@pytest.mark.skipif(os.name == "nt", reason="skipped: the command is written for a POSIX shell")
def test_a_run_and_its_predictions_are_the_same_either_way(
    raw_recipe: dict[str, Any],
    make_sentences: Callable[..., pd.DataFrame],
    folder: Path,
    tmp_path: Path,
) -> None:
    recipe, found, answered = saved(raw_recipe, folder), [], []
    table = folder / "new rows.csv"
    make_sentences(25, seed=4).to_csv(table, index=False)
    for name, write in (("command", as_command), ("python", as_python)):
        action = RunRecipe(
            recipe, folder / name, only=("train", "evaluate"), changes=("train.epochs=1",)
        )
        path = run_text(write(action), tmp_path, python=name == "python")
        assert Path(path) == folder / name / "tiny"
        found.append((Path(path) / "predictions.parquet").read_bytes())
        assert Run.open(path).recipe["train"]["epochs"] == 1 and not Run.open(path).has(
            "audit.json"
        )
        out = folder / f"{name} out.parquet"
        run_text(write(Predict(Path(path), table, out)), tmp_path, python=name == "python")
        answered.append(out.read_bytes())
    assert found[0] == found[1] and answered[0] == answered[1]
    assert len(pd.read_parquet(folder / "python out.parquet")) == 25


def by_command(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the copied command in this process."""
    first, *words = shlex.split(as_command(action))
    assert first == "pellucid" and words == action.words()
    monkeypatch.setattr(sys, "argv", ["pellucid", *words, *_quiet(words)])
    main()


def _quiet(words: list[str]) -> list[str]:
    return ["-q"] if words[0] in ("explain", "audit", "report", "evaluate", "resume") else []


def by_python(action: Action, _: pytest.MonkeyPatch) -> None:
    """Run the copied Python in this process."""
    exec(compile(as_python(action), "copied", "exec"), {"__name__": "__main__"})


WAYS = pytest.mark.parametrize("do", [by_command, by_python])


@WAYS
def test_the_steps_of_a_run(do: Any, run: Path, monkeypatch: Any, capsys: Any) -> None:
    before = {
        name: (run / name).read_bytes() for name in ("predictions.parquet", "evaluation.json")
    }
    for name in before:
        (run / name).unlink()
    (run / "report.html").unlink()
    do(Evaluate(run), monkeypatch)
    assert {name: (run / name).read_bytes() for name in before} == before
    do(Explain(run, rows="0:3", method="integrated_gradients"), monkeypatch)
    assert len(pd.read_parquet(run / "explanations" / "integrated_gradients.parquet")) == 3
    do(Audit(run, ("gender",)), monkeypatch)
    audit = json.loads((run / "audit.json").read_text())
    assert "gender" in audit and "region" not in audit
    capsys.readouterr()
    do(Report(run), monkeypatch)
    assert (run / "report.html").exists()
    assert capsys.readouterr().out.splitlines()[-1] == str(run)


@WAYS
def test_what_is_asked_of_explanations(do: Any, run: Path, monkeypatch: Any, capsys: Any) -> None:
    ids = pd.read_parquet(run / "explanations" / "integrated_gradients.parquet")["id"].tolist()
    do(Explain(run, rows="0:2", method="occlusion", compare=True), monkeypatch)
    compared = json.loads((run / "explanations" / "comparison.json").read_text())
    assert compared["rows"] == 2 and compared["ranked"] == ["occlusion"]
    do(Counterfactual(run, ids[0], ("remove",)), monkeypatch)
    found = read_counterfactuals(run / "explanations" / "counterfactuals.json")
    assert [one.id for one in found] == [ids[0]] and found[0].keep is None
    capsys.readouterr()
    do(WhatIf(run, ids[0], (("text", "it's “fine” --really"),)), monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"As it is: “{found[0].answer.label}” ({found[0].answer.score:.2f})"
    assert lines[1].startswith("Edited: “")


@WAYS
def test_decisions_notes_and_files(do: Any, run: Path, monkeypatch: Any) -> None:
    do(Decide(run, "negative", 0.1 + 0.2), monkeypatch)
    held = json.loads((run / "decision.json").read_text())
    assert held == {"format": 1, "positive": "negative", "threshold": 0.1 + 0.2}
    do(Decide(run), monkeypatch)
    assert not (run / "decision.json").exists()

    do(Notes(run, add=("good one", "old"), note="it's --fine"), monkeypatch)
    do(Notes(run, add=("new",), remove=("old",)), monkeypatch)
    assert notes.read(run) == notes.Notes(("good one", "new"), "it's --fine")

    name = next(one.name for one in contents(Run.open(run)).blocks if one.kind == "figure")
    do(Export(run, name, run.parent / "a figure.png"), monkeypatch)
    do(Export(run, name, run.parent / "dark.png", dark=True), monkeypatch)
    light, dark = (run.parent / "a figure.png").read_bytes(), (run.parent / "dark.png").read_bytes()
    assert light.startswith(b"\x89PNG") and dark.startswith(b"\x89PNG") and light != dark


@WAYS
def test_trash_and_back(do: Any, run: Path, monkeypatch: Any, capsys: Any) -> None:
    do(Trash(run), monkeypatch)
    thrown = Path(capsys.readouterr().out.splitlines()[-1])
    assert not run.exists() and thrown.is_dir()
    do(Restore(thrown.name, run.parent), monkeypatch)
    assert run.is_dir() and capsys.readouterr().out.splitlines()[-1] == str(run)


@WAYS
def test_runs_beside_each_other(do: Any, run: Path, monkeypatch: Any, capsys: Any) -> None:
    shutil.copytree(run, run.parent / "other")
    recipe = run.parent / "other" / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("epochs: 3", "epochs: 7"))
    do(Compare((run, run.parent / "other")), monkeypatch)
    assert "train.epochs 3 7" in " ".join(capsys.readouterr().out.split())


@WAYS
def test_a_queue(do: Any, raw_recipe: dict[str, Any], folder: Path, monkeypatch: Any) -> None:
    runs = folder / "runs"
    action = QueueRecipe(saved(raw_recipe, folder), runs, ("train",), True, ("train.seed=5",))
    do(action, monkeypatch)
    (entry,) = queue.entries(runs)
    assert entry.steps == ("train",) and entry.resume
    assert yaml.safe_load(entry.recipe)["train"]["seed"] == 5


@WAYS
def test_going_on(do: Any, raw_recipe: dict[str, Any], folder: Path, monkeypatch: Any) -> None:
    raw = {**copy.deepcopy(raw_recipe), "name": "half"}
    raw["train"]["epochs"] = 1
    begun, dataset = begin(Recipe.of(raw), folder / "runs")
    token = CancelToken()
    token.stop()
    carry_out(begun, ["train", "evaluate"], cancel=token, dataset=dataset)
    assert begun.status == "stopped"
    do(Resume(begun.path), monkeypatch)
    assert begun.status == "finished" and begun.has("evaluation.json")


def test_options_of_a_run(tmp_path: Path) -> None:
    plain = RunRecipe(tmp_path / "a b.yaml", tmp_path)
    assert as_command(plain) == f"pellucid run '{tmp_path}/a b.yaml' --runs {tmp_path}"
    whole = RunRecipe(tmp_path / "r.yaml", tmp_path, ("train",), True, ("name=x y",))
    assert whole.words()[2:] == [
        *("--runs", str(tmp_path), "--only", "train", "--set", "name=x y", "--resume")
    ]
    assert "only=['train'], resume=True)" in as_python(whole)
    assert command(["explain", "it's"]) == "pellucid explain 'it'\"'\"'s'"


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    action = Predict(Path("runs/a"), Path("t.csv"), Path("o.csv"), "latin-1")
    for text in (as_command(action), as_python(action)):
        for name in ("runs/a", "t.csv", "o.csv"):
            assert str(tmp_path / name) in text
        assert "latin-1" in text
