"""Answers that are texts, and language models: what is measured of them by group."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pellucid.core.perplexity import NATS, TOKENS
from pellucid.errors import DataError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.table import GroupTable

SPEC = AuditSpec(permutations=200)


def answers(curt="new"):
    """One hundred rows of each of two groups; one is answered rightly, the other one curtly."""
    rows = 200
    group = np.repeat(["old", "new"], rows // 2)
    label = [f"The price is {i} euros" for i in range(rows)]
    wrong = (group == curt) & (np.arange(rows) % 4 > 0)
    prediction = ["Ask at the desk" if no else told for no, told in zip(wrong, label, strict=True)]
    return pd.DataFrame(
        {
            "label": label,
            "prediction": prediction,
            NATS: np.where(wrong, 8.0, 1.0),
            TOKENS: np.full(rows, 4),
            "group:kind": group,
        }
    )


def column(table: GroupTable, metric: str):
    return dict(zip(table.names, table.metrics[metric], strict=True))


def test_a_group_that_is_answered_curtly_is_found():
    found = audit(answers(), task="chat", spec=SPEC)
    assert (found.kind, found.labels, found.has_classes) == ("texts", (), False)
    table = found.groupings["kind"]
    exact = column(table, "exact_match")
    assert (exact["old"].value, exact["new"].value) == (1.0, 0.25)
    assert exact["new"].method == "wilson"
    assert column(table, "answer_words")["old"].value == 5
    assert column(table, "answer_words")["new"].value == pytest.approx(0.25 * 5 + 0.75 * 4)
    assert column(table, "loss")["new"].value == pytest.approx(0.25 * 0.25 + 0.75 * 2)
    worst = found.worst()
    assert (worst.group, worst.metric, worst.difference.value) == ("new", "exact_match", -0.75)
    assert {one.metric for one in found.alarms()} >= {"exact_match", "answer_words", "loss"}
    gap = table.gaps["exact_match_difference"]
    assert (gap.lowest, gap.highest) == ("new", "old")
    assert gap.p_value < 0.01


def test_alarms_of_figures_with_other_units_come_by_their_p_values():
    found = audit(answers(), task="chat", spec=SPEC).alarms()
    assert [one.adjusted for one in found] == sorted(one.adjusted for one in found)


def test_the_loss_is_compared_as_welch_does():
    rng = np.random.default_rng(0)
    frame = answers()
    frame[NATS] = rng.gamma(2.0, 3.0, len(frame))
    frame[TOKENS] = rng.integers(1, 20, len(frame))
    frame = frame.drop(columns=["label", "prediction"])
    found = audit(frame.assign(label=None, prediction=None), task="causal_lm", spec=SPEC)
    table = found.groupings["kind"]
    assert set(table.metrics) == {"count", "loss"}
    per_token = frame[NATS] / frame[TOKENS]
    new = (frame["group:kind"] == "new").to_numpy()
    wanted = stats.ttest_ind(per_token[new], per_token[~new], equal_var=False)
    at = table.names.index("new")
    assert table.p_values["loss"][at] == pytest.approx(wanted.pvalue, rel=1e-9)
    ends = wanted.confidence_interval(0.95)
    figure = table.to_rest["loss"][at]
    assert (figure.low, figure.high) == pytest.approx((ends.low, ends.high), rel=1e-9)


def test_rows_without_an_answer_count_for_the_loss_alone():
    frame = answers()
    frame.loc[frame.index % 2 == 0, "prediction"] = None
    table = audit(frame, task="chat", spec=SPEC).groupings["kind"]
    assert table.n == (100, 100)
    assert [one.n for one in table.metrics["exact_match"]] == [50, 50]
    assert [one.n for one in table.metrics["loss"]] == [100, 100]


def test_answers_that_are_cut_from_texts():
    told = [[{"text": "Rome", "start": 0}, {"text": "in Rome", "start": 3}], []]
    frame = pd.DataFrame(
        {
            "label": [json.dumps(told[i % 2]) for i in range(40)],
            "prediction": ["Rome", ""] * 10 + ["the city of Rome", ""] * 10,
            "group:kind": ["old"] * 20 + ["new"] * 20,
        }
    )
    table = audit(frame, task="extractive_qa", spec=SPEC).groupings["kind"]
    exact, f1 = column(table, "exact_match"), column(table, "f1")
    assert (exact["old"].value, exact["new"].value) == (1.0, 0.5)
    # Of three words one is right, and it is all that is expected.
    assert f1["new"].value == pytest.approx((0.5 + 1) / 2)


def test_a_table_in_which_nothing_was_answered():
    frame = answers().assign(prediction=None).drop(columns=[NATS, TOKENS])
    with pytest.raises(DataError, match="none of the 200 rows"):
        audit(frame, task="chat", spec=SPEC)
