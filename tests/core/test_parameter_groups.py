"""Which weights the optimiser treats alike, in architectures of different build."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from pellucid.core.parameter_groups import adamw, parameter_groups
from pellucid.core.spec import TrainSpec

SIZE = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
BERT = transformers.BertConfig(**SIZE, intermediate_size=64)
LLAMA = transformers.LlamaConfig(
    **SIZE, intermediate_size=64, num_key_value_heads=2, pad_token_id=0
)
GPT2 = transformers.GPT2Config(vocab_size=60, n_embd=32, n_layer=2, n_head=2, pad_token_id=0)
DISTILBERT = transformers.DistilBertConfig(
    vocab_size=60, dim=32, n_layers=2, n_heads=2, hidden_dim=64
)
T5 = transformers.T5Config(
    vocab_size=60, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, num_decoder_layers=2
)


def made(auto: str, config: Any) -> torch.nn.Module:
    return getattr(transformers, auto).from_config(config)


def scales(model: torch.nn.Module, decay: float = 0.5) -> dict[str, float]:
    name_of = {weight: name for name, weight in model.named_parameters()}
    groups = parameter_groups(model, TrainSpec(layer_decay=decay))
    return {name_of[weight]: group["scale"] for group in groups for weight in group["params"]}


def test_vectors_are_not_decayed_and_every_weight_has_one_group() -> None:
    model = made("AutoModelForSequenceClassification", BERT)
    model.bert.embeddings.requires_grad_(False)
    groups = parameter_groups(model, TrainSpec(weight_decay=0.1))
    assert [group["scale"] for group in groups] == [1.0, 1.0]
    for group in groups:
        assert {weight.ndim for weight in group["params"]} == (
            {2} if group["weight_decay"] else {1}
        )
    taken = [weight for group in groups for weight in group["params"]]
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert len(taken) == len(set(taken)) == len(trained)
    assert set(taken) == set(trained)


@pytest.mark.parametrize(
    ("auto", "config", "head", "top", "low", "below"),
    [
        (
            "AutoModelForSequenceClassification",
            BERT,
            ["classifier.weight", "bert.pooler.dense.weight"],
            "bert.encoder.layer.1.",
            "bert.encoder.layer.0.",
            "bert.embeddings.",
        ),
        (
            "AutoModelForSequenceClassification",
            DISTILBERT,
            ["classifier.weight", "pre_classifier.bias"],
            "distilbert.transformer.layer.1.",
            "distilbert.transformer.layer.0.",
            "distilbert.embeddings.",
        ),
        (
            "AutoModelForSequenceClassification",
            GPT2,
            ["score.weight", "transformer.ln_f.weight"],
            "transformer.h.1.",
            "transformer.h.0.",
            "transformer.w",
        ),
        (
            "AutoModelForTokenClassification",
            LLAMA,
            ["score.weight", "model.norm.weight"],
            "model.layers.1.",
            "model.layers.0.",
            "model.embed_tokens.",
        ),
    ],
)
def test_scales_by_depth(
    auto: str, config: Any, head: list[str], top: str, low: str, below: str
) -> None:
    found = scales(made(auto, config))
    for name in head:
        assert found.pop(name) == 1.0
    for prefix, scale in ((top, 0.5), (low, 0.25), (below, 0.125)):
        own = {name: value for name, value in found.items() if name.startswith(prefix)}
        assert own and set(own.values()) == {scale}, prefix
        found = {name: value for name, value in found.items() if name not in own}
    assert set(found.values()) <= {1.0}  # the rest of the head


def test_a_decoder_stands_above_its_encoder() -> None:
    found = scales(made("AutoModelForSeq2SeqLM", T5))
    assert found["decoder.block.1.layer.0.SelfAttention.q.weight"] == 0.5
    assert found["decoder.block.0.layer.0.SelfAttention.q.weight"] == 0.25
    assert found["encoder.block.1.layer.0.SelfAttention.q.weight"] == 0.125
    assert found["encoder.block.0.layer.0.SelfAttention.q.weight"] == 0.0625
    assert found["shared.weight"] == 0.03125


def test_a_network_without_layers() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2))
    assert scales(model) == {"0.weight": 1.0, "0.bias": 1.0}


def test_a_step_moves_each_depth_by_its_rate() -> None:
    """AdamW's first step moves every weight by its rate, whatever the gradient's size."""
    model = made("AutoModelForSequenceClassification", BERT)
    spec = TrainSpec(layer_decay=0.5, weight_decay=0.0, learning_rate=1e-2)
    optimizer = adamw(model, spec)
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer.step()
    expected = scales(model)
    for name, weight in model.named_parameters():
        moved = (before[name] - weight.detach()).abs()
        torch.testing.assert_close(
            moved, torch.full_like(moved, 1e-2 * expected[name]), rtol=1e-3, atol=1e-6
        )
