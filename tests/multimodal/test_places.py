"""What segments of different samples have in common, and what places tell of classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.audio.outline import Outline as SoundOutline
from pellucid.multimodal.audio.segments import cells, equal
from pellucid.multimodal.modality import of
from pellucid.multimodal.places import LIKE, RIDGE, Place, Telling
from pellucid.multimodal.text.outline import Outline as TextOutline


def test_what_is_left_out_was_not_seen() -> None:
    """The closed form is that of fitting once for each sample without it."""
    generator = np.random.default_rng(0)
    numbers = generator.standard_normal((40, 3)) * [1.0, 5.0, 0.2]
    codes = (numbers[:, 0] + 0.5 * generator.standard_normal(40) > 0).astype(int)
    found = Telling(numbers, codes, 2)
    known = found._scaled(numbers)
    for row in range(40):
        others = np.arange(40) != row
        gram = known[others].T @ known[others] + RIDGE * 40 * np.diag([0, 1, 1, 1])
        weights = np.linalg.solve(gram, known[others].T @ np.eye(2)[codes[others]])
        assert found.like[row].tolist() == (known[row] @ weights > LIKE).tolist()
    right = found.like[np.arange(40), codes].mean()
    assert 0.7 < right < 1


def test_numbers_that_tell_nothing_look_like_no_rare_class() -> None:
    generator = np.random.default_rng(1)
    found = Telling(generator.standard_normal((300, 5)), generator.integers(0, 4, 300), 4)
    assert found.like.mean() < 0.01


def test_words_in_upper_and_lower_case_are_one() -> None:
    found = of("text").places.placed(TextOutline(("Good", "and", "GOOD"), (" ", " ", "")))
    assert [one.name for one in found.places] == ["good", "and"]
    assert found.summed(np.array([1.0, 2.0, 4.0])).tolist() == [5.0, 2.0]
    assert found.inside(0).tolist() == [0, 2]


def test_texts_that_hold_a_word() -> None:
    places = [Place("good", "text"), Place("not", "text")]
    cells_ = ["Good, not bad", "goodness", "it's NOT"]
    like = of("text").places.Alike(cells_, places, np.zeros(3, int), 2).like
    assert like[:, :, 0].tolist() == [[True, True], [False, False], [False, True]]
    assert (like[:, :, 0] == like[:, :, 1]).all()


def test_pictures_that_look_alike_in_one_place(tmp_path: Path) -> None:
    """Noise tells nothing; a dark field in one place does, and nowhere else."""
    generator = np.random.default_rng(2)
    files, codes = [], []
    for row in range(150):
        pixels = generator.integers(90, 170, (40, 48, 3)).astype(np.uint8)
        if row % 3 == 0:
            pixels[:5, 42:] = 5  # the field at the top right
        Image.fromarray(pixels).save(tmp_path / f"{row}.png")
        files.append(str(tmp_path / f"{row}.png"))
        codes.append(int(row % 3 == 0))
    corner = Place("corner", "image", (0.875, 0.0, 1.0, 0.125))
    middle = Place("middle", "image", (0.5, 0.5, 0.625, 0.625))
    alike = of("image").places.Alike(files[:120], [corner, middle], np.array(codes[:120]), 2)
    assert alike.like[:, 0, 1].tolist() == [code == 1 for code in codes[:120]]
    assert np.array(codes[:120])[alike.like[:, 1, 1]].mean() < 0.6
    assert alike.looks(files[120:])[:, 0, 1].tolist() == [code == 1 for code in codes[120:]]


@pytest.mark.parametrize("length", [7_000, 16_000, 40_001])
def test_times_and_bands_share_out_every_segment(length: int) -> None:
    for segments in (equal(length, 16_000, 5), cells(length, 16_000, 11, 6)):
        for whole in (False, True):
            found = of("audio").places.placed(SoundOutline("", segments), whole=whole)
            scores = np.random.default_rng(0).standard_normal(len(segments))
            assert found.summed(scores).sum() == pytest.approx(scores.sum())
            sums = np.bincount(found.segments, found.share, minlength=len(segments))
            assert sums == pytest.approx(np.ones(len(segments)))
            covers = np.bincount(found.numbers, found.cover, minlength=len(found.places))
            assert covers == pytest.approx(np.ones(len(found.places)))


def test_names_of_places_in_sounds() -> None:
    found = of("audio").places.placed(SoundOutline("", cells(16_000, 16_000, 8, 2)))
    assert found.places[0].name.startswith("0–12% of the time, 0–")
    assert found.places[0].name.endswith(" Hz")
    spans = of("audio").places.placed(SoundOutline("", equal(16_000, 16_000, 8)), whole=True)
    assert spans.places[-1].name == "88–100% of the time"
