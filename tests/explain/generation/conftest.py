"""Tiny models that write, with random weights: their answers explained, and by plain loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.benchmarks.learning.random_writers import PARTS, TEXT, tokenizer
from pellucid.explain.generation.asking import Opened, open_model


def _llama(words: Any) -> Any:
    config = transformers.LlamaConfig(
        **TEXT, vocab_size=len(words), pad_token_id=words.pad_token_id, initializer_range=0.3
    )
    return transformers.LlamaForCausalLM(config)


def _gpt2(words: Any) -> Any:
    config = transformers.GPT2Config(
        vocab_size=len(words), n_positions=256, n_embd=16, n_layer=2, n_head=2,
        initializer_range=0.3, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return transformers.GPT2LMHeadModel(config)


MADE = {"llama": _llama, "gpt2": _gpt2}


def written(kind: str, folder: Path, *, chats: bool) -> Path:
    """Write one of these models, one token for each byte."""
    torch.manual_seed(5)
    words = tokenizer(model_max_length=256)
    if chats:
        words.chat_template = PARTS
    MADE[kind](words).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def chat(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Load a model that is asked by messages."""
    kind = request.param
    return open_model(str(written(kind, tmp_path_factory.mktemp(kind), chats=True)))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Load a model that goes on with texts."""
    return open_model(str(written("llama", tmp_path_factory.mktemp("plain"), chats=False)))


def likelihoods(model: Any, prompt: list[int], answer: list[int]) -> torch.Tensor:
    """Return the log-probability of each token of an answer, by one look for each."""
    out = []
    for place, token in enumerate(answer):
        ids = torch.tensor([[*prompt, *answer[:place]]])
        out.append(model(input_ids=ids).logits[0, -1].double().log_softmax(-1)[token])
    return torch.stack(out)


def slopes(model: Any, prompt: list[int], answer: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings and their gradients for each token of an answer, one backward for each."""
    embedded = model.get_input_embeddings()(torch.tensor([[*prompt, *answer]])).detach()
    found = []
    for place, token in enumerate(answer):
        leaf = embedded.clone().requires_grad_()
        read = leaf[:, : len(prompt) + place]
        told = model(inputs_embeds=read).logits[0, -1].log_softmax(-1)[token]
        found.append(torch.autograd.grad(told, leaf)[0][0].double().numpy())
    return embedded[0].double().numpy(), np.stack(found)
