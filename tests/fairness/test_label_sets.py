"""Sets of labels: scikit-learn's confusion matrix of each label, group by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    multilabel_confusion_matrix,
    roc_auc_score,
)

from pellucid.errors import DataError
from pellucid.fairness import AuditSpec, audit

SPEC = AuditSpec(permutations=99, replicates=100)
LABELS = ("calm", "loud", "odd one")
EXACT = {"abs": 1e-12, "rel": 0}


def joined(member: np.ndarray, separator: str) -> list[str]:
    """Write sets as cells; the order of their labels is another one in every row."""
    return [
        separator.join(np.roll([LABELS[at] for at in np.flatnonzero(row)], number))
        for number, row in enumerate(member)
    ]


def table_of(seed: int, rows: int = 300, separator: str = "|"):
    """Draw sets, also empty ones; return them as shape (rows, labels), and the table."""
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((rows, 3)), 1)
    true = rng.random((rows, 3)) < 0.2 + 0.5 * scores
    said = scores >= 0.5
    group = rng.choice(list("abc"), rows)
    table = pd.DataFrame(
        {
            "label": joined(true, separator),
            "prediction": joined(said, separator),
            **{f"score:{name}": scores[:, at] for at, name in enumerate(LABELS)},
            "group:g": group,
        }
    )
    return true, said, scores, group, table


@pytest.mark.parametrize("separator", ["|", "; "])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rates_of_each_label(seed, separator):
    true, said, scores, group, table = table_of(seed, separator=separator)
    result = audit(table, task="multilabel", separator=separator, spec=SPEC)
    assert (result.kind, result.labels, result.positive) == ("label_sets", LABELS, None)
    found = result.groupings["g"]
    assert list(found.per_class) == list(LABELS)
    for at, name in enumerate(found.names):
        rows = group == name
        # A row is right where the whole set is.
        exact = accuracy_score(true[rows], said[rows])
        assert found.metrics["accuracy"][at].value == pytest.approx(exact, **EXACT)
        for place, matrix in enumerate(multilabel_confusion_matrix(true[rows], said[rows])):
            (tn, fp), (fn, tp) = matrix
            own = {
                metric: figures[at]
                for metric, figures in found.per_class[LABELS[place]].metrics.items()
            }
            expected = {
                "base_rate": (tp + fn) / rows.sum(),
                "selection_rate": (tp + fp) / rows.sum(),
                "true_positive_rate": tp / (tp + fn),
                "false_positive_rate": fp / (fp + tn),
                "precision": tp / (tp + fp),
                "f1": 2 * tp / (2 * tp + fp + fn),
                "roc_auc": roc_auc_score(true[rows, place], scores[rows, place]),
                "average_precision": average_precision_score(
                    true[rows, place], scores[rows, place]
                ),
                "brier_score": brier_score_loss(true[rows, place], scores[rows, place]),
            }
            for metric, value in expected.items():
                assert own[metric].value == pytest.approx(value, **EXACT)
    assert {curve.label for curve in result.curves} == set(LABELS)


def test_one_label_may_be_the_positive_one():
    true, said, _, group, table = table_of(3)
    found = audit(table, task="multilabel", positive="loud", spec=SPEC).groupings["g"]
    matrix = multilabel_confusion_matrix(true[group == "a"], said[group == "a"])[1]
    recall = found.metrics["true_positive_rate"][0].value
    assert recall == pytest.approx(matrix[1, 1] / matrix[1].sum(), **EXACT)
    assert (
        found.metrics["true_positive_rate"]
        == (found.per_class["loud"].metrics["true_positive_rate"])
    )


def test_empty_sets_count_and_missing_ones_do_not():
    table = pd.DataFrame(
        {
            "label": ["a|b", "", "b", None, "a", ""],
            "prediction": ["b|a", "", "", "a", None, "a"],
            "group:g": list("xxxyyy"),
        }
    )
    result = audit(table, task="multilabel", spec=SPEC)
    assert (result.rows, result.dropped, result.labels) == (4, 2, ("a", "b"))
    found = result.groupings["g"]
    assert [figure.value for figure in found.metrics["accuracy"]] == [2 / 3, 0]
    assert [figure.value for figure in found.per_class["b"].metrics["base_rate"]] == [2 / 3, 0]
    # With all labels empty there is nothing to audit.
    with pytest.raises(DataError, match="no row has any label"):  # nor a prediction
        audit(table.assign(label="", prediction=""), task="multilabel")


def test_spaces_around_labels_and_numbers_as_labels():
    table = pd.DataFrame(
        {
            "label": ["1 | 2", "2", " 10|1|", 2.0],
            "prediction": ["2|1", "1.0", "1", 2],
            "group:g": list("xxyy"),
        }
    )
    result = audit(table, task="multilabel", spec=SPEC)
    assert result.labels == ("1", "1.0", "2", "10")
    accuracy = result.groupings["g"].metrics["accuracy"]
    assert [figure.value for figure in accuracy] == [0.5, 0.5]


def test_a_label_that_is_in_no_cell_has_its_score_all_the_same():
    *_, table = table_of(4)
    for column in ("label", "prediction"):
        table[column] = table[column].str.replace("odd one", "").str.strip("|")
        table[column] = table[column].str.replace("||", "|")
    result = audit(table, task="multilabel", spec=SPEC)
    assert result.labels == LABELS
    odd = result.groupings["g"].per_class["odd one"]
    assert [figure.value for figure in odd.metrics["base_rate"]] == [0, 0, 0]
    assert not any(figure.defined for figure in odd.metrics["true_positive_rate"])
    assert not any(figure.defined for figure in odd.metrics["roc_auc"])
    assert not odd.overall["roc_auc"].defined
