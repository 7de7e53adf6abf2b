"""What the report says about an evaluation."""

import numpy as np
import pandas as pd
import pytest

from pellucid.core.baselines import MAJORITY, TFIDF, majority
from pellucid.core.evaluate import evaluate
from pellucid.core.evaluation import read_evaluation
from pellucid.core.evaluation_section import findings, sections
from pellucid.core.measured import Measured
from pellucid.core.report.tree import LineFigure, MatrixFigure, Table
from pellucid.core.spec import EvaluateSpec
from pellucid.core.tasks.answers import beside, of_classes

SPEC = EvaluateSpec(replicates=200)


def rows(labels, true, answers, split="test"):
    """Predictions that put 0.8 on each answer."""
    k = len(labels)
    scores = np.full((len(true), k), 0.2 / (k - 1))
    scores[np.arange(len(true)), answers] = 0.8
    frame = pd.DataFrame(
        {
            "id": np.arange(len(true)).astype(str),
            "split": split,
            "label": np.array(labels)[true],
        }
    )
    return beside(frame, *of_classes(labels, scores))


def two(wrong=13):
    """A hundred rows of two classes: 55 yes; `wrong` of them answered no."""
    true = (np.arange(100) < 55).astype(int)
    answers = np.where(np.arange(100) < wrong, 0, true)
    return rows(["no", "yes"], true, answers), true


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def test_two_classes_in_plain_words():
    frame, true = two()
    rivals = {
        MAJORITY: beside(frame, *of_classes(["no", "yes"], majority(true, 2, 100))),
        TFIDF: rows(["no", "yes"], true, np.where(np.arange(100) % 4 == 0, 1 - true, true)),
    }
    evaluation = evaluate(frame, ["no", "yes"], SPEC, rivals)
    said = [text.text for text in findings(evaluation)]
    assert said[0].startswith("On the 100 test rows the model is right in 87.0% (95% interval ")
    assert "; always answering “yes” would be right in 55.0%" in said[0]
    assert said[0].endswith("; TF-IDF + logistic regression in 75.0%.")
    assert "12.0 percentage points more often than TF-IDF" in said[1]
    assert "“yes” least often: of the 55 “yes” rows it finds 76.4%" in said[2]
    assert said[3] == "Its most frequent confusion: 13 of the 55 “yes” rows were answered “no”."
    (section,) = sections(evaluation)
    assert section.anchor == "evaluation-test"
    figures, differences, each = blocks(section, Table)
    assert figures.columns == (
        "Metric",
        "Model",
        "The majority class",
        "TF-IDF + logistic regression",
    )
    assert [cell.value for cell in figures.rows[0][1:]] == [0.87, 0.55, 0.75]
    assert differences.signed == {2}
    assert [row[0] for row in each.rows] == ["no", "yes"]
    (matrix,) = blocks(section, MatrixFigure)
    assert matrix.counts.tolist() == [[45, 0], [13, 42]]
    assert "87 of 100" in matrix.alt
    roc, pr = blocks(section, LineFigure)
    assert [line.name.split(" ")[0] for line in roc.lines] == ["yes"]
    assert {line.name.split(" ")[0] for line in pr.lines} == {"no", "yes"}
    assert roc.diagonal
    assert all(line.low is not None for line in (*roc.lines, *pr.lines))


def test_three_classes_draw_averages_and_list_confusions():
    labels = ["a", "b", "c"]
    true = np.repeat([0, 1, 2], [60, 50, 10])
    answers = true.copy()
    answers[:9] = 1
    answers[60:64] = 2
    evaluation = evaluate(rows(labels, true, answers), labels, SPEC)
    (section,) = sections(evaluation)
    figures, each, pairs = blocks(section, Table)
    assert figures.columns == ("Metric", "Model")
    assert each.marked == {2}
    assert pairs.rows == (("a", "b", 9, "15.0%"), ("b", "c", 4, "8.0%"))
    roc, _ = blocks(section, LineFigure)
    assert [line.name.split(" (")[0] for line in roc.lines] == [
        "micro average",
        "macro average",
        "a",
        "b",
        "c",
    ]
    assert [line.low is not None for line in roc.lines] == [True, True, False, False, False]


def test_many_classes_stay_readable():
    labels = [f"c{code}" for code in range(40)]
    rng = np.random.default_rng(0)
    true = rng.integers(0, 40, 2000)
    answers = np.where(rng.random(2000) < 0.7, true, rng.integers(0, 40, 2000))
    (section,) = sections(evaluate(rows(labels, true, answers), labels, SPEC))
    assert not blocks(section, MatrixFigure)
    for figure in blocks(section, LineFigure):
        assert len(figure.lines) == 10
        assert "the 8 with the most rows" in figure.title
        assert all(len(line.x) < 450 for line in figure.lines)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(25, "don’t show the model to be right more often"), (50, "percentage points less often")],
)
def test_a_model_that_beats_nothing_is_said_to(wrong, words):
    frame, true = two(wrong)
    rival = rows(["no", "yes"], true, np.where(np.arange(100) % 4 == 0, 1 - true, true))
    said = findings(evaluate(frame, ["no", "yes"], SPEC, {TFIDF: rival}))
    assert words in said[1].text
    assert said[1].tone == "warning"


def test_without_test_rows_the_findings_say_so():
    frame, _ = two()
    said = findings(evaluate(frame.assign(split="validation"), ["no", "yes"], SPEC))
    assert any("no test rows" in text.text and text.tone == "warning" for text in said)
    assert findings(evaluate(frame.head(0), ["no", "yes"], SPEC))[0].tone == "warning"
    assert sections(evaluate(frame.head(0), ["no", "yes"], SPEC)) == ()


def test_all_right_and_a_class_without_rows():
    true = np.zeros(20, int)
    evaluation = evaluate(rows(["a", "b"], true, true), ["a", "b"], SPEC)
    said = [text.text for text in findings(evaluation)]
    assert "No row was answered wrongly." in said
    assert any("No test row is “b”" in text for text in said)
    (section,) = sections(evaluation)
    each = blocks(section, Table)[1]
    assert each.rows[1][1] == 0
    assert not any(cell.defined for cell in each.rows[1] if isinstance(cell, Measured))


def test_a_read_evaluation_says_the_same():
    frame, true = two()
    floor = beside(frame, *of_classes(["no", "yes"], majority(true, 2, 100)))
    evaluation = evaluate(frame, ["no", "yes"], SPEC, {MAJORITY: floor})
    read = read_evaluation(evaluation.as_json(), evaluation.curves_frame())
    assert findings(read) == findings(evaluation)
    one, other = (sections(each)[0] for each in (evaluation, read))
    assert blocks(one, Table) == blocks(other, Table)
    assert [figure.alt for figure in blocks(one, LineFigure)] == [
        figure.alt for figure in blocks(other, LineFigure)
    ]
