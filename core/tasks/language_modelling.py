"""Language modelling: guessing hidden words (masked), or each word from those before it (causal).

Both go on with a model's pre-training on a person's own texts, so that a task that starts from it
finds a model at home in their domain. A causal model may learn answers to prompts too: with a label
column only the answer, which stands behind the inputs, is learnt and measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import RecipeError, paragraph
from ...multimodal.classifiers import WRITER
from ...multimodal.spec import ModelSpec
from ..events import Emit, Sample, Warning, silent
from ..perplexity import NATS, TOKENS, VALIDATED, perplexity
from ..perplexity import evaluate as measure
from ..spec import DataSpec, EvaluateSpec, TrainSpec

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..batches import Batch
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run
    from .sequences import Sequenced

HIDDEN_ONLY = (
    "Loss and perplexity are those of the hidden tokens, which are the same in every measurement. "
    "They can't be set beside a causal model's, nor beside pseudo-perplexity, which hides every "
    "token once, alone."
)
ANSWERS_ONLY = "Loss and perplexity are those of the answers, given their prompts."


@dataclass(frozen=True)
class MaskedLM:
    """Guessing hidden words (`core.tasks.task.Task`)."""

    model: ModelSpec
    train: TrainSpec
    name: str = "masked_lm"
    auto: str = "AutoModelForMaskedLM"
    metric: str = "loss"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Change nothing; refuse a recipe that names no input, or a label."""
        from .classification import named

        if spec.answers:
            raise RecipeError(
                paragraph(
                    "recipe, key “data.label”",
                    "masked_lm learns from the inputs alone, and a label is named",
                    "Leave the label out, or choose another model.task",
                )
            )
        return table, named(spec, self.name, label=False)

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return no classes."""
        return ()

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model; tell where its head for guessing words is new."""
        from ...multimodal.models import load
        from ...multimodal.text.language_models import keep_pooler, new_head
        from ...multimodal.text.token_losses import abilities

        loaded: torch.nn.Module = load(self.auto, source, self.model, seed)
        if new_head(loaded):
            emit(
                Warning(
                    text=f"{source.name} comes without a head for guessing words: a new one was "
                    "made, tied to its embeddings where the model ties them. It has to be learnt "
                    "first, so the loss begins high."
                )
            )
        keep_pooler(loaded, source, self.model, seed)
        abilities(loaded)
        return loaded

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Sequenced:
        """Cut every row into blocks; which tokens are hidden changes with `begin_epoch`."""
        from ...multimodal.text.language import masked_blocks
        from .sequences import Sequenced

        blocks = masked_blocks(
            processor,
            documents(dataset),
            self.model.max_length,
            share=self.train.mask_share,
            seed=self.train.seed,
        )
        return Sequenced.of(blocks, dataset)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the summed loss of each block's hidden tokens, in nats; shape (blocks,)."""
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
        """Measure loss and perplexity of the hidden tokens, the same ones each time."""
        return validated(model, samples, check)

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
        """Measure how well every row's hidden tokens are guessed: columns `nats`, `tokens`."""
        return guessed(model, self.encode(processor, dataset), dataset, emit, check)

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
        """Guess with the model as it was before."""
        from .untrained import UNTRAINED, untrained

        return {UNTRAINED: untrained(run, self, chosen, emit=emit, check=check)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure loss and perplexity, with intervals over rows."""
        return measure(predictions, spec, beside, [HIDDEN_ONLY])


@dataclass(frozen=True)
class CausalLM:
    """Guessing each word from those before it (`core.tasks.task.Task`, `core.tasks.task.Writer`).

    With a label column (`answers`) the inputs are a prompt, and its answer is learnt alone.
    """

    model: ModelSpec
    train: TrainSpec
    measured: EvaluateSpec
    answers: bool
    name: str = "causal_lm"
    auto: str = WRITER
    metric: str = "loss"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Change nothing; refuse a recipe that names no input."""
        from .classification import named

        return table, named(spec, self.name, label=False)

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return no classes."""
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
        """Cut every row into blocks, or put every answer behind its prompt."""
        from ...multimodal.text.language import causal_blocks, continuations
        from .encoding import WORTH_TELLING
        from .sequences import Sequenced

        limit, packed = self.model.max_length, self.train.packing
        texts = documents(dataset)
        if not self.answers:
            return Sequenced.of(causal_blocks(processor, texts, limit, packed=packed), dataset)
        told = ["" if one is None else str(one) for one in dataset.label]
        samples = continuations(processor, texts, told, limit, packed=packed)
        cut = samples.cut.mean() if len(samples) else 0.0
        if cut > WORTH_TELLING:
            emit(
                Warning(
                    text=f"{cut:.1%} of the samples are longer than {limit} tokens; their prompts "
                    "lose their beginning. model.max_length changes that."
                )
            )
        return Sequenced.of(samples, dataset)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the summed loss of each sequence's targets, in nats; shape (sequences,)."""
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
        """Measure loss and perplexity."""
        return validated(model, samples, check)

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
        """Measure how well every row is guessed: columns `nats` and `tokens`.

        Where prompts have answers, ``prediction`` is the generated one, missing where none was
        generated: of each split `evaluate.generations` rows have one, spread evenly, and every row
        of a table without splits.
        """
        found = guessed(model, self.encode(processor, dataset), dataset, emit, check)
        if not self.answers:
            return found
        from .chat import spread

        unknown = np.array([one is None for one in dataset.label])
        found.loc[unknown, NATS], found.loc[unknown, TOKENS] = 0.0, 0
        rows = spread(dataset.split, self.measured.generations)
        answers = np.full(len(dataset), None, dtype=object)
        answers[rows] = self._continued(model, processor, dataset.take(rows), emit, check)
        place = [name in ("id", "split", "label") for name in found.columns].count(True)
        found.insert(place, "prediction", answers)
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
        """Guess with the model as it was before."""
        from .untrained import UNTRAINED, untrained

        return {UNTRAINED: untrained(run, self, chosen, emit=emit, check=check)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure loss and perplexity, and generated answers by exact match, ROUGE and BLEU."""
        if not self.answers:
            return measure(predictions, spec, beside)
        from ..generation_metrics import evaluate

        return evaluate(predictions, spec, beside, [ANSWERS_ONLY])

    def write(self, model: torch.nn.Module, processor: Any, dataset: Dataset) -> list[Sample]:
        """Generate the answer of every row; without answers, how its text goes on."""
        texts = documents(dataset)
        told: list[str | None] = [str(one) for one in dataset.label]
        if not self.answers:
            halves = [halved(text) for text in texts]
            texts, told = [one for one, _ in halves], [two for _, two in halves]
        written = self._continued(model, processor, dataset, silent, lambda: None, texts)
        return [
            Sample(prompt=prompt, text=text, at=0, reference=reference)
            for prompt, text, reference in zip(texts, written, told, strict=True)
        ]

    def _continued(
        self,
        model: Any,
        tokenizer: Any,
        dataset: Dataset,
        emit: Emit,
        check: Callable[[], None],
        texts: list[str] | None = None,
    ) -> list[str]:
        """Generate what follows each row's inputs, or other texts."""
        from ...multimodal.text.language import ends, prompt_tokens
        from ..generate import generate, rooms

        most, new = rooms(tokenizer, self.model.max_length, self.measured.new_tokens)
        written = generate(
            model,
            [
                prompt_tokens(tokenizer, text, most)
                for text in (documents(dataset) if texts is None else texts)
            ],
            new_tokens=new,
            ends=ends(tokenizer)[1],
            pad=int(tokenizer.pad_token_id),
            emit=emit,
            check=check,
        )
        return [str(tokenizer.decode(one, skip_special_tokens=True)).strip() for one in written]


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> MaskedLM | CausalLM:
    """Make the task of that name."""
    if name == "masked_lm":
        return MaskedLM(model, train)
    return CausalLM(model, train, evaluate, answers=bool(data.answers))


def halved(text: str) -> tuple[str, str]:
    """Cut a text between two words, about in its middle."""
    words = text.split()
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def documents(dataset: Dataset) -> list[str]:
    """Return each row's text; several parts stand below one another."""
    return ["\n".join(sample) for sample in dataset.samples()]


def load_causal(
    source: Source, model: ModelSpec, seed: int, emit: Emit, *, packing: bool
) -> torch.nn.Module:
    """Load a causal language model; tell where its head is new or it can't be given packed samples.

    Raises
    ------
    ModelError
        If the model reads in both directions.
    """
    from ...multimodal.models import load
    from ...multimodal.text.language_models import check_causal, new_head
    from ...multimodal.text.token_losses import abilities

    loaded: torch.nn.Module = load(WRITER, source, model, seed)
    check_causal(loaded, source)
    if new_head(loaded):
        emit(
            Warning(
                text=f"{source.name} comes without a head for writing words: a new one was made. "
                "It has to be learnt first, so the loss begins high."
            )
        )
    if packing and not abilities(loaded).packs:
        emit(
            Warning(
                text=f"{source.name} can't keep samples apart that are packed into one row, so its "
                "batches are padded, which takes longer."
            )
        )
    return loaded


def validated(
    model: torch.nn.Module, samples: Sequenced, check: Callable[[], None]
) -> dict[str, float]:
    """Return loss and perplexity over all target tokens."""
    from .sequences import nats

    return perplexity(nats(model, samples, step="validate", check=check), samples.units)


def guessed(
    model: torch.nn.Module,
    samples: Sequenced,
    dataset: Dataset,
    emit: Emit,
    check: Callable[[], None],
) -> pd.DataFrame:
    """Return a table with the nats and target tokens of every row, and what is known of the row."""
    from ..predict import known, table
    from .sequences import by_row, nats

    summed, tokens = by_row(samples, nats(model, samples, emit=emit, check=check), len(dataset))
    return table(dataset, {NATS: summed, TOKENS: tokens}, known(dataset.label))
