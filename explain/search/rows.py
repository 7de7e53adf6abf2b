"""Rows that counterfactuals are searched for: their segments, their words, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...core.dataset import Dataset
from ...core.predict import logits
from ...errors import ModelError, paragraph
from ...multimodal.encode import encode
from ..opened import Asked, Opened, ask
from ..spec import ExplainSpec
from ..targets import PREDICTED
from ..value import Value
from .answers import Answer, Numbers, answer
from .swaps import Option, Place, Sample, changed


def check_task(opened: Opened) -> None:
    """Refuse a model whose answers are no classes, of which one is given at a time.

    Raises
    ------
    ModelError
        If its task is another one.
    """
    if opened.task != "classification":
        raise ModelError(
            paragraph(
                f"task {opened.task.replace('_', ' ')}",
                "a counterfactual leads to another class, and this model doesn't answer one class "
                "of several",
                "Choose a run of classification, or explain this one with `pellucid explain`",
            )
        )


@dataclass(frozen=True, eq=False)
class Asking:
    """Some rows and the model that answers them.

    Attributes
    ----------
    opened
        The model.
    dataset
        The rows.
    asked
        What is explained of them.
    value
        What is answered where segments are left out.
    """

    opened: Opened
    dataset: Dataset
    asked: Asked
    value: Value
    check: Callable[[], None]

    @classmethod
    def of(
        cls, opened: Opened, dataset: Dataset, spec: ExplainSpec, check: Callable[[], None]
    ) -> Asking:
        """Have the model answer rows."""
        spec = spec.model_copy(update={"target": PREDICTED, "scale": "logit"})
        asked = ask(opened, dataset, spec, check=check)
        return cls(opened, dataset, asked, Value(asked.subject, check=check), check)

    def __len__(self) -> int:
        return len(self.dataset)

    @cached_property
    def samples(self) -> list[Sample]:
        """Each row's parts."""
        return self.dataset.samples()

    @cached_property
    def counts(self) -> list[int]:
        """Segments of each row."""
        return [len(self.asked.subject.cut(row)) for row in range(len(self))]

    @cached_property
    def numbers(self) -> list[NDArray[np.float64]]:
        """Logits of each row as it is; shape (classes,) each."""
        whole = [(row, np.ones((1, count), bool)) for row, count in enumerate(self.counts)]
        return [found[0] for found in self.value.numbers(whole)]

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """What is answered to each row; shape (rows,)."""
        return np.array([one.argmax() for one in self.numbers], np.int64)

    def answer(self, numbers: NDArray[np.float64]) -> Answer:
        """Say in words what logits of shape (classes,) come to."""
        return answer(numbers, self.opened.labels)

    def read(self, samples: Sequence[Sample]) -> Numbers:
        """Have the model answer other samples with the same parts; shape (samples, classes)."""
        kinds = list(self.dataset.modalities.values())
        encoded = encode(self.opened.processor, samples, kinds, self.opened.spec, check=self.check)
        return logits(self.opened.model, encoded, check=self.check)

    def read_many(self, asked: Sequence[tuple[int, list[Sample]]]) -> list[Numbers]:
        """Have the model answer lists of samples, all of them together."""
        found = self.read([one for _, samples in asked for one in samples])
        ends = np.cumsum([len(samples) for _, samples in asked])
        return np.split(found, ends[:-1])

    def places(self, row: int) -> list[Place]:
        """Return the words of a row, those of all its texts one behind the other."""
        columns = list(self.dataset.modalities)
        return [
            Place(span.start + number, number, columns.index(piece.columns[word.part]), word)
            for piece, span in self.asked.subject.cut(row).spans
            # Parts that are no texts have segments, but no words.
            for number, word in enumerate(getattr(piece.segmented, "words", ()))
        ]

    def without(self, row: int, absent: Sequence[int]) -> Sample | None:
        """Return a row with words deleted from its texts; None where it has other parts."""
        places = self.places(row)
        if len(places) < self.counts[row]:
            return None
        gone = set(absent)
        sample = self.samples[row]
        options = []
        for number, one in enumerate(places):
            if one.segment in gone:
                # A space in front goes with the word.
                text, word = sample[one.part], one.word
                start = word.start - (text[max(word.start - 1, 0) : word.start] == " ")
                places[number] = replace(one, word=replace(word, start=start))
                options.append(Option(number, "", 0.0, 0.0))
        return changed(sample, places, options)
