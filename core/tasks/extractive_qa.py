"""Extractive question answering: the piece of a context that answers a question, or none.

A model scores every token for being the first and for being the last one of the answer. Contexts
longer than the model reads are read in windows (`multimodal.text.windows`). “No answer” is what the
windows' first token stands for; it is answered where it scores above the best piece of text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, RecipeError, nearest, paragraph
from ...multimodal.spec import ModelSpec
from ...multimodal.text.squad import Answer, read_answers, write_answers
from .. import roles
from ..answer_metrics import accepted_texts, evaluate, per_row
from ..batches import Batch
from ..events import Emit, Warning, silent
from ..spec import DataSpec, EvaluateSpec, TrainSpec

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ...multimodal.text.windows import Windows
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run
    from .sequences import Sequenced

QUESTION, CONTEXT = "question", "context"
ANSWERS = ("answers", "answer")
"""Columns that hold the accepted answers where the recipe names none."""


@dataclass(frozen=True)
class ExtractiveQA:
    """The piece of a context that answers a question (`core.tasks.task.Task`)."""

    model: ModelSpec
    train: TrainSpec
    name: str = "extractive_qa"
    auto: str = "AutoModelForQuestionAnswering"
    metric: str = "f1"
    validated: tuple[str, ...] = ("loss", "exact_match", "f1")

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Find question, context and answers; write the answers as JSON, each with its place.

        The inputs are the columns that the recipe names, question first, or those called
        “question” and “context”; the answers are its label, or “answers” or “answer”.
        """
        import pandas as pd

        names = [str(name) for name in table.columns if not str(name).startswith("\0")]
        question, context = _inputs(names, spec)
        label = spec.label or next((name for name in names if name.lower() in ANSWERS), None)
        modalities = {question: "text", context: "text"}
        spec = spec.model_copy(update={"inputs": modalities, "label": label})
        if label not in names:  # new questions, or told by `labels`
            return table, spec
        table = table.copy()
        cells = []
        for row, (cell, text) in enumerate(zip(table[label], table[context], strict=True)):
            try:
                found = read_answers(cell, text or "")
            except ValueError as problem:
                raise DataError(
                    paragraph(
                        roles.place(table, row, label),
                        str(problem),
                        "Correct the answer; an empty cell says that there is none",
                    )
                ) from None
            cells.append(write_answers(found))
        table[label] = pd.Series(cells, index=table.index, dtype=object)
        return table, spec

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return no classes; refuse a table in which no question has an answer."""
        if spec.label is None:
            names = [str(name) for name in table.columns if not str(name).startswith("\0")]
            raise _missing(names, ANSWERS[0], spec, "label")
        if (table[spec.label] == "[]").all():
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, column “{spec.label}”",
                    "no question has an answer",
                    "Name the column that holds the answers as data.label",
                )
            )
        return ()

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model; one without a head for answers gets a new one."""
        from ...multimodal.models import load

        loaded: torch.nn.Module = load(self.auto, source, self.model, seed)
        return loaded

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Sequenced:
        """Cut every row into windows; of several accepted answers the first one is learnt."""
        from .sequences import Sequenced

        windows = self._windows(processor, dataset)
        answered = np.array([cell not in (None, "[]") for cell in dataset.label], dtype=bool)
        there = np.zeros(len(dataset), dtype=bool)
        there[windows.owner[windows.targets[:, 1] > 0]] = True
        lost = int((answered & ~there).sum())
        if lost:
            emit(
                Warning(
                    text=f"{lost:,} of {len(dataset):,} answers fit into no window of "
                    f"{self.model.max_length} tokens and are learnt as none. A larger model.stride "
                    "or model.max_length changes that."
                )
            )
        return Sequenced.of(windows, dataset)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of first and last token; shape (samples,)."""
        from .spans import losses, scores

        return losses(*scores(model, batch), batch["target"])

    def validate(
        self,
        model: torch.nn.Module,
        samples: Any,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure loss, exact match and F1, every question counted alike."""
        from .spans import answer

        answers, losses = answer(
            model, samples.source, dataset, batch=samples.batch, step="validate", check=check
        )
        exact, f1 = per_row(
            answers["prediction"].tolist(), [accepted_texts(cell) for cell in dataset.label]
        )
        return {
            "loss": float(losses.mean()),
            "exact_match": float(exact.mean()),
            "f1": float(f1.mean()),
        }

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
        """Answer every row: ``prediction`` is a text, empty for no answer.

        ``score`` is its probability among the best answers and none, ``start`` its first character
        in the context and ``end`` the one behind its last, -1 for no answer.
        """
        from .answers import answers as table
        from .spans import answer

        found, _ = answer(model, self._windows(processor, dataset), dataset, emit=emit, check=check)
        out = table(dataset, dataset.label, found["prediction"].to_numpy(object))
        place = list(out.columns).index("prediction") + 1
        for name in reversed(("score", "start", "end")):
            out.insert(place, name, found[name].to_numpy())
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
        """Answer with the model as it was before training."""
        from .untrained import UNTRAINED, untrained

        return {UNTRAINED: untrained(run, self, chosen, emit=emit, check=check)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure exact match and F1 (`core.answer_metrics`)."""
        return evaluate(predictions, spec, beside)

    def _windows(self, processor: Any, dataset: Dataset) -> Windows:
        from ...multimodal.text.windows import windows

        questions, contexts = (cells.tolist() for cells in dataset.inputs.values())
        cells = dataset.label if dataset.label is not None else [None] * len(dataset)
        return windows(
            processor,
            questions,
            contexts,
            [_first(cell, context) for cell, context in zip(cells, contexts, strict=True)],
            self.model.max_length,
            self.model.stride,
        )


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> ExtractiveQA:
    """Make the task.

    Raises
    ------
    RecipeError
        If a setting of classes is given, which answers don't have.
    """
    for key in ("class_weight", "label_smoothing", "focal_gamma"):
        if getattr(train, key):
            raise RecipeError(
                paragraph(
                    f"recipe, key “train.{key}”",
                    "extractive_qa cuts answers from texts, and has no classes to weigh or smooth",
                    "Leave it out",
                )
            )
    return ExtractiveQA(model, train)


def _first(cell: str | None, context: str) -> tuple[int, int] | None:
    """Return where the first accepted answer stands."""
    found: tuple[Answer, ...] = read_answers(cell, context)
    return (found[0].start, found[0].end) if found else None


def _inputs(names: list[str], spec: DataSpec) -> tuple[str, str]:
    """Return the columns of question and context."""
    given = list(spec.inputs)
    if not given:
        return _named(names, QUESTION, spec), _named(names, CONTEXT, spec)
    if len(given) != 2:
        raise DataError(
            paragraph(
                "recipe, key “data.inputs”",
                f"{len(given)} columns are named, and extractive_qa reads a question and a context",
                "Name two columns, the question's first: {question: text, context: text}",
            )
        )
    # Whatever their order, where their names tell.
    turned = given[0].lower() == CONTEXT or given[1].lower() == QUESTION
    return (given[1], given[0]) if turned else (given[0], given[1])


def _named(names: list[str], wanted: str, spec: DataSpec) -> str:
    for name in names:
        if name.strip().lower() == wanted:
            return name
    raise _missing(names, wanted, spec, "inputs")


def _missing(names: list[str], wanted: str, spec: DataSpec, key: str) -> DataError:
    return DataError(
        paragraph(
            f"{spec.source[0].path}, column “{wanted}”",
            f"there is no such column ({nearest(wanted, names)})",
            f"Name the column as data.{key} in the recipe, or call it so",
        )
    )
