"""A model that adds its words up, of which every attribution is known by formula."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.benchmarks.learning.random_writers import tokenizer
from pellucid.explain.generation.asking import Opened
from pellucid.explain.methods import WRITING
from pellucid.multimodal.spec import ModelSpec

from .test_texts import explained


class Bag(torch.nn.Module):
    """Logits are a matrix times the sum of the embeddings so far; those of padding are zero."""

    def __init__(self, words: int, pad: int) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.words = torch.nn.Embedding(words, 6)
        self.head = torch.nn.Linear(6, words, bias=False)
        with torch.no_grad():
            self.words.weight[pad] = 0

    def get_input_embeddings(self) -> torch.nn.Module:
        return self.words

    def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(logits=self.head(self.words(input_ids).cumsum(1)))


@pytest.fixture(scope="module")
def bag() -> Opened:
    words = tokenizer(model_max_length=256)
    model = Bag(len(words), words.pad_token_id).eval()
    return Opened(model, words, ModelSpec(name="bag"), False, None, 8, "bag")


@pytest.mark.parametrize("method", WRITING)
def test_what_speaks_for_one_token_more_than_another_is_known(bag: Opened, method: str) -> None:
    """A difference of log-probabilities is one of logits, which are sums over the words."""
    (found,) = explained(bag, ["red or blue"], method, answer=" xa", instead=" xb")
    assert found.tokens == (" ", "x", "a")
    numbers = bag.tokenizer("ab", add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        head = bag.model.head.weight
        slope = head[numbers[0]] - head[numbers[1]]
        expected = []
        for word in ("red", "or", "blue"):
            own = torch.tensor(bag.tokenizer(word, add_special_tokens=False)["input_ids"])
            expected.append(float(bag.model.words(own).sum(0) @ slope))
        written = torch.tensor(bag.tokenizer(" x", add_special_tokens=False)["input_ids"])
        before = (bag.model.words(written) @ slope).tolist()
    assert np.allclose(found.scores[2], expected, atol=1e-4)
    assert np.allclose(found.earlier[2, :2], before, atol=1e-4)
    assert not found.scores[:2].any()
