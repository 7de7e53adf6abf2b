"""How alike two written answers are."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from ...core.generation_metrics import normalised


def likeness(first: str, second: str) -> tuple[float, float, float]:
    """Compare two texts.

    Returns
    -------
    equal, length_ratio, similarity
        Whether they are equal, case, punctuation and English articles aside (1 or 0); words of the
        second by those of the first, one added to both; and from 0 to 1 chrF (Popović 2015) by
        sacrebleu, the mean of both directions, or without that package difflib's ratio.
    """
    equal = normalised(first) == normalised(second)
    ratio = (len(second.split()) + 1) / (len(first.split()) + 1)
    if equal:
        return 1.0, ratio, 1.0
    chrf = _chrf()
    if chrf is None:
        return 0.0, ratio, SequenceMatcher(None, first, second, autojunk=False).ratio()
    if not first.strip() or not second.strip():
        return 0.0, ratio, 0.0
    both = (chrf.sentence_score(second, [first]), chrf.sentence_score(first, [second]))
    return 0.0, ratio, sum(one.score for one in both) / 200


def measure_name() -> str:
    """Return what the similarity is called."""
    return "chrF" if _chrf() is not None else "difflib’s ratio"


@lru_cache(1)
def _chrf() -> Any:
    if find_spec("sacrebleu") is None:
        return None
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
