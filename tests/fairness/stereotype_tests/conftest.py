"""Tiny language models, and what a test asks of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.benchmarks.learning.random_model import write_causal
from pellucid.fairness.stereotype_tests.likelihood import Scorer
from pellucid.fairness.stereotype_tests.opened import open_model
from pellucid.fairness.stereotype_tests.spec import StereotypeSpec

TEXTS = [
    "the room was good and the staff were kind and helpful, we stayed there with our dog",
    "the desk told the nurse that she was very slow, and it was her room",
    "he was awful; his visit was a very long story. people from here are loud and rude",
]


@pytest.fixture(scope="session")
def masked_folder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a masked BERT of 30,000 weights, at random, whose guesses are far from even."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("models") / "masked"
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    BertForMaskedLM(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.4,
        )
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def causal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "llama"
    return write_causal(folder, TEXTS * 3, words=320, width=32, layers=2, places=64)


@pytest.fixture(scope="session")
def masked_scorer(masked_folder: Path) -> Scorer:
    return open_model(masked_folder)


@pytest.fixture(scope="session")
def causal_scorer(causal_folder: Path) -> Scorer:
    return open_model(causal_folder)


@pytest.fixture
def spec():
    """Make what a recipe says of a test."""

    def make(test: str, path: object = "", **keys: object) -> StereotypeSpec:
        return StereotypeSpec(test=test, path=str(path), replicates=200, **keys)

    return make
