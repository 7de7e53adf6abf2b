"""Which group each training row belongs to, and which cell of group and label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.dataset import Dataset
from ...errors import RecipeError, nearest, paragraph
from ..groups import Grouping, group_column
from .spec import Constraint

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Members:
    """Groups and labels of some rows.

    Attributes
    ----------
    names
        The groups.
    groups
        Group of each row; shape (rows,).
    labels
        Code of each row's label; shape (rows,).
    classes
        Number of classes.
    positive
        Code of the class whose probability counts; None: that of every class.
    """

    names: tuple[str, ...]
    groups: Codes
    labels: Codes
    classes: int
    positive: int | None = None

    def cells(self, constraint: Constraint) -> Codes:
        """Return each row's group, or group and label where a constraint looks within labels."""
        if constraint == "demographic_parity":
            return self.groups
        return self.groups * self.classes + self.labels


def members(dataset: Dataset, column: str, positive: str | None = None) -> Members:
    """Look up the groups of a dataset's rows; rows without one are a group of their own.

    Parameters
    ----------
    dataset
        Rows with classes as labels.
    column
        Sensitive column.
    positive
        The favourable class; of two classes the second one if left out.

    Raises
    ------
    RecipeError
        If the column is not among the data's groups, or all rows are in the same group.
    """
    found = grouping(dataset, column)
    if len(found.names) < 2:
        raise RecipeError(
            paragraph(
                "recipe, key “audit.remedy.column”",
                f"all rows of “{column}” are of the group “{found.names[0]}”, so nothing can be "
                "made alike between groups",
                "Name a column with at least two groups in the training rows",
            )
        )
    code = None
    if positive is not None:
        code = dataset.labels.index(positive)
    elif len(dataset.labels) == 2:
        code = 1
    return Members(
        found.names, found.codes.astype(np.int64), dataset.codes, len(dataset.labels), code
    )


def grouping(dataset: Dataset, column: str) -> Grouping:
    """Return the groups of a column.

    Raises
    ------
    RecipeError
        If it is not among the data's groups.
    """
    if column not in dataset.groups:
        there = tuple(dataset.groups)
        raise RecipeError(
            paragraph(
                "recipe, key “audit.remedy.column”",
                f"found “{column}”, which is not among data.groups ({nearest(column, there)})"
                if there
                else f"found “{column}”, and data.groups names no column",
                "Name it in data.groups too, so that the groups of the training rows are known",
            )
        )
    return group_column(column, pd.Series(dataset.groups[column], dtype=object))
