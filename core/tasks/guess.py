"""Guessing what a model shall learn from the columns of a table, where nobody says it.

One rule for all who ask: a recipe without `model.task`, a new recipe, and a look at a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import RecipeError, paragraph
from ..columns import parted, see
from ..folders import names_labels
from ..shapes import Shape, as_list, shape_of
from ..spec import DataSpec

if TYPE_CHECKING:
    import pandas as pd

LOOKED = 1000
"""Labels that are looked into: for lists, and for what stands between several of them."""

BEGUN = ("B-", "I-", "U-", "L-", "S-", "E-")
"""How tags of words begin (BIO, BILOU, IOBES); the tag of all other words is O."""


def task_of(table: pd.DataFrame, spec: DataSpec) -> tuple[str, str]:
    """Guess the task; a person names it as ``model.task`` where the guess is wrong.

    Parameters
    ----------
    table
        Rows of the table, cells as they were read or as text; the columns that have a role at
        least, every column where no input is named.
    spec
        A recipe's data section: its inputs, label, labels and separator.

    Returns
    -------
    The task, as `multimodal.spec.Task` names it, and why: multilabel where several label columns
    are named; extractive_qa, chat, preference or token_classification by the columns
    (`core.shapes`); contrastive for pictures with texts and no label; classification where labels
    are folders' names; else by the cells of the label token_classification, multilabel, regression
    or classification.

    Raises
    ------
    RecipeError
        If there is no label and the columns are none of these.
    DataError
        If the cells of the label are neither text nor numbers.
    """
    if spec.labels:
        return "multilabel", "several columns of 0 and 1"
    shape = shape_of(table)
    if shape is not None and _fits(shape, spec):
        return shape.task, shape.reason
    if spec.label is None and sorted(spec.inputs.values()) == ["image", "text"]:
        return "contrastive", "pictures and what is said of them, and no label"
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
    return _by_label(table[spec.label], spec)


def _fits(shape: Shape, spec: DataSpec) -> bool:
    """Whether the recipe's columns, as far as it names them, are those of a known form."""
    whole = not spec.inputs or set(shape.inputs) <= set(spec.inputs)
    return whole and spec.label in (None, shape.label)


def _by_label(column: pd.Series, spec: DataSpec) -> tuple[str, str]:
    label = spec.label
    cells = [cell for cell in column.dropna().head(LOOKED) if str(cell).strip()]
    lists = [as_list(cell) for cell in cells]
    if cells and all(one is not None and _texts(one) for one in lists):
        if any(tag == "O" or tag[:2] in BEGUN for one in lists for tag in one or ()):
            return "token_classification", f"{label} holds lists of tags, a tag for each word"
        return "multilabel", f"{label} holds lists of labels"
    source = spec.source[0].path
    seen = see(column, source)
    if names_labels(source, str(label)):
        return "classification", f"{label} holds the names of {seen.distinct:,} folders"
    if not seen.numeric and parted([str(cell) for cell in cells], spec.separator):
        said = f"cells of {label} hold several labels with “{spec.separator}” between"
        return "multilabel", said
    if seen.is_measure:
        return "regression", f"{label} holds numbers, {seen.distinct:,} different ones"
    return "classification", f"{label} holds {seen.distinct:,} values that repeat"


def _texts(found: Sequence[Any]) -> bool:
    return all(isinstance(one, str) for one in found)
