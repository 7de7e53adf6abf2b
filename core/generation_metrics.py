"""How near generated answers come to the ones that were expected.

- `exact_match`: share of answers equal to the expected one, case, punctuation, English articles and
  white space aside, as SQuAD has it (Rajpurkar et al. 2016).
- `rouge1`, `rougeL`: F measure of common words, and of the longest common subsequence of words (Lin
  2004), by rouge-score, without stemming; mean over rows, 0 to 1.
- `bleu`: corpus BLEU (Papineni et al. 2002) by sacrebleu with its usual settings, 0 to 100. It is a
  function of n-gram counts that are summed over rows before they are divided, so the bootstrap
  sums them anew in each resample, as it does for the means.

They say how much of the words is the same, not whether an answer is right or helpful.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import perplexity
from .evaluation import Evaluation, SplitEvaluation
from .row_bootstrap import STREAMS, Sums, compare_rows, measure_rows
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

ROWS, EXACT = "rows", "exact_match"
ROUGE = ("rouge1", "rougeL")
BLEU = "bleu"
ORDER = 4
"""Longest n-grams of BLEU."""

NEEDS = {"rouge_score": "ROUGE", "sacrebleu": "BLEU"}
INSTALL = "pip install 'pellucid[generation]'"

ARTICLES = re.compile(r"\b(a|an|the)\b")
WORD = re.compile("[a-z0-9]")
"""What rouge-score takes for part of a word, in lower case."""
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Return a text in lower case, without punctuation, articles and superfluous white space."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def missing() -> list[str]:
    """Say which of the figures can't be measured because a package is not installed."""
    absent = [package for package in NEEDS if find_spec(package) is None]
    return [
        f"{NEEDS[package]} is not measured: the package {package.replace('_', '-')} is not "
        f"installed ({INSTALL})."
        for package in absent
    ]


def row_sums(answers: Sequence[str], expected: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return what each row adds to the figures.

    Parameters
    ----------
    answers, expected
        Texts of the rows.

    Returns
    -------
    dict
        ``rows``, ``exact_match``, ``rouge1`` and ``rougeL`` of shape (rows,), and ``bleu`` of shape
        (rows, 10): tokens of answer and expected answer, and for n = 1 to 4 the n-grams in both and
        those of the answer. ROUGE and BLEU are absent where their package is.
    """
    pairs = list(zip(answers, expected, strict=True))
    equal = [normalised(answer) == normalised(told) for answer, told in pairs]
    out = {ROWS: np.ones(len(pairs)), EXACT: np.array(equal, dtype=np.float64)}
    if find_spec("rouge_score") is not None:
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer(list(ROUGE), use_stemmer=False)
        found = [scorer.score(told, answer) for answer, told in pairs]
        out |= {name: np.array([one[name].fmeasure for one in found]) for name in ROUGE}
    if find_spec("sacrebleu") is not None:
        from sacrebleu.metrics.bleu import BLEU as Bleu

        # Of a single row only the counts are taken, which smoothing does not touch.
        bleu = Bleu(effective_order=True)
        scores = [bleu.sentence_score(answer, [told]) for answer, told in pairs]
        counts = [[one.sys_len, one.ref_len, *one.counts, *one.totals] for one in scores]
        out[BLEU] = np.array(counts, dtype=np.float64).reshape(len(pairs), 2 + 2 * ORDER)
    return out


def figures(sums: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of summed rows; NaN without rows."""
    names = [name for name in (EXACT, *ROUGE) if name in sums]
    out = {name: float(np.divide(sums[name], sums[ROWS])) for name in names}
    if BLEU in sums:
        from sacrebleu.metrics.bleu import BLEU as Bleu

        own, told, *counts = (round(float(one)) for one in sums[BLEU])
        score = Bleu.compute_bleu(counts[:ORDER], counts[ORDER:], own, told).score
        out[BLEU] = float(score) if sums[ROWS] > 0 else float("nan")
    return out


def evaluate(
    predictions: pd.DataFrame,
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
    notes: Sequence[str] = (),
) -> Evaluation:
    """Measure perplexity over all rows, and the answers of those rows for which one was generated.

    Parameters
    ----------
    predictions
        As `perplexity.evaluate` takes them, with the columns ``label``, the expected answer, and
        ``prediction``, the generated one or None.
    spec, beside, notes
        As there.
    """
    found = perplexity.evaluate(predictions, spec, beside, notes)
    splits = {}
    for name, one in found.splits.items():
        chosen = (predictions["split"] == name).to_numpy() & _answered(predictions)
        others = {key: frame for key, frame in beside.items() if not isinstance(frame, str)}
        for frame in others.values():
            chosen = chosen & _answered(frame)
        splits[name] = _with_answers(one, predictions, others, chosen, spec, STREAMS[name])
    return Evaluation(splits)


def _with_answers(
    split: SplitEvaluation,
    predictions: pd.DataFrame,
    others: Mapping[str, pd.DataFrame],
    chosen: NDArray[np.bool_],
    spec: EvaluateSpec,
    stream: int,
) -> SplitEvaluation:
    """Put the figures of generated answers beside those of a split."""
    if not chosen.any():
        note = "No answers were generated; evaluate.generations says for how many rows they are."
        return replace(split, notes=(*split.notes, note))
    own = _sums(predictions[chosen])
    metrics = measure_rows(own, figures, spec, stream, shares=(EXACT,))
    baselines, differences = dict(split.baselines), dict(split.versus_baseline)
    for name, frame in others.items():
        sums = _sums(frame[chosen])
        measured = measure_rows(sums, figures, spec, stream, shares=(EXACT,))
        baselines[name] = {**baselines.get(name, {}), **measured}
        compared = compare_rows(own, sums, figures, spec, stream)
        differences[name] = {**differences.get(name, {}), **compared}
    notes = [
        f"Answers were generated for {int(chosen.sum()):,} of {split.n:,} rows, always the "
        "most likely word. Exact match, ROUGE and BLEU say how much of the expected words is in "
        "them, not whether they are right.",
        *missing(),
    ]
    wordless = sum(WORD.search(text.lower()) is None for text in predictions.loc[chosen, "label"])
    if ROUGE[0] in own and wordless:
        notes.append(
            "ROUGE knows words of the letters a to z and digits alone; "
            f"{wordless:,} of the expected answers have none and count as 0."
        )
    return replace(
        split,
        metrics={**split.metrics, **metrics},
        baselines=baselines,
        versus_baseline=differences,
        notes=(*split.notes, *notes),
    )


def _answered(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which rows have both an answer and an expected one; shape (rows,)."""
    if "prediction" not in frame or "label" not in frame:
        return np.zeros(len(frame), bool)
    there = frame["prediction"].notna() & frame["label"].notna()
    return np.asarray(there.to_numpy(bool))


def _sums(frame: pd.DataFrame) -> Sums:
    return row_sums(frame["prediction"].tolist(), frame["label"].tolist())
