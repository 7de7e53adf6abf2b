"""A trained tiny model, and models whose integrated gradients are known by formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.explain import Attribution
from pellucid.explain.attribution import Drawn
from pellucid.multimodal.text.encode import EncodedText


@pytest.fixture(scope="module")
def trained(finished: Path) -> tuple[Any, Any]:
    """Load the model of a finished run with transformers alone."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(finished / "model").eval()
    return model, AutoTokenizer.from_pretrained(finished / "model")


@pytest.fixture
def left(finished: Path) -> Any:
    """Load its tokenizer with padding at the left."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(finished / "model", padding_side="left")


class Bag(torch.nn.Module):
    """Logits are a function of the sum of the words' embeddings; `seen` holds the batch sizes."""

    def __init__(
        self,
        embeddings: torch.Tensor,
        weight: torch.Tensor,
        shape: Callable[[torch.Tensor], torch.Tensor] = lambda sums: sums,
    ) -> None:
        super().__init__()
        self.words = torch.nn.Embedding.from_pretrained(embeddings, freeze=False)
        self.weight = torch.nn.Parameter(weight)
        self.shape = shape
        self.seen: list[int] = []

    def get_input_embeddings(self) -> torch.nn.Module:
        return self.words

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
        self.seen.append(input_ids.numel())
        sums = (self.words(input_ids) * attention_mask[..., None]).sum(1)
        return SimpleNamespace(logits=self.shape(sums @ self.weight.T))


@pytest.fixture
def bag() -> type[Bag]:
    return Bag


@pytest.fixture
def encoded() -> Callable[[Sequence[Sequence[int]]], EncodedText]:
    """Make samples of token numbers, padded at the right with 0."""

    def make(rows: Sequence[Sequence[int]]) -> EncodedText:
        return EncodedText(
            tokens=np.concatenate([np.asarray(row, np.int32) for row in rows]),
            types=None,
            starts=np.cumsum([0, *map(len, rows)]).astype(np.int64),
            cut=np.zeros(len(rows), bool),
            pad=0,
            left=False,
        )

    return make


@pytest.fixture
def said() -> Callable[..., Attribution]:
    """Make an attribution by hand: words with their scores, explained for a class."""

    def make(target: str, scores: Sequence[tuple[str, float]], **changes: Any) -> Attribution:
        values = np.array([score for _, score in scores], dtype=np.float64)
        between = [*[" "] * (len(scores) - 1), ""][: len(scores)]
        fields: dict[str, Any] = {
            "id": "r1",
            "method": "integrated_gradients",
            "settings": {"baseline": "[PAD]", "tolerance": 0.05, "steps": 16, "max_steps": 64},
            "target": target,
            "segments": tuple(word for word, _ in scores),
            "columns": ("text",) * len(scores),
            "scores": values,
            "special": 0.0,
            "output": float(values.sum()) + 1,
            "baseline_output": 1.0,
            "evaluations": 16,
            "label": target,
            "prediction": target,
            "split": "test",
            "drawn": (Drawn("text", ("text",), len(scores), {"between": between}),),
        }
        return Attribution(**(fields | changes))

    return make
