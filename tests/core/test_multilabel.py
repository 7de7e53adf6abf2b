"""Multilabel: sets of labels read, learnt and measured."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.utils.class_weight import compute_class_weight

from pellucid import Recipe, execute
from pellucid.core import baselines
from pellucid.core.dataset import load
from pellucid.core.evaluation import read_evaluation
from pellucid.core.multilabel_metrics import VALIDATED, counted, evaluate, validation_metrics
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks.label_sets import membership, weights
from pellucid.core.tasks.multilabel import binary_cross_entropy, sigmoid
from pellucid.errors import DataError, RecipeError

SPEC = EvaluateSpec(replicates=200)
LABELS = ("loud", "rude", "cold", "far")


def drawn(rows=300, seed=0, labels=LABELS):
    """Labels, and scores that know something of them."""
    rng = np.random.default_rng(seed)
    member = rng.random((rows, len(labels))) < np.array([0.5, 0.3, 0.2, 0.1])[: len(labels)]
    scores = np.clip(member * 0.35 + rng.random(member.shape) * 0.65, 0.001, 0.999)
    return member, np.round(scores, 2)  # with ties


def cells(member, labels=LABELS):
    return ["|".join(np.array(labels)[row]) for row in member]


def frame(member, scores, split="test", labels=LABELS):
    named = {f"score:{label}": scores[:, code] for code, label in enumerate(labels)}
    rows = {
        "id": [str(row) for row in range(len(member))],
        "split": split,
        "label": cells(member, labels),
        "prediction": cells(scores > 0.5, labels),
    }
    return pd.DataFrame({**rows, **named})


# Measuring


def test_figures_equal_scikit_learn():
    member, scores = drawn()
    answered = scores > 0.5
    got = evaluate(frame(member, scores), LABELS, SPEC, {}).splits["test"]
    expected = {
        "subset_accuracy": sk.accuracy_score(member, answered),
        "hamming_loss": sk.hamming_loss(member, answered),
        "log_loss": np.mean(
            [sk.log_loss(member[:, code], scores[:, code]) for code in range(len(LABELS))]
        ),
    }
    for average in ("micro", "macro", "samples"):
        expected[f"f1_{average}"] = sk.f1_score(member, answered, average=average, zero_division=0)
    for average in ("micro", "macro"):
        expected[f"roc_auc_{average}"] = sk.roc_auc_score(member, scores, average=average)
        expected[f"average_precision_{average}"] = sk.average_precision_score(
            member, scores, average=average
        )
    assert set(got.metrics) == set(expected)
    for name, value in expected.items():
        assert got.metrics[name].value == pytest.approx(value, rel=1e-12), name
        assert got.metrics[name].low < value < got.metrics[name].high, name
    table = sk.precision_recall_fscore_support(member, answered, zero_division=0)
    for code, label in enumerate(LABELS):
        figures = got.per_class[label]
        for name, column in zip(("precision", "recall", "f1", "support"), table, strict=True):
            assert figures[name].value == pytest.approx(column[code])
        own = sk.average_precision_score(member[:, code], scores[:, code])
        assert figures["average_precision"].value == pytest.approx(own)
        assert figures["roc_auc"].value == pytest.approx(
            sk.roc_auc_score(member[:, code], scores[:, code])
        )


def test_a_resample_is_measured_as_scikit_learn_measures_its_rows():
    member, scores = drawn(rows=80, seed=2)
    answered = scores > 0.5
    rng = np.random.default_rng(3)
    shares = np.stack([np.bincount(rng.integers(0, 80, 80), minlength=80) for _ in range(4)])
    got = counted(member, answered, shares.astype(float))
    for one, share in enumerate(shares):
        rows = np.repeat(np.arange(80), share)
        true, said = member[rows], answered[rows]
        for average in ("micro", "macro", "samples"):
            expected = sk.f1_score(true, said, average=average, zero_division=0)
            assert got[f"f1_{average}"][one] == pytest.approx(expected)
        assert got["hamming_loss"][one] == pytest.approx(sk.hamming_loss(true, said))
        assert got["subset_accuracy"][one] == pytest.approx(sk.accuracy_score(true, said))


def test_precision_recall_curves_of_every_label_equal_scikit_learn():
    member, scores = drawn()
    split = evaluate(frame(member, scores), LABELS, SPEC, {}).splits["test"]
    curves = {curve.name: curve for curve in split.curves if curve.kind == "pr"}
    assert set(curves) == {*LABELS, "micro", "macro"}
    precision, recall, _ = sk.precision_recall_curve(member[:, 1], scores[:, 1])
    curve = curves["rude"]
    points = np.round(np.column_stack([curve.x, curve.y]), 9).tolist()
    for point in np.round(np.column_stack([recall, precision])[:-1], 9).tolist():
        assert point in points
    assert curve.low is not None and (curve.low <= curve.high).all()


def test_validation_metrics_equal_those_of_the_evaluation():
    member, scores = drawn()
    got = validation_metrics(member, scores)
    split = evaluate(frame(member, scores), LABELS, SPEC, {}).splits["test"]
    assert tuple(got) == VALIDATED
    assert got.pop("loss") == pytest.approx(split.metrics["log_loss"].value)
    for name, value in got.items():
        assert value == pytest.approx(split.metrics[name].value)


def test_baselines_stand_beside_it_on_the_same_resamples():
    member, scores = drawn()
    usual = frame(member, np.tile(member.mean(axis=0), (len(member), 1)))
    beside = {baselines.FREQUENT: usual, baselines.TFIDF: "no words"}
    split = evaluate(frame(member, scores), LABELS, SPEC, beside).splits["test"]
    gain = split.versus_baseline[baselines.FREQUENT]["f1_macro"]
    own, other = (one["f1_macro"] for one in (split.metrics, split.baselines["frequent_labels"]))
    assert gain.value == pytest.approx(own.value - other.value)
    assert gain.low > 0
    same = evaluate(frame(member, scores), LABELS, SPEC, {"twin": frame(member, scores)}).splits[
        "test"
    ]
    assert same.versus_baseline["twin"]["f1_micro"].low == 0
    assert same.versus_baseline["twin"]["f1_micro"].high == 0
    assert "No figures for TF-IDF + logistic regression: no words." in split.notes


def test_labels_that_no_row_has_and_rows_without_labels():
    member, scores = drawn()
    member[:, 3] = False
    member[:7] = scores[:7] = False
    found = evaluate(frame(member, scores), LABELS, SPEC, {})
    split = found.splits["test"]
    assert split.metrics["roc_auc_macro"].value == pytest.approx(
        sk.roc_auc_score(member[:, :3], scores[:, :3])
    )
    assert split.metrics["f1_macro"].value == pytest.approx(
        sk.f1_score(member, scores > 0.5, average="macro", zero_division=0)
    )
    assert not split.per_class["far"]["average_precision"].defined
    assert any(note.startswith("No test row has “far”") for note in split.notes)
    assert any("rightly answered by none: " in note for note in split.notes)
    raw = json.loads(json.dumps(found.as_json(), allow_nan=False))
    again = read_evaluation(raw, found.curves_frame()).splits["test"]
    assert again.n == 300
    assert again.per_class["loud"] == split.per_class["loud"]
    assert len(again.curves) == len(split.curves)
    nothing = np.zeros((5, 4), bool)
    empty = evaluate(frame(nothing, nothing.astype(float)), LABELS, SPEC, {}).splits["test"]
    assert empty.metrics["subset_accuracy"].value == 1
    assert empty.curves == ()


def test_predictions_that_cant_be_measured_are_refused():
    member, scores = drawn(rows=20)
    table = frame(member, scores)
    with pytest.raises(DataError, match=r"row '0', column 'label'.*'odd' is not one of"):
        evaluate(table.assign(label=["odd", *table["label"][1:]]), LABELS, SPEC, {})
    with pytest.raises(DataError, match="a score is missing"):
        evaluate(table.assign(**{"score:rude": np.nan}), LABELS, SPEC, {})
    with pytest.raises(DataError, match="column 'score:far' is missing"):
        evaluate(table.drop(columns="score:far"), LABELS, SPEC, {})


# Reading


def read(tmp_path, rows, **data):
    path = tmp_path / "rows.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return load(DataSpec(source=str(path), inputs={"text": "text"}, **data), "multilabel")


def texts(rows):
    return [f"text {row}" for row in range(rows)]


def test_cells_with_separators_and_empty_cells(tmp_path):
    given = ["rude|loud", "", " loud ", '["cold", "rude"]', "loud|loud"] * 8
    data = read(tmp_path, {"text": texts(40), "label": given}, label="label")
    assert data.labels == ("cold", "loud", "rude")
    assert data.label.tolist()[:5] == [
        '["loud", "rude"]',
        "[]",
        '["loud"]',
        '["cold", "rude"]',
        '["loud"]',
    ]
    assert membership(data.label[:2], data.labels).tolist() == [[0, 1, 1], [0, 0, 0]]
    other = [cell.replace("|", "; ") for cell in given]
    same = read(tmp_path, {"text": texts(40), "label": other}, label="label", separator=";")
    assert same.fingerprint == data.fingerprint


def test_columns_of_zero_and_one_keep_their_order(tmp_path):
    rows = {"text": texts(30), "rude": [1, 0, 0] * 10, "loud": ["true", "1.0", "no"] * 10}
    data = read(tmp_path, rows, labels=["rude", "loud"])
    assert data.labels == ("rude", "loud")
    assert membership(data.label[:3], data.labels).tolist() == [[1, 1], [0, 1], [0, 0]]
    assert not set(data.split) - {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("rows", "data", "words"),
    [
        ({"rude": [1, 2, 0]}, {"labels": ["rude"]}, "row 2, column “rude”: found “2”, expected 0"),
        ({"rude": [1, None, 0]}, {"labels": ["rude"]}, "row 2, column “rude”: the cell is empty"),
        ({"rude": [0, 0, 0]}, {"labels": ["rude"]}, "column “rude”: no row has a 1"),
        ({"a|b": [0, 1, 0]}, {"labels": ["a|b"]}, "the label “a|b” holds “|”"),
        ({"y": ["a", '["b"', "c"]}, {"label": "y"}, 'row 2, column “y”: “["b"” begins like'),
        ({"y": ["a", '["b|c"]', "c"]}, {"label": "y"}, "row 2, column “y”: the label “b|c” holds"),
        ({"y": ["", None, " "]}, {"label": "y"}, "no row has a label"),
    ],
)
def test_labels_that_cant_be_read_name_their_place(tmp_path, rows, data, words):
    with pytest.raises(DataError) as caught:
        read(tmp_path, {"text": texts(3), **rows}, **data)
    assert words in str(caught.value)


def test_free_text_is_not_taken_for_labels(tmp_path):
    many = [f"a sentence of row {row}" for row in range(120)]
    with pytest.raises(DataError, match=r"120 different labels in 120 rows.*separator"):
        read(tmp_path, {"text": texts(120), "label": many}, label="label")


# Learning


def losses(logits, member, **settings):
    import torch

    spec = TrainSpec(**settings)
    targets = np.stack([member, weights(member, LABELS, spec)], axis=1).astype(np.float32)
    return binary_cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets), spec)


def test_the_loss_equals_torchs_and_transformers():
    import torch
    from torch.nn import functional
    from transformers import BertConfig, BertForSequenceClassification

    member, _ = drawn(rows=8)
    logits = np.random.default_rng(1).normal(0, 3, member.shape).astype(np.float32)
    truth = torch.from_numpy(member.astype(np.float32))
    plain = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(logits), truth, reduction="none"
    )
    found = losses(logits, member)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, plain.mean(dim=1))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=30, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, num_labels=4, problem_type="multi_label_classification",
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    ids = torch.randint(5, 30, (8, 5))
    with torch.no_grad():
        out = model(input_ids=ids, labels=truth)
    torch.testing.assert_close(losses(out.logits.numpy(), member).mean(), out.loss)


def test_smoothing_and_focal_loss_follow_their_definitions():
    import torch
    from torch.nn import functional

    member, _ = drawn(rows=8)
    logits = np.random.default_rng(2).normal(0, 3, member.shape).astype(np.float32)
    scores, truth = torch.from_numpy(logits), torch.from_numpy(member.astype(np.float32))
    soft = functional.binary_cross_entropy_with_logits(scores, truth * 0.8 + 0.1, reduction="none")
    torch.testing.assert_close(losses(logits, member, label_smoothing=0.2), soft.mean(dim=1))
    right = torch.where(truth > 0, scores.sigmoid(), 1 - scores.sigmoid())
    focal = -((1 - right) ** 2) * right.log()
    torch.testing.assert_close(losses(logits, member, focal_gamma=2.0), focal.mean(dim=1))


def test_weights_of_labels():
    import torch
    from torch.nn import functional

    member, _ = drawn(rows=50)
    balanced = weights(member, LABELS, TrainSpec(class_weight="balanced"))
    for code in range(len(LABELS)):
        there = member[:, code].astype(int)
        off, on = compute_class_weight("balanced", classes=np.array([0, 1]), y=there)
        assert balanced[:, code] == pytest.approx(np.where(there, on, off))
    logits = np.random.default_rng(2).normal(0, 3, member.shape).astype(np.float32)
    expected = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(logits),
        torch.from_numpy(member.astype(np.float32)),
        pos_weight=torch.tensor([1.0, 5.0, 1.0, 0.5]),
        reduction="none",
    )
    found = losses(logits, member, class_weight={"rude": 5, "far": 0.5})
    torch.testing.assert_close(found, expected.mean(dim=1))
    with pytest.raises(RecipeError, match=r"no label “rud”.*rude"):
        weights(member, LABELS, TrainSpec(class_weight={"rud": 2}))


def test_probabilities_of_large_logits():
    found = sigmoid(np.array([[-1000.0, 0.0, 1000.0]]))
    assert found.tolist() == [[0.0, 0.5, 1.0]]


@pytest.fixture(scope="module")
def trained(tiny_model, make_sentences, vocabulary, tmp_path_factory):
    """A run that learns which kinds of words a sentence holds."""
    folder = tmp_path_factory.mktemp("multilabel")
    rows = make_sentences(600, seed=3)
    rows["good"] = (rows["label"] == "positive").astype(int)
    rows["staff"] = rows["text"].str.contains("staff").astype(int)
    rows.to_csv(folder / "rows.csv", index=False)
    recipe = {
        "name": "several",
        "data": {
            "source": "rows.csv",
            "inputs": {"text": "text"},
            "labels": ["good", "staff"],
            "groups": ["gender"],
            "separator": ",",
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {
            "epochs": 6,
            "learning_rate": 3e-3,
            "batch_size": 16,
            "early_stopping": {"patience": 0},
        },
        "evaluate": {"replicates": 100},
    }
    return execute(Recipe.of(recipe, folder=folder), folder / "runs", only=("train", "evaluate"))


def test_a_run_learns_labels_and_its_model_answers_them_anywhere(trained):
    from transformers import pipeline

    assert trained.task == "multilabel"
    assert trained.labels == ("good", "staff")
    measured = json.loads((trained.path / "evaluation.json").read_text())["test"]
    assert measured["per_class"]["good"]["f1"]["value"] > 0.95
    usual = measured["baselines"]["frequent_labels"]["f1_macro"]
    assert measured["f1_macro"]["low"] > usual["high"]
    predictions = trained.predictions()
    assert set(predictions["prediction"]) <= {"", "good", "staff", "good,staff"}
    both = predictions["label"] == "good,staff"
    assert both.any()
    classify = pipeline("text-classification", model=str(trained.model), device="cpu")
    dataset = trained.dataset()
    text = dict(zip(dataset.ids, dataset.inputs["text"], strict=True))
    row = predictions.iloc[0]
    scores = {one["label"]: one["score"] for one in classify(text[row["id"]], top_k=None)}
    for label in ("good", "staff"):
        assert scores[label] == pytest.approx(row[f"score:{label}"], abs=1e-5)
