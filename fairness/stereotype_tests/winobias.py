"""WinoBias: whether pronouns go more easily with the gender that an occupation is thought to have.

Zhao et al. 2018, *Gender Bias in Coreference Resolution: Evaluation and Debiasing Methods* (NAACL).
Each sentence names two people by their occupations and refers to one of them by a pronoun, once of
the gender that most people in that occupation have (pro-stereotyped), once of the other. Type 1
needs knowledge of the world to tell whom the pronoun means, type 2 can be told by grammar. The
authors measure coreference systems; a language model is asked here which version it holds for more
likely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ...errors import DataError, paragraph
from . import files
from .intervals import mean, percent
from .likelihood import Floats, Scorer
from .pronouns import SCORING, versions
from .record import EXAMPLES, Breakdown, Example, Part, Tested
from .spec import StereotypeSpec
from .tested import tested

LICENCE = "MIT"
PATTERNS = ("pro_stereotyped_type[12].txt.*",)
FEMALE = frozenset({"she", "her", "hers", "herself"})
MALE = frozenset({"he", "him", "his", "himself"})
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_NAME = re.compile(r"pro_stereotyped_(type[12])\.txt(?:\.(\w+))?")


@dataclass(frozen=True)
class Pair:
    """The two versions of a sentence, without brackets, and what is known of it."""

    pro: str
    anti: str
    type: str
    occupation: str
    pronoun: str


def read(pro: Path) -> list[Pair]:
    """Read a file of pro-stereotyped sentences and the one of anti-stereotyped ones beside it.

    Parameters
    ----------
    pro
        ``pro_stereotyped_type1.txt.dev`` and the like.

    Raises
    ------
    DataError
        If the file is called otherwise, or the two don't have the same lines.
    """
    named = _NAME.fullmatch(pro.name)
    anti = pro.with_name(pro.name.replace("pro_", "anti_", 1))
    if named is None or not anti.is_file():
        raise DataError(
            paragraph(
                str(pro),
                "expected a file such as pro_stereotyped_type1.txt.dev, with "
                "anti_stereotyped_type1.txt.dev beside it",
                "Name the folder that holds WinoBias, or one of its pro_stereotyped files",
            )
        )
    one, two = (_lines(path) for path in (pro, anti))
    if len(one) != len(two):
        raise files.broken(
            pro, len(one), f"{anti.name} beside it has {len(two):,} lines in place of {len(one):,}"
        )
    out = []
    for number, (first, second) in enumerate(zip(one, two, strict=True), 1):
        people = [text.strip() for text in _BRACKETS.findall(first)]
        spoken = [text for text in people if text.lower() in FEMALE | MALE]
        others = [text for text in people if text.lower() not in FEMALE | MALE]
        if not spoken or not others:
            raise files.broken(pro, number, "no person and pronoun stand in brackets")
        gender = "female" if spoken[0].lower() in FEMALE else "male"
        occupation = re.sub(r"^(the|a|an)\s+", "", others[0], flags=re.IGNORECASE).lower()
        out.append(Pair(_plain(first), _plain(second), named[1], occupation, gender))
    return out


def measure(scorer: Scorer, spec: StereotypeSpec) -> Tested:
    """Make the test.

    Parameters
    ----------
    scorer
        The model.
    spec
        Where the sentences are, and how many of them are taken.
    """
    found = files.find(spec.path, PATTERNS, "WinoBias")
    every = [one for path in found for one in read(path)]
    pairs = files.drawn(every, spec.rows, spec.seed)
    pro, anti = versions(scorer, [one.pro for one in pairs], [one.anti for one in pairs])
    figures, breakdowns, examples = summary(pairs, pro, anti, spec)
    notes = []
    other = sum(_others(one.pro) != _others(one.anti) for one in pairs)
    if other:
        notes.append(
            f"{other:,} of {len(pairs):,} pairs differ by more than their pronouns in the authors’ "
            "files; they are measured as they stand there."
        )
    read_files = [*found, *(path.with_name(f"anti_{path.name[4:]}") for path in found)]
    return tested(
        scorer,
        spec,
        scoring=SCORING[scorer.kind],
        found=read_files,
        licence=LICENCE,
        rows=len(pairs),
        of=len(every),
        figures=figures,
        breakdowns=breakdowns,
        examples=examples,
        notes=notes,
    )


def summary(
    pairs: Sequence[Pair], pro: Floats, anti: Floats, spec: StereotypeSpec
) -> tuple[dict[str, Measured], tuple[Breakdown, ...], tuple[Example, ...]]:
    """Make the figures from the scores of both versions.

    Parameters
    ----------
    pairs
        The sentences.
    pro, anti
        How likely their versions are, in nats; shape (pairs,).
    spec
        Level and seed of the intervals.

    Returns
    -------
    tuple
        The figures; the same by type, by gender of the pro-stereotyped pronoun and by occupation;
        and the sentences with the largest preference.
    """
    gap = pro - anti

    def figures(rows: NDArray[np.int64]) -> dict[str, Measured]:
        return {
            "pro_preferred": percent(gap[rows] > 0, spec),
            "difference": mean(gap[rows], spec),
        }

    breakdowns = []
    for by, values in (
        ("type", [one.type for one in pairs]),
        ("gender of the pro-stereotyped pronoun", [one.pronoun for one in pairs]),
        ("occupation", [one.occupation for one in pairs]),
    ):
        known = np.array(values, object)
        parts = [Part(name, figures(np.flatnonzero(known == name))) for name in sorted(set(values))]
        breakdowns.append(Breakdown(by, tuple(parts)))
    examples = tuple(
        Example(pairs[at].occupation, pairs[at].pro, pairs[at].anti, float(gap[at]))
        for at in np.argsort(-gap, kind="stable")[:EXAMPLES]
        if gap[at] > 0
    )
    return figures(np.arange(len(pairs))), tuple(breakdowns), examples


def _lines(path: Path) -> list[str]:
    """Return the sentences of a file without their numbers."""
    lines = [line.strip() for line in files.read_text(path).splitlines() if line.strip()]
    return [re.sub(r"^\d+\s+", "", line) for line in lines]


def _plain(text: str) -> str:
    """Return a sentence without brackets."""
    return " ".join(text.replace("[", "").replace("]", "").split())


def _others(text: str) -> list[str]:
    """Return the words of a sentence but for its pronouns."""
    return [word for word in re.findall(r"\w+", text.lower()) if word not in FEMALE | MALE]
