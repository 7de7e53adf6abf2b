"""What the report says of tasks other than classification."""

import numpy as np
import pandas as pd
import pytest

from pellucid.core import multilabel_metrics, regression_metrics
from pellucid.core.evaluation import Evaluation, SplitEvaluation
from pellucid.core.evaluation_section import findings, sections
from pellucid.core.figures import svg
from pellucid.core.measured import Measured
from pellucid.core.metric_names import METRICS, mentioned, title
from pellucid.core.report.tree import LineFigure, Table
from pellucid.core.spec import EvaluateSpec

SPEC = EvaluateSpec(replicates=200)


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def numbers(rows=1200, noise=1.0, split="test"):
    rng = np.random.default_rng(1)
    true = rng.normal(50, 10, rows)
    return pd.DataFrame(
        {
            "id": np.arange(rows).astype(str),
            "split": split,
            "label": true,
            "prediction": true + rng.normal(0, noise, rows),
        }
    )


def mean_beside(predictions):
    return predictions.assign(prediction=predictions["label"].mean())


def test_numbers_in_plain_words_and_figures():
    rows = numbers()
    beside = {"training_mean": mean_beside(rows), "tfidf_ridge_regression": numbers(noise=5.0)}
    evaluation = regression_metrics.evaluate(rows, SPEC, beside)
    said = [text.text for text in findings(evaluation)]
    error = np.abs(rows["prediction"] - rows["label"]).mean()
    assert said[0].startswith(f"On the 1,200 test rows the answers are {error:.3f} (95% interval ")
    assert "with the mean of the training rows; " in said[0]
    assert said[0].endswith(" with TF-IDF + ridge regression.")
    assert "below that of TF-IDF + ridge regression, the best baseline (95% interval −" in said[1]
    assert findings(evaluation)[1].tone == "finding"
    (section,) = sections(evaluation, rows)
    figures, differences = blocks(section, Table)
    assert figures.columns[1:] == (
        "Model",
        "The mean of the training rows",
        "TF-IDF + ridge regression",
    )
    assert [row[0] for row in figures.rows] == [
        "Mean absolute error (lower is better)",
        "Root mean squared error (lower is better)",
        "R²",
        "Pearson correlation",
        "Spearman correlation",
    ]
    assert "where lower is better, below zero" in differences.note
    scatter, histogram = blocks(section, LineFigure)
    points, line = scatter.lines
    assert points.points and len(points.x) == 800
    assert "of 1,200 rows" in points.name
    pairs = set(zip(rows["label"], rows["prediction"], strict=True))
    assert set(zip(points.x, points.y, strict=True)) <= pairs
    assert np.array_equal(line.x, line.y)
    assert histogram.lines[0].y.sum() == 1200
    assert "<svg" in svg(scatter, "scatter") and "<svg" in svg(histogram, "histogram", 340)
    # Without predictions there are no such figures; the tables are the same.
    (bare,) = sections(evaluation)
    assert not blocks(bare, LineFigure)


def test_numbers_that_are_no_better_than_the_mean_are_said_to_be():
    rows = numbers(rows=200, noise=10.0)
    evaluation = regression_metrics.evaluate(rows, SPEC, {"training_mean": mean_beside(rows)})
    gain = findings(evaluation)[1]
    assert "don’t show its mean absolute error to be better than" in gain.text
    assert gain.tone == "warning"
    worse = numbers(noise=30.0)
    evaluation = regression_metrics.evaluate(worse, SPEC, {"training_mean": mean_beside(worse)})
    gain = findings(evaluation)[1]
    assert "above that of the mean of the training rows" in gain.text
    assert "the simpler answer is the better one" in gain.text
    assert gain.tone == "warning"


