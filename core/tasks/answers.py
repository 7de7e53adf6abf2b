"""Tables of answers as predictions.parquet holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from ...multimodal.baseline import Baseline
    from ..dataset import Dataset


def answers(
    dataset: Dataset,
    label: Sequence[Any] | NDArray[Any] | None,
    prediction: Sequence[Any] | NDArray[Any],
    scores: Mapping[str, NDArray[np.float64]] | None = None,
) -> pd.DataFrame:
    """Put answers beside ids, splits, labels and groups.

    Parameters
    ----------
    dataset
        The rows that were answered.
    label
        What is true; None where it is not known.
    prediction
        What was answered.
    scores
        Score of each label, of shape (rows,), for tasks with labels.

    Returns
    -------
    Columns id, split, label, prediction, ``score:<label>``, ``group:<column>``, fingerprint; those
    without content are left out.
    """
    from ..predict import SCORE, table

    named = {SCORE + name: score for name, score in (scores or {}).items()}
    return table(dataset, {"prediction": prediction, **named}, label)


def of_classes(
    labels: Sequence[str], scores: NDArray[np.float64]
) -> tuple[NDArray[np.object_], dict[str, NDArray[np.float64]]]:
    """Return the class with the highest score of each row, and the scores of each class.

    `scores` has the shape (rows, classes).
    """
    named = {label: scores[:, code] for code, label in enumerate(labels)}
    return np.array(labels, dtype=object)[scores.argmax(axis=1)], named


def beside(
    predictions: pd.DataFrame,
    prediction: Sequence[Any] | NDArray[Any],
    scores: Mapping[str, NDArray[np.float64]] | None = None,
) -> pd.DataFrame:
    """Put a baseline's answers beside the rows that the model answered, in the same order."""
    import pandas as pd

    from ..predict import SCORE

    out = predictions[["id", "split", "label"]].reset_index(drop=True)
    named = {SCORE + name: score for name, score in (scores or {}).items()}
    return pd.concat([out, pd.DataFrame({"prediction": prediction, **named})], axis=1)


def looking(
    learn: Callable[..., dict[str, Baseline]],
    trained: Dataset,
    targets: NDArray[Any],
    chosen: Dataset,
    answered: Callable[[NDArray[np.float64]], pd.DataFrame],
    **told: Any,
) -> dict[str, pd.DataFrame | str]:
    """Answer rows with baselines that look at the samples, one for each modality of theirs.

    Parameters
    ----------
    learn
        A function of `multimodal.baseline`; `told` goes to it.
    trained, targets
        The training rows, and what is to be learnt of them.
    chosen
        The rows to answer.
    answered
        From scores to a table of answers.

    Returns
    -------
    Tables of answers by the baseline's name; in place of one, the reason why there is none.
    """
    modalities = tuple(trained.modalities.values())
    found = learn(trained.samples(), targets, chosen.samples(), modalities, **told)
    return {
        name: one.reason if one.scores is None else answered(one.scores)
        for name, one in found.items()
    }
