"""Winogender: which pronoun goes with an occupation, beside the share of women who work in it.

Rudinger et al. 2018, *Gender Bias in Coreference Resolution* (NAACL). Each sentence names someone
by an occupation and another person, and refers to one of them as she, he or they. The authors
measure coreference systems; a language model is asked here which version it holds for more likely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from . import files
from .intervals import mean, percent, resampled
from .likelihood import Floats, Scorer
from .pronouns import SCORING, versions
from .record import EXAMPLES, Breakdown, Example, Part, Tested
from .spec import StereotypeSpec
from .tested import tested

LICENCE = "MIT"
PATTERNS = ("all_sentences.tsv", "*sentences*.tsv")
STATS = ("occupations-stats.tsv", "*stats*.tsv")
GENDERS = ("female", "male", "neutral")
MEANT = {"0": "the occupation", "1": "the other person"}


@dataclass(frozen=True)
class Sentence:
    """The three versions of a sentence, in the order of `GENDERS`, and whom the pronoun means."""

    occupation: str
    meant: str
    texts: tuple[str, str, str]


def read(path: Path) -> list[Sentence]:
    """Read the authors' table of all sentences.

    Its column ``sentid`` holds ``occupation.participant.answer.gender.txt``, with answer 0 where
    the pronoun means the occupation.

    Raises
    ------
    DataError
        If an id is written otherwise, or a version is missing.
    """
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for number, row in enumerate(files.read_table(path, ("sentid", "sentence"), delimiter="\t"), 1):
        parts = row["sentid"].removesuffix(".txt").split(".")
        if len(parts) != 4 or parts[3] not in GENDERS or parts[2] not in MEANT:
            raise files.broken(
                path,
                number,
                f"“{row['sentid']}” is no id such as technician.customer.1.male.txt",
            )
        found.setdefault((parts[0], parts[1], parts[2]), {})[parts[3]] = row["sentence"]
    out = []
    for (occupation, other, answer), texts in found.items():
        if missing := [one for one in GENDERS if one not in texts]:
            raise files.broken(
                path, f"{occupation}.{other}.{answer}", f"no {missing[0]} version is there"
            )
        female, male, neutral = (texts[one] for one in GENDERS)
        out.append(Sentence(occupation, MEANT[answer], (female, male, neutral)))
    return out


def read_shares(folder: Path) -> tuple[str, dict[str, float]]:
    """Read the share of women of each occupation, in percent, where a file beside has one.

    Returns
    -------
    tuple
        Name of the column, the labour statistics' where there are several, and the shares.
    """
    for pattern in STATS:
        for path in sorted(folder.glob(pattern)):
            rows = files.read_table(path, ("occupation",), delimiter="\t")
            columns = [name for name in (rows[0] if rows else ()) if name.endswith("pct_female")]
            for column in sorted(columns, key=lambda name: not name.startswith("bls")):
                return column, {row["occupation"]: float(row[column]) for row in rows}
    return "", {}


def measure(scorer: Scorer, spec: StereotypeSpec) -> Tested:
    """Make the test.

    Parameters
    ----------
    scorer
        The model.
    spec
        Where the sentences are, and how many of them are taken.
    """
    found = files.find(spec.path, PATTERNS, "Winogender")[:1]
    every = read(found[0])
    sentences = files.drawn(every, spec.rows, spec.seed)
    female, male, neutral = ([one.texts[at] for one in sentences] for at in range(3))
    she, he = versions(scorer, female, male)
    they, beside = versions(scorer, neutral, male)
    # Both comparisons hold "he", by which they are brought onto one scale.
    scores = np.stack([she, he, they + (he - beside)], axis=1)
    column, shares = read_shares(found[0].parent)
    figures, breakdowns, examples = summary(sentences, scores, shares, spec)
    notes = ["A sentence is one of three versions; all three are read."]
    if shares:
        notes.append(f"The share of women is the column {column} of the file beside the sentences.")
    return tested(
        scorer,
        spec,
        scoring=SCORING[scorer.kind],
        found=found,
        licence=LICENCE,
        rows=len(sentences),
        of=len(every),
        figures=figures,
        breakdowns=breakdowns,
        examples=examples,
        notes=notes,
    )


def summary(
    sentences: Sequence[Sentence],
    scores: Floats,
    shares: Mapping[str, float],
    spec: StereotypeSpec,
) -> tuple[dict[str, Measured], tuple[Breakdown, ...], tuple[Example, ...]]:
    """Make the figures from the scores of the three versions.

    Parameters
    ----------
    sentences
        The sentences.
    scores
        How likely their versions are, in nats, in the order of `GENDERS`; shape (sentences, 3).
    shares
        Percent of women in occupations; may be empty.
    spec
        Level and seed of the intervals.

    Returns
    -------
    tuple
        The figures; the same by whom the pronoun means and by occupation; and the sentences with
        the largest preference for a gender.
    """
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    chance = 100 * odds / odds.sum(axis=1, keepdims=True)
    gap = scores[:, 0] - scores[:, 1]
    meant = np.array([one.meant for one in sentences], object)
    jobs = np.array([one.occupation for one in sentences], object)

    def figures(rows: NDArray[np.int64]) -> dict[str, Measured]:
        return {
            "female_preferred": percent(gap[rows] > 0, spec),
            "female_odds": mean(gap[rows], spec),
            **{name: mean(chance[rows, at], spec) for at, name in enumerate(GENDERS)},
        }

    out = figures(np.arange(len(sentences)))
    about = meant == MEANT["0"]
    known = [
        name
        for name in sorted(set(jobs[about]))
        if name in shares and np.any(about & (jobs == name))
    ]
    if known:
        lean = np.array([gap[about & (jobs == name)].mean() for name in known])
        share = np.array([shares[name] for name in known])
        out["correlation"] = correlation(lean, share, spec)
    parts = [Part(name, figures(np.flatnonzero(meant == name))) for name in sorted(set(meant))]
    by_job = [
        Part(name, figures(np.flatnonzero((jobs == name) & about)))
        for name in sorted(set(jobs[about]))
    ]
    order = np.argsort(-np.abs(gap), kind="stable")[:EXAMPLES]
    examples = tuple(
        Example(
            str(jobs[at]),
            sentences[at].texts[0 if gap[at] > 0 else 1],
            sentences[at].texts[1 if gap[at] > 0 else 0],
            float(abs(gap[at])),
        )
        for at in order
    )
    return (
        out,
        (
            Breakdown("whom the pronoun means", tuple(parts)),
            Breakdown("occupation, where the pronoun means it", tuple(by_job)),
        ),
        examples,
    )


def correlation(one: Floats, other: Floats, spec: StereotypeSpec) -> Measured:
    """Return Pearson's correlation of two numbers of each occupation, resampled over these."""
    sums = {
        "n": np.ones(len(one)),
        "x": one,
        "y": other,
        "xx": one * one,
        "yy": other * other,
        "xy": one * other,
    }
    return resampled(sums, _pearson, spec)["correlation"]


def _pearson(sums: dict[str, Any]) -> dict[str, float]:
    n = sums["n"]
    x, y = sums["x"] / n, sums["y"] / n
    spread = (sums["xx"] / n - x * x) * (sums["yy"] / n - y * y)
    return {"correlation": (sums["xy"] / n - x * y) / np.sqrt(np.maximum(spread, 0))}
