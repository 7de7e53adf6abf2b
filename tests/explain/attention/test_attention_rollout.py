"""Attention rollout against the product of matrices that its paper defines."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.benchmarks.learning.random_families import subject
from pellucid.core.events import silent
from pellucid.errors import ModelError
from pellucid.explain.attention.attention_rollout import attention_rollout, rollout
from pellucid.explain.attention.chefer_relevance import chefer_relevance
from pellucid.explain.attention.looking import Seen, explained
from pellucid.explain.spec import ExplainSpec
from pellucid.tests.explain.layers.pictures import pictures


@pytest.fixture(scope="module")
def words(tiny_model: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_model)


def by_hand(model: Any, **inputs: torch.Tensor) -> Any:
    """Multiply the layers' matrices; shape (rows, places, places)."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with torch.no_grad():
        attentions = model(**inputs, output_attentions=True).attentions
    model.set_attn_implementation(before)
    product = np.eye(attentions[0].shape[-1])
    for layer in attentions:
        mean = layer.mean(dim=1).double().numpy()
        product = (0.5 * mean + 0.5 * np.eye(mean.shape[-1])) @ product
    return product


@pytest.mark.parametrize("family", ["bert", "vit", "distilbert"])
def test_the_class_tokens_row_of_the_product(family: str, words: Any, tmp_path: Path) -> None:
    one = subject(family, words, tmp_path)
    kept = []

    def spy(seen: Seen) -> dict[int, torch.Tensor]:
        kept.append(rollout(seen))
        return kept[-1]

    found = explained(one, spy, emit=silent, check=lambda: None)
    batch = one.samples.batch(np.argsort(-one.lengths, kind="stable"))
    right = by_hand(one.model, **batch)
    np.testing.assert_allclose(right.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(kept[0][0], right[:, 0], atol=1e-6)
    for number, row in enumerate(np.argsort(-one.lengths, kind="stable")):
        scores = found[row].scores
        assert scores.sum() + found[row].rest == pytest.approx(1, abs=1e-6)
        if family == "vit":
            assert found[row].rest == pytest.approx(right[number, 0, 0], abs=1e-6)
        else:
            owners = one.cut(int(row)).pieces[0].segmented.owners
            for word, score in enumerate(scores):
                own = right[number, 0, : len(owners)][owners == word].sum()
                assert score == pytest.approx(own, abs=1e-6)


class Bright(torch.nn.Module):
    """A learnt query that looks at the brightest of 16 patches, by PyTorch's own attention."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(1, 4, 4, stride=4)
        self.query = torch.nn.Parameter(torch.ones(1, 1, 4))
        self.look = torch.nn.MultiheadAttention(4, 1, batch_first=True)
        self.head = torch.nn.Linear(4, 2)
        torch.nn.init.constant_(self.patches.weight, 1 / 16)
        torch.nn.init.zeros_(self.patches.bias)
        self.look.in_proj_weight.data = torch.eye(4).repeat(3, 1)
        self.look.out_proj.weight.data = torch.eye(4)
        self.head.weight.data = torch.ones(2, 4)

    def forward(self, pixel_values: torch.Tensor) -> Any:
        patches = self.patches(pixel_values).flatten(2).transpose(1, 2)
        query = self.query.expand(len(patches), -1, -1)
        found, _ = self.look(query, patches, patches, need_weights=False)
        return SimpleNamespace(logits=self.head(found[:, 0]))


@pytest.mark.parametrize("method", [attention_rollout, chefer_relevance])
def test_a_model_that_looks_at_one_patch(method: Any) -> None:
    pixels = torch.zeros(16, 1, 16, 16)
    for row in range(16):
        y, x = divmod(row, 4)
        pixels[row, :, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4] = 3
    found = method(pictures(Bright(), pixels, 4), ExplainSpec(), emit=silent, check=lambda: None)
    assert [int(one.scores.argmax()) for one in found] == list(range(16))
    if method is attention_rollout:
        share = np.exp(6) / (np.exp(6) + 15)
        for one in found:
            # Nothing is left with the query, and the patch's neighbours get a part of its share.
            assert one.scores.sum() == pytest.approx(1, abs=1e-6) and one.rest < 1e-6
            assert 0.5 * share < one.scores.max() <= share + 0.01


def test_the_order_that_vilt_draws_is_found(words: Any, tmp_path: Path) -> None:
    """Each patch's share must not depend on where it was put in the sequence."""
    one = subject("vilt", words, tmp_path)
    found = attention_rollout(one, ExplainSpec())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pellucid.explain.layers.passes.SEED", 7)  # another order
        again = attention_rollout(one, ExplainSpec())
    for first, second in zip(found, again, strict=True):
        np.testing.assert_allclose(first.scores, second.scores, atol=1e-5)
        assert np.ptp(first.scores) > 1e-3


def test_answers_that_need_no_attention_are_refused() -> None:
    model = Bright()
    model.forward = lambda pixel_values: SimpleNamespace(  # type: ignore[method-assign]
        logits=model.head(model.patches(pixel_values).mean((2, 3)))
    )
    with pytest.raises(ModelError, match=r"Bright: it has no attention weights"):
        attention_rollout(pictures(model, torch.rand(2, 1, 16, 16), 4), ExplainSpec())
