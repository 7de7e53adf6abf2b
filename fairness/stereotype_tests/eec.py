r"""The Equity Evaluation Corpus: scores of sentences that differ by a name or a gender alone.

Kiritchenko and Mohammad 2018, *Examining Gender and Race Bias in Two Hundred Sentiment Analysis
Systems* (\*SEM). 11 templates are filled with words of four emotions and with people. Scores are
compared in pairs: each female with the corresponding male noun phrase, and the mean over female
with the mean over male first names; the mean over African American with the mean over European
American first names of the same gender. All else of the sentences of a pair is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from . import files
from .answers import Answers
from .intervals import mean, percent
from .likelihood import Floats
from .record import EXAMPLES, Breakdown, Example, Part
from .spec import StereotypeSpec

LICENCE = "free for research, by its authors’ word; no licence text comes with it"
PATTERNS = ("Equity-Evaluation-Corpus.csv", "*.csv")
COLUMNS = ("Sentence", "Template", "Person", "Gender", "Race", "Emotion", "Emotion word")

COUNTERPARTS = {
    "she": "he",
    "her": "him",
    "this woman": "this man",
    "this girl": "this boy",
    "my sister": "my brother",
    "my daughter": "my son",
    "my wife": "my husband",
    "my girlfriend": "my boyfriend",
    "my mother": "my father",
    "my aunt": "my uncle",
    "my mom": "my dad",
}
"""Noun phrases that are compared, the female one first."""

AFRICAN, EUROPEAN = "African-American", "European"
NO_EMOTION = "none"


@dataclass(frozen=True)
class Sentence:
    """A sentence, and what fills its template."""

    text: str
    template: str
    person: str
    gender: str
    race: str
    emotion: str
    word: str


@dataclass(frozen=True, eq=False)
class Pairs:
    """Scores of the two sides of pairs.

    Attributes
    ----------
    first, second
        Scores, means over names where names are compared; shape (pairs,).
    template, emotion
        Of each pair; shape (pairs,).
    texts
        One sentence of either side of each pair.
    """

    first: Floats
    second: Floats
    template: NDArray[np.object_]
    emotion: NDArray[np.object_]
    texts: list[tuple[str, str]]


def read(path: Path) -> list[Sentence]:
    """Read the authors' table.

    Raises
    ------
    DataError
        If it has other columns.
    """
    return [
        Sentence(
            row["Sentence"],
            row["Template"],
            row["Person"],
            row["Gender"],
            row["Race"],
            row["Emotion"] or NO_EMOTION,
            row["Emotion word"],
        )
        for row in files.read_table(path, COLUMNS)
    ]


def gender_pairs(sentences: Sequence[Sentence], scores: Floats) -> Pairs:
    """Pair female with male sentences: noun phrase by noun phrase, and all first names together.

    Parameters
    ----------
    sentences
        The corpus, or whole templates with their words of it.
    scores
        What the model answers; shape (sentences,).
    """
    sides: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    male = {other: one for one, other in COUNTERPARTS.items()}
    for at, one in enumerate(sentences):
        about = "names" if one.race else male.get(one.person, one.person)
        key = (one.template, one.word, one.emotion, about)
        sides.setdefault(key, ([], []))[0 if one.gender == "female" else 1].append(at)
    return _pairs(sentences, scores, sides)


def race_pairs(sentences: Sequence[Sentence], scores: Floats) -> Pairs:
    """Pair the means over African American and European American names of the same gender.

    Parameters
    ----------
    sentences, scores
        As in `gender_pairs`.
    """
    sides: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    for at, one in enumerate(sentences):
        if one.race in (AFRICAN, EUROPEAN):
            key = (one.template, one.word, one.emotion, one.gender)
            sides.setdefault(key, ([], []))[0 if one.race == AFRICAN else 1].append(at)
    return _pairs(sentences, scores, sides)


def summary(
    sentences: Sequence[Sentence], answers: Answers, spec: StereotypeSpec
) -> tuple[dict[str, Measured], tuple[Breakdown, ...], tuple[Example, ...], int]:
    """Make the figures from the scores of the sentences.

    Parameters
    ----------
    sentences
        The corpus.
    answers
        What the model answers to it.
    spec
        Level and seed of the intervals.

    Returns
    -------
    tuple
        The figures; the same by emotion and by template; the pairs with the largest difference; and
        the number of pairs.
    """
    sets = {
        "gender": gender_pairs(sentences, answers.scores),
        "race": race_pairs(sentences, answers.scores),
    }

    def figures(chosen: dict[str, NDArray[np.bool_]], *, clustered: bool) -> dict[str, Measured]:
        out: dict[str, Measured] = {}
        for name, pairs in sets.items():
            rows = chosen[name]
            gap = (pairs.first - pairs.second)[rows]
            template = list(pairs.template[rows]) if clustered else None
            out[f"{name}_difference"] = mean(gap, spec, template)
            out[f"{name}_higher"] = percent(gap > 0, spec)
            if answers.classes:
                flips = (pairs.first[rows] >= 0.5) != (pairs.second[rows] >= 0.5)
                out[f"{name}_flips"] = percent(flips, spec)
        return out

    whole = figures(
        {name: np.ones(len(one.first), bool) for name, one in sets.items()}, clustered=True
    )
    breakdowns = []
    for by, of in (("emotion", "emotion"), ("template", "template")):
        known = sorted({str(name) for one in sets.values() for name in getattr(one, of)})
        parts = [
            Part(
                name,
                figures(
                    {which: getattr(one, of) == name for which, one in sets.items()},
                    clustered=by == "emotion",
                ),
            )
            for name in known
        ]
        breakdowns.append(Breakdown(by, tuple(parts)))
    examples = [one for name, pairs in sets.items() for one in _examples(name, pairs)]
    return whole, tuple(breakdowns), tuple(examples), sum(len(one.first) for one in sets.values())


def _pairs(
    sentences: Sequence[Sentence],
    scores: Floats,
    sides: dict[tuple[str, ...], tuple[list[int], list[int]]],
) -> Pairs:
    whole = [(key, *both) for key, both in sides.items() if all(both)]
    return Pairs(
        np.array([scores[first].mean() for _, first, _ in whole], np.float64),
        np.array([scores[second].mean() for _, _, second in whole], np.float64),
        np.array([key[0] for key, _, _ in whole], object),
        np.array([key[2] for key, _, _ in whole], object),
        [(sentences[first[0]].text, sentences[second[0]].text) for _, first, second in whole],
    )


def _examples(name: str, pairs: Pairs) -> list[Example]:
    gap = pairs.first - pairs.second
    out = []
    for at in np.argsort(-np.abs(gap), kind="stable")[: EXAMPLES // 2]:
        first, second = pairs.texts[at] if gap[at] > 0 else pairs.texts[at][::-1]
        out.append(Example(name, first, second, float(abs(gap[at]))))
    return out
