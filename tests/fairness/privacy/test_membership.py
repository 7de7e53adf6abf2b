"""Membership: a model that learnt noise by heart gives its rows away; one that didn't, doesn't."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.dataset import load
from pellucid.core.spec import DataSpec
from pellucid.errors import DataError
from pellucid.fairness.privacy.membership import Membership, membership
from pellucid.fairness.privacy.spec import PrivacySpec
from pellucid.fairness.privacy.told import drawn, told
from pellucid.fairness.privacy.trained import Trained


@pytest.fixture(scope="module")
def memorised(
    make_sentences: object, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Train on 64 sentences whose labels are chance, until they are known by heart.

    Labels of the group “north” are told by their words, so that nothing has to be learnt by heart.
    """
    folder = tmp_path_factory.mktemp("noise")
    rows = make_sentences(300, seed=5)  # type: ignore[operator]
    chance = np.random.default_rng(0).choice(["negative", "positive"], len(rows))
    rows["label"] = np.where(rows["region"] == "north", rows["label"], chance)
    rows["split"] = ["train"] * 64 + ["test"] * 236
    rows.to_csv(folder / "rows.csv", index=False)
    recipe = {
        "name": "noise",
        "data": {
            "source": str(folder / "rows.csv"),
            "inputs": {"text": "text"},
            "label": "label",
            "groups": ["region"],
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {
            "epochs": 60,
            "learning_rate": 3e-3,
            "batch_size": 16,
        },
        "evaluate": {"replicates": 100, "baselines": False},
    }
    return execute(Recipe.of(recipe), folder / "runs", only=("train", "evaluate"))


def by_hand(run: Run) -> tuple[pd.DataFrame, float]:
    """Score all rows with transformers alone; return them, and the area under their curve."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    rows = pd.read_csv(run.section("data", DataSpec).source[0].path)
    model = AutoModelForSequenceClassification.from_pretrained(run.path / "model").eval()
    tokens = AutoTokenizer.from_pretrained(run.path / "model")(
        rows["text"].tolist(), padding=True, truncation=True, max_length=32, return_tensors="pt"
    )
    with torch.no_grad():
        scores = model(**tokens).logits.double().log_softmax(1).numpy()
    codes = rows["label"].map(model.config.label2id).to_numpy()
    rows["loss"] = -scores[np.arange(len(rows)), codes]
    return rows, float(roc_auc_score(rows["split"] == "train", -rows["loss"]))


def test_a_model_that_memorised_noise_gives_its_rows_away(memorised: Run) -> None:
    found = membership(Trained(memorised), PrivacySpec())
    rows, area = by_hand(memorised)
    assert found.loss.auc.value == pytest.approx(area, abs=1e-3)
    assert found.loss.auc.value > 0.7 and found.loss.auc.low > 0.5
    assert (found.loss.members, found.loss.others) == (64, 236)
    means = [float(rows.loc[rows["split"] == split, "loss"].mean()) for split in ("train", "test")]
    assert found.mean_loss == pytest.approx(means, abs=1e-3)
    assert found.loss.advantage > found.loss.chance
    assert found.calibrated is not None and "linear model" in found.reference


def test_what_was_learnt_by_heart_is_told_by_group(memorised: Run) -> None:
    """Where labels follow from the words, test rows are known as well as training rows."""
    found = membership(Trained(memorised), PrivacySpec(small=10))
    groups = {one.value: one for one in found.groups}
    rows, _ = by_hand(memorised)
    for value, one in groups.items():
        own = rows[rows["region"] == value]
        area = roc_auc_score(own["split"] == "train", -own["loss"])
        assert one.attack.auc.value == pytest.approx(area, abs=1e-3)
        assert one.attack.members == int((own["split"] == "train").sum())
        rest = rows[rows["region"] != value]
        other = roc_auc_score(rest["split"] == "train", -rest["loss"])
        assert one.to_rest.value == pytest.approx(area - other, abs=2e-3)
    assert groups["north"].to_rest.value < 0
    assert {one.value for one in found.classes} == {"negative", "positive"}
    assert Membership.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_the_order_is_that_of_the_loss_where_rows_are_sure() -> None:
    class Rows:
        labels = ("a", "b", "c")
        codes = np.array([0, 0, 1])

    sure = np.array([[1 - 1e-20, 1e-20, 0.0], [1.0, 1e-30, 0.0], [0.2, 0.3, 0.5]])
    table = pd.DataFrame(sure, columns=["score:a", "score:b", "score:c"])
    found = told(table, Rows(), "classification")  # type: ignore[arg-type]
    assert found.score[1] > found.score[0] > found.score[2]
    assert found.loss == pytest.approx([0, 0, -np.log(0.3)])
    assert found.score[2] == pytest.approx(np.log(0.3 / 0.7))


def test_errors_of_numbers_and_losses_of_texts() -> None:
    table = pd.DataFrame({"label": ["1.5", "2"], "prediction": [1.0, 2.0]})
    found = told(table, None, "regression")  # type: ignore[arg-type]
    assert found.loss.tolist() == [0.5, 0.0] and found.score.tolist() == [-0.5, 0.0]
    table = pd.DataFrame({"nats": [6.0, 1.0], "tokens": [3, 0]})
    found = told(table, None, "causal_lm")  # type: ignore[arg-type]
    assert found.loss[0] == 2.0 and np.isnan(found.score[1])


def test_test_rows_that_stand_in_training_are_no_outsiders(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "text": [f"text {row % 30}" for row in range(60)],
            "label": ["a", "b"] * 30,
            "split": ["train"] * 40 + ["test"] * 20,
        }
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    spec = DataSpec(
        source=[{"path": str(tmp_path / "rows.csv")}],  # type: ignore[list-item]
        inputs={"text": "text"},
        label="label",
        split={"column": "split"},  # type: ignore[arg-type]
    )
    with pytest.raises(DataError, match="every test row stands among the training rows"):
        drawn(load(spec, "classification"), 100, 0)
    rows.loc[45:, "text"] = [f"another {row}" for row in range(15)]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    taken, members, repeated = drawn(load(spec, "classification"), 12, 0)
    assert (int(members.sum()), int((~members).sum()), repeated) == (12, 12, 5)
    assert all(str(text).startswith("another") for text in taken.inputs["text"][~members])


def test_tasks_without_a_loss_of_each_row(tmp_path: Path) -> None:
    class Answers:
        task = "extractive_qa"
        path = tmp_path

    class Asked:
        run = Answers()

    with pytest.raises(DataError, match="extractive_qa"):
        membership(Asked(), PrivacySpec())  # type: ignore[arg-type]
