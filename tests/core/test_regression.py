"""Regression: numbers read, learnt in units of their spread, brought back, and measured."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from sklearn import metrics as sk

from pellucid import Recipe, execute
from pellucid.core import baselines
from pellucid.core.dataset import load
from pellucid.core.evaluation import read_evaluation
from pellucid.core.regression_metrics import (
    VALIDATED,
    evaluate,
    figures,
    row_sums,
    spearman,
    validation_metrics,
)
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.standardised import Standardised, output_layer, standardise
from pellucid.core.tasks.regression import make
from pellucid.errors import DataError
from pellucid.multimodal.spec import ModelSpec

SPEC = EvaluateSpec(replicates=300)


def frame(true, predicted, split="test"):
    ids = [str(row) for row in range(len(true))]
    return pd.DataFrame({"id": ids, "split": split, "label": true, "prediction": predicted})


def noisy(rows=400, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    true = rng.gamma(2, 3, rows) + offset
    return true, true + rng.normal(0, 2, rows)


# Measuring


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_figures_equal_scikit_learn_and_scipy(offset):
    true, predicted = noisy(offset=offset)
    got = evaluate(frame(true, predicted), SPEC, {}).splits["test"].metrics
    expected = {
        "mean_absolute_error": sk.mean_absolute_error(true, predicted),
        "root_mean_squared_error": sk.root_mean_squared_error(true, predicted),
        "r2": sk.r2_score(true, predicted),
        "pearson_r": scipy.stats.pearsonr(true, predicted).statistic,
        "spearman_r": scipy.stats.spearmanr(true, predicted).statistic,
    }
    assert set(got) == set(expected)
    for name, value in expected.items():
        assert got[name].value == pytest.approx(value, rel=1e-9), name
        assert got[name].low < value < got[name].high


def test_spearman_of_a_resample_equals_scipy_on_its_rows():
    rng = np.random.default_rng(3)
    true = rng.integers(0, 6, 60).astype(float)  # with ties
    predicted = np.round(true + rng.normal(0, 2, 60))
    weights = np.stack([np.bincount(rng.integers(0, 60, 60), minlength=60) for _ in range(5)])
    found = spearman(true, predicted, weights.astype(float))
    for one, weight in zip(found, weights, strict=True):
        rows = np.repeat(np.arange(60), weight)
        expected = scipy.stats.spearmanr(true[rows], predicted[rows]).statistic
        assert one == pytest.approx(expected, rel=1e-12)


def test_intervals_agree_with_scipys_bootstrap():
    true, predicted = noisy(rows=150, seed=4)
    spec = EvaluateSpec(replicates=3000)
    got = evaluate(frame(true, predicted), spec, {}).splits["test"].metrics
    for name, statistic in (("r2", sk.r2_score), ("mean_absolute_error", sk.mean_absolute_error)):
        peer = scipy.stats.bootstrap(
            (true, predicted),
            statistic,
            paired=True,
            vectorized=False,
            n_resamples=1500,
            method="percentile",
            rng=np.random.default_rng(1),
        ).confidence_interval
        width = peer.high - peer.low
        assert got[name].low == pytest.approx(peer.low, abs=0.12 * width)
        assert got[name].high == pytest.approx(peer.high, abs=0.12 * width)


def test_baselines_stand_beside_it_with_paired_differences():
    true, predicted = noisy()
    mean = frame(true, np.full(len(true), true.mean()))
    beside = {baselines.MEAN: mean, baselines.RIDGE: "no words"}
    split = evaluate(frame(true, predicted), SPEC, beside).splits["test"]
    assert split.baselines[baselines.MEAN]["r2"].value == pytest.approx(0, abs=1e-12)
    assert not split.baselines[baselines.MEAN]["pearson_r"].defined
    gain = split.versus_baseline[baselines.MEAN]["mean_absolute_error"]
    apart = np.abs(predicted - true).mean() - np.abs(true.mean() - true).mean()
    assert gain.value == pytest.approx(apart)
    assert gain.high < 0  # a smaller error is the better one
    assert split.notes == ("No figures for TF-IDF + ridge regression: no words.",)


def test_what_is_measured_can_be_read_again():
    true, predicted = noisy(rows=50)
    both = pd.concat([frame(true, predicted), frame(true, predicted, "validation")])
    found = evaluate(both, SPEC, {})
    raw = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert list(raw) == ["validation", "test"]
    assert "confusion" not in raw["test"]
    again = read_evaluation(raw).splits["test"]
    assert again.n == 50 == raw["test"]["rows"]
    assert again.labels == ()
    assert again.metrics == found.splits["test"].metrics
    assert not len(found.curves_frame())


def test_rows_without_label_and_rows_that_are_alike():
    predictions = frame([1.0, 1.0, None], [0.5, 1.5, 7.0])
    split = evaluate(predictions, SPEC, {}).splits["test"]
    assert split.n == 2
    assert split.metrics["mean_absolute_error"].value == 0.5
    assert not split.metrics["r2"].defined
    assert not split.metrics["spearman_r"].defined
    assert any("same value" in note for note in split.notes)
    assert evaluate(frame([None], [1.0]), SPEC, {}).splits == {}
    with pytest.raises(DataError, match="row '1', column 'prediction'"):
        evaluate(frame([1.0, 2.0], [1.0, np.nan]), SPEC, {})
    with pytest.raises(DataError, match="not the rows"):
        evaluate(frame([1.0, 2.0], [1.0, 2.0]), SPEC, {"other": frame([1.0], [1.0])})


def test_validation_metrics_have_the_losses_unit():
    true, predicted = noisy()
    got = validation_metrics(true, predicted, scale=3.0)
    assert tuple(got) == VALIDATED
    assert got["loss"] == pytest.approx(sk.mean_squared_error(true / 3, predicted / 3))
    sums = {name: part.sum() for name, part in row_sums(true, predicted).items()}
    assert got["r2"] == pytest.approx(figures(sums)["r2"])


# Reading


def table(tmp_path, cells):
    path = tmp_path / "rows.csv"
    rows = {"text": [f"text {row}" for row in range(len(cells))], "price": cells}
    pd.DataFrame(rows).to_csv(path, index=False)
    return DataSpec(source=str(path), inputs={"text": "text"}, label="price")


def test_numbers_are_read_and_split_without_classes(tmp_path):
    spec = table(tmp_path, [f"{value:.2f}" for value in np.linspace(-3, 1e4, 60)])
    data = load(spec)
    assert data.task == "regression"
    assert data.labels == ()
    assert len(data.rows("train")) == 48
    assert float(data.label[0]) == -3


def test_cells_that_are_no_numbers_are_named(tmp_path):
    spec = table(tmp_path, ["1.5", "2", "about 3", "inf", *map(str, range(20))])
    with pytest.raises(DataError, match=r"rows.csv, row 3, column “price”: “about 3” is not"):
        load(spec, "regression")
    with pytest.raises(DataError, match="the same number, 7,"):
        load(table(tmp_path, ["7"] * 30), "regression")
    several = DataSpec(source=spec.source, inputs=spec.inputs, labels=["price"])
    with pytest.raises(DataError, match=r"data\.labels.*learns from one"):
        load(several, "regression")


# Learning


@pytest.fixture
def model():
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=50,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
        problem_type="regression",
    )
    return BertForSequenceClassification(config).eval()


class Words:
    """Six tokens a sample, of which the first follows from the sample's number."""

    def __init__(self, numbers):
        self.lengths = np.full(len(numbers), 6)
        self.tokens = np.full((len(numbers), 6), 3)
        self.tokens[:, 0] = 4 + np.asarray(numbers)

    def __len__(self):
        return len(self.lengths)

    def batch(self, rows):
        import torch

        tokens = torch.from_numpy(self.tokens[rows])
        return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}


