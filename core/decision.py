"""A run's decision: the score from which one class is answered, in the run's decision.json.

Without it the class with the highest score is answered. A decision changes what the model answers
to new tables. What was measured of the run (predictions.parquet, the report, the audit) stays as
it was measured, by the highest score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RunError, nearest, paragraph
from .files import read_json, write_json

if TYPE_CHECKING:
    from .runs import Run

FILE = "decision.json"
FORMAT = 1


@dataclass(frozen=True)
class Decision:
    """A threshold on one class.

    Attributes
    ----------
    positive
        The class that is answered where its score reaches the threshold.
    threshold
        From 0 to 1.
    """

    positive: str
    threshold: float

    def answers(self, scores: NDArray[np.float64], labels: Sequence[str]) -> NDArray[np.int64]:
        """Return the class that is answered for each row.

        Parameters
        ----------
        scores
            Probabilities; shape (rows, classes).
        labels
            The classes, in the order of the scores.

        Returns
        -------
        numpy.ndarray
            Codes of shape (rows,): the named class where its score is at least the threshold, else
            the best of the others.
        """
        code = list(labels).index(self.positive)
        others = scores.astype(np.float64)
        others[:, code] = -np.inf
        best = others.argmax(axis=1)
        out: NDArray[np.int64] = np.where(scores[:, code] >= self.threshold, code, best)
        return out

    def check(self, labels: Sequence[str], where: str) -> None:
        """Refuse a class that the run doesn't know, or a threshold that is no share.

        Raises
        ------
        RunError
            If either can't be; the message names it.
        """
        if self.positive not in labels:
            raise RunError(
                paragraph(
                    where,
                    f"found the class “{self.positive}”, which the run doesn't know "
                    f"({nearest(self.positive, labels)})",
                    "Name one of its classes",
                )
            )
        if not 0 <= self.threshold <= 1:
            raise RunError(
                paragraph(
                    where,
                    f"the threshold is {self.threshold:g}, expected a score from 0 to 1",
                    "Choose one such as 0.5",
                )
            )

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that decision.json holds."""
        return {"format": FORMAT, "positive": self.positive, "threshold": self.threshold}


def read(folder: Path, labels: Sequence[str]) -> Decision | None:
    """Read the decision of a run's folder; None where there is none.

    Raises
    ------
    RunError
        If the file is damaged, a newer version wrote it, or it doesn't fit the run's classes.
    """
    path = folder / FILE
    try:
        found = _checked(read_json(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(
            paragraph(
                str(path),
                f"the decision can't be read ({str(error).splitlines()[0]})",
                "Decide again with `pellucid decide`, or take it back with --clear",
            )
        ) from None
    found.check(labels, str(path))
    return found


def write(folder: Path, decision: Decision, labels: Sequence[str]) -> None:
    """Write the decision of a run's folder, whole or not at all.

    Raises
    ------
    RunError
        If it doesn't fit the run's classes.
    """
    decision.check(labels, str(folder))
    write_json(folder / FILE, decision.as_json())


def asked(run: Run, positive: str | None, threshold: float | None) -> Decision:
    """Make a decision of what a command names; the class may be left out where the recipe has one.

    Raises
    ------
    RunError
        If the threshold is missing, or the class is and the recipe's `audit.positive` too.
    """
    named = positive if positive is not None else run.recipe.get("audit", {}).get("positive")
    if threshold is None or named is None:
        missing = "--threshold" if threshold is None else "--positive"
        raise RunError(
            paragraph(
                "pellucid decide",
                f"{missing} is missing; the classes are {', '.join(run.labels)}",
                "Name a class and a threshold, such as --threshold 0.5",
            )
        )
    return Decision(str(named), threshold)


def words(decision: Decision | None) -> str:
    """Say in a sentence what `pellucid predict` answers."""
    if decision is None:
        return "The class with the highest score is answered."
    return (
        f"“{decision.positive}” is answered from a score of {decision.threshold:g} on, else the "
        "best of the other classes."
    )


def clear(folder: Path) -> None:
    """Take the decision of a run's folder back: the highest score is answered again."""
    (folder / FILE).unlink(missing_ok=True)


def _checked(raw: Any) -> Decision:
    if not isinstance(raw, dict):
        raise ValueError("expected a mapping")
    known = raw.get("format")
    if type(known) is not int or known != FORMAT:
        raise ValueError(f"the format is {known!r}, known here: {FORMAT}")
    positive, threshold = raw.get("positive"), raw.get("threshold")
    if not isinstance(positive, str):
        raise ValueError("positive: expected the name of a class")
    if not isinstance(threshold, int | float) or isinstance(threshold, bool):
        raise ValueError("threshold: expected a number")
    return Decision(positive, float(threshold))
