"""Influence: leave-one-out retraining, rows that stand twice, and labels that were flipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.linear_model import LogisticRegression

from pellucid import Recipe, execute
from pellucid.core.predict import softmax
from pellucid.core.runs import Run
from pellucid.errors import DataError
from pellucid.explain.whole.influence import influence, tracin
from pellucid.explain.whole.influences import Influences
from pellucid.explain.whole.last_layer import Features, gradients


def test_influence_tells_what_leaving_a_row_out_does() -> None:
    """Retrain a small logistic regression without each row; its path is that of plain descent."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((60, 2))
    y = (x @ [2.0, -1.0] + 0.7 * generator.standard_normal(60) > 0).astype(int)
    test_x, test_y = np.array([[0.4, -0.3]]), np.array([1])

    def logits(points: Any, weights: Any) -> Any:
        own = np.hstack([points, np.ones((len(points), 1))]) @ weights
        return np.stack([np.zeros(len(points)), own], 1)

    def descend(rows: Any) -> Any:
        weights, path, given = np.zeros(3), [], np.hstack([x, np.ones((60, 1))])
        for _ in range(60):
            path.append(weights)
            error = softmax(logits(x[rows], weights))[:, 1] - y[rows]
            weights = weights - 0.5 / 60 * given[rows].T @ error
        return weights, path

    def loss(weights: Any) -> float:
        return float(-np.log(softmax(logits(test_x, weights))[0, test_y[0]]))

    whole, path = descend(np.arange(60))
    without = [loss(descend(np.delete(np.arange(60), row))[0]) - loss(whole) for row in range(60)]
    steps = (
        (
            0.5 / 60,
            gradients(Features(x, logits(x, weights)), y),
            gradients(Features(test_x, logits(test_x, weights)), test_y),
        )
        for weights in path
    )
    found, own = tracin(steps)
    assert pearsonr(found[:, 0], without).statistic > 0.9
    assert own.shape == (60,)
    assert (own > 0).all()


def test_flipped_labels_have_the_largest_influence_on_themselves() -> None:
    generator = np.random.default_rng(1)
    x = np.concatenate([generator.normal(-2, 1, (100, 3)), generator.normal(2, 1, (100, 3))])
    y = np.repeat([0, 1], 100)
    flipped = generator.choice(200, 10, replace=False)
    y[flipped] = 1 - y[flipped]
    fitted = LogisticRegression().fit(x, y)
    scores = np.stack([np.zeros(200), fitted.decision_function(x)], 1)
    own = gradients(Features(x, scores), y)
    _, selves = tracin([(1.0, own, own)])
    assert set(np.argsort(-selves)[:10]) == set(flipped)


@pytest.fixture(scope="module")
def run(tiny_model: Path, make_sentences: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train on sentences of which test rows stand in training too, and some labels are wrong."""
    table = make_sentences(240)
    table["split"] = ["train"] * 180 + ["validation"] * 20 + ["test"] * 40
    table.loc[200:203, "text"] = table.loc[0:3, "text"].to_numpy()
    table.loc[200:203, "label"] = table.loc[0:3, "label"].to_numpy()
    flipped = table.index[10:18]
    other = {"positive": "negative", "negative": "positive"}
    table.loc[flipped, "label"] = table.loc[flipped, "label"].map(other)
    folder = tmp_path_factory.mktemp("influence")
    table.to_csv(folder / "rows.csv", index=False)
    recipe = {
        "data": {
            "source": "rows.csv",
            "inputs": {"text": "text"},
            "label": "label",
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 3, "learning_rate": 3e-3, "batch_size": 16, "keep_checkpoints": 3},
    }
    return execute(Recipe.of(recipe, folder=folder), folder, only=["train"])


@pytest.fixture(scope="module")
def found(run: Run) -> Influences:
    return influence(run, "0:8", answer="label", most=180)


def test_all_checkpoints_count(run: Run, found: Influences) -> None:
    assert found.checkpoints == len(list((run.path / "checkpoints").glob("step-*"))) >= 2
    assert [one.id for one in found.rows] == [f"s{row:04d}" for row in range(200, 208)]


def test_a_row_that_stands_in_training_too_helps(found: Influences) -> None:
    for row, one in enumerate(found.rows[:4]):
        (same,) = (other for other in one.helpful if other.same)
        assert same.id == f"s{row:04d}"
        assert same.score > 0
        assert same.alike == pytest.approx(1, abs=1e-5)
    assert not any(other.same for one in found.rows[4:] for other in one.helpful)


def test_helpful_rows_have_the_label_and_harmful_ones_another(found: Influences) -> None:
    for one in found.rows:
        assert all(other.score > 0 and other.label == one.prediction for other in one.helpful)
        assert all(other.score < 0 and other.label != one.prediction for other in one.harmful)
        scores = [other.score for other in one.helpful]
        assert scores == sorted(scores, reverse=True)


def test_wrong_labels_are_suspected(found: Influences) -> None:
    flipped = {f"s{row:04d}" for row in range(10, 18)}
    suspected = [one.id for one in found.suspected]
    assert len(flipped & set(suspected[:8])) >= 5
    first = found.suspected[0]
    assert first.answer != first.label
    assert first.probability < 0.5


def test_the_cosine_is_of_the_trained_model(run: Run) -> None:
    told = influence(run, ["s0201"], measure="cosine", answer="label", most=180)
    assert told.checkpoints == 0
    every = [*told.rows[0].helpful, *told.rows[0].harmful]
    assert all(-1 - 1e-9 <= one.score <= 1 + 1e-9 for one in every)
    assert told.rows[0].helpful[0].score == pytest.approx(1, abs=1e-6)


def test_without_checkpoints_the_trained_model_tells(run: Run, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy, ignore=shutil.ignore_patterns("checkpoints"))
    told = influence(copy, 2)
    assert told.checkpoints == 0
    assert len(told.rows) == 2
    assert told.rows[0].helpful


def test_json_and_back(found: Influences) -> None:
    assert Influences.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_other_tasks_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "task", "regression")
    with pytest.raises(DataError, match="regression"):
        influence(run)
