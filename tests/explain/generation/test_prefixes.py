"""What copies have in common is read once, and comes to the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pellucid.explain.generation.asking import Opened
from pellucid.explain.generation.prefixes import Prefixes

from .test_texts import PROMPTS, explained


def read(model: Any, tokens: list[int]) -> Any:
    """Count the tokens that go through a model."""

    def watch(_module: Any, given: Any) -> None:
        tokens.append(given[0].numel())

    return model.get_input_embeddings().register_forward_pre_hook(watch)


def test_less_is_read_and_the_scores_are_the_same(
    chat: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = {"role": "system", "content": "be kind, " * 15}
    prompts = [[system, {"role": "user", "content": "why not, then, or what"}]] * 2 + PROMPTS[:1]
    counts: list[list[int]] = [[], []]
    found = []
    for count, able in zip(counts, (True, False), strict=True):
        if not able:
            monkeypatch.setattr(Prefixes, "_tried", lambda *_: False)
        handle = read(chat.model, count)
        found.append(explained(chat, prompts))
        handle.remove()
    for shared, plain in zip(*found, strict=True):
        assert np.allclose(shared.scores, plain.scores, atol=1e-5)
        assert np.allclose(shared.earlier, plain.earlier, atol=1e-5)
    assert sum(counts[0]) < 0.7 * sum(counts[1])


def test_a_model_that_keeps_nothing_is_read_whole(chat: Opened) -> None:
    """Its numbers must not change because it could not be given what was kept."""

    class Forgets(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.inner = model

        def get_input_embeddings(self) -> Any:
            return self.inner.get_input_embeddings()

        def forward(self, input_ids: torch.Tensor, attention_mask: Any = None, **_: Any) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask)

    from dataclasses import replace

    forgets = Forgets(chat.model).eval()
    for one, other in zip(
        explained(replace(chat, model=forgets), PROMPTS), explained(chat, PROMPTS), strict=True
    ):
        assert np.allclose(one.scores, other.scores, atol=1e-5)
