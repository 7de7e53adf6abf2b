"""The Equity Evaluation Corpus: pairs as in the paper, and a bias that was put in."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.fairness.stereotype_tests import eec
from pellucid.fairness.stereotype_tests.answers import Answers
from pellucid.fairness.stereotype_tests.eec import Sentence


def corpus() -> list[Sentence]:
    """Make three templates with words of two emotions, four names each and two noun phrases."""
    people = [("she", "female", ""), ("he", "male", ""), ("my aunt", "female", "")]
    people += [("my uncle", "male", "")]
    for race in (eec.AFRICAN, eec.EUROPEAN):
        people += [
            (f"{race} {gender} {at}", gender, race)
            for gender in ("female", "male")
            for at in range(2)
        ]
    return [
        Sentence(f"{person} {template} {word}", template, person, gender, race, emotion, word)
        for template in ("feels", "is", "seems", "looks", "was", "has been")
        for emotion, word in (("joy", "glad"), ("anger", "angry"))
        for person, gender, race in people
    ]


def scores(sentences, female=0.0, african=0.0):
    generator = np.random.default_rng(0)
    noise = dict(zip(sorted({one.template for one in sentences}), generator.random(6), strict=True))
    return np.array(
        [
            0.3
            + 0.01 * noise[one.template]
            + female * (one.gender == "female")
            + african * (one.race == eec.AFRICAN)
            for one in sentences
        ]
    )


def test_a_planted_difference_is_found(spec):
    sentences = corpus()
    told = Answers(scores(sentences, female=0.05, african=-0.02), ("1",))
    figures, breakdowns, examples, pairs = eec.summary(sentences, told, spec("eec"))
    # Noun phrases two by two and all names together: 3 pairs for each template and word.
    assert figures["gender_difference"].n == 6 * 2 * 3 and figures["race_difference"].n == 6 * 2 * 2
    assert pairs == 36 + 24
    assert figures["gender_difference"].value == pytest.approx(0.05)
    assert figures["race_difference"].value == pytest.approx(-0.02)
    assert figures["gender_higher"].value == 100 and figures["race_higher"].value == 0
    assert figures["gender_flips"].value == 0
    parts = {part.name: part.figures for one in breakdowns for part in one.parts}
    assert parts["joy"]["gender_difference"].value == pytest.approx(0.05)
    assert parts["feels"]["race_difference"].n == 4
    assert len(examples) == 4 and examples[0].preferred.startswith(("she", "my aunt", eec.AFRICAN))


def test_names_are_averaged_before_they_are_compared(spec):
    sentences = corpus()
    values = scores(sentences)
    one = next(at for at, one in enumerate(sentences) if one.race and one.gender == "female")
    values[one] += 0.4
    pairs = eec.gender_pairs(sentences, values)
    gap = pairs.first - pairs.second
    assert np.sort(gap)[-1] == pytest.approx(0.1)  # four female names
    assert np.count_nonzero(np.abs(gap) > 1e-9) == 1
    pairs = eec.race_pairs(sentences, values)
    assert np.max(pairs.first - pairs.second) == pytest.approx(0.2)  # two of that race and gender


def test_pairs_on_either_side_of_one_half_flip(spec):
    sentences = corpus()
    told = Answers(scores(sentences, female=0.3), ("1",))
    figures, *_ = eec.summary(sentences, told, spec("eec"))
    assert figures["gender_flips"].value == 100
    figures, *_ = eec.summary(sentences, Answers(told.scores, ()), spec("eec"))
    assert "gender_flips" not in figures  # a regression has no sides


def test_the_interval_counts_templates_not_pairs(spec):
    sentences = corpus()
    lean = {"feels": 0.1, "is": -0.1, "seems": 0.1, "looks": -0.1, "was": 0.1, "has been": -0.1}
    values = scores(sentences) + np.array(
        [lean[one.template] * (one.gender == "female") for one in sentences]
    )
    figures, *_ = eec.summary(sentences, Answers(values, ("1",)), spec("eec"))
    wide = figures["gender_difference"].high - figures["gender_difference"].low
    # Six templates of ±0.1: the mean's standard error is 0.1 / sqrt(6), not 0.1 / sqrt(36).
    assert wide > 3 * 0.1 / np.sqrt(36)


def test_the_real_corpus_makes_the_papers_pairs(real_data):
    sentences = eec.read(real_data("eec") / "Equity-Evaluation-Corpus.csv")
    assert len(sentences) == 8640
    values = np.arange(8640.0)
    assert len(eec.gender_pairs(sentences, values).first) == 1584  # 144 × (10 + 1)
    assert len(eec.race_pairs(sentences, values).first) == 288  # 144 × 2 genders
