"""What a model answers to a row that a person edits, beside its answer to the row as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.dataset import Dataset
from ...errors import DataError, nearest, paragraph
from ..opened import Opened, ask
from ..spec import ExplainSpec
from ..targets import PREDICTED
from ..value import Value
from .answers import Answer, answer
from .rows import check_task


@dataclass(frozen=True)
class WhatIf:
    """Both answers.

    Attributes
    ----------
    before, after
        What is answered to the row, and to the edited one.
    segments
        The segments of the edited row, in words.
    without
        Numbers of those that were left out.
    """

    before: Answer
    after: Answer
    segments: tuple[str, ...]
    without: tuple[int, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """The segments that were left out, in words."""
        return tuple(self.segments[number] for number in self.without)

    @property
    def flipped(self) -> bool:
        """Whether another class is answered."""
        return self.before.label != self.after.label

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "flipped": self.flipped,
            "segments": list(self.segments),
            "without": list(self.without),
        }


def what_if(
    opened: Opened,
    row: Dataset,
    cells: Mapping[str, str] | None = None,
    without: Sequence[int] = (),
    spec: ExplainSpec | None = None,
    *,
    check: Callable[[], None] = lambda: None,
) -> WhatIf:
    """Have a model answer a row that was edited.

    Parameters
    ----------
    opened
        The model (`explain.opened.open_run`).
    row
        A dataset of one row.
    cells
        What stands in columns instead: other texts, paths of other pictures or sounds.
    without
        Numbers of segments of the edited row that are left out: words, patches of a picture, which
        become neutral, cells of a sound, which fall silent.
    spec
        How segments are cut, and what stands for those that are left out.
    check
        Raises where the job was cancelled.

    Raises
    ------
    DataError
        If a column or a segment is not there.
    ModelError
        If the model's answers are no classes.
    """
    check_task(opened)
    cells = cells or {}
    spec = (spec or ExplainSpec()).model_copy(update={"target": PREDICTED, "scale": "logit"})
    for name in cells:
        if name not in row.inputs:
            raise DataError(
                paragraph(
                    f"column “{name}”",
                    f"the model reads no such column ({nearest(name, row.inputs)})",
                    "Name one of its inputs",
                )
            )
    inputs = {
        name: np.array([*own, cells.get(name, own[0])], dtype=object)
        for name, own in row.inputs.items()
    }
    both = replace(row.take(np.zeros(2, np.int64)), inputs=inputs)
    asked = ask(opened, both, spec, check=check)
    count = len(asked.subject.cut(1))
    for number in without:
        if not 0 <= number < count:
            raise DataError(
                paragraph(
                    f"segment {number}",
                    f"the row has no such segment; there are {count}, numbered from 0",
                    "Name others",
                )
            )
    keep = np.ones((2, count), bool)
    keep[1, list(without)] = False
    whole = np.ones((1, len(asked.subject.cut(0))), bool)
    numbers = Value(asked.subject, check=check).numbers([(0, whole), (1, keep[1:])])
    before, after = (answer(one[0], opened.labels) for one in numbers)
    return WhatIf(before, after, asked.subject.cut(1).names, tuple(without))