def samples(numbers, values, weight=None):
    weight = np.ones(len(values), np.float32) if weight is None else weight
    names = np.array([str(row) for row in range(len(values))], object)
    return Standardised(Words(numbers), np.asarray(values, float), weight, names)


def task():
    return make(
        "regression",
        DataSpec(source="rows.csv", inputs={"text": "text"}, label="price"),
        ModelSpec(),
        TrainSpec(),
        SPEC,
    )


def test_the_loss_is_the_models_own(model):
    import torch

    learned = samples([0, 1, 2], [1.0, 2.0, 5.0])
    batch = learned.batch(np.arange(3))
    with torch.no_grad():
        losses = task().loss(model, batch)
        own = model(**Words([0, 1, 2]).batch(np.arange(3)), labels=batch["target"]).loss
    assert losses.shape == (3,)
    assert losses.dtype == torch.float32
    assert losses.mean().item() == pytest.approx(own.item(), rel=1e-6)


def test_numbers_are_standardised_by_the_weighted_training_rows(model):
    values = np.array([10.0, 20.0, 90.0])
    weight = np.array([1, 2, 0], np.float32)
    train, held, _ = task().scale(model, samples([0, 1, 2], values, weight), samples([1], [40.0]))
    mean, scale = 50 / 3, np.sqrt(np.average((values - 50 / 3) ** 2, weights=weight))
    assert (train.mean, train.scale) == pytest.approx((mean, scale))
    assert held.batch(np.array([0]))["target"].item() == pytest.approx((40 - mean) / scale)
    assert (held.mean, held.scale) == pytest.approx((mean, scale))
    assert train.targets == pytest.approx((values - mean) / scale, rel=1e-6)


