"""Contrastive tuning: pictures and texts that belong together are given like vectors.

A batch's pictures are told apart by its texts and its texts by its pictures, by the model's own
logits: CLIP's symmetric cross-entropy (Radford et al. 2021), or SigLIP's sigmoid loss (Zhai et al.
2023) where the model has a bias for it. So what a pair is told from is its batch: a larger
`train.batch_size` makes a harder task, and no batch is split.

Where a label column is named the pictures are also classified without having learnt to: by the
nearest of prompts that name the labels (`evaluate.prompts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, RecipeError, paragraph
from ...multimodal.spec import ModelSpec
from ..batches import TARGET, Batch
from ..events import Emit, Warning, silent
from ..pairs import KINDS, Pairs, cells_of, encode_pairs, first_rows
from ..retrieval_metrics import VALIDATED, evaluate, validation_metrics
from ..spec import DataSpec, EvaluateSpec, TrainSpec

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..retrieval import Floats
    from ..runs import Run


@dataclass(frozen=True)
class Contrastive:
    """Finding pictures by texts and texts by pictures (`core.tasks.task.Task`)."""

    data: DataSpec
    model: ModelSpec
    train: TrainSpec
    evaluation: EvaluateSpec
    name: str = "contrastive"
    auto: str = "AutoModel"
    metric: str = "mean_reciprocal_rank"
    validated: tuple[str, ...] = VALIDATED

    @property
    def spared(self) -> tuple[str, ...]:
        """Inputs that a new table may leave out: pictures are classified without their texts."""
        if self.data.label is None:
            return ()
        return tuple(name for name, kind in self.data.inputs.items() if kind == "text")

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Refuse inputs that are not one picture and one text.

        Raises
        ------
        DataError
            If they are others.
        """
        if sorted(spec.inputs.values()) != list(KINDS) or spec.labels:
            raise DataError(
                paragraph(
                    "recipe, key “data.inputs”",
                    "contrastive tuning reads one column of pictures and one of texts",
                    "Write such as {image: image, caption: text}, and data.label for one column of "
                    "classes at most",
                )
            )
        return table, spec

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return the classes that pictures are told by prompts; none without a label column."""
        from .. import roles

        if spec.label is None:
            return ()
        found = set(roles.by_value(table[spec.label], str.strip).tolist())
        if len(found) < 2:
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, column “{spec.label}”",
                    f"found {len(found)} class, expected at least two",
                    "Bring rows of another class, or leave data.label out",
                )
            )
        return roles.order(found)

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the dual encoder, and tell where weights of it are new."""
        from ...multimodal.contrastive.models import load
        from ...multimodal.models import newly_made

        model: torch.nn.Module = load(source, self.model, seed)
        if new := newly_made(model):
            emit(
                Warning(
                    text=f"{len(new)} of the model's weights are not in its files and begin at "
                    f"random: {', '.join(new[:3])}{' …' if len(new) > 3 else ''}."
                )
            )
        return model

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Pairs:
        """Encode every distinct picture and text of a dataset once."""
        from .encoding import tell_cut

        pairs = encode_pairs(processor, dataset, self.model, cache=cache)
        tell_cut(pairs, tuple(dataset.modalities.values()), self.model, emit)
        return pairs

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the softmax or sigmoid loss of each pair, in nats; shape (pairs,)."""
        from ...multimodal.contrastive.losses import belonging, sigmoid_loss, softmax_loss
        from ...multimodal.contrastive.models import clamp_scale, is_sigmoid, logits

        clamp_scale(model)
        scores = logits(model, batch)
        cost = sigmoid_loss if is_sigmoid(model) else softmax_loss
        return cost(scores, belonging(batch[TARGET]))

    def validate(
        self,
        model: torch.nn.Module,
        samples: Any,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure `VALIDATED`, every picture and every text asking once."""
        from ...multimodal.contrastive.models import clamp_scale

        clamp_scale(model)
        found = _Vectors.of(model, samples, step="validate", check=check)
        images, texts = found.search(samples.codes, check)
        return validation_metrics(texts.rank, images.rank)

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
        """Say of every row how alike its picture and text are, and what each of them finds.

        Rows without a split stand in no set of candidates, so of them nothing is searched. With
        labels the answer is the label whose prompt is nearest, else the nearest text.
        """
        from ..predict import known, table

        pairs = encode_pairs(processor, dataset, self.model, check=check)
        found = _Vectors.of(model, pairs, emit=emit, check=check)
        columns: dict[str, Any] = {}
        if dataset.labels:
            columns |= self._classified(model, processor, found, pairs, dataset, check)
        if any(cell.strip() for cell in cells_of(dataset, "text")):
            columns["similarity"] = found.similarity(pairs.codes)
        if known(dataset.split) is not None:
            columns |= _searched(found, pairs.codes, dataset, check)
            if not dataset.labels:
                columns = {"prediction": columns["nearest_text"], **columns}
        return table(dataset, columns, known(dataset.label) if dataset.labels else None)

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
        """Answer as the model before training."""
        from .untrained import UNTRAINED, untrained

        return {UNTRAINED: untrained(run, self, chosen, emit=emit, check=check)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure recall, ranks and zero-shot accuracy, chance beside them."""
        return evaluate(predictions, labels, spec, beside)

    def _classified(
        self,
        model: torch.nn.Module,
        processor: Any,
        found: _Vectors,
        pairs: Pairs,
        dataset: Dataset,
        check: Callable[[], None],
    ) -> dict[str, Any]:
        """Answer each picture by the nearest of the labels' prompts, and score all labels.

        Scores are the softmax over the labels of the model's own logits.
        """
        from ...multimodal.contrastive.models import scale
        from ..predict import SCORE, softmax

        factor, _ = scale(model)
        named = self._named(model, processor, dataset.labels, check)
        scores = softmax(factor * (found.images @ named.T).astype(np.float64))[pairs.codes[:, 0]]
        answers = np.array(dataset.labels, dtype=object)[scores.argmax(axis=1)]
        return {
            "prediction": answers,
            **{SCORE + label: scores[:, code] for code, label in enumerate(dataset.labels)},
        }

    def _named(
        self,
        model: torch.nn.Module,
        processor: Any,
        labels: Sequence[str],
        check: Callable[[], None],
    ) -> Floats:
        """Return the vector of each label: the mean over its prompts, of length 1 again."""
        from ...multimodal.contrastive.texts import encode_texts
        from ...multimodal.processors import processor_of
        from ..retrieval import embed

        prompts = self.evaluation.prompts
        texts = [prompt.replace("{label}", label) for label in labels for prompt in prompts]
        tokenizer = processor_of(processor, "text")
        encoded = encode_texts(tokenizer, texts, self.model.max_length)
        each = embed(model, "text", encoded, check=check)
        mean = each.reshape(len(labels), len(prompts), -1).mean(axis=1)
        out: Floats = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return out


@dataclass(frozen=True, eq=False)
class _Vectors:
    """Vectors of the distinct pictures and texts of some pairs, and what they are compared on."""

    images: Floats
    texts: Floats
    device: str

    @staticmethod
    def of(model: torch.nn.Module, pairs: Pairs, **told: Any) -> _Vectors:
        """Encode each picture and each text once."""
        from ..retrieval import embed

        images, texts = (embed(model, kind, pairs.distinct(kind), **told) for kind in KINDS)
        return _Vectors(images, texts, str(next(model.parameters()).device))

    def similarity(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the cosine similarity of each pair; shape (pairs,)."""
        from ..retrieval import between

        return between(self.images, self.texts, codes)

    def search(self, codes: NDArray[np.int64], check: Callable[[], None]) -> tuple[Any, Any]:
        """Return what texts find among the pictures, and what pictures find among the texts."""
        from ..retrieval import search

        told: dict[str, Any] = {"device": self.device, "check": check}
        return (
            search(self.texts, self.images, codes[:, ::-1], **told),
            search(self.images, self.texts, codes, **told),
        )

    def take(self, images: NDArray[np.int64], texts: NDArray[np.int64]) -> _Vectors:
        """Return some of them, numbered from 0 again."""
        return _Vectors(self.images[images], self.texts[texts], self.device)


def _searched(
    found: _Vectors, codes: NDArray[np.int64], dataset: Dataset, check: Callable[[], None]
) -> dict[str, NDArray[Any]]:
    """Search within each split; what each row's picture and text find."""
    rows = len(dataset)
    names = ("image", "text", "image_rank", "text_rank")
    out: dict[str, NDArray[Any]] = {name: np.zeros(rows, np.int64) for name in names}
    out["image"], out["text"] = codes[:, 0], codes[:, 1]
    nearest = {
        name: np.full(rows, None, dtype=object) for name in ("nearest_image", "nearest_text")
    }
    texts = cells_of(dataset, "text")
    for split in dict.fromkeys(dataset.split.tolist()):
        part = dataset.rows(split)
        (images, image), (captions, text) = (
            np.unique(codes[part, place], return_inverse=True) for place in range(len(KINDS))
        )
        own = np.stack([image, text], axis=1)
        by_text, by_image = found.take(images, captions).search(own, check)
        out["image_rank"][part], out["text_rank"][part] = by_text.rank[text], by_image.rank[image]
        nearest["nearest_image"][part] = dataset.ids[part[first_rows(image)]][by_text.nearest[text]]
        nearest["nearest_text"][part] = texts[part[first_rows(text)]][by_image.nearest[image]]
    return {**out, **nearest}


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Contrastive:
    """Make the task.

    Raises
    ------
    RecipeError
        If a key of the recipe would split batches or join encoders.
    """
    if train.micro_batch_size is not None and train.micro_batch_size < train.batch_size:
        raise RecipeError(
            paragraph(
                "recipe, key “train.micro_batch_size”",
                "the pairs of a step are told from each other, so a step can't be split",
                "Leave it out, and lower train.batch_size where memory is short",
            )
        )
    if model.text_encoder is not None:
        raise RecipeError(
            paragraph(
                "recipe, key “model.text_encoder”",
                "contrastive tuning needs a model whose two encoders give vectors of one kind",
                "Leave it out, and name such a model as model.name: bundled/clip, CLIP or SigLIP",
            )
        )
    return Contrastive(data, model, train, evaluate)
