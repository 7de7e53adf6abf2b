"""Greedy generation in batches, against a plain loop without padding or cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core import events
from pellucid.core.generate import generate, up_to
from pellucid.errors import Cancelled

WORDS = 40
PROMPTS = [[3, 4, 5], [7], [9, 8, 7, 6, 5, 4, 3, 2], [11, 12], [5, 6, 7, 8]]


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def model(request: pytest.FixtureRequest) -> Any:
    """Make a tiny model at random: one that rotates, and one that adds places to words."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    if request.param == "gpt2":
        made: Any = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=WORDS,
                n_embd=32,
                n_layer=2,
                n_head=2,
                n_positions=64,
                bos_token_id=0,
                eos_token_id=0,
                initializer_range=0.5,
            )
        )
    else:
        made = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=WORDS,
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=64,
                eos_token_id=0,
                initializer_range=0.5,
            )
        )
    return made.eval()


@torch.no_grad()
def greedy(model: Any, prompt: Sequence[int], new: int, ends: set[int]) -> list[int]:
    """Take the most likely token, anew from the beginning each time."""
    out = list(prompt)
    while len(out) - len(prompt) < new:
        token = int(model(input_ids=torch.tensor([out]), use_cache=False).logits[0, -1].argmax())
        if token in ends:
            break
        out.append(token)
    return out[len(prompt) :]


def test_batches_write_what_each_prompt_alone_gives(model: Any) -> None:
    expected = [greedy(model, prompt, 12, {0}) for prompt in PROMPTS]
    assert len({tuple(one) for one in expected}) > 1
    for budget in (1, 40, 10_000):
        assert generate(model, PROMPTS, new_tokens=12, pad=1, budget=budget) == expected


def test_an_answer_ends_before_the_token_that_ends_it(model: Any) -> None:
    free = [greedy(model, prompt, 12, {0}) for prompt in PROMPTS]
    tokens = [token for one in free for token in one[2:]]
    stop = max(set(tokens), key=tokens.count)
    found = generate(model, PROMPTS, new_tokens=12, ends={stop}, pad=1)
    assert found == [greedy(model, prompt, 12, {0, stop}) for prompt in PROMPTS]
    assert any(len(one) < len(other) for one, other in zip(found, free, strict=True))
    assert all(stop not in one for one in found)


def test_the_models_own_settings_neither_count_nor_change(model: Any) -> None:
    from transformers import GenerationConfig

    expected = generate(model, PROMPTS, new_tokens=8, pad=1)
    before = model.generation_config
    own = GenerationConfig(
        do_sample=True, temperature=2.0, repetition_penalty=3.0, min_new_tokens=8, eos_token_id=0
    )
    model.generation_config = own
    try:
        assert generate(model, PROMPTS, new_tokens=8, pad=1) == expected
        assert model.generation_config is own
    finally:
        model.generation_config = before


def test_low_rank_weights_take_part(model: Any) -> None:
    import copy

    from peft import LoraConfig, get_peft_model

    wrapped = get_peft_model(
        copy.deepcopy(model), LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    ).eval()
    torch.manual_seed(0)
    for name, weight in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)
    found = generate(wrapped, PROMPTS, new_tokens=8, pad=1)
    assert found == [greedy(wrapped, prompt, 8, {0}) for prompt in PROMPTS]
    assert found != generate(model, PROMPTS, new_tokens=8, pad=1)


def test_progress_is_told_and_a_person_can_cancel(model: Any) -> None:
    told: list[events.Event] = []
    generate(model, PROMPTS, new_tokens=4, pad=1, budget=1, emit=told.append)
    progress = [event for event in told if isinstance(event, events.Progress)]
    assert progress[-1].done == progress[-1].total == len(PROMPTS)

    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        generate(model, PROMPTS, new_tokens=30, pad=1, check=check)
    assert calls == 3, "it is looked at every token"


def test_nothing_is_written_for_no_prompts(model: Any) -> None:
    assert generate(model, [], new_tokens=4) == []


def test_learning_goes_on_behind_it(model: Any) -> None:
    generate(model, PROMPTS, new_tokens=20, pad=1)
    model(input_ids=torch.tensor([[3, 4, 5]]), labels=torch.tensor([[3, 4, 5]])).loss.backward()
    assert any(weight.grad is not None for weight in model.parameters())
    model.zero_grad()


def test_up_to() -> None:
    assert up_to([4, 5, 9, 6], {9}) == [4, 5]
    assert up_to(np.array([4, 5]).tolist(), set()) == [4, 5]
