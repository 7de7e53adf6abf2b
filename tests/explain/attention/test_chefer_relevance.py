"""Chefer relevance against a short implementation of the paper's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from pellucid.benchmarks.learning.random_families import subject
from pellucid.core.events import silent
from pellucid.explain.attention.chefer_relevance import relevance
from pellucid.explain.attention.looking import Seen, explained


@pytest.fixture(scope="module")
def words(tiny_model: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_model)


def ours(one: Any) -> dict[int, NDArray[np.float64]]:
    """Explain the first row alone; return the relevance of each stream's places."""
    kept = []

    def spy(seen: Seen) -> dict[int, torch.Tensor]:
        kept.append(relevance(seen))
        return kept[-1]

    explained(one, spy, emit=silent, check=lambda: None)
    return {stream: found[0].detach().double().numpy() for stream, found in kept[-1].items()}


def averaged(score: torch.Tensor, weights: list[torch.Tensor]) -> list[NDArray[np.float64]]:
    """Apply equation 5 to attention of shape (1, heads, queries, keys)."""
    gradients = torch.autograd.grad(score, weights, retain_graph=True)
    return [
        (gradient * weight).clamp(min=0)[0].mean(0).detach().double().numpy()
        for gradient, weight in zip(gradients, weights, strict=True)
    ]


def normalised(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply equations 8 and 9."""
    itself = np.eye(len(matrix))
    gained = matrix - itself
    total = gained.sum(axis=1, keepdims=True)
    return np.divide(gained, total, out=np.zeros_like(gained), where=total > 0) + itself


@pytest.mark.parametrize("family", ["bert", "vit", "vilt", "deberta-v2"])
def test_self_attention(family: str, words: Any, tmp_path: Path) -> None:
    one = subject(family, words, tmp_path, rows=1)
    found = ours(one)
    model = one.model
    model.set_attn_implementation("eager")
    with torch.random.fork_rng():
        torch.manual_seed(0)  # the order of ViLT's patches
        out = model(**one.samples.batch(np.array([0])), output_attentions=True)
    held = np.eye(out.attentions[0].shape[-1])
    for layer in averaged(out.logits[0, 1], list(out.attentions)):
        held = held + layer @ held
    right = (held - np.eye(len(held)))[0]
    np.testing.assert_allclose(found[0], right, atol=1e-5 * right.max())


def test_encoder_and_decoder(words: Any, tmp_path: Path) -> None:
    one = subject("bart", words, tmp_path, rows=1)
    found = ours(one)
    model = one.model
    model.set_attn_implementation("eager")
    batch = one.samples.batch(np.array([0]))
    out = model(**batch, output_attentions=True)
    score = out.logits[0, 1]
    encoder = averaged(score, list(out.encoder_attentions))
    decoder = averaged(score, list(out.decoder_attentions))
    cross = averaged(score, list(out.cross_attentions))
    size = len(encoder[0])
    words_, own, other = np.eye(size), np.eye(size), np.zeros((size, size))
    for layer in encoder:
        words_ = words_ + layer @ words_
    for layer, between in zip(decoder, cross, strict=True):
        own, other = own + layer @ own, other + layer @ other
        other = other + normalised(own).T @ between @ normalised(words_)
    (read,) = torch.where(batch["input_ids"][0] == model.config.eos_token_id)[0].tolist()
    np.testing.assert_allclose(found[0], other[read], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found[1], (own - np.eye(size))[read], rtol=1e-4, atol=1e-7)


def test_a_text_that_looks_at_a_picture(words: Any, tmp_path: Path) -> None:
    one = subject("vit with bert", words, tmp_path, rows=1)
    found = ours(one)
    model = one.model
    vision, text, fusion = model.encoders.vision, model.encoders.text, model.fusion
    for part in (vision, text):
        part.set_attn_implementation("eager")
    batch = one.samples.batch(np.array([0]))
    seen = vision(pixel_values=batch.pop("pixel_values"), output_attentions=True)
    read = text(**batch, output_attentions=True)
    picture, question = fusion.seen(seen.last_hidden_state), fusion.read(read.last_hidden_state)
    weights, look = attention(fusion.look, question, picture)
    asked, answered = question.mean(1), look.mean(1)
    joined = fusion.joined(torch.cat([asked, answered, asked * answered], dim=-1))
    score = model.classifier(joined)[0, 1]
    # What was written out here is the model's own answer.
    expected = model(**one.samples.batch(np.array([0]))).logits[0, 1]
    assert score.item() == pytest.approx(expected.item(), abs=1e-5)
    size = {"image": picture.shape[1], "text": question.shape[1]}
    images, texts = np.eye(size["image"]), np.eye(size["text"])
    for layer in averaged(score, list(seen.attentions)):
        images = images + layer @ images
    for layer in averaged(score, list(read.attentions)):
        texts = texts + layer @ texts
    (between,) = averaged(score, [weights])
    crossed = normalised(texts).T @ between @ normalised(images)
    np.testing.assert_allclose(found[0], crossed.mean(0), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        found[1], (texts - np.eye(size["text"])).mean(0), rtol=1e-3, atol=1e-6
    )


def attention(module: Any, asking: torch.Tensor, asked: torch.Tensor) -> Any:
    """Compute PyTorch's multi-head attention in plain steps; return weights and output."""
    heads, width = module.num_heads, module.embed_dim // module.num_heads
    parts = zip(module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True)
    query, key, value = (
        (given @ weight.T + bias).unflatten(-1, (heads, width)).transpose(1, 2)
        for given, (weight, bias) in zip((asking, asked, asked), parts, strict=True)
    )
    weights = (query @ key.mT / width**0.5).softmax(-1)
    return weights, module.out_proj((weights @ value).transpose(1, 2).flatten(2))


def test_the_order_of_a_rows_heads_is_kept() -> None:
    """The gradient of PyTorch's weights belongs to the same row and head."""
    torch.manual_seed(0)
    module = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    given, asked = torch.randn(3, 4, 8), torch.randn(3, 5, 8)
    plain, right = attention(module, given, asked)
    output, weights = module(given, asked, asked, average_attn_weights=False)
    np.testing.assert_allclose(weights.detach(), plain.detach(), atol=1e-6)
    np.testing.assert_allclose(output.detach(), right.detach(), atol=1e-6)
    own = torch.autograd.grad(output.square().sum(), weights._base)[0].reshape(weights.shape)
    known = torch.autograd.grad(right.square().sum(), plain)[0]
    np.testing.assert_allclose(own, known, atol=1e-5)
