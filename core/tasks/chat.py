"""Chat and instruction tuning: writing the assistant's answers in conversations.

Conversations are rendered by the model's chat template; what the assistant wrote is learnt, the
rest is read. All answers of a conversation are measured by their perplexity; the last answer of
some rows is generated, too, and compared with the one that stands there. Conversations may be about
pictures; a table with a column of pictures, a question and an answer is one of those, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, paragraph
from ...multimodal.classifiers import WRITER
from ...multimodal.spec import ModelSpec
from ...multimodal.text.chat.contents import shown
from ...multimodal.text.chat.messages import Conversation
from .. import conversations as tables
from ..events import Emit, Sample, Warning, silent
from ..generation_metrics import evaluate as measure
from ..perplexity import VALIDATED
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .language_modelling import guessed, load_causal, validated

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.conversations import Reader
    from ...multimodal.models import Source
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
    auto: str = WRITER
    metric: str = "loss"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Bring messages, ShareGPT, Alpaca, and prompts with answers into one column.

        Pictures stand in columns beside it.
        """
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

        reader = self._reader(processor, dataset, cache=cache)
        template = reader.template
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
        samples = self._sequenced(reader, dataset)
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
        answers, expected = self._answers(
            model,
            self._reader(processor, dataset),
            dataset,
            np.arange(len(dataset)),
            silent,
            lambda: None,
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
        # What the run was trained with, whatever became of the recipe's file.
        kept = run.model / TEMPLATE_FILE
        template = kept if kept.is_file() else self.model.chat_template
        reader = self._reader(processor, dataset, template, check=check)
        found = guessed(model, self._sequenced(reader, dataset), dataset, emit, check)
        rows = spread(dataset.split, self.measured.generations)
        answers, expected = self._answers(model, reader, dataset, rows, emit, check)
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

    def _reader(
        self,
        processor: Any,
        dataset: Dataset,
        template: str | Path | None = None,
        *,
        cache: Path | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Reader:
        from ...multimodal.conversations import reader_of

        return reader_of(
            processor,
            self.model,
            _pictures(dataset),
            template=template or self.model.chat_template,
            cache=cache,
            check=check,
        )

    def _sequenced(self, reader: Reader, dataset: Dataset) -> Sequenced:
        from .sequences import Sequenced

        samples = reader.sequences(
            _conversations(dataset),
            _pictures(dataset),
            packed=self.train.packing,
            names=[str(name) for name in dataset.ids],
        )
        return Sequenced.of(samples, dataset)

    def _answers(
        self,
        model: Any,
        reader: Reader,
        dataset: Dataset,
        rows: NDArray[np.int64],
        emit: Emit,
        check: Callable[[], None],
    ) -> tuple[list[str | None], list[str | None]]:
        """Generate the last answer of some rows; return it and what is expected, for all rows."""
        from ...multimodal.text.chat.template import Refused, refusal
        from ..generate import generate, rooms

        template = reader.template
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
        _, new = rooms(tokenizer, self.model.max_length, self.measured.new_tokens)
        files = _pictures(dataset)
        prompts = reader.prompts([asked[row] for row in rows], [files[row] for row in rows], new)
        end = template.end
        ends = {one for one in (tokenizer.eos_token_id,) if one is not None}
        if end in template.special:
            ends.add(int(tokenizer.convert_tokens_to_ids(end)))
        written = generate(
            model,
            prompts.tokens,
            new_tokens=new,
            ends=ends,
            pad=int(tokenizer.pad_token_id),
            emit=emit,
            check=check,
            beside=prompts.beside,
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
    nothing = Conversation(({"role": "user", "content": ""},))
    cells = dataset.inputs[tables.MESSAGES]
    return [Conversation.from_json(str(cell)) if cell else nothing for cell in cells]


def _pictures(dataset: Dataset) -> list[list[str]]:
    """Return the files of each conversation's pictures, in the order in which it shows them."""
    columns = [cells for name, cells in dataset.inputs.items() if name != tables.MESSAGES]
    found: list[list[str]] = [[] for _ in range(len(dataset))]
    for cells in columns:
        for row, cell in enumerate(cells):
            if cell:
                found[row].append(cell)
    return found


def _asked(conversation: Conversation) -> str:
    """Return the message that the last answer follows, for people."""
    messages = list(conversation.messages)
    if messages[-1]["role"] == "assistant":
        messages = messages[:-1]
    return shown(messages[-1]["content"]) if messages else ""


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
