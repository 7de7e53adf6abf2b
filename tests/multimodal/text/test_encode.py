"""The same tokens as transformers gives, in less memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.multimodal.text.encode import encode, parts, token_spans

SINGLE = [("the room was very good.",), ("",), ("a",), ("kindness, cleanliness",), ("x y " * 90,)]
PAIRS = [
    ("was it good?", "very good and calm"),
    ("", "bad"),
    ("the room " * 60, "it"),
    ("it", "the room " * 60),
    ("our staff " * 60, "we were there " * 60),
]


def load(folder: Path, **options: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, **options)


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Make a tokenizer like GPT-2's: bytes, spaces belong to the next word, no special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the room was very good and we stayed there"] * 9, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|end|>",
        pad_token="<|end|>",
        padding_side="left",
        model_max_length=32,
    )


def assert_equal(tokenizer: Any, samples: Any, limit: int) -> None:
    columns = [list(column) for column in zip(*samples, strict=True)]
    expected = tokenizer(
        *columns, padding=True, truncation=True, max_length=limit, return_tensors="pt"
    )
    found = encode(tokenizer, samples, limit)
    batch = found.batch(np.arange(len(samples)))
    assert set(batch) == set(expected)
    for name, tensor in expected.items():
        assert batch[name].dtype == tensor.dtype
        assert batch[name].tolist() == tensor.tolist(), name
    whole = tokenizer(*columns, truncation=False)["input_ids"]
    assert found.cut.tolist() == [len(ids) > limit for ids in whole]
    assert found.lengths.tolist() == expected["attention_mask"].sum(1).tolist()
    order = np.arange(len(samples))[::-1]
    width = int(found.lengths.max())
    assert found.batch(order)["input_ids"].tolist() == expected["input_ids"].tolist()[::-1]
    assert batch["input_ids"].shape == (len(samples), width)


@pytest.mark.parametrize("samples", [SINGLE, PAIRS])
@pytest.mark.parametrize("padding", ["right", "left"])
@pytest.mark.parametrize("truncation", ["right", "left"])
@pytest.mark.parametrize("limit", [9, 16, 64])
def test_it_equals_transformers(
    tiny_model: Path, samples: Any, padding: str, truncation: str, limit: int
) -> None:
    tokenizer = load(tiny_model, padding_side=padding, truncation_side=truncation)
    assert_equal(tokenizer, samples, limit)


def test_padding_of_types_is_the_tokenizers(tiny_model: Path) -> None:
    tokenizer = load(tiny_model, padding_side="left")
    tokenizer._pad_token_type_id = 1
    assert tokenizer.pad_token_type_id == 1
    assert_equal(tokenizer, PAIRS, 64)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, 40), second=st.integers(0, 40), limit=st.integers(8, 40))
def test_any_pair_is_cut_as_transformers_cuts_it(
    tiny_model: Path, first: int, second: int, limit: int
) -> None:
    assert_equal(load(tiny_model), [("a " * first, "we " * second)], limit)


def test_tokens_of_bytes(byte_level: Any) -> None:
    samples = [("the room was good",), ("we stayed there " * 20,), ("日本 👍🏽 é",), ("a",)]
    assert_equal(byte_level, samples, 20)


def test_of_an_empty_text_without_special_tokens_one_padding_token_is_left(byte_level: Any) -> None:
    found = encode(byte_level, [("good",), ("",)], 20)
    batch = found.batch(np.array([1]))
    assert batch["input_ids"].tolist() == [[byte_level.pad_token_id]]
    assert batch["attention_mask"].tolist() == [[1]]
    assert token_spans(byte_level, [("",)], 20) == [[(-1, 0, 0)]]


def test_the_models_own_limit_counts_too(tiny_model: Path) -> None:
    assert encode(load(tiny_model), [("we " * 500,)], 100_000).lengths.tolist() == [64]


def test_no_samples(tiny_model: Path) -> None:
    found = encode(load(tiny_model), [], 16)
    assert len(found) == 0 and found.cut.shape == (0,)
    assert token_spans(load(tiny_model), [], 16) == []


@pytest.mark.parametrize(("rows", "characters"), [(2, 10**6), (100, 60), (1, 1)])
def test_a_few_samples_at_a_time(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, rows: int, characters: int
) -> None:
    tokenizer = load(tiny_model)
    expected = encode(tokenizer, SINGLE, 64)
    spans = token_spans(tokenizer, SINGLE, 64)
    asked: list[list[str]] = []

    def listen(tokenizer: Any, samples: Any) -> Any:
        asked.append([sample[0] for sample in samples])
        return parts(tokenizer, samples)

    module = sys.modules[encode.__module__]
    monkeypatch.setattr(module, "parts", listen)
    monkeypatch.setattr(module, "CHUNK", rows)
    monkeypatch.setattr(module, "CHARACTERS", characters)
    found = encode(tokenizer, SINGLE, 64)
    assert found.tokens.tolist() == expected.tokens.tolist()
    assert found.starts.tolist() == expected.starts.tolist()
    assert [text for texts in asked for text in texts] == [sample[0] for sample in SINGLE]
    for texts in asked:
        assert len(texts) <= rows
        assert len(texts) == 1 or sum(map(len, texts)) <= characters
    assert token_spans(tokenizer, SINGLE, 64) == spans


@pytest.mark.parametrize("count", [1, 2])
def test_a_text_of_100_000_characters(tiny_model: Path, count: int) -> None:
    """The tokenizer's own truncation keeps 20,000 pieces of such a pair."""
    tokenizer = load(tiny_model)
    long = "the room was very good and " * 3704
    assert len(long) > 100_000
    found = encode(tokenizer, [(long,) * count] * 8, 64)
    assert found.lengths.tolist() == [64] * 8 and found.cut.all()
    short = tokenizer(*[long[:2000]] * count, truncation=True, max_length=64)["input_ids"]
    assert found.tokens[:64].tolist() == short
    assert found.tokens.nbytes == 4 * 8 * 64
    spans = token_spans(tokenizer, [(long,) * count], 64)[0]
    assert len(spans) == 64


