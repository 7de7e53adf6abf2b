"""Features of samples: files read once, parts side by side, standardised by training rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import StandardScaler

from pellucid.multimodal import features
from pellucid.multimodal.image import baseline as of_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(0)
    for row in range(6):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(
            tmp_path / f"{row}.png"
        )
    return [str(tmp_path / f"{row}.png") for row in range(6)]


def test_a_file_of_many_samples_is_read_once(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    own = of_pictures.features
    monkeypatch.setattr(of_pictures, "features", lambda path: read.append(path) or own(path))
    samples = [(pictures[0],), (pictures[1],), (pictures[0],)] * 10
    found = features.measured("image", samples)
    assert sorted(read) == sorted(pictures[:2])
    np.testing.assert_array_equal(found, np.stack([own(path) for (path,) in samples]))


def test_several_pictures_of_a_sample_stand_side_by_side(pictures: list[str]) -> None:
    samples = [(pictures[0], pictures[1]), (pictures[2], pictures[0])]
    found = features.measured("image", samples)
    own = of_pictures.features
    expected = [np.concatenate([own(one), own(other)]) for one, other in samples]
    np.testing.assert_array_equal(found, expected)


def test_others_are_standardised_as_the_training_samples_are(pictures: list[str]) -> None:
    samples = [(path,) for path in pictures]
    train, convert = features.fitted("image", samples[:4])
    matrix = features.measured("image", samples)
    scaler = StandardScaler().fit(matrix[:4])
    np.testing.assert_array_equal(train, scaler.transform(matrix[:4]))
    np.testing.assert_array_equal(convert(samples[4:]), scaler.transform(matrix[4:]))
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-5)


def test_parts_of_all_modalities_stand_side_by_side(pictures: list[str]) -> None:
    texts = ["one word", "two words", "one word more", "and more", "two words", "rare"]
    samples = list(zip(pictures, texts, strict=True))
    found = features.together(samples, ["image", "text"]).toarray()
    seen = StandardScaler().fit_transform(
        features.measured("image", [(path,) for path in pictures])
    )
    counts = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit_transform(texts)
    np.testing.assert_allclose(found, np.hstack([seen, counts.toarray()]), atol=1e-6)
    # Texts that share no words leave the pictures.
    alone = features.together([(path, "?") for path in pictures], ["image", "text"])
    np.testing.assert_array_equal(alone, seen)
    assert features.together([("?",)] * 6, ["text"]) is None
    assert features.together([], ["image"]) is None


def test_without_training_samples_there_is_a_reason() -> None:
    with pytest.raises(features.NoFeatures, match="no training rows"):
        features.fitted("image", [])
    with pytest.raises(features.NoFeatures, match="no words"):
        features.fitted("text", [])
