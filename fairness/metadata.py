"""Groups made of what is known of samples from their files or texts: dark ones, long ones.

Nobody writes into a table how dark its photographs are, and yet a model may fail on the dark ones.
Such a column is no sensitive attribute by itself: it says of a sample how it was taken, and often
goes with who is in it or who took it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..core.dataset import Dataset
from ..core.events import Clock, Emit, Progress, silent
from ..multimodal.traits import Trait, measured
from .cut import cut_column

QUANTILES = 4
"""Bands of about as many samples each, where nobody gives edges."""

DIGITS = 4
"""Digits of a number that count, so that bands have names that can be read."""


def metadata_groups(
    dataset: Dataset,
    names: Sequence[str],
    *,
    quantiles: int = QUANTILES,
    edges: Mapping[str, Sequence[float]] | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Make a group column of each trait of a dataset's samples.

    Parameters
    ----------
    dataset
        The rows.
    names
        Traits (`multimodal.traits`), such as ``brightness``, ``duration`` or ``length``.
    quantiles
        Bands of about as many rows each; fewer where many rows have the same number.
    edges
        Edges between bands, rising, by the trait's name, in place of quantiles; the first and the
        last band are open.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    pandas.DataFrame
        One column for each trait, in the dataset's order: categories, of which those of numbers
        are bands in rising order, such as ``12.4 to below 80.1``.

    Raises
    ------
    RecipeError
        If nothing of that name is known of these samples.
    DataError
        If a file can't be read any more.
    """
    total = len(dataset)
    clock, done = Clock(total), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if clock.due():
            left = clock.remaining(done)
            emit(Progress(step="metadata", done=min(done, total), total=total, remaining=left))
        check()

    inputs = {name: cells.tolist() for name, cells in dataset.inputs.items()}
    found = measured(inputs, dataset.modalities, names, tell=tell)
    given = edges or {}
    return pd.DataFrame(
        {
            name: _column(name, trait, values, given.get(trait.name, quantiles))
            for name, (trait, values) in found.items()
        }
    )


def _column(name: str, trait: Trait, values: Sequence[Any], at: int | Sequence[float]) -> Any:
    """Return a categorical, whose type pandas' stubs know for each kind of category alone."""
    if not trait.numeric:
        return pd.Categorical([str(one) for one in values])
    rounded = [float(f"{one:.{DIGITS}g}") for one in values]
    found = cut_column(name, pd.Series(rounded), at)
    names = pd.Index(list(found.names), dtype=object)
    return pd.Categorical.from_codes(found.codes.tolist(), categories=names, ordered=True)
