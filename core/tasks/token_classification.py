"""Token classification: a tag for every word, such as the type of the entity it belongs to.

A word's tag is learnt and read at its first token. Texts longer than the model reads are read in
windows (`multimodal.text.tags`), so no word is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, RecipeError, paragraph
from ...multimodal.spec import ModelSpec
from ...multimodal.text.tag_schemes import OUTSIDE
from .. import roles
from ..baselines import TAG
from ..batches import Batch, inputs
from ..entity_metrics import METRICS, count, evaluate, figures, types_of
from ..events import Emit, silent
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .classification import named

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ...multimodal.text.tags import TaggedWords
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run
    from .sequences import Sequenced

MOST_TAGS = 1000
"""More different tags than this are no tags."""


@dataclass(frozen=True)
class TokenClassification:
    """A tag for every word (`core.tasks.task.Task`)."""

    model: ModelSpec
    train: TrainSpec
    name: str = "token_classification"
    auto: str = "AutoModelForTokenClassification"
    metric: str = "f1_entity"
    validated: tuple[str, ...] = ("loss", *METRICS)

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Write every row's tags as a JSON list; refuse a row that has more or fewer than words."""
        import pandas as pd

        from ...multimodal.text.tags import read_tags, read_words

        spec = named(spec, self.name)
        if len(spec.inputs) != 1 or spec.label is None:
            problem = f"{len(spec.inputs)} input columns are named"
            if spec.label is None:
                problem = "several label columns are named"
            raise RecipeError(
                paragraph(
                    "recipe, key “data.inputs”" if spec.label else "recipe, key “data.labels”",
                    f"{problem}, and token_classification reads one column of texts and one of "
                    "tags",
                    "Name one of each",
                )
            )
        (text,), label = spec.inputs, spec.label
        table = table.copy()
        cells = table[label].to_numpy(object, copy=True)
        for row, (cell, words) in enumerate(zip(cells, table[text], strict=True)):
            if not cell or not words:
                continue  # told, or dropped, as any missing cell
            tags = read_tags(cell)
            many = len(read_words(words))
            if len(tags) != many or not all(tags):
                raise DataError(
                    paragraph(
                        roles.place(table, row, label),
                        f"found {len(tags):,} tags for {many:,} words, expected one for each"
                        if len(tags) != many
                        else "a tag is empty",
                        "Correct the row; words and tags are JSON lists, or have white space "
                        "between them",
                    )
                )
            cells[row] = _written(tags)
        table[label] = pd.Series(cells, index=table.index, dtype=object)
        return table, spec

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return the tags: ``O`` first, then by type, each with its beginning first."""
        found = {tag for cell in table[spec.label].unique() for tag in json.loads(cell)}
        where = f"{spec.source[0].path}, column “{spec.label}”"
        if len(found) < 2 or len(found) > MOST_TAGS:
            raise DataError(
                paragraph(
                    where,
                    f"found {len(found):,} different tags, expected 2 to {MOST_TAGS:,}",
                    "Name the column that holds a list of tags for each text as data.label",
                )
            )
        return tuple(sorted(found, key=lambda tag: (tag != OUTSIDE, tag[2:], tag[:2])))

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model with a head for the tags; one for other tags is replaced."""
        from ...multimodal.models import load_labelled

        loaded: torch.nn.Module = load_labelled(
            self.auto,
            source,
            self.model,
            labels,
            seed,
        )
        return loaded

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Sequenced:
        """Cut every row's words into windows, with the codes of their tags."""
        from .sequences import Sequenced

        return Sequenced.of(self._words(processor, dataset), dataset)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the cross-entropy summed over each window's words; shape (samples,)."""
        from .word_tags import losses

        return losses(model(**inputs(batch)).logits, batch["target"], self.train)

    def validate(
        self,
        model: torch.nn.Module,
        samples: Any,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure the loss for each word, entities and single tags."""
        from .word_tags import answer

        found = answer(
            model, samples.source, dataset, batch=samples.batch, step="validate", check=check
        )
        true = [json.loads(cell) for cell in dataset.label]
        given = _named_tags(found.codes, dataset.labels)
        types, marked = types_of(true, given)
        counted = count(true, given, types, marked=marked)
        sums = {name: values.sum(axis=0) for name, values in counted.items()}
        learnt = max(int(samples.units.sum()), 1)
        return {"loss": float(found.losses.sum()) / learnt, **figures(sums)}

    def predict(
        self,
        run: Run,
        model: torch.nn.Module,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> pd.DataFrame:
        """Tag every word of every row.

        ``prediction`` and ``label`` are JSON lists with a tag for each word, ``probability`` is the
        list of the chosen tags' probabilities; NaN, with the tag ``O``, for a word of which the
        tokenizer leaves nothing.
        """
        from .answers import answers as table
        from .word_tags import answer

        words = self._words(processor, dataset)
        found = answer(model, words, dataset, emit=emit, check=check)
        tags = [_written(one) for one in _named_tags(found.codes, dataset.labels)]
        out = table(dataset, dataset.label, tags)
        out.insert(list(out.columns).index("prediction") + 1, "probability", found.probabilities)
        return out

    def baselines(
        self,
        run: Run,
        dataset: Dataset,
        chosen: Dataset,
        predictions: pd.DataFrame,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> dict[str, pd.DataFrame | str]:
        """Give every word the tag that it has most often in training, ``O`` where it is new."""
        from .answers import beside
        from .word_tags import most_frequent

        trained = dataset.take(dataset.rows("train"))
        tags = [json.loads(cell) for cell in trained.label]
        given = most_frequent(texts(trained), tags, texts(chosen))
        return {TAG: beside(predictions, [_written(one) for one in given])}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure entities and single tags (`core.entity_metrics`)."""
        return evaluate(predictions, spec, beside)

    def _words(self, processor: Any, dataset: Dataset) -> TaggedWords:
        from ...multimodal.text.tags import tagged_words

        codes = None
        if dataset.label is not None and all(dataset.label):
            number = {tag: code for code, tag in enumerate(dataset.labels)}
            codes = [[number.get(tag, -100) for tag in json.loads(cell)] for cell in dataset.label]
        return tagged_words(
            processor, texts(dataset), codes, self.model.max_length, self.model.stride
        )


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> TokenClassification:
    """Make the task.

    Raises
    ------
    RecipeError
        If weights of classes are given, which tags don't have.
    """
    if train.class_weight is not None:
        raise RecipeError(
            paragraph(
                "recipe, key “train.class_weight”",
                "a row has many tags, and token_classification counts all words alike",
                "Leave it out",
            )
        )
    return TokenClassification(model, train)


def texts(dataset: Dataset) -> list[list[str]]:
    """Return the words of each row."""
    from ...multimodal.text.tags import read_words

    (cells,) = dataset.inputs.values()
    return [read_words(cell) for cell in cells]


def _named_tags(codes: Sequence[NDArray[np.int64]], labels: Sequence[str]) -> list[list[str]]:
    return [[labels[code] for code in one.tolist()] for one in codes]


def _written(tags: Sequence[str]) -> str:
    return json.dumps(tags, ensure_ascii=False, separators=(",", ":"))
