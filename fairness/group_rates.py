"""Rates and areas of groups as a plain table, for scripts that ask for nothing else.

The rows are counted once, by group, label and prediction; every rate, and every rate of rows that
are drawn again, is a ratio of sums of these counts. An audit says more: differences and their
intervals, largest gaps, and which of them chance alone could make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.bootstrap import interval
from ..errors import RecipeError, nearest, paragraph
from .answers import check_classes, class_codes, finite
from .counts import RATES, class_counts, shares
from .groups import group_column
from .ranked import areas_by_group
from .tally import Counts, Tally
from .uncertainty import Numbers, auc_intervals, average_precision_intervals, wilson

if TYPE_CHECKING:
    import pandas as pd

_DRAWN = 4_000_000  # counts drawn at once


def group_rates(
    label: Any,
    prediction: Any,
    group: Any,
    *,
    positive: Any = None,
    metrics: Sequence[str] = RATES,
    confidence: float = 0.95,
    replicates: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the rates of each group with their intervals.

    Parameters
    ----------
    label, prediction
        True and predicted class of each row, shape (rows,).
    group
        Group of each row, shape (rows,); rows without one are a group of their own.
    positive
        The favourable class; with two classes the second one if left out.
    metrics
        Names of rates, scikit-learn's and fairlearn's in full (``true_positive_rate``).
    confidence
        Level of the intervals, between 0 and 1.
    replicates
        Draws of a bootstrap over rows; 0 for Wilson's intervals, which need none and keep their
        level in small groups.
    seed
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        Columns group, metric, value (0 to 1), low, high, and rows: those that the rate counts. NaN
        where a group has no such row.

    Raises
    ------
    RecipeError
        A metric or the class is not known, or there are several and none is named.
    DataError
        No row has both a label and a prediction, or all are of one class.

    Examples
    --------
    >>> group_rates([1, 1, 0, 0], [1, 0, 0, 0], list("aabb"), metrics=["accuracy"])
      group    metric  value       low      high  rows
    0     a  accuracy    0.5  0.094531  0.905469     2
    1     b  accuracy    1.0  0.342380  1.000000     2
    """
    import pandas as pd

    for name in metrics:
        if name not in RATES:
            raise _unknown("metrics", name, RATES)
    true, predicted, classes = class_codes(pd.Series(label), pd.Series(prediction))
    kept = (true >= 0) & (predicted >= 0)
    check_classes(classes, kept)
    grouping = group_column("group", pd.Series(group))
    if not kept.all():
        true, predicted = true[kept], predicted[kept]
        grouping = replace(grouping, codes=grouping.codes[kept])
    if positive is None and len(classes) > 2:
        raise RecipeError(
            paragraph(
                "positive",
                f"there are {len(classes)} classes, and none is named as the favourable one",
                "Name one of them",
            )
        )
    chosen = classes[-1] if positive is None else str(positive)
    if chosen not in classes:
        raise _unknown("positive", chosen, classes)
    tally = Tally.of([grouping], [grouping])
    counted = class_counts(tally, true, predicted, len(classes))
    cells = counted.by_class[classes.index(chosen)].by(grouping)
    found = shares(cells, metrics)
    if replicates:
        drawn = resampled(cells, replicates, np.random.default_rng(seed))
        again = shares(drawn.reshape(-1, cells.shape[1]), metrics)
        shape = drawn.shape[:2]
        ends = {name: interval(one.value.reshape(shape), confidence) for name, one in again.items()}
    else:
        ends = {name: wilson(one.successes, one.rows, confidence) for name, one in found.items()}
    return _table(
        grouping.names,
        {name: (one.value, ends[name], one.rows) for name, one in found.items()},
    )


def group_areas(positive: Any, score: Any, group: Any, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the exact areas under the ROC and the precision-recall curve of each group.

    Parameters
    ----------
    positive
        Whether each row is of the favourable class, shape (rows,).
    score
        Score of that class, shape (rows,), finite; only its order counts.
    group
        Group of each row, shape (rows,); rows without one are a group of their own.
    confidence
        Level of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns group, metric (``roc_auc``, ``average_precision``), value (0 to 1), low, high, and
        rows; NaN where a group lacks positives, or negatives for the first. Figures are
        scikit-learn's, intervals Newcombe's and the logit one.

    Raises
    ------
    DataError
        A score is not a number; the message names its row.
    """
    import pandas as pd

    grouping = group_column("group", pd.Series(group))
    found = areas_by_group(
        np.asarray(positive, np.bool_),
        finite("group_areas", "score", pd.Series(score)),
        grouping.codes,
        len(grouping.names),
    )
    negatives = found.sizes - found.positives
    pairs = found.positives * negatives
    areas = np.divide(found.pairs, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    average = found.average_precision
    return _table(
        grouping.names,
        {
            "roc_auc": (
                areas,
                auc_intervals(areas, found.positives, negatives, confidence),
                found.sizes,
            ),
            "average_precision": (
                average,
                average_precision_intervals(average, found.positives, confidence),
                found.sizes,
            ),
        },
    )


def resampled(cells: Counts, replicates: int, rng: np.random.Generator) -> Counts:
    """Draw counts as drawing rows with replacement would give them.

    Parameters
    ----------
    cells
        Counts of shape (groups, cells).
    replicates
        How many times.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (replicates, groups, cells); every replicate has as many rows as there are. Its counts
        follow a multinomial distribution, which takes no longer for ten million rows than for a
        hundred.

    References
    ----------
    Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    flat = cells.reshape(-1)
    rows = int(flat.sum())
    out = np.empty((replicates, len(flat)), np.int64)
    step = max(1, _DRAWN // max(1, len(flat)))
    for start in range(0, replicates, step):
        part = out[start : start + step]
        part[:] = rng.multinomial(rows, flat / rows, size=len(part))
    return out.reshape(replicates, *cells.shape)


def _table(
    names: Sequence[str], figures: Mapping[str, tuple[Numbers, tuple[Numbers, Numbers], Counts]]
) -> pd.DataFrame:
    import pandas as pd

    values = [(value, low, high, rows) for value, (low, high), rows in figures.values()]
    columns = (np.concatenate(part) for part in zip(*values, strict=True))
    named = zip(("value", "low", "high", "rows"), columns, strict=True)
    return pd.DataFrame(
        {
            "group": list(names) * len(figures),
            "metric": [metric for metric in figures for _ in names],
            **dict(named),
        }
    )


def _unknown(where: str, name: str, known: Sequence[str]) -> RecipeError:
    return RecipeError(
        paragraph(where, f"“{name}” is not known ({nearest(name, known)})", "Name one of these")
    )
