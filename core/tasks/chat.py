"""Chat and instruction tuning: writing the assistant's answers in conversations.

Conversations are rendered by the model's chat template; what the assistant wrote is learnt, the
rest is read. All answers of a conversation are measured by their perplexity; the last answer of
some rows is generated, too, and compared with the one that stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, paragraph
from ...multimodal.spec import ModelSpec
from ...multimodal.text.chat.formats import Conversation
from .. import conversations as tables
from ..events import Emit, Sample, Warning, silent
from ..generation_metrics import evaluate as measure
from ..perplexity import VALIDATED
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .language_modelling import CAUSAL, guessed, load_causal, validated

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ...multimodal.text.chat.template import Template
    from ..batches import Batch
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run
    from .sequences import Sequenced

TEMPLATE_FILE = "chat_template.jinja"
"""Where transformers keeps the chat template beside a tokenizer."""

ANSWERS = "Loss and perplexity are those of all the assistant's tokens, given what stands in front."


@dataclass(frozen=True)
class Chat:
    """Writing the assistant's answers (`core.tasks.task.Task`, `core.tasks.task.Writer`)."""

    model: ModelSpec
    train: TrainSpec
    measured: EvaluateSpec
    name: str = "chat"
    auto: str = CAUSAL
    metric: str = "loss"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Bring messages, ShareGPT, Alpaca, and prompts with answers into one column."""
        return tables.arrange(table, spec)

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return no classes; refuse a conversation without a message of the assistant."""
        tables.check_answered(table)
        return ()

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model, and tell where it can't be given packed samples."""
        return load_causal(source, self.model, seed, emit, packing=self.train.packing)

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Sequenced:
        """Render and tokenise every conversation; tell what is cut off and what has no target.

        Raises
        ------
        DataError
            If no conversation has an answer left that could be learnt.
        """
        from ...multimodal.text.chat.samples import ending
        from ...multimodal.text.chat.template import choose

        template = choose(processor, self.model.chat_template)
        if template.origin == "chatml":
            emit(
                Warning(
                    text=f"{self.model.name} comes without a chat template; ChatML is used, and "
                    "saved with the model. model.chat_template names another."
                )
            )
        first = list(template.encode(_conversations(dataset.first(1)), list(dataset.ids[:1])))
        if not all(ending(template, one) for one in first):
            emit(
                Warning(
                    text="The chat template does not mark the token that ends an answer, so the "
                    "model will not learn to end one. Its {% generation %} should hold that token."
                )
            )
        samples = self._sequenced(template, dataset)
        _tell(samples, len(dataset), self.model.max_length, emit)
        if len(dataset) and not len(samples):
            raise DataError(
                paragraph(
                    "recipe, key “model.max_length”",
                    f"no token of the assistant is left in any of {len(dataset):,} conversations "
                    f"when they are cut off at {self.model.max_length} tokens",
                    "Raise it, or look at some rows with `pellucid data chat-look`",
                )
            )
        return samples

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the summed loss of each conversation's answers, in nats; shape (samples,)."""
        from ...multimodal.text.token_losses import token_losses

        return token_losses(model, batch)

    def validate(
        self,
        model: torch.nn.Module,
        samples: Any,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure loss and perplexity of the answers."""
        return validated(model, samples, check)

    def write(self, model: torch.nn.Module, processor: Any, dataset: Dataset) -> list[Sample]:
        """Generate the last answer of every row."""
        from ...multimodal.text.chat.template import choose

        template = choose(processor, self.model.chat_template)
        answers, expected = self._answers(
            model, template, dataset, np.arange(len(dataset)), silent, lambda: None
        )
        asked = [_asked(one) for one in _conversations(dataset)]
        return [
            Sample(prompt=prompt, text=text or "", at=0, reference=reference)
            for prompt, text, reference in zip(asked, answers, expected, strict=True)
        ]

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
        """Measure how well every row's answers are guessed, and generate the last ones of some.

        ``label`` is the last answer, ``prediction`` the generated one, missing where none was
        generated: of each split `evaluate.generations` rows have one, spread evenly, and every row
        of a table without splits.
        """
        from ...multimodal.text.chat.template import choose

        # What the run was trained with, whatever became of the recipe's file.
        kept = run.model / TEMPLATE_FILE
        template = choose(processor, kept if kept.is_file() else self.model.chat_template)
        found = guessed(model, self._sequenced(template, dataset), dataset, emit, check)
        rows = spread(dataset.split, self.measured.generations)
        answers, expected = self._answers(model, template, dataset, rows, emit, check)
        place = min(2, len(found.columns))
        found = found.drop(columns=["label"], errors="ignore")
        found.insert(place, "label", np.array(expected, dtype=object))
        found.insert(place + 1, "prediction", np.array(answers, dtype=object))
        return found

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
        """Answer with the model as it was before."""
        from .untrained import UNTRAINED, untrained

        return {UNTRAINED: untrained(run, self, chosen, emit=emit, check=check)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure perplexity of all answers, and the generated ones by exact match, ROUGE, BLEU."""
        return measure(predictions, spec, beside, [ANSWERS])

    def _sequenced(self, template: Template, dataset: Dataset) -> Sequenced:
        from ...multimodal.text.chat.samples import sequences
        from .sequences import Sequenced

        samples = sequences(
            template,
            _conversations(dataset),
            self.model.max_length,
            packed=self.train.packing,
            names=[str(name) for name in dataset.ids],
        )
        return Sequenced.of(samples, dataset)

    def _answers(
        self,
        model: Any,
        template: Template,
        dataset: Dataset,
        rows: NDArray[np.int64],
        emit: Emit,
        check: Callable[[], None],
    ) -> tuple[list[str | None], list[str | None]]:
        """Generate the last answer of some rows; return it and what is expected, for all rows."""
        from ...multimodal.text.chat.template import Refused, refusal
        from ..generate import generate, rooms

        asked: list[str] = []
        expected: list[str | None] = []
        for name, one in zip(dataset.ids, _conversations(dataset), strict=True):
            try:
                prompt, reference = template.ask(one)
            except Refused as error:
                raise refusal(f"row “{name}”", error) from None
            asked.append(prompt)
            expected.append(reference)
        answers: list[str | None] = [None] * len(dataset)
        if not len(rows):
            return answers, expected
        tokenizer = template.tokenizer
        most, new = rooms(tokenizer, self.model.max_length, self.measured.new_tokens)
        tokens = tokenizer(
            [asked[row] for row in rows], add_special_tokens=False, truncation=False, verbose=False
        )["input_ids"]
        end = template.end
        ends = {one for one in (tokenizer.eos_token_id,) if one is not None}
        if end in template.special:
            ends.add(int(tokenizer.convert_tokens_to_ids(end)))
        pad = int(tokenizer.pad_token_id)
        # The end of a long prompt is kept: what is asked stands there.
        written = generate(
            model,
            [one[-most:] or [pad] for one in tokens],
            new_tokens=new,
            ends=ends,
            pad=pad,
            emit=emit,
            check=check,
        )
        for row, answer in zip(rows, written, strict=True):
            text = str(tokenizer.decode(answer, skip_special_tokens=True))
            if end is not None and end not in template.special:
                text = text.partition(end)[0]
            answers[row] = text.strip()
        return answers, expected


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Chat:
    """Make the task."""
    return Chat(model, train, evaluate)


def spread(split: NDArray[np.object_], most: int) -> NDArray[np.int64]:
    """Choose rows whose answers are generated: at most so many of a split, evenly spread over it.

    Rows that belong to no split are all chosen: they stand in a table that is to be answered.
    """
    if all(one is None for one in split):
        return np.arange(len(split))
    chosen = []
    for name in sorted({str(one) for one in split}):
        rows = np.flatnonzero(split == name)
        places = np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64)
        chosen.append(rows[np.unique(places)])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _conversations(dataset: Dataset) -> list[Conversation]:
    (cells,) = dataset.inputs.values()
    return [Conversation.from_json(str(cell)) for cell in cells]


def _asked(conversation: Conversation) -> str:
    """Return the message that the last answer follows, for people."""
    messages = list(conversation.messages)
    if messages[-1]["role"] == "assistant":
        messages = messages[:-1]
    return str(messages[-1]["content"]) if messages else ""


def _tell(samples: Sequenced, rows: int, limit: int, emit: Emit) -> None:
    """Tell what is not learnt."""
    from .encoding import WORTH_TELLING

    lost = rows - len(samples)
    cut = (float(samples.cut.sum()) + lost) / max(rows, 1)
    if cut > WORTH_TELLING:
        emit(
            Warning(
                text=f"{cut:.1%} of the conversations are longer than {limit} tokens; what stands "
                "behind is not read. model.max_length changes that."
            )
        )
    if lost:
        emit(
            Warning(
                text=f"Of {lost:,} of {rows:,} conversations nothing is learnt: no token of the "
                f"assistant stands among their first {limit}."
            )
        )