def covered(sample: tuple[str, ...], spans: Any) -> list[str]:
    return ["|" if part < 0 else sample[part][start:end] for part, start, end in spans]


def test_spans_name_the_characters_of_each_part(tiny_model: Path) -> None:
    tokenizer = load(tiny_model)
    sample = ("Was it good?", "Very good", "and calm", "a1")
    (spans,) = token_spans(tokenizer, [sample], 64)
    assert covered(sample, spans) == [
        "|", "Was", "it", "good", "?", "|",
        "Very", "good", "", "and", "calm", "", "a", "1", "|",
    ]  # fmt: skip
    assert [part for part, *_ in spans] == [-1, 0, 0, 0, 0, -1, 1, 1, 1, 2, 2, 2, 3, 3, -1]
    assert len(spans) == encode(tokenizer, [sample], 64).lengths[0]


def test_spans_of_what_was_cut(tiny_model: Path) -> None:
    sample = ("the room was very good",)
    for side, expected in (
        ("right", ["|", "the", "room", "was", "|"]),
        ("left", ["|", "was", "very", "good", "|"]),
    ):
        (spans,) = token_spans(load(tiny_model, truncation_side=side), [sample], 5)
        assert covered(sample, spans) == expected


def test_a_token_that_begins_in_the_separator_belongs_to_the_part_it_ends_in(
    byte_level: Any,
) -> None:
    """Of three texts without a separator token the last two are joined by spaces."""
    sample = ("good", "we", "there good")
    (spans,) = token_spans(byte_level, [sample], 32)
    letters = [[""] * len(text) for text in sample]
    for part, start, end in spans:
        for at in range(start, min(end, len(sample[part]))):
            letters[part][at] = sample[part][at]
    assert ["".join(part) for part in letters] == list(sample)
