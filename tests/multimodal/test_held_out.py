"""Scores of samples by a model that has not seen them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.multimodal.held_out import held_out_scores


def of_texts(texts: list[str], codes: np.ndarray, k: int) -> np.ndarray:
    return held_out_scores([(text,) for text in texts], ["text"], codes, k)


def test_held_out_scores_know_nothing_of_the_row_itself() -> None:
    # Each text's own word would give its class away, had the model seen it.
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 2, 400)
    texts = [f"same words everywhere own{row} own{row}" for row in range(400)]
    scores = of_texts(texts, codes, 2)
    assert scores.shape == (400, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    right = (scores.argmax(axis=1) == codes).mean()
    assert abs(right - 0.5) < 4 * 0.5 / np.sqrt(400)
    telling = [
        f"{text} {'up' if code else 'down'}" for text, code in zip(texts, codes, strict=True)
    ]
    assert (of_texts(telling, codes, 2).argmax(axis=1) == codes).all()


def test_rows_of_a_class_nobody_else_has_are_not_scored() -> None:
    texts, codes = ["a word here"] * 21, np.array([0, 1] * 10 + [2])
    scores = of_texts(texts, codes, 3)
    assert np.isnan(scores[20]).all() and not np.isnan(scores[:20]).any()


def test_pictures_are_scored_by_other_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 100)
    samples = []
    for row, code in enumerate(codes):
        pixels = rng.integers(0, 150, (8, 8, 3)) + np.array([0, 100, 0]) * code
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{row}.png")
        samples.append((str(tmp_path / f"{row}.png"),))
    scores = held_out_scores(samples, ["image"], codes, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores.argmax(axis=1) == codes).all()
    # Labels by lot can be learnt by heart, 320 numbers for 80 rows, and not be guessed.
    lots = rng.permutation(np.arange(100) % 2)
    right = (held_out_scores(samples, ["image"], lots, 2).argmax(axis=1) == lots).mean()
    assert abs(right - 0.5) < 4 * 0.5 / np.sqrt(100)
