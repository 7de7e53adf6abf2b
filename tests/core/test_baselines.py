"""The majority class against scikit-learn's dummy classifier."""

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from pellucid.core import baselines
from pellucid.core.tasks.answers import beside, of_classes


def test_majority_answers_the_training_frequencies():
    codes = np.array([2, 2, 0, 1, 2, 0])
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((6, 1)), codes)
    expected = dummy.predict_proba(np.zeros((4, 1)))
    np.testing.assert_allclose(baselines.majority(codes, 3, 4), expected, atol=1e-12)


def test_majority_knows_classes_that_training_lacks():
    scores = baselines.majority([0, 0], 3, 2)
    np.testing.assert_array_equal(scores, [[1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(baselines.majority([], 4, 1), np.full((1, 4), 0.25))


def test_frame_stands_beside_the_predictions():
    predictions = pd.DataFrame(
        {
            "id": ["a", "b"],
            "split": ["validation", "test"],
            "label": ["no", "yes"],
            "prediction": ["yes", "yes"],
        },
        index=[7, 9],
    )
    frame = beside(predictions, *of_classes(["no", "yes"], np.array([[0.6, 0.4], [0.2, 0.8]])))
    assert list(frame.columns) == ["id", "split", "label", "prediction", "score:no", "score:yes"]
    assert frame["prediction"].tolist() == ["no", "yes"]
    assert frame["score:yes"].tolist() == [0.4, 0.8]
    assert frame["id"].tolist() == ["a", "b"]
