"""What is measured of answers that are texts, and of language models, row by row.

- ``exact_match``: 1 where an answer equals the expected one, case, punctuation, English articles
  and white space aside.
- ``rougeL``: F measure of the longest common subsequence of words (Lin 2004).
- ``f1``: of answers that are cut from a text, F1 over words against the best accepted answer
  (Rajpurkar, Jia & Liang 2018).
- ``answer_words``: words of the answer. A group that is answered curtly is told so.
- ``loss``: nats per token of the row's targets.

They say how near an answer comes to the one that was expected of that row, not whether the expected
answers themselves treat groups alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.perplexity import NATS, TOKENS

if TYPE_CHECKING:
    import pandas as pd

Figures = dict[str, NDArray[np.float64]]

ANSWERS = ("exact_match", "rougeL", "f1", "answer_words", "loss")

SHARES = ("exact_match",)
"""Figures that are 0 or 1 in a row, so that their mean is a proportion."""


def written_figures(frame: pd.DataFrame) -> Figures:
    """Measure answers that were written, where there are any, and the loss.

    Parameters
    ----------
    frame
        Columns ``label`` and ``prediction`` (texts; missing where none was written), ``nats`` and
        ``tokens``, each where the task has it.

    Returns
    -------
    dict
        Name to the figure of each row, shape (rows,); NaN where a row has none.
    """
    from ..core.generation_metrics import row_sums

    def measured(answers: list[str], expected: list[str]) -> Figures:
        sums = row_sums(answers, expected)
        return {name: sums[name] for name in ANSWERS if name in sums}

    out = _of_answers(frame, measured)
    if TOKENS in frame:
        tokens = frame[TOKENS].to_numpy(np.float64)
        out["loss"] = frame[NATS].to_numpy(np.float64) / np.where(tokens > 0, tokens, np.nan)
    return out


def cut_figures(frame: pd.DataFrame) -> Figures:
    """Measure answers that were cut from texts; as `written_figures`."""
    from ..core.answer_metrics import accepted_texts, per_row

    def measured(answers: list[str], expected: list[str]) -> Figures:
        found = per_row(answers, [accepted_texts(label) for label in expected])
        return dict(zip(("exact_match", "f1"), found, strict=True))

    return _of_answers(frame, measured)


def _of_answers(
    frame: pd.DataFrame, measured: Callable[[list[str], list[str]], Figures]
) -> Figures:
    if not {"label", "prediction"} <= set(frame.columns):
        return {}
    there = (frame["label"].notna() & frame["prediction"].notna()).to_numpy(bool)
    if not there.any():
        return {}
    answers, expected = (frame.loc[there, name].tolist() for name in ("prediction", "label"))
    found = measured(answers, expected)
    found["answer_words"] = np.array([len(answer.split()) for answer in answers], np.float64)
    out = {}
    for name, values in found.items():
        out[name] = np.full(len(frame), np.nan)
        out[name][there] = values
    return out
