"""What the classes' layer is given, against the model's own parts; and the nearest rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.explain.search.features import features
from pellucid.explain.search.neighbours import nearest
from pellucid.multimodal.text.encode import encode


def test_of_an_encoder_and_a_decoder(tiny_model: Path, tiny_decoder: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    texts = [("the room was good",), ("rude staff",), ("a very clean and neat desk",)]
    for folder in (tiny_model, tiny_decoder):
        torch.manual_seed(0)
        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model.config.pad_token_id = tokenizer.pad_token_id
        found, numbers = features(model, encode(tokenizer, texts, 32))
        for row, (text,) in enumerate(texts):
            with torch.no_grad():
                batch = tokenizer(text, return_tensors="pt")
                if folder == tiny_model:
                    expected = model.bert(**batch).pooler_output[0]
                else:
                    expected = model.transformer(**batch).last_hidden_state[0, -1]
                logits = model(**batch).logits[0]
            assert found[row] == pytest.approx(expected.numpy(), abs=1e-4)
            assert numbers[row] == pytest.approx(logits.numpy(), abs=1e-4)


def test_of_a_network_without_a_linear_layer() -> None:
    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, values: torch.Tensor) -> Any:
            hidden = values * self.weight
            return SimpleNamespace(logits=hidden.sum(1), last_hidden_state=hidden)

    values = torch.arange(24.0).reshape(2, 3, 4)
    samples = SimpleNamespace(
        lengths=np.ones(2, np.int64), batch=lambda rows: {"values": values[rows]}
    )

    class Rows:
        lengths = samples.lengths
        batch = staticmethod(samples.batch)

        def __len__(self) -> int:
            return 2

    found, _ = features(Plain(), Rows())
    assert found == pytest.approx(values.mean(1).numpy())


def test_hooks_are_gone_afterwards(tiny_model: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(tiny_model).eval()
    features(model, encode(AutoTokenizer.from_pretrained(tiny_model), [("good",)], 8))
    assert not any(part._forward_hooks for part in model.modules())


def test_the_nearest_as_scikit_learn_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.neighbors import NearestNeighbors

    from pellucid.explain.search import neighbours

    monkeypatch.setattr(neighbours, "BLOCK", 100)  # so that it takes several blocks
    rng = np.random.default_rng(0)
    known = rng.normal(size=(40, 6)).astype(np.float32)
    asked = rng.normal(size=(9, 6)).astype(np.float32)
    allowed = [rng.random(40) < 0.5 for _ in asked]
    allowed[3][:] = False
    allowed[4][:] = np.arange(40) < 2
    for row, one in enumerate(nearest(asked, known, allowed, 4)):
        some = min(4, int(allowed[row].sum()))
        assert len(one.rows) == some
        if some:
            search = NearestNeighbors(n_neighbors=some, metric="cosine").fit(known[allowed[row]])
            distance, places = search.kneighbors(asked[row : row + 1])
            assert one.rows.tolist() == np.flatnonzero(allowed[row])[places[0]].tolist()
            assert 1 - one.similarity == pytest.approx(distance[0], abs=1e-5)


def test_a_network_that_convolves_can_still_be_differentiated_afterwards() -> None:
    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.see = torch.nn.Conv2d(1, 2, 3)
            self.classifier = torch.nn.Linear(2, 2)

        def forward(self, values: torch.Tensor) -> Any:
            return SimpleNamespace(logits=self.classifier(self.see(values).mean((2, 3))))

    class Rows:
        lengths = np.ones(3, np.int64)

        def __len__(self) -> int:
            return 3

        def batch(self, rows: Any) -> dict[str, torch.Tensor]:
            return {"values": torch.ones(len(rows), 1, 5, 5)}

    model = Small().eval()
    found, numbers = features(model, Rows())
    assert found.shape == (3, 2) and numbers.shape == (3, 2)
    model(torch.ones(1, 1, 5, 5)).logits.sum().backward()
    for weight in model.parameters():
        assert weight.grad is not None
        weight.requires_grad_(False).requires_grad_(True)
