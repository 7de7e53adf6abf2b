"""Guessing what a model shall learn from the columns of a table, where a recipe doesn't say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...errors import RecipeError, paragraph
from ..shapes import shape_of
from ..spec import DataSpec

if TYPE_CHECKING:
    import pandas as pd

FEW_MEASURES = 10
"""Numbers with a fraction are a measure, not classes, where more of them differ."""

MANY_NUMBERS = 50
"""Whole numbers are classes where no more of them differ, or each has `OFTEN` rows on average."""
OFTEN = 20

LOOKED = 1000
"""Rows whose cells are looked at for lists of tags."""


def guess(columns: Sequence[str], spec: DataSpec, sample: pd.DataFrame) -> str:
    """Guess the task; a person names it as ``model.task`` where the guess is wrong.

    Parameters
    ----------
    columns
        Names of the table's columns, as far as they were read.
    spec
        The recipe's data section.
    sample
        Rows of the table; cells are text, nested ones JSON, None where missing.

    Returns
    -------
    str
        A name of `multimodal.spec.Task`: multilabel where several label columns are named; with one
        label extractive_qa, token_classification, regression or classification, by its cells;
        without a label preference, extractive_qa or chat, by the columns (`core.shapes`).

    Raises
    ------
    RecipeError
        If there is no label and the columns are none of these.
    """
    if spec.labels:
        return "multilabel"
    shape = shape_of(sample[list(columns)])
    if shape is not None and spec.label in (None, shape.label):
        return shape.task
    if spec.label is None:
        raise RecipeError(
            paragraph(
                "recipe, key “model.task”",
                "it is left out, and can't be guessed: no label column is named, and the columns "
                "aren't those of conversations, preferences or questions with answers",
                "Name the column that holds the answer as data.label, or the task as model.task "
                "(masked_lm and causal_lm learn from texts alone)",
            )
        )
    cells = sample[spec.label].dropna()
    if _tags(cells):
        return "token_classification"
    return "regression" if _measures(cells) else "classification"


def _tags(cells: pd.Series) -> bool:
    """Whether the cells are JSON lists of tags: texts, of which some begin as BIO or BILOU do."""
    begins = False
    for cell in cells.head(LOOKED):
        if not str(cell).lstrip().startswith("["):
            return False
        try:
            tags = json.loads(cell)
        except ValueError:
            return False
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            return False
        begins = begins or any(tag == "O" or tag[:2] in ("B-", "I-", "U-", "L-") for tag in tags)
    return begins


def _measures(cells: pd.Series) -> bool:
    """Whether the cells are numbers that measure rather than number classes."""
    import pandas as pd

    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
    if not len(values) or not np.isfinite(values).all():
        return False
    distinct = len(np.unique(values))
    if (values != np.round(values)).any():
        return distinct > FEW_MEASURES
    return distinct > max(MANY_NUMBERS, len(values) // OFTEN)
