"""Gradients of the last layer in closed form, against a loop of autograd."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pellucid.errors import ModelError
from pellucid.explain.whole.last_layer import features, gradients


class Samples:
    """Token numbers, padded at the right with 0 (`core.batches.Samples`)."""

    def __init__(self, tokens: torch.Tensor) -> None:
        self.tokens = tokens
        self.lengths = (tokens != 0).sum(1).numpy()

    def __len__(self) -> int:
        return len(self.tokens)

    def batch(self, rows: Any) -> dict[str, torch.Tensor]:
        own = self.tokens[np.asarray(rows)]
        return {"input_ids": own, "attention_mask": (own != 0).long()}


@pytest.fixture(scope="module")
def some(tiny_model: Path) -> tuple[Any, Samples, NDArray[np.int64]]:
    """Give a tiny model of three classes a head, and twelve rows of random tokens."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model, num_labels=3).eval()
    tokens = torch.randint(5, 40, (12, 9))
    for row in range(12):
        tokens[row, 3 + row % 7 :] = 0
    return model, Samples(tokens), np.arange(12) % 3


def looped(model: Any, samples: Any, codes: Any) -> NDArray[np.float64]:
    """Return each row's gradient on the last layer's weight and bias, by autograd, one by one."""
    out = []
    for row, code in enumerate(codes.tolist()):
        logits = model(**samples.batch([row])).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([code]))
        wanted = torch.autograd.grad(loss, [model.classifier.weight, model.classifier.bias])
        out.append(torch.cat([one.flatten() for one in wanted]).double().numpy())
    return np.stack(out)


def test_dot_products_are_those_of_autograd(some: Any) -> None:
    model, samples, codes = some
    expected = looped(model, samples, codes)
    own = gradients(features(model, samples), codes)
    assert np.abs(own.dot(own) - expected @ expected.T).max() < 1e-6
    assert np.abs(own.squares - (expected**2).sum(1)).max() < 1e-6
    unit = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    assert own.cosine(own) == pytest.approx(unit @ unit.T, abs=1e-5)


def test_a_row_that_counts_twice_has_twice_the_gradient(some: Any) -> None:
    model, samples, codes = some
    found = features(model, samples)
    weight = np.ones(len(codes))
    weight[3] = 2
    once, twice = gradients(found, codes), gradients(found, codes, weight)
    assert twice.dot(once)[3] == pytest.approx(2 * once.dot(once)[3])
    assert twice.dot(once)[2] == pytest.approx(once.dot(once)[2])


def test_models_that_score_the_last_token(tiny_decoder: Path) -> None:
    """GPT-2 gives scores to all tokens and takes those of the last one that is no padding."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        tiny_decoder, num_labels=3, pad_token_id=0
    ).eval()
    tokens = torch.tensor([[2, 9, 12, 3], [2, 14, 0, 0], [2, 10, 11, 0]])

    found = features(model, Samples(tokens))
    with torch.no_grad():
        hidden = model.transformer(tokens, attention_mask=(tokens != 0).long()).last_hidden_state
    expected = hidden[torch.arange(3), torch.tensor([3, 1, 2])].double().numpy()
    assert found.features == pytest.approx(expected, abs=1e-5)


def test_a_model_without_a_linear_end_is_refused() -> None:
    class Odd(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 2)

        def forward(self, values: torch.Tensor) -> Any:
            return SimpleNamespace(logits=self.layer(values).tanh())

    class Points:
        lengths = np.ones(2, np.int64)

        def batch(self, rows: Any) -> dict[str, torch.Tensor]:
            return {"values": torch.eye(2)[np.asarray(rows)]}

        def __len__(self) -> int:
            return 2

    with pytest.raises(ModelError, match="linear"):
        features(Odd(), Points())
