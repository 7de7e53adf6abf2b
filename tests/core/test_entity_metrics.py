"""Precision, recall and F1 of entities by hand cases as seqeval counts them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from pellucid.core.entity_metrics import count, evaluate, figures, types_of
from pellucid.core.spec import EvaluateSpec

# The example of seqeval's README: precision, recall and F1 0.50, accuracy 0.80, MISC 0, PER 1.
TRUE = ["O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"]
GIVEN = ["O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"]


def tags(texts: list[str]) -> list[list[str]]:
    return [text.split() for text in texts]


def measured(true: list[str], given: list[str]) -> dict[str, float]:
    types, marked = types_of(tags(true), tags(given))
    counted = count(tags(true), tags(given), types, marked=marked)
    return figures({name: values.sum(axis=0) for name, values in counted.items()})


@pytest.mark.parametrize(
    ("true", "given", "precision", "recall", "right"),
    [
        (TRUE, GIVEN, 1 / 2, 1 / 2, 8 / 10),
        (["B-A I-A O"], ["B-A O O"], 0, 0, 2 / 3),
        (["B-A B-A"], ["B-A I-A"], 0, 0, 1 / 2),
        (["B-A O B-B"], ["B-A O B-A"], 1 / 2, 1 / 2, 2 / 3),
        (["B-A O B-B"], ["B-A O O"], 1, 1 / 2, 2 / 3),
        (["B-A I-A"], ["I-A I-A"], 1, 1, 1 / 2),  # read as conlleval does
        (["O O"], ["B-A O"], 0, 0, 1 / 2),
        (["O O"], ["O O"], 0, 0, 1),
        (["U-A B-B L-B"], ["U-A B-B I-B"], 1, 1, 2 / 3),
    ],
)
def test_hand_cases(
    true: list[str], given: list[str], precision: float, recall: float, right: float
) -> None:
    found = measured(true, given)
    both = precision + recall
    assert found["precision_entity"] == pytest.approx(precision)
    assert found["recall_entity"] == pytest.approx(recall)
    assert found["f1_entity"] == pytest.approx(2 * precision * recall / both if both else 0)
    assert found["token_accuracy"] == pytest.approx(right)


def test_tags_that_mark_no_entities_are_measured_word_by_word() -> None:
    rng = np.random.default_rng(0)
    names = np.array(["NOUN", "VERB", "ADJ"])
    true, given = names[rng.integers(0, 3, 200)], names[rng.integers(0, 3, 200)]
    found = measured([" ".join(true)], [" ".join(given)])
    assert found["f1_entity"] == pytest.approx(f1_score(true, given, average="micro"))
    assert found["token_accuracy"] == pytest.approx((true == given).mean())


def test_a_text_with_another_number_of_tags_is_refused() -> None:
    with pytest.raises(ValueError, match="text 2 has 1 tags, and 2 were predicted"):
        count([["O"], ["O"]], [["O"], ["O", "O"]], [])


def table(given: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["1", "2"],
            "split": "test",
            "label": [json.dumps(one) for one in tags(TRUE)],
            "prediction": [json.dumps(one) for one in tags(given)],
        }
    )


def test_the_evaluation_of_a_split() -> None:
    nothing = table(["O O O O O O O", "O O O"])
    spec = EvaluateSpec(replicates=300)
    test = evaluate(table(GIVEN), spec, {"most_frequent_tag": nothing}).splits["test"]
    assert test.metrics["f1_entity"].value == pytest.approx(0.5)
    assert test.metrics["f1_entity"].n == test.rows == 2
    assert list(test.per_class) == ["MISC", "PER"]
    assert [test.per_class[kind]["f1"].value for kind in ("MISC", "PER")] == [0, 1]
    assert [test.per_class[kind]["support"].value for kind in ("MISC", "PER")] == [1, 1]
    assert test.baselines["most_frequent_tag"]["f1_entity"].value == 0
    assert test.versus_baseline["most_frequent_tag"]["f1_entity"].value == pytest.approx(0.5)
    frame = table(GIVEN).head(1).assign(label='["NOUN","VERB"]', prediction='["NOUN","NOUN"]')
    plain = evaluate(frame, spec, {}).splits["test"]
    assert any("mark no entities" in note for note in plain.notes)
    assert plain.per_class["NOUN"]["precision"].value == pytest.approx(0.5)


def test_intervals_resample_texts_and_not_words() -> None:
    # Ten texts, all of whose twenty entities are found or missed together.
    right = [True] * 5 + [False] * 5
    true = ['["' + '","'.join(["B-A"] * 20) + '"]'] * 10
    given = [
        one if fine else one.replace("B-A", "O") for one, fine in zip(true, right, strict=True)
    ]
    frame = pd.DataFrame(
        {"id": list("abcdefghij"), "split": "test", "label": true, "prediction": given}
    )
    found = evaluate(frame, EvaluateSpec(replicates=2000), {}).splits["test"]
    recall = found.metrics["recall_entity"]
    assert recall.value == 0.5
    assert recall.high - recall.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 10), rel=0.15)
