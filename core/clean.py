"""Cleaning steps: rows that are dropped before training, each counted in the lineage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..multimodal.media import File, content
from ..multimodal.text.segments import plain
from .lineage import Step
from .spec import CleanStep
from .tables import blank


def near_key(text: str) -> str:
    """Return what near duplicates share: the letters and digits, or all of a text without any.

    Without the second part “:)” and “:(” would be duplicates of each other. A file is known by
    what it holds.
    """
    if isinstance(text, File):
        return text.content
    return plain(text) or " ".join(text.split())


def clean(
    table: pd.DataFrame, steps: list[CleanStep], inputs: list[str], needed: list[str]
) -> tuple[pd.DataFrame, list[Step]]:
    """Carry out cleaning steps in their order.

    Parameters
    ----------
    table
        The rows.
    steps
        What to do.
    inputs, needed
        The columns that hold inputs; those in which no cell may be empty.

    Returns
    -------
    table, lineage
        The rows that are left, in their order, and what each step did.
    """
    lineage = []
    for step in steps:
        before = len(table)
        if step.drop_missing:
            missing = np.logical_or.reduce([blank(table[name]) for name in needed])
            table, reason = table[~missing], "no label, or an empty input"
            lineage.append(Step("drop_missing", reason, before, len(table)))
        if step.drop_duplicates is not None:
            near = step.drop_duplicates.near
            key = table[inputs].fillna("").map(near_key if near else content)
            table = table[~key.duplicated(keep="first").to_numpy()]
            reason = "the same inputs" + (", but for case and punctuation" if near else "")
            lineage.append(Step("drop_duplicates", reason, before, len(table)))
    return table.reset_index(drop=True), lineage
