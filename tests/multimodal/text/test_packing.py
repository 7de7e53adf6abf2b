"""Packing: nothing lost, nothing seen from the neighbour, and the gradient of an unpacked batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.multimodal.text import token_losses as losses
from pellucid.multimodal.text.packing import Sequences, keeps_apart, lay_out, pack, unpacked

COMMON = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
SMALL = {
    "vocab_size": 60,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
    **COMMON,
}
CONFIGS = {
    "gpt2": lambda: transformers.GPT2Config(
        vocab_size=60,
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=64,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        **COMMON,
    ),
    "llama": lambda: transformers.LlamaConfig(**SMALL),
    "qwen2": lambda: transformers.Qwen2Config(**SMALL),
    "mistral": lambda: transformers.MistralConfig(**SMALL, sliding_window=4),
    "bloom": lambda: transformers.BloomConfig(
        vocab_size=60, hidden_size=32, n_layer=2, n_head=2, **COMMON
    ),
    "opt": lambda: transformers.OPTConfig(
        vocab_size=60,
        hidden_size=32,
        ffn_dim=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        word_embed_proj_dim=32,
        max_position_embeddings=64,
        dropout=0.0,
        **COMMON,
    ),
}


def model_of(kind: str, attention: str = "sdpa") -> torch.nn.Module:
    torch.manual_seed(1)
    config = CONFIGS[kind]()
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    for weight in model.parameters():  # larger than usual, so that a leak would be seen
        weight.data.mul_(3.0)
    return model


def some_sequences(packed: bool, capacity: int = 32, seed: int = 0) -> Sequences:
    generator = np.random.default_rng(seed)
    made = []
    for size in (5, 17, 2, 9, 12, 1, 7):
        tokens = generator.integers(1, 60, size)
        made.append((tokens, [False, *(generator.random(size - 1) < 0.7)]))
    return Sequences.of(made, pad=0, capacity=capacity, packed=packed)


def plain_losses(model: torch.nn.Module, samples: Sequences) -> torch.Tensor:
    """Each sequence alone, by transformers' own labels: its mean loss times its targets."""
    out = []
    for row in range(len(samples)):
        span = slice(samples.starts[row], samples.starts[row + 1])
        ids = torch.from_numpy(samples.tokens[span].astype(np.int64))[None]
        labels = ids.masked_fill(~torch.from_numpy(samples.learnt[span])[None], -100)
        count = int(samples.units[row])
        mean = model(input_ids=ids, labels=labels).loss if count else ids.new_zeros((), dtype=float)
        out.append(mean * count)
    return torch.stack(out).float()


def _fewest(lengths: list[int], capacity: int) -> int:
    """Packs that are needed at least: by the sum, and as many as are longer than half of one."""
    longer = sum(2 * size > capacity for size in lengths)
    return max(math.ceil(sum(lengths) / capacity), longer)


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_every_sample_is_packed_once_and_packs_hold_what_they_can(
    lengths: list[int], seed: int
) -> None:
    packs = pack(lengths, 40, seed)
    assert sorted(np.concatenate([*packs, []]).tolist()) == list(range(len(lengths)))
    sums = [sum(lengths[sample] for sample in one) for one in packs]
    assert all(total <= 40 for total in sums)
    # No two packs could be one: what opened the second did not fit the first.
    assert len(sums) < 2 or sum(sorted(sums)[:2]) > 40
    assert len(packs) <= 11 / 9 * _fewest(lengths, 40) + 4
    assert [one.tolist() for one in packs] == [one.tolist() for one in pack(lengths, 40, seed)]


def test_the_tightest_pack_is_chosen() -> None:
    # 6 and 5 open packs of 10; 5 goes with 5, 4 with 6: worst-fit or unsorted filling needs three.
    assert [one.tolist() for one in pack([4, 5, 6, 5], 10)] == [[2, 0], [1, 3]]
    with pytest.raises(ValueError, match="11 tokens"):
        pack([3, 11], 10)