@pytest.mark.parametrize("kind", ["plain", "lora", "bare"])
def test_a_saved_model_answers_in_real_units(model, tmp_path, kind):
    import torch
    from transformers import AutoModelForSequenceClassification

    numbers, values = [0, 1, 2, 3], np.array([1000.0, 3000.0, 2000.0, 6000.0])
    learnt = model
    if kind == "lora":
        from peft import LoraConfig, get_peft_model

        learnt = get_peft_model(model, LoraConfig(r=1, task_type="SEQ_CLS"))
    if kind == "bare":
        model.classifier = torch.nn.Linear(32, 1, bias=False)
    train, _, bring_back = standardise(learnt, samples(numbers, values), samples([0], [0.0]))
    batch = Words(numbers).batch(np.arange(4))
    with torch.no_grad():
        if kind == "lora":
            for weight in learnt.parameters():
                if weight.requires_grad:
                    weight.normal_(0, 0.1)
        before = learnt(**batch).logits[:, 0].double() * train.scale + train.mean
    bring_back()
    if kind == "bare":
        assert train.mean == 0
        with torch.no_grad():
            after = learnt(**batch).logits[:, 0].double()
    else:
        saved = learnt.merge_and_unload() if kind == "lora" else learnt
        saved.save_pretrained(tmp_path)
        loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
        assert loaded.config.problem_type == "regression"
        with torch.no_grad():
            after = loaded(**batch).logits[:, 0].double()
    assert after.numpy() == pytest.approx(before.numpy(), rel=1e-5)


def test_a_model_without_linear_output_learns_numbers_as_they_are(model):
    import torch

    model.classifier = torch.nn.Linear(32, 2)
    assert output_layer(model) is None
    plain = samples([0, 1], [5.0, 9.0])
    train, _, bring_back = standardise(model, plain, plain)
    assert train is plain
    bring_back()


@pytest.fixture(scope="module")
def trained(tiny_model, make_sentences, tmp_path_factory):
    """A run that learns a number of the order of thousands from words."""
    folder = tmp_path_factory.mktemp("regression")
    rows = make_sentences(300, seed=3)
    good = rows["label"] == "positive"
    rows["price"] = np.where(good, 5000, 2000) + np.random.default_rng(0).normal(0, 100, 300)
    rows.to_csv(folder / "rows.csv", index=False)
    recipe = {
        "name": "prices",
        "data": {
            "source": "rows.csv",
            "inputs": {"text": "text"},
            "label": "price",
            "groups": ["gender"],
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 4, "learning_rate": 3e-3, "batch_size": 16},
        "evaluate": {"replicates": 100},
    }
    return execute(Recipe.of(recipe, folder=folder), folder / "runs", only=("train", "evaluate"))


def test_a_run_learns_numbers_and_its_model_answers_them_anywhere(trained):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    assert trained.task == "regression"
    measured = json.loads((trained.path / "evaluation.json").read_text())["test"]
    assert measured["r2"]["low"] > 0.5
    mean = measured["baselines"]["training_mean"]["mean_absolute_error"]
    assert measured["mean_absolute_error"]["high"] < mean["low"]
    predictions = trained.predictions()
    assert predictions["prediction"].dtype == np.float64
    assert "group:gender" in predictions.columns
    assert not [name for name in predictions.columns if name.startswith("score:")]
    model = AutoModelForSequenceClassification.from_pretrained(trained.model).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained.model)
    text = trained.dataset().inputs["text"]
    ids = trained.dataset().ids.tolist()
    for row in predictions.head(3).itertuples():
        encoded = tokenizer(text[ids.index(row.id)], return_tensors="pt")
        with torch.no_grad():
            answer = model(**encoded).logits.item()
        assert answer == pytest.approx(row.prediction, rel=1e-4)
