"""The evaluation of predictions against scikit-learn, and its way through files."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize

from pellucid.core.baselines import MAJORITY, TFIDF, majority
from pellucid.core.evaluate import evaluate
from pellucid.core.evaluation import read_evaluation
from pellucid.core.spec import EvaluateSpec
from pellucid.core.tasks.answers import beside, of_classes
from pellucid.errors import DataError

SPEC = EvaluateSpec(replicates=200)
LABELS = {
    2: ["no", "yes"],
    3: ["bad", "so-so", "good"],
    10: [f"class {code}" for code in range(10)],
}


def predicted(k, n=240, tied=False, seed=0, skill=1.2):
    """Rows of two splits, with their codes and scores."""
    rng = np.random.default_rng(seed)
    true = np.random.default_rng(99).integers(0, k, n)
    scores = np.exp(rng.normal(size=(n, k)) + skill * np.eye(k)[true])
    scores /= scores.sum(axis=1, keepdims=True)
    if tied:
        scores = np.round(scores, 1) + 0.01
        scores /= scores.sum(axis=1, keepdims=True)
    rows = pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(n)],
            "split": np.where(np.arange(n) % 3 == 0, "validation", "test"),
            "label": np.array(LABELS[k])[true],
        }
    )
    return beside(rows, *of_classes(LABELS[k], scores)), true, scores


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_every_figure_equals_scikit_learn(k, tied):
    frame, true, scores = predicted(k, tied=tied)
    labels = LABELS[k]
    evaluation = evaluate(frame, labels, SPEC)
    assert list(evaluation.splits) == ["validation", "test"]
    rows = (frame["split"] == "test").to_numpy()
    split = evaluation.splits["test"]
    true, scores = true[rows], scores[rows]
    answer = scores.argmax(axis=1)
    onehot = np.eye(k)[true]
    one = split.metrics
    expected = {
        "accuracy": sk.accuracy_score(true, answer),
        "balanced_accuracy": sk.balanced_accuracy_score(true, answer),
        "f1_macro": sk.f1_score(true, answer, average="macro"),
        "f1_weighted": sk.f1_score(true, answer, average="weighted"),
        "precision_macro": sk.precision_score(true, answer, average="macro", zero_division=0),
        "precision_weighted": sk.precision_score(true, answer, average="weighted", zero_division=0),
        "recall_macro": sk.recall_score(true, answer, average="macro"),
        "recall_weighted": sk.recall_score(true, answer, average="weighted"),
        "log_loss": sk.log_loss(true, scores, labels=np.arange(k)),
        "roc_auc_macro": sk.roc_auc_score(onehot, scores, average="macro"),
        "roc_auc_micro": sk.roc_auc_score(onehot, scores, average="micro"),
        "average_precision_macro": sk.average_precision_score(onehot, scores, average="macro"),
        "average_precision_micro": sk.average_precision_score(onehot, scores, average="micro"),
    }
    if k > 2:
        ovr = sk.roc_auc_score(true, scores, multi_class="ovr", average="macro")
        assert one["roc_auc_macro"].value == pytest.approx(ovr, abs=1e-9)
    assert set(one) == set(expected)
    for name, value in expected.items():
        assert one[name].value == pytest.approx(value, abs=1e-9), name
        assert one[name].low <= one[name].value <= one[name].high
        assert one[name].n == len(true)
    np.testing.assert_array_equal(split.confusion, sk.confusion_matrix(true, answer))
    for code, label in enumerate(labels):
        each = {name: figure.value for name, figure in split.per_class[label].items()}
        args = onehot[:, code], answer == code
        assert each == {
            "precision": pytest.approx(sk.precision_score(*args), abs=1e-9),
            "recall": pytest.approx(sk.recall_score(*args), abs=1e-9),
            "f1": pytest.approx(sk.f1_score(*args), abs=1e-9),
            "roc_auc": pytest.approx(sk.roc_auc_score(args[0], scores[:, code]), abs=1e-9),
            "average_precision": pytest.approx(
                sk.average_precision_score(args[0], scores[:, code]), abs=1e-9
            ),
            "support": (true == code).sum(),
        }


def test_curves_of_the_file_equal_scikit_learn():
    frame, true, scores = predicted(3)
    points = evaluate(frame, LABELS[3], SPEC).curves_frame()
    rows = (frame["split"] == "validation").to_numpy()
    onehot = label_binarize(true[rows], classes=[0, 1, 2])
    part = points[points["split"] == "validation"].set_index(["kind", "name"])
    assert set(part.index) == {
        (kind, name) for kind in ("roc", "pr") for name in (*LABELS[3], "micro", "macro")
    }
    columns = {label: (onehot[:, code], scores[rows, code]) for code, label in enumerate(LABELS[3])}
    columns["micro"] = onehot.ravel(), scores[rows].ravel()
    for name, args in columns.items():
        fpr, tpr, thresholds = sk.roc_curve(*args, drop_intermediate=False)
        one = part.loc["roc", name]
        np.testing.assert_allclose(one[["x", "y", "threshold"]], np.c_[fpr, tpr, thresholds])
        precision, recall, _ = sk.precision_recall_curve(*args)
        one = part.loc["pr", name]
        np.testing.assert_allclose(one[["x", "y"]], np.c_[recall, precision][::-1])
    assert (part["low"] <= part["high"]).all()


def test_baselines_are_measured_on_the_same_rows():
    frame, true, _ = predicted(3)
    rival, _, _ = predicted(3, seed=1, skill=0.3)
    floor = beside(frame, *of_classes(LABELS[3], majority([2, 2, 0, 1], 3, len(frame))))
    split = evaluate(frame, LABELS[3], SPEC, {MAJORITY: floor, TFIDF: rival}).splits["test"]
    rows = frame["split"] == "test"
    expected = sk.accuracy_score(rival["label"][rows], rival["prediction"][rows])
    assert split.baselines[TFIDF]["accuracy"].value == pytest.approx(expected, abs=1e-12)
    assert split.majority_class == "good"
    assert split.baselines[MAJORITY]["accuracy"].value == pytest.approx(
        (true[rows.to_numpy()] == 2).mean()
    )
    assert split.baselines[MAJORITY]["roc_auc_macro"].value == pytest.approx(0.5)
    gain = split.versus_baseline[TFIDF]["f1_macro"]
    assert gain.value == pytest.approx(
        split.metrics["f1_macro"].value - split.baselines[TFIDF]["f1_macro"].value
    )
    assert gain.low > 0
    # A model beside itself differs by nothing in every resample: the comparison is paired.
    same = evaluate(frame, LABELS[3], SPEC, {TFIDF: frame}).splits["test"]
    gain = same.versus_baseline[TFIDF]["accuracy"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)
    assert same.majority_class is None


def test_a_split_does_not_depend_on_the_others_or_on_baselines_notes():
    frame, _, _ = predicted(3)
    both = evaluate(frame, LABELS[3], SPEC).as_json()["test"]
    alone = evaluate(frame, LABELS[3], EvaluateSpec(splits=["test"], replicates=200)).as_json()
    assert alone == {"test": both}
    other = evaluate(frame, LABELS[3], EvaluateSpec(replicates=200, seed=-5)).as_json()["test"]
    assert other["accuracy"]["value"] == both["accuracy"]["value"]
    assert other != both


def test_json_and_frame_bring_everything_back(tmp_path):
    frame, _, _ = predicted(3)
    rival, _, _ = predicted(3, seed=1)
    frame.loc[frame["label"] == "bad", "label"] = "good"
    evaluation = evaluate(frame, LABELS[3], SPEC, {TFIDF: rival, MAJORITY: "nothing to count"})
    text = json.dumps(evaluation.as_json(), allow_nan=False)
    evaluation.curves_frame().to_parquet(tmp_path / "curves.parquet")
    read = read_evaluation(json.loads(text), pd.read_parquet(tmp_path / "curves.parquet"))
    assert json.dumps(read.as_json()) == text
    pd.testing.assert_frame_equal(read.curves_frame(), evaluation.curves_frame())
    raw = json.loads(text)["test"]
    assert set(raw["accuracy"]) == {"value", "low", "high", "n", "method"}
    assert raw["confusion"]["labels"] == LABELS[3]
    assert np.sum(raw["confusion"]["counts"]) == raw["accuracy"]["n"] == 160
    assert raw["per_class"]["bad"]["roc_auc"]["value"] is None
    assert read_evaluation(json.loads(text)).curves_frame().empty


def test_a_class_without_rows_is_said_and_left_out():
    frame, _, _ = predicted(3)
    frame = frame[frame["label"] != "bad"]
    split = evaluate(frame, LABELS[3], SPEC).splits["test"]
    assert {curve.name for curve in split.curves} == {"so-so", "good", "micro", "macro"}
    assert math.isnan(split.per_class["bad"]["roc_auc"].value)
    rest = [split.per_class[label]["roc_auc"].value for label in ("so-so", "good")]
    assert split.metrics["roc_auc_macro"].value == pytest.approx(np.mean(rest))
    answers = frame[frame["split"] == "test"]
    expected = sk.f1_score(answers["label"], answers["prediction"], average="macro")
    assert split.metrics["f1_macro"].value == pytest.approx(expected, abs=1e-9)
    assert any("“bad”" in note for note in split.notes)


def test_one_class_alone_and_one_row_alone():
    frame, _, _ = predicted(2)
    alone = frame[frame["label"] == "yes"]
    split = evaluate(alone, LABELS[2], SPEC).splits["test"]
    assert math.isnan(split.per_class["yes"]["roc_auc"].value)
    assert split.per_class["yes"]["average_precision"].value == 1
    assert {(curve.kind, curve.name) for curve in split.curves} == {
        ("roc", "micro"),
        ("pr", "yes"),
        ("pr", "micro"),
        ("pr", "macro"),
    }
    assert any("Every test row is “yes”" in note for note in split.notes)
    json.dumps(split.as_json(), allow_nan=False)
    single = evaluate(alone[alone["split"] == "test"].head(1), LABELS[2], SPEC).splits["test"]
    assert single.n == 1
    assert single.metrics["accuracy"].method == "wilson"


def test_all_right_keeps_its_uncertainty():
    frame, _, _ = predicted(2)
    frame["prediction"] = frame["label"]
    accuracy = evaluate(frame, LABELS[2], SPEC).splits["test"].metrics["accuracy"]
    assert accuracy.value == accuracy.high == 1
    assert 0.95 < accuracy.low < 1


def test_rows_without_a_label_are_left_out_and_counted():
    frame, _, _ = predicted(2)
    rival, _, _ = predicted(2, seed=1)
    tests = frame.index[frame["split"] == "test"]
    frame.loc[tests[:5], "label"] = None
    evaluation = evaluate(frame, LABELS[2], SPEC, {TFIDF: rival})
    assert evaluation.splits["test"].n == 155
    assert "left out: 5" in evaluation.splits["test"].notes[0]
    frame.loc[tests, "label"] = None
    assert list(evaluate(frame, LABELS[2], SPEC).splits) == ["validation"]
    assert evaluate(frame.head(0), LABELS[2], SPEC).curves_frame().empty


def test_faults_name_what_is_wrong():
    frame, _, _ = predicted(2)
    with pytest.raises(DataError, match="score:yes"):
        evaluate(frame.drop(columns="score:yes"), LABELS[2], SPEC)
    wrong = frame.assign(prediction="maybe")
    with pytest.raises(DataError, match="'maybe' is not one of the labels no, yes"):
        evaluate(wrong, LABELS[2], SPEC)
    hole = frame.copy()
    hole.loc[4, "score:no"] = np.nan
    with pytest.raises(DataError, match="'r4'"):
        evaluate(hole, LABELS[2], SPEC)
    with pytest.raises(DataError, match="not the rows"):
        evaluate(frame, LABELS[2], SPEC, {TFIDF: frame.iloc[::-1]})
