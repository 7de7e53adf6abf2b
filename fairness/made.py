"""Sensitive columns that no table holds: what texts mention, and what files tell of themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.dataset import Dataset
from ..core.events import Emit, silent
from ..errors import RecipeError, paragraph
from .frame import GROUP
from .groups import Grouping
from .spec import AuditSpec

if TYPE_CHECKING:
    import pandas as pd


def with_made(
    predictions: pd.DataFrame,
    dataset: Dataset,
    spec: AuditSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> tuple[pd.DataFrame, list[str]]:
    """Add the columns that `audit.terms` and `audit.derived` ask for to a run's predictions.

    Parameters
    ----------
    predictions
        With the column id.
    dataset
        The run's rows, of which the predictions are some.
    spec
        Which columns.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    frame, columns
        The table with a column ``group:<name>`` more for each, and their names.

    Raises
    ------
    DataError
        If there is no such list of terms.
    RecipeError
        If nothing of that name is known of the samples, or terms are asked for and no input is
        text.
    """
    from .metadata import metadata_groups
    from .terms.grouped import sample_texts

    if not spec.makes:
        return predictions, []
    place = {row: at for at, row in enumerate(dataset.ids.tolist())}
    rows = dataset.take(np.array([place[row] for row in predictions["id"].tolist()], np.intp))
    made: dict[str, Any] = {}
    if spec.terms or spec.term_file:
        if "text" not in rows.modalities.values():
            raise RecipeError(
                paragraph(
                    "audit.terms", "no input is text, so no term can be found", "Leave it out"
                )
            )
        made |= term_columns(sample_texts(rows.inputs, rows.modalities), spec)
    if spec.derived:
        edges = {name: at for name, at in spec.cut.items() if not isinstance(at, int)}
        found = metadata_groups(rows, spec.derived, edges=edges, emit=emit, check=check)
        made |= {str(name): found[name].array for name in found.columns}
    return predictions.assign(**{f"{GROUP}{name}": made[name] for name in made}), list(made)


def term_columns(texts: Sequence[str], spec: AuditSpec) -> dict[str, Any]:
    """Return one column for each list of terms: which of its groups every text mentions."""
    from .terms.grouped import mentions
    from .terms.lists import term_lists

    found = [mentions(texts, one).category for one in term_lists(spec.terms, spec.term_file)]
    return {one.column: _categories(one) for one in found}


def _categories(grouping: Grouping) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(grouping.codes, categories=pd.Index(grouping.names))
