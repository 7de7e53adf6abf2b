"""What a model must beat: the majority class, and linear models on what samples look like."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image
from sklearn.dummy import DummyClassifier

from pellucid.core import baselines
from pellucid.core.dataset import load
from pellucid.core.evaluate import evaluate
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make
from pellucid.core.tasks.answers import beside, of_classes
from pellucid.multimodal.spec import ModelSpec


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


# Baselines of tasks whose samples are pictures and sounds


def seen(folder: Path, rows: int = 40) -> pd.DataFrame:
    """Write dark and bright pictures, low and high tones, and tell them apart in three ways."""
    rng = np.random.default_rng(0)
    table = []
    for row in range(rows):
        code = row % 2
        pixels = rng.integers(0, 120, (8, 8, 3)) + 100 * code
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
        tone = np.sin(2 * np.pi * (500 + 1000 * code) * np.arange(2_000) / 8_000)
        soundfile.write(folder / f"{row}.wav", tone * rng.uniform(0.2, 0.8), 8_000)
        split = ("train", "train", "train", "test")[row // 2 % 4]
        kind, labels = ("dark", "bright")[code], ("", "bright|all")[code] or "all"
        table.append((f"{row}.png", f"{row}.wav", kind, labels, 10.0 * code + rng.normal(), split))
    columns = ["picture", "sound", "kind", "labels", "number", "split"]
    return pd.DataFrame(table, columns=columns)


@pytest.mark.parametrize(
    ("part", "modality", "features"),
    [("picture", "image", "pixels"), ("sound", "audio", "spectrum")],
)
@pytest.mark.parametrize(
    ("task", "label", "floor", "model"),
    [
        ("classification", "kind", baselines.MAJORITY, "logistic"),
        ("multilabel", "labels", baselines.FREQUENT, "logistic"),
        ("regression", "number", baselines.MEAN, "ridge"),
    ],
)
def test_pictures_and_sounds_have_baselines_that_look_at_them(  # type: ignore[no-untyped-def]
    tmp_path, part, modality, features, task, label, floor, model
):
    seen(tmp_path).to_csv(tmp_path / "table.csv", index=False)
    spec = DataSpec(
        source=str(tmp_path / "table.csv"),
        inputs={part: modality},
        label=label,
        split={"column": "split"},
    )
    dataset = load(spec, task)
    chosen = dataset.take(dataset.rows("test"))
    predictions = pd.DataFrame({"id": chosen.ids, "split": chosen.split, "label": chosen.label})
    learns = make(task, spec, ModelSpec(), TrainSpec(), EvaluateSpec())
    found = learns.baselines(None, dataset, chosen, predictions)
    looking = f"{features}_{model}_regression"
    assert list(found) == [floor, looking]
    answered = found[looking]["prediction"]
    if task == "regression":
        off = [np.abs(found[one]["prediction"] - chosen.label.astype(float)) for one in found]
        assert off[1].mean() < off[0].mean() / 3
    elif task == "multilabel":
        wanted = [
            "all" if int(Path(cell).stem) % 2 == 0 else "all|bright" for cell in chosen.inputs[part]
        ]
        assert ["|".join(sorted(one.split("|"))) for one in answered] == wanted
    else:
        assert answered.tolist() == chosen.label.tolist()
        rows = predictions.assign(prediction="dark", **{"score:bright": 0.1, "score:dark": 0.9})
        spec = EvaluateSpec(replicates=200)
        figures = evaluate(rows, dataset.labels, spec, found).splits["test"].baselines
        assert figures[looking]["accuracy"].value == 1
        assert figures[floor]["accuracy"].value == 0.5
    assert baselines.NAMES[looking].endswith(f" + {model} regression")


def test_a_baseline_that_is_missing_says_why(tmp_path):  # type: ignore[no-untyped-def]
    table = seen(tmp_path)
    table.to_csv(tmp_path / "table.csv", index=False)
    spec = DataSpec(
        source=str(tmp_path / "table.csv"),
        inputs={"picture": "image"},
        label="kind",
        split={"column": "split"},
    )
    dataset = load(spec, "classification")
    (tmp_path / "0.png").unlink()
    chosen = dataset.take(dataset.rows("test"))
    predictions = pd.DataFrame({"id": chosen.ids, "split": chosen.split, "label": chosen.label})
    learns = make("classification", spec, ModelSpec(), TrainSpec(), EvaluateSpec())
    found = learns.baselines(None, dataset, chosen, predictions)
    rows = predictions.assign(prediction="dark", **{"score:bright": 0.1, "score:dark": 0.9})
    notes = evaluate(rows, dataset.labels, EvaluateSpec(replicates=200), found).splits["test"].notes
    said = [note for note in notes if "No figures" in note]
    assert len(said) == 1
    assert said[0].startswith("No figures for small pictures + logistic regression: 0.png: ")
