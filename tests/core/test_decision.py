"""A run's decision: what is answered, what the file may hold, and that predict heeds it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.core import Run, decision
from pellucid.core.decision import Decision
from pellucid.core.predict_table import predict_table
from pellucid.errors import RunError

LABELS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.0, "bbbb"), (0.3, "bbba"), (0.31, "cbba"), (0.6, "cbaa"), (1.0, "ccaa")],
)
def test_the_named_class_from_its_threshold_on(threshold: float, expected: str) -> None:
    scores = np.array([[0.2, 0.3, 0.5], [0.1, 0.7, 0.2], [0.4, 0.35, 0.25], [0.6, 0.2, 0.2]])
    if threshold == 0.6:
        scores[2] = [0.21, 0.59, 0.2]
    if threshold == 1.0:
        scores[3] = [0.2, 0.7, 0.1]
    codes = Decision("b", threshold).answers(scores, LABELS)
    # By hand: b where its score reaches the threshold, else the better of a and c.
    assert "".join(LABELS[code] for code in codes) == expected
    assert scores[0].tolist() == [0.2, 0.3, 0.5]  # nothing was written into


def test_two_classes_at_one_half_are_the_highest_score() -> None:
    scores = np.random.default_rng(0).random((500, 1))
    scores = np.hstack([1 - scores, scores])
    codes = Decision("b", 0.5).answers(scores, ("a", "b"))
    np.testing.assert_array_equal(codes, scores.argmax(1))


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A finished run that may be changed."""
    folder = tmp_path / "runs" / "tiny"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("checkpoints", "maps"))
    return folder


def test_predict_heeds_it_and_the_runs_own_predictions_stay(
    run: Path, make_sentences: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    table = tmp_path / "new.csv"
    make_sentences(40, seed=9).to_csv(table, index=False)
    own = (run / "predictions.parquet").read_bytes()
    plain = predict_table(Run.open(run), table, tmp_path / "plain.parquet").frame()
    scores = plain["score:positive"]
    threshold = float(scores[scores > 0.5].median())
    decision.write(run, Decision("positive", threshold), Run.open(run).labels)
    decided = predict_table(Run.open(run), table, tmp_path / "decided.parquet").frame()
    expected = np.where(scores >= threshold, "positive", "negative")
    assert decided["prediction"].tolist() == expected.tolist() != plain["prediction"].tolist()
    assert pd.read_parquet(tmp_path / "decided.parquet")["prediction"].tolist() == expected.tolist()
    pd.testing.assert_frame_equal(
        decided.drop(columns="prediction"), plain.drop(columns="prediction")
    )
    decision.clear(run)
    again = predict_table(Run.open(run), table, tmp_path / "again.parquet").frame()
    pd.testing.assert_frame_equal(again, plain)
    assert (run / "predictions.parquet").read_bytes() == own


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"positive": "b", "threshold": 0.5}',
        '{"format": 2, "positive": "b", "threshold": 0.5}',
        '{"format": 1, "positive": "b"}',
        '{"format": 1, "positive": "b", "threshold": "0.5"}',
        '{"format": 1, "positive": "b", "threshold": true}',
        '{"format": 1, "positive": "b", "threshold": 1.5}',
        '{"format": 1, "positive": "b", "threshold": NaN}',
        '{"format": 1, "positive": "d", "threshold": 0.5}',
    ],
)
def test_a_file_that_can_not_be(content: str, tmp_path: Path) -> None:
    (tmp_path / "decision.json").write_text(content)
    with pytest.raises(RunError, match=r"decision\.json"):
        decision.read(tmp_path, LABELS)


def pellucid(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_command(run: Path) -> None:
    assert "highest score" in pellucid("decide", run).stdout
    done = pellucid("decide", run, "--positive", "negative", "--threshold", "0.3")
    assert "“negative” is answered from a score of 0.3" in done.stdout
    held = json.loads((run / "decision.json").read_text())
    assert held == {"format": 1, "positive": "negative", "threshold": 0.3}
    assert json.loads(pellucid("decide", run, "--json").stdout) == held
    # Without a class it is the recipe's favourable one.
    assert pellucid("decide", run, "--threshold", "0.7").returncode == 0
    assert json.loads((run / "decision.json").read_text())["positive"] == "positive"
    for wrong in (
        ["--positive", "negative"],
        ["--positive", "negatives", "--threshold", "0.5"],
        ["--threshold", "50"],
    ):
        refused = pellucid("decide", run, *wrong)
        assert refused.returncode == 2 and refused.stderr.startswith("Error: ")
    assert json.loads((run / "decision.json").read_text())["threshold"] == 0.7
    assert pellucid("decide", run, "--clear").returncode == 0
    assert not (run / "decision.json").exists()
