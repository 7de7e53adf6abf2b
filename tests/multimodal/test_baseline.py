"""Linear models on simple features, against scikit-learn's own called by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.multimodal import baseline, features
from pellucid.multimodal.audio.baseline import features as of_sound
from pellucid.multimodal.image.baseline import features as of_picture

GOOD = ["a fine film", "what a lovely story", "lovely, fine acting", "fine work"]
BAD = ["a dull film", "what a tedious story", "dull, tedious acting", "tedious work"]
TEXTS = [(text,) for text in GOOD + BAD]
CODES = [1] * 4 + [0] * 4
TFIDF = "tfidf_logistic_regression"
PIXELS = "pixels_logistic_regression"
SPECTRUM = "spectrum_logistic_regression"


def counts() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def of_texts(train, codes, texts, k, **options):  # type: ignore[no-untyped-def]
    found = baseline.logistic(train, codes, [(text,) for text in texts], ["text"], k, **options)
    assert list(found) == [TFIDF]
    return found[TFIDF]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write 120 noisy pictures; every third is redder at its left side."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for row in range(120):
        pixels = rng.integers(60, 190, (24, 24, 3))
        if row % 3 == 0:
            pixels[:, :12, 0] += 60
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row:03d}.png")
    return sorted(map(str, folder.iterdir()))


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write 60 sounds of noise; every second holds a tone beside it."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    for row in range(60):
        noise = rng.normal(0, 0.1, 4_000)
        tone = 0.1 * np.sin(2 * np.pi * 1500 * np.arange(4_000) / 8_000)
        soundfile.write(folder / f"{row:03d}.wav", noise + tone * (row % 2), 8_000)
    return sorted(map(str, folder.iterdir()))


# Texts


def test_scores_of_texts_equal_scikit_learns_pipeline() -> None:
    new = ["fine and lovely", "dull", ""]
    pipeline = make_pipeline(counts(), LogisticRegression()).fit(GOOD + BAD, CODES)
    got = of_texts(TEXTS, CODES, new, 2)
    np.testing.assert_allclose(got.scores, pipeline.predict_proba(new), atol=1e-6)
    assert got.scores.argmax(axis=1)[:2].tolist() == [1, 0]


def test_several_texts_of_a_sample_are_read_as_one() -> None:
    halves = [tuple(text.split(maxsplit=1)) for (text,) in TEXTS]
    found = baseline.logistic(halves, CODES, [("fine", "film")], ["text", "text"], 2)
    assert list(found) == [TFIDF]
    np.testing.assert_array_equal(
        found[TFIDF].scores, of_texts(TEXTS, CODES, ["fine film"], 2).scores
    )


def test_classes_without_training_rows_score_nothing() -> None:
    scores = of_texts(TEXTS, np.array(CODES) * 2, ["fine", "dull"], 4).scores
    assert scores.shape == (2, 4)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores[:, [1, 3]] == 0).all()


@pytest.mark.parametrize(
    ("texts", "codes", "reason"),
    [
        (["one", "two"], [1, 1], "two classes"),
        ([], [], "two classes"),
        (["", " ?"], [0, 1], "no words"),
    ],
)
def test_what_cannot_be_fitted_says_why(texts: list[str], codes: list[int], reason: str) -> None:
    got = of_texts([(text,) for text in texts], codes, ["new"], 2)
    assert got.scores is None
    assert reason in got.reason


def test_no_texts_to_score() -> None:
    assert of_texts(TEXTS, CODES, [], 2).scores.shape == (0, 2)


def test_many_rows_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "MOST_ROWS", 100)
    one, same, other = (
        of_texts(TEXTS * 50, CODES * 50, ["fine film"], 2, seed=seed).scores for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_labels_of_texts_equal_scikit_learns_one_vs_rest() -> None:
    rng = np.random.default_rng(5)
    words = np.array(["alpha", "beta", "gamma", "delta"])
    has = rng.random((60, 4)) < 0.5
    texts = [" ".join([*words[row], "and"]) for row in has]
    samples = [(text,) for text in texts]
    member = np.column_stack([has[:, 0], has[:, 1] & has[:, 2], np.ones(60, bool)])
    found = baseline.one_vs_rest(samples, member, samples[:9], ["text"])[TFIDF].scores
    counted = counts()
    model = OneVsRestClassifier(LogisticRegression(max_iter=300))
    model.fit(counted.fit_transform(texts), member[:, :2])
    assert found[:, :2] == pytest.approx(model.predict_proba(counted.transform(texts[:9])))
    assert (found[:, 2] == 1).all()


def test_numbers_of_texts_equal_scikit_learns_ridge() -> None:
    texts = [f"{word} {other}" for word in ("good", "bad", "fine") for other in ("room", "view")]
    values = np.array([5.0, 6.0, 1.0, 2.0, 3.0, 4.0]) * 1000
    samples = [(text,) for text in texts]
    found = baseline.ridge(samples, values, [("good view",), ("bad",)], ["text"])
    assert list(found) == ["tfidf_ridge_regression"]
    counted = counts()
    # The penalty is on what is learnt of standardised numbers, so their unit makes no difference.
    model = Ridge().fit(counted.fit_transform(texts), (values - values.mean()) / values.std())
    expected = model.predict(counted.transform(["good view", "bad"])) * values.std()
    assert found["tfidf_ridge_regression"].scores == pytest.approx(
        expected + values.mean(), rel=1e-6
    )
    none = baseline.ridge([("1",), ("?",)], [1, 2], [("a",)], ["text"])["tfidf_ridge_regression"]
    assert none.scores is None and "no words" in none.reason


# Pictures and sounds


def test_scores_of_pictures_equal_scikit_learns_pipeline(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "PIECE", 16)
    codes = (np.arange(120) % 3 == 0).astype(int)
    samples = [(path,) for path in pictures]
    found = baseline.logistic(samples[:80], codes[:80], samples[80:], ["image"], 2)
    assert list(found) == [PIXELS]
    matrix = np.stack([of_picture(path) for path in pictures])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    pipeline.fit(matrix[:80], codes[:80])
    np.testing.assert_allclose(found[PIXELS].scores, pipeline.predict_proba(matrix[80:]), atol=1e-5)
    assert (found[PIXELS].scores.argmax(axis=1) == codes[80:]).mean() == 1


def test_scores_of_sounds_equal_scikit_learns_pipeline(sounds: list[str]) -> None:
    codes = np.arange(60) % 2
    samples = [(path,) for path in sounds]
    found = baseline.logistic(samples[:40], codes[:40], samples[40:], ["audio"], 2)
    assert list(found) == [SPECTRUM]
    matrix = np.stack([of_sound(path) for path in sounds])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    pipeline.fit(matrix[:40], codes[:40])
    np.testing.assert_allclose(
        found[SPECTRUM].scores, pipeline.predict_proba(matrix[40:]), atol=1e-5
    )
    assert (found[SPECTRUM].scores.argmax(axis=1) == codes[40:]).mean() == 1


def test_classes_given_by_lot_are_answered_by_lot(pictures: list[str]) -> None:
    codes = np.random.default_rng(7).permutation(np.arange(120) % 2)
    samples = [(path,) for path in pictures]
    found = baseline.logistic(samples[:60], codes[:60], samples[60:], ["image"], 2)[PIXELS]
    right = (found.scores.argmax(axis=1) == codes[60:]).mean()
    assert abs(right - 0.5) < 3 * 0.5 / np.sqrt(60)


def test_labels_of_pictures_equal_scikit_learns_one_vs_rest(pictures: list[str]) -> None:
    rng = np.random.default_rng(3)
    member = np.column_stack([np.arange(120) % 3 == 0, rng.random(120) < 0.4, np.zeros(120, bool)])
    samples = [(path,) for path in pictures]
    found = baseline.one_vs_rest(samples, member, samples[:9], ["image"])[PIXELS].scores
    matrix = np.stack([of_picture(path) for path in pictures])
    model = OneVsRestClassifier(LogisticRegression(max_iter=300))
    model = make_pipeline(StandardScaler(), model).fit(matrix, member[:, :2])
    np.testing.assert_allclose(found[:, :2], model.predict_proba(matrix[:9]), atol=1e-5)
    assert (found[:, 2] == 0).all()


def test_numbers_of_sounds_equal_scikit_learns_ridge(sounds: list[str]) -> None:
    values = 500 + 20 * np.random.default_rng(2).normal(size=60) * (np.arange(60) % 2)
    samples = [(path,) for path in sounds]
    found = baseline.ridge(samples[:50], values[:50], samples[50:], ["audio"])
    matrix = np.stack([of_sound(path) for path in sounds])
    mean, spread = values[:50].mean(), values[:50].std()
    model = make_pipeline(StandardScaler(), Ridge()).fit(matrix[:50], (values[:50] - mean) / spread)
    expected = model.predict(matrix[50:]) * spread + mean
    np.testing.assert_allclose(found["spectrum_ridge_regression"].scores, expected, rtol=1e-4)


def test_picture_and_question_are_looked_at_apart(pictures: list[str]) -> None:
    questions = ["is it red", "is it round"]
    rows = np.arange(120)
    samples = [(questions[row // 3 % 2], pictures[row]) for row in rows]
    kinds = ["text", "image"]
    by_picture = (rows % 3 == 0).astype(int)
    found = baseline.logistic(samples[:80], by_picture[:80], samples[80:], kinds, 2)
    assert list(found) == [TFIDF, PIXELS]
    assert (found[PIXELS].scores.argmax(axis=1) == by_picture[80:]).all()
    # The questions say nothing of it, so each is answered as often as the class occurs.
    np.testing.assert_allclose(found[TFIDF].scores[:, 1], by_picture[:80].mean(), atol=0.05)
    by_question = rows // 3 % 2
    found = baseline.logistic(samples[:80], by_question[:80], samples[80:], kinds, 2)
    assert (found[TFIDF].scores.argmax(axis=1) == by_question[80:]).all()
    alone = [(path,) for path in pictures]
    same = baseline.logistic(alone[:80], by_question[:80], alone[80:], ["image"], 2)
    np.testing.assert_array_equal(found[PIXELS].scores, same[PIXELS].scores)


@pytest.mark.parametrize("broken", [3, 110])
def test_a_file_that_is_gone_is_a_reason(pictures: list[str], tmp_path: Path, broken: int) -> None:
    rows = [(f"question {row % 2}", path) for row, path in enumerate(pictures)]
    rows[broken] = (rows[broken][0], str(tmp_path / "gone.png"))
    found = baseline.logistic(rows[:100], np.arange(100) % 2, rows[100:], ["text", "image"], 2)
    assert found[PIXELS].scores is None and "gone.png: it " in found[PIXELS].reason
    assert found[TFIDF].scores.shape == (20, 2)


def test_a_job_can_be_cancelled_between_files(pictures: list[str]) -> None:
    class Cancelled(Exception):
        pass

    seen = []

    def check() -> None:
        seen.append(1)
        if len(seen) == 5:
            raise Cancelled

    samples = [(path,) for path in pictures]
    with pytest.raises(Cancelled):
        baseline.logistic(samples, np.arange(120) % 2, samples, ["image"], 2, check=check)
    assert len(seen) == 5


def test_every_baseline_is_named_for_people() -> None:
    named = {*baseline.LOGISTIC.values(), *baseline.RIDGE.values()}
    assert named == set(baseline.TITLES)
    assert baseline.TITLES[PIXELS] == "small pictures + logistic regression"
    assert features.title(["text", "image", "text"]) == "TF-IDF and small pictures"


# Real data


def test_spoken_digits_are_told_by_their_mean_spectrum(real_data) -> None:  # type: ignore[no-untyped-def]
    folder = real_data("fsdd")
    table = pd.read_csv(folder / "metadata.csv")
    trained = (table["split"] == "train").to_numpy()
    samples = [(str(folder / file),) for file in table["file"]]
    train, rest = ([samples[row] for row in np.flatnonzero(rows)] for rows in (trained, ~trained))
    codes = table["label"].to_numpy(int)
    found = baseline.logistic(train, codes[trained], rest, ["audio"], 10)[SPECTRUM].scores
    assert (found.argmax(axis=1) == codes[~trained]).mean() > 0.85


def test_small_pictures_tell_a_part_of_photographs(real_data) -> None:  # type: ignore[no-untyped-def]
    folder = real_data("cifar10_images")
    names = sorted(path.name for path in (folder / "train").iterdir())
    given = {}
    for split, most in (("train", 100), ("test", 50)):
        files = [sorted((folder / split / name).iterdir())[:most] for name in names]
        given[split] = [(str(file),) for each in files for file in each]
    codes = {split: np.repeat(np.arange(10), len(rows) // 10) for split, rows in given.items()}
    found = baseline.logistic(given["train"], codes["train"], given["test"], ["image"], 10)
    right = (found[PIXELS].scores.argmax(axis=1) == codes["test"]).mean()
    assert 0.3 < right < 0.6  # far from chance, and from what a network reaches
