"""`pellucid influence` and `pellucid difference`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from pellucid.errors import DataError, RunError
from pellucid.explain.whole.beside import read_beside
from pellucid.explain.whole.influences import read_influences
from pellucid.tests.command_line import called


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(finished, copy)
    return copy


@pytest.fixture(scope="module")
def turned(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the run, with the last layer of its model turned around."""
    copy = tmp_path_factory.mktemp("others") / "turned"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "explanations"))
    path = copy / "model" / "model.safetensors"
    weights = load_file(path)
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = -weights[name]
    save_file(weights, path, metadata={"format": "pt"})
    return copy


def asked_rows(run: Path) -> pd.DataFrame:
    predictions = pd.read_parquet(run / "predictions.parquet")
    return predictions[predictions["split"] == "test"].reset_index(drop=True)


def test_training_rows_behind_answers(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["influence", str(run), "--rows", "0:3", "--most", "4"]
    code, out, _ = called([*asked, "--quiet"], monkeypatch, capsys)
    file = run / "explanations" / "influences.json"
    assert code == 0 and out.splitlines()[-1] == str(file)
    stored = read_influences(file)
    test = asked_rows(run)
    assert [one.id for one in stored.rows] == test["id"].tolist()[:3]
    assert [one.prediction for one in stored.rows] == test["prediction"].tolist()[:3]
    assert f"summed over {len(list((run / 'checkpoints').glob('step-*')))} checkpoint" in out
    for one in stored.rows:
        assert 0 < len(one.helpful) <= 4
        first = one.helpful[0]
        assert f"Row {one.id}: answered “{one.prediction}”" in out
        assert f"Most for it: {first.id} (labelled “{first.label}”" in out
    assert all(f"  {one.id}: labelled “{one.label}”" in out for one in stored.suspected)
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["influences"] == json.loads(json.dumps(stored.as_json()))


def test_the_true_answers_are_asked_about(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["influence", str(run), "--rows", "0:3", "--measure", "cosine", "--answer", "label"]
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    told = json.loads(out)["influences"]
    assert code == 0 and (told["measure"], told["answer"]) == ("cosine", "label")
    assert [one["prediction"] for one in told["rows"]] == asked_rows(run)["label"].tolist()[:3]


def test_before_and_after_fine_tuning(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["difference", str(run), "--rows", "0:6", "--method", "saliency"]
    code, out, _ = called([*asked, "--quiet"], monkeypatch, capsys)
    file = run / "explanations" / "difference.json"
    assert code == 0 and out.splitlines()[-1] == str(file)
    stored = read_beside(file)
    assert (stored.run, stored.other, stored.method) == ("run", None, "saliency")
    assert [one.id for one in stored.difference.rows] == asked_rows(run)["id"].tolist()[:6]
    assert "Over 6 rows" in out and "before and after fine-tuning" in out
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["difference"] == json.loads(json.dumps(stored.as_json()))


def test_a_model_that_answers_the_opposite(
    run: Path,
    turned: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every score of integrated gradients is that of the other model with the other sign."""
    asked = ["difference", str(run), str(turned), "--rows", "0:8"]
    code, out, _ = called([*asked, "--quiet"], monkeypatch, capsys)
    assert code == 0
    stored = read_beside(run / "explanations" / "difference.json")
    assert (stored.other, stored.method) == ("turned", "integrated_gradients")
    told = stored.difference
    assert [one.id for one in told.rows] == asked_rows(run)["id"].tolist()[:8]
    assert told.unmatched == 0
    assert told.correlation.value == pytest.approx(-1, abs=1e-6)
    for one in (*told.gained, *told.lost):
        assert one.before == pytest.approx(-one.after, abs=1e-5)
    assert "by “turned” and by “run” is −1.000" in out
    assert not (turned / "explanations" / "difference.json").exists()


@pytest.mark.parametrize(
    ("words", "named", "kind"),
    [
        (["influence", "RUN", "--measure", "tracing"], "--measure tracing: ", DataError),
        (["influence", "RUN", "--answer", "true"], "--answer true: ", DataError),
        (["influence", "RUN", "--most", "0"], "--most 0: ", DataError),
        (["influence", "RUN", "--rows", "nobody"], "rows: “nobody”", DataError),
        (["difference", "RUN", "--method", "saliensy"], "method “saliensy”: ", DataError),
        (["difference", "RUN", "--target", "fine"], "--target fine: ", DataError),
        (["difference", "RUN", "--rows", "nobody"], "rows: “nobody”", DataError),
        (["difference", "RUN", "RUN"], "this is the run itself", DataError),
        (["difference", "RUN", "nowhere"], "nowhere: ", RunError),
    ],
)
def test_what_is_not_there(
    words: list[str],
    named: str,
    kind: type[DataError],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [run / "explanations" / f"{name}.json" for name in ("influences", "difference")]
    for file in files:
        file.unlink(missing_ok=True)
    given = [str(run) if word == "RUN" else word for word in words]
    code, out, err = called(given, monkeypatch, capsys)
    assert (code, out) == (kind.exit_code, "")
    assert err.startswith("Error: ") and named in err and err.count("\n") == 1
    assert not any(file.exists() for file in files)
