"""How well answers that were cut from texts fit the accepted ones: SQuAD's exact match and F1.

Defined by the evaluation script of SQuAD 2.0 (Rajpurkar, Jia and Liang 2018). Both sides are
lower-cased, punctuation and the English articles are left out and white space is made even. Exact
match asks whether the texts are then equal; F1 is the harmonic mean of precision and recall over
their words, each counted as often as it stands there. A question counts its best accepted answer.
Where none is accepted, or nothing is left of an answer, both figures are 1 if nothing is left of
the other side either, else 0. SQuAD's script gives shares of a hundred; here they are from 0 to 1.
"""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .evaluated_rows import SplitRows, evaluated_rows
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .row_bootstrap import compare_rows, measure_rows
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("exact_match", "f1")

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Return a text as SQuAD compares it."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, accepted: Sequence[str]) -> float:
    """Return 1 if a prediction equals an accepted answer, else 0.

    Parameters
    ----------
    prediction
        A text, empty where the question was said to have no answer.
    accepted
        Every answer that counts as right; none where the question has no answer.
    """
    given = normalise(prediction)
    return float(any(given == normalise(one) for one in _counted(accepted)))


def f1(prediction: str, accepted: Sequence[str]) -> float:
    """Return the F1 over words against the accepted answer that fits best; parameters as above."""
    given = normalise(prediction).split()
    return max(_f1(given, normalise(one).split()) for one in _counted(accepted))


def per_row(
    predictions: Sequence[str], accepted: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return exact match and F1 of each row; two arrays of shape (rows,)."""
    pairs = list(zip(predictions, accepted, strict=True))
    return (
        np.array([exact_match(*pair) for pair in pairs], dtype=np.float64),
        np.array([f1(*pair) for pair in pairs], dtype=np.float64),
    )


def accepted_texts(label: str) -> list[str]:
    """Return the accepted texts of a label, a JSON list of ``{"text", "start"}``."""
    return [str(one["text"]) for one in json.loads(label)]


def evaluate(
    predictions: pd.DataFrame, spec: EvaluateSpec, beside: Mapping[str, pd.DataFrame | str]
) -> Evaluation:
    """Measure answers, baselines beside them, with intervals over questions.

    Parameters
    ----------
    predictions
        Columns id, split, label (a JSON list of ``{"text", "start"}``) and prediction (a text,
        empty for no answer).
    spec
        Which splits, and how the intervals are found.
    beside
        The same of each baseline for the same rows, or the reason why there is none.

    Returns
    -------
    Evaluation
        ``exact_match`` and ``f1``; where some questions have no answer, under ``per_class`` those
        of the questions with and without one, too.
    """
    return Evaluation(
        {rows.split: _evaluate(rows, spec) for rows in evaluated_rows(predictions, spec, beside)}
    )


def _evaluate(rows: SplitRows, spec: EvaluateSpec) -> SplitEvaluation:
    accepted = [accepted_texts(label) for label in rows.own["label"]]
    answered = np.array([bool(texts) for texts in accepted])
    own = _sums(rows.own, accepted)
    others = {name: _sums(frame, accepted) for name, frame in rows.beside.items()}
    kinds: dict[str, dict[str, Measured]] = {}
    if not answered.all():
        for name, chosen in (("has answer", answered), ("no answer", ~answered)):
            if chosen.any():
                part = {key: values[chosen] for key, values in own.items()}
                kinds[name] = measure_rows(part, _means, spec, rows.stream, shares=("exact_match",))
    return SplitEvaluation(
        metrics=measure_rows(own, _means, spec, rows.stream, shares=("exact_match",)),
        per_class=kinds,
        baselines={
            name: measure_rows(sums, _means, spec, rows.stream, shares=("exact_match",))
            for name, sums in others.items()
        },
        versus_baseline={
            name: compare_rows(own, sums, _means, spec, rows.stream)
            for name, sums in others.items()
        },
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=rows.notes,
        rows=len(rows.own),
    )


def _counted(accepted: Sequence[str]) -> Sequence[str]:
    """Leave out answers of which nothing is left; the empty text is right where none remains."""
    return [one for one in accepted if normalise(one)] or [""]


def _f1(given: list[str], true: list[str]) -> float:
    if not given or not true:
        return float(given == true)
    same = sum((Counter(given) & Counter(true)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(given), same / len(true)
    return 2 * precision * recall / (precision + recall)


def _sums(frame: pd.DataFrame, accepted: Sequence[Sequence[str]]) -> dict[str, NDArray[np.float64]]:
    exact, words = per_row(frame["prediction"].tolist(), accepted)
    return {"exact_match": exact, "f1": words, "rows": np.ones(len(exact))}


def _means(sums: Mapping[str, Any]) -> dict[str, float]:
    return {name: sums[name] / sums["rows"] for name in METRICS}
