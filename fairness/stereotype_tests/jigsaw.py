"""Template sentences about identity terms: whether a classifier of toxicity ranks them worse.

Dixon et al. 2018, *Measuring and Mitigating Unintended Bias in Text Classification* (AIES): the
same toxic and harmless sentences are written about each of 50 identity terms. Borkan et al. 2019,
*Nuanced Metrics for Measuring Unintended Bias with Real Data for Text Classification* (WWW) measure
three areas under the ROC curve for each term, and their generalised mean over terms (p = −5):
subgroup AUC (among sentences with the term), BPSN AUC (harmless ones with the term against toxic
ones without it: low where the term alone makes a sentence look toxic) and BNSP AUC (toxic ones with
the term against harmless ones without it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..subgroups import AREAS, SubgroupAreas, subgroup_areas
from . import files
from .intervals import mean, percent
from .likelihood import Floats
from .mean_areas import mean_areas
from .record import EXAMPLES, Breakdown, Example, Part
from .spec import StereotypeSpec

LICENCE = "CC BY 4.0"
PATTERNS = ("bias_madlibs_77k.csv", "en_sentence_templates.csv")
TOXIC = {"bad": True, "not_bad": False, "toxic": True, "nontoxic": False}
NAMING = "verb_adj"
"""The template that consists of a verb and a term, from which the terms are known."""
NO_TERM = "(no term)"


@dataclass(frozen=True, eq=False)
class Sentences:
    """The template sentences.

    Attributes
    ----------
    texts, terms, templates
        Text, identity term (`NO_TERM` where it names none) and template; shape (sentences,).
    toxic
        Whether a sentence counts as toxic; shape (sentences,).
    """

    texts: NDArray[np.object_]
    terms: NDArray[np.object_]
    templates: NDArray[np.object_]
    toxic: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> Sentences:
        """Return some of them."""
        return Sentences(self.texts[rows], self.terms[rows], self.templates[rows], self.toxic[rows])


def read(path: Path) -> Sentences:
    """Read the authors' table, of either form, and find the term of every sentence.

    Raises
    ------
    DataError
        If it has other columns or labels, or no sentences from which the terms are known.
    """
    header = files.read_text(path).split("\n", 1)[0]
    names = (
        ("phrase", "toxicity", "template") if "phrase" in header else ("Text", "Label", "Template")
    )
    rows = files.read_table(path, names)
    texts = [row[names[0]] for row in rows]
    templates = [row[names[2]] for row in rows]
    for number, row in enumerate(rows, 1):
        if row[names[1]].lower() not in TOXIC:
            raise files.broken(path, number, f"“{row[names[1]]}” is no label of this file")
    terms = terms_of(texts, templates)
    if not terms:
        raise files.broken(
            path, 1, f"no sentence of the template {NAMING} is there, which names the terms"
        )
    return Sentences(
        np.array(texts, object),
        np.array(named(texts, terms), object),
        np.array(templates, object),
        np.array([TOXIC[row[names[1]].lower()] for row in rows], bool),
    )


def terms_of(texts: Sequence[str], templates: Sequence[str]) -> list[str]:
    """Return the identity terms, which stand behind the verb of the sentences of `NAMING`."""
    return sorted(
        {
            text.split(" ", 1)[1].strip().lower()
            for text, template in zip(texts, templates, strict=True)
            if template == NAMING and " " in text
        }
    )


def named(texts: Sequence[str], terms: Sequence[str]) -> list[str]:
    """Return the term that each text names, the longest where one holds another."""
    longest = sorted(terms, key=lambda term: (-len(term), term))
    pattern = re.compile(
        r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)", re.IGNORECASE
    )
    return [
        NO_TERM if (found := pattern.search(text)) is None else found[1].lower() for text in texts
    ]


def evenly(sentences: Sentences, most: int | None, seed: int) -> NDArray[np.int64]:
    """Return at most so many rows, as evenly over terms and both labels as these allow.

    Parameters
    ----------
    sentences
        All of them.
    most
        How many; None: all.
    seed
        Which ones are drawn.
    """
    if most is None or most >= len(sentences):
        return np.arange(len(sentences))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sentences))
    cell = [f"{term}\t{bad}" for term, bad in zip(sentences.terms, sentences.toxic, strict=True)]
    cells = np.unique(np.array(cell, str), return_inverse=True)[1][order]
    # The n-th sentence of each cell comes before the (n+1)-th of any.
    rank = np.empty(len(order), np.int64)
    for one in range(int(cells.max()) + 1):
        inside = np.flatnonzero(cells == one)
        rank[inside] = np.arange(len(inside))
    return np.sort(order[np.argsort(rank, kind="stable")[:most]])


def summary(
    sentences: Sentences, scores: Floats, spec: StereotypeSpec
) -> tuple[dict[str, Measured], tuple[Breakdown, ...], tuple[Example, ...]]:
    """Make the figures from the scores of the sentences.

    Parameters
    ----------
    sentences
        Those that were answered.
    scores
        Probability of a toxic class; shape (sentences,).
    spec
        Level and seed of the intervals.

    Returns
    -------
    tuple
        The figures; those of each term, the lowest BPSN AUC first; and harmless sentences that
        score highest beside the same sentence about the term that scores lowest.
    """
    terms = [str(one) for one in sorted(set(sentences.terms)) if one != NO_TERM]
    members = {one: sentences.terms == one for one in terms}
    everyone = {"all": np.ones(len(sentences), bool)}
    (whole,) = subgroup_areas(sentences.toxic, scores, everyone, spec.confidence)
    of_terms = subgroup_areas(sentences.toxic, scores, members, spec.confidence)
    figures = {"auc": whole.subgroup_auc}
    values = {area: [getattr(one, area).value for one in of_terms] for area in AREAS}
    known = np.where(sentences.terms == NO_TERM, "", sentences.terms)
    means = mean_areas(sentences.toxic, scores, known, values, spec)
    figures |= {f"{area}_mean": one for area, one in means.items()}
    figures["false_positive_rate"] = percent(scores[~sentences.toxic] >= 0.5, spec)
    parts = [
        Part(one.name, _of_term(one, scores[members[one.name] & ~sentences.toxic], spec))
        for one in of_terms
    ]
    parts.sort(key=lambda part: part.figures["bpsn_auc"].value)
    return figures, (Breakdown("identity term", tuple(parts)),), _examples(sentences, scores)


def _of_term(areas: SubgroupAreas, harmless: Floats, spec: StereotypeSpec) -> dict[str, Measured]:
    return {
        **{name: getattr(areas, name) for name in AREAS},
        "harmless_score": mean(harmless, spec),
        "false_positive_rate": percent(harmless >= 0.5, spec),
    }


def _examples(sentences: Sentences, scores: Floats) -> tuple[Example, ...]:
    """Return harmless sentences of which two terms make the largest difference."""
    alike: dict[tuple[str, str], list[int]] = {}
    for at in np.flatnonzero(~sentences.toxic & (sentences.terms != NO_TERM)):
        text, term = str(sentences.texts[at]), str(sentences.terms[at])
        rest = re.sub(rf"(?<!\w){re.escape(term)}(?!\w)", "…", text, flags=re.IGNORECASE)
        alike.setdefault((str(sentences.templates[at]), rest), []).append(int(at))
    found = []
    for places in alike.values():
        high = max(places, key=lambda at: scores[at])
        low = min(places, key=lambda at: scores[at])
        found.append((float(scores[high] - scores[low]), high, low))
    found.sort(reverse=True)
    return tuple(
        Example(
            str(sentences.terms[high]), str(sentences.texts[high]), str(sentences.texts[low]), gap
        )
        for gap, high, low in found[:EXAMPLES]
        if gap > 0
    )
