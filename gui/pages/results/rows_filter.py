"""Which rows of the predictions are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .facts import Facts

Answer = Literal["all", "wrong", "right", "unsure"]


@dataclass(frozen=True)
class Asked:
    """A filter of rows.

    Attributes
    ----------
    answer
        All rows, those answered wrongly or rightly, or those of which the model was unsure.
    margin
        Unsure is a row whose best score is at most so far above the second best.
    label, prediction
        Only rows with this label or answer; empty for any.
    group
        Column to the group; columns that aren't named may have any.
    text
        Words that must stand in an input, whatever their case; empty for any.
    """

    answer: Answer = "all"
    margin: float = 0.2
    label: str = ""
    prediction: str = ""
    group: dict[str, str] = field(default_factory=dict)
    text: str = ""


def condition(facts: Facts, asked: Asked, split: str) -> Callable[[Any], Any]:
    """Return what `ColumnsModel.keep` takes; it is worked out beside the main thread."""

    def rows(_: Any) -> Any:
        import numpy as np
        import pyarrow.compute as pc

        kept = facts.in_split(split)
        if asked.answer == "wrong":
            kept = kept & (facts.true >= 0) & (facts.true != facts.predicted)
        elif asked.answer == "right":
            kept = kept & (facts.true == facts.predicted)
        elif asked.answer == "unsure":
            kept = kept & (facts.margin <= asked.margin)
        for name, codes in ((asked.label, facts.true), (asked.prediction, facts.predicted)):
            if name:
                code = facts.labels.index(name) if name in facts.labels else -2
                kept = kept & (codes == code)
        for column, value in asked.group.items():
            codes, names = facts.groups[column]
            code = names.index(value) if value in names else -2
            kept = kept & (np.asarray(codes) == code)
        if asked.text:
            found = np.zeros(len(kept), bool)
            for cells in _texts(facts):
                here = pc.fill_null(pc.match_substring(cells, asked.text, ignore_case=True), False)
                found |= here.to_numpy(zero_copy_only=False)
            kept = kept & found
        return kept

    return rows


def _texts(facts: Facts) -> list[Any]:
    names = [f"input:{name}" for name in facts.inputs] or ["id"]
    return [facts.raw[name].combine_chunks() for name in names]