def test_a_packed_batch_holds_every_sequence_whole() -> None:
    samples = some_sequences(packed=True)
    batch = samples.batch(np.arange(len(samples)))
    assert batch["input_ids"].shape[1] <= 32
    assert len(batch["input_ids"]) < len(samples)
    begins = batch["position_ids"].flatten().eq(0).nonzero().flatten().tolist()
    pieces = [
        tuple(one.tolist()) for one in torch.tensor_split(batch["input_ids"].flatten(), begins[1:])
    ]
    wanted = [
        tuple(samples.tokens[a:b].tolist())
        for a, b in zip(samples.starts, samples.starts[1:], strict=False)
    ]
    left = [one for one in pieces if one not in wanted]
    assert sorted(one for one in pieces if one in wanted) == sorted(wanted)
    assert set(sum(left, ())) <= {0}  # the rest is padding, in sequences of its own
    # The token behind a target's place is the target.
    flat = batch["input_ids"].flatten()
    assert torch.equal(flat[batch["target_place"] + 1], batch["target"])
    assert batch["target_units"].tolist() == samples.units.tolist()


@pytest.mark.parametrize("kind", ["gpt2", "llama", "qwen2", "mistral", "bloom", "opt"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_losses_and_gradients_are_those_of_each_sequence_alone(kind: str, attention: str) -> None:
    model = model_of(kind, attention if kind not in ("bloom",) else "eager").train()
    alone = plain_losses(model, some_sequences(packed=False))
    (alone * torch.arange(1, 8)).sum().backward()
    wanted = {name: one.grad.clone() for name, one in model.named_parameters()}
    for packed in (True, False):
        model.zero_grad()
        samples = some_sequences(packed=packed)
        found = losses.token_losses(model, samples.batch(np.arange(len(samples))))
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)
        (found * torch.arange(1, 8)).sum().backward()
        scale = max(float(one.abs().max()) for one in wanted.values())
        for name, one in model.named_parameters():
            assert float((one.grad - wanted[name]).abs().max()) <= 1e-5 * scale, name


@pytest.mark.parametrize(
    ("kind", "apart"),
    [("gpt2", True), ("llama", True), ("qwen2", True), ("mistral", True), ("bloom", False)],
)
def test_models_that_cannot_keep_sequences_apart_are_found(kind: str, apart: bool) -> None:
    model = model_of(kind, "eager").train()
    assert keeps_apart(model) is apart
    assert model.training
    assert losses.abilities(model).packs is apart


def test_a_recurrent_model_is_found_to_leak() -> None:
    config = transformers.MambaConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=1, state_size=4, **COMMON
    )
    assert not keeps_apart(transformers.AutoModelForCausalLM.from_config(config))


def test_a_packed_batch_with_a_cache_would_leak() -> None:
    """Why the cache is turned off: transformers keeps sequences apart only without one."""
    model = model_of("llama").eval()
    batch = some_sequences(packed=True).batch(np.arange(7))
    asked = {name: batch[name] for name in ("input_ids", "position_ids")}
    with torch.no_grad():
        right = model(**asked, use_cache=False).logits
        leaking = model(**asked, use_cache=True).logits
    assert float((right - leaking).abs().max()) > 1e-3


def test_unpacking_gives_each_sequence_a_row() -> None:
    batch = some_sequences(packed=True).batch(np.array([0, 2, 3]))
    padded = unpacked(batch)
    assert "position_ids" not in padded
    assert padded["attention_mask"].sum() == batch["input_ids"].numel()
    flat = padded["input_ids"].flatten()
    assert torch.equal(flat[padded["target_place"] + 1], batch["target"])


def test_only_the_targets_logits_are_computed() -> None:
    model = model_of("llama")
    seen = []
    model.lm_head.register_forward_hook(lambda _m, given, _o: seen.append(given[0].shape[:2]))
    samples = some_sequences(packed=True)
    losses.abilities(model)
    seen.clear()
    losses.token_losses(model, samples.batch(np.arange(7)))
    assert seen == [(1, int(samples.units.sum()))]


def test_wrapped_models_are_looked_through() -> None:
    from peft import LoraConfig, get_peft_model

    samples = some_sequences(packed=True)
    batch = samples.batch(np.arange(7))
    plain = losses.token_losses(model_of("qwen2").eval(), batch)
    adapted = get_peft_model(model_of("qwen2"), LoraConfig(task_type="CAUSAL_LM")).eval()
    assert losses.abilities(adapted) == losses.Abilities(True, True, True)
    torch.testing.assert_close(losses.token_losses(adapted, batch), plain)


def test_sequences_of_one_token_have_no_target() -> None:
    batch = lay_out([np.array([4], np.int32)], [np.array([False])], pad=0, capacity=8)
    model = model_of("gpt2").eval()
    assert losses.token_losses(model, batch).tolist() == [0.0]