def test_labels_in_plain_words_and_figures():
    rng = np.random.default_rng(0)
    labels = [f"label {code}" for code in range(10)]
    share = np.linspace(0.6, 0.02, 10)
    member = rng.random((400, 10)) < share
    scores = np.clip(member * 0.4 + rng.random(member.shape) * 0.6, 0, 1)
    cells = [["|".join(np.array(labels)[row]) for row in one] for one in (member, scores > 0.5)]
    named = {f"score:{label}": scores[:, code] for code, label in enumerate(labels)}
    rows = pd.DataFrame(
        {
            "id": np.arange(400).astype(str),
            "split": "test",
            "label": cells[0],
            "prediction": cells[1],
            **named,
        }
    )
    evaluation = multilabel_metrics.evaluate(rows, labels, SPEC, {})
    (section,) = sections(evaluation, rows)
    figures, each = blocks(section, Table)
    assert figures.rows[0][0] == "Rows with every label right"
    assert each.title == "Each label"
    assert [row[1] for row in each.rows] == member.sum(axis=0).tolist()
    assert each.marked == {code for code in range(10) if member[:, code].sum() < 30}
    precision, roc = blocks(section, LineFigure)
    assert precision.title == "Precision-recall curves (labels: the 8 with the most rows)"
    assert len(precision.lines) == 10
    assert roc.diagonal
    said = [text.text for text in findings(evaluation)]
    assert said[0].startswith("On the 400 test rows the micro F1 is 0.")
    split = evaluation.splits["test"]
    worst = min(labels, key=lambda label: split.per_class[label]["f1"].value)
    assert f"It does worst with “{worst}”: F1 " in said[1]


def measured(name, value, low, high):
    return {name: Measured(value, low, high, 40, "bootstrap")}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (measured("perplexity", 12.0, 11.0, 13.5), "the perplexity is 12.000 (95% interval 11"),
        (measured("f1_entity", 0.9, 0.8, 0.95), "the F1 of entities is 0.900 (95%"),
        (
            measured("exact_match", 0.5, 0.4, 0.6) | measured("f1", 0.7, 0.6, 0.8),
            "the F1 of words is 0.700",
        ),
        (measured("accuracy", 0.7, 0.6, 0.8), "the accuracy is 0.700"),
        (measured("something_new", 1.5, 1.0, 2.0), "the something new is 1.500"),
    ],
)
def test_every_tasks_figures_can_be_said(metrics, words):
    split = SplitEvaluation(
        rows=40,
        metrics=metrics,
        baselines={"untrained": {name: Measured(1.0, 0.9, 1.1, 40) for name in metrics}},
    )
    evaluation = Evaluation({"validation": split})
    first, *_ = findings(evaluation)
    assert words in first.text
    assert first.text.endswith("1.000 with the model before training.")
    assert any("no test rows" in text.text for text in findings(evaluation))
    (section,) = sections(evaluation)
    assert section.lead == "Measured on 40 validation rows, with 95% intervals."
    (table,) = blocks(section, Table)
    assert [row[0] for row in table.rows] == [title(name) for name in metrics]


def test_kinds_of_entities_are_called_so():
    figures = {"f1": Measured(0.5, 0.3, 0.7, 9), "support": Measured(9.0, n=40)}
    other = {"f1": Measured(0.8, 0.7, 0.9, 50), "support": Measured(50.0, n=40)}
    split = SplitEvaluation(
        rows=40,
        metrics=measured("f1_entity", 0.7, 0.6, 0.8),
        per_class={"person": figures, "place": other},
    )
    evaluation = Evaluation({"test": split})
    assert findings(evaluation)[1].text == (
        "It does worst with “person”: F1 0.500 (95% interval 0.300 to 0.700), with 9 such "
        "entities. So few make this figure rough."
    )
    _, each = blocks(sections(evaluation)[0], Table)
    assert each.title == "Each kind of entity"
    assert each.columns == ("Kind", "Entities", "F1")
    assert each.marked == {0}


def test_nothing_that_was_measured():
    said = findings(Evaluation({"test": SplitEvaluation(rows=3)}))
    assert said[0].tone == "warning"


def test_names_of_metrics_within_a_sentence():
    assert mentioned("roc_auc_macro") == "macro ROC AUC"
    assert mentioned("log_loss") == "log loss"
    assert mentioned("f1_samples") == "F1, mean over rows"
    assert mentioned("average_precision_macro") == "macro average precision"
    assert mentioned("r2") == "R²"
    assert mentioned("pearson_r") == "Pearson correlation"
    assert mentioned("f1_macro") == "macro F1"
    assert title("a_b") == "A b"
    assert all(name.title and name.hub for name in METRICS.values())
