"""Tokens kept as files: the same as in memory, made once, and never taken for others."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.multimodal.text import token_cache
from pellucid.multimodal.text.encode import EncodedText, encode

TEXTS = [("the room was very good.",), ("",), ("kindness, cleanliness",), ("x y " * 90,)] * 3
PAIRS = [("was it good?", "very good and calm"), ("our staff " * 60, "we were there " * 60)]


@pytest.fixture
def load(tiny_model: Path) -> Callable[..., Any]:
    from transformers import AutoTokenizer

    return lambda **options: AutoTokenizer.from_pretrained(tiny_model, **options)


def assert_same(found: EncodedText, expected: EncodedText) -> None:
    rows = np.arange(len(expected))
    assert found.lengths.tolist() == expected.lengths.tolist()
    assert found.cut.tolist() == expected.cut.tolist()
    ours, theirs = found.batch(rows[::-1]), expected.batch(rows[::-1])
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype and ours[name].tolist() == tensor.tolist()


def mapped(array: np.ndarray) -> bool:
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


@pytest.mark.parametrize("samples", [TEXTS, PAIRS])
@pytest.mark.parametrize("types", [True, False])
@pytest.mark.parametrize("chunk", [1, 5, 4096])
def test_mapped_tokens_are_those_in_memory(
    load: Callable[..., Any],
    samples: Any,
    types: bool,
    chunk: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules[encode.__module__], "CHUNK", chunk)
    tokenizer = load()
    if not types:
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    expected = encode(tokenizer, samples, 32)
    found = encode(tokenizer, samples, 32, cache=tmp_path / "cache")
    assert mapped(found.tokens) and not mapped(expected.tokens)
    assert_same(found, expected)
    (folder,) = (tmp_path / "cache").iterdir()
    tokens = np.load(folder / "tokens.npy")
    assert tokens.dtype == np.int32 and tokens.tolist() == expected.tokens.tolist()
    assert_same(encode(tokenizer, samples, 32, cache=tmp_path / "cache"), expected)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_nothing_is_tokenised_twice(
    load: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = encode(load(), TEXTS, 32, cache=tmp_path)

    def refuse(*_: Any) -> Iterator[Any]:
        raise AssertionError("tokenised again")

    monkeypatch.setattr(sys.modules[encode.__module__], "_encodings", refuse)
    tokenizer = load()
    # What a call leaves behind in the tokenizer says nothing of its tokens.
    tokenizer("the room", truncation=True, max_length=9, padding="max_length")
    assert_same(encode(tokenizer, list(TEXTS), 32, cache=tmp_path), first)


def test_other_samples_limits_and_tokenizers_are_kept_apart(
    load: Callable[..., Any], tmp_path: Path
) -> None:
    plain = load()
    cased = load()
    from tokenizers import normalizers

    cased.backend_tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    shifted = [("a", "bc"), ("d", "e")], [("ab", "c"), ("d", "e")]
    asked = [
        (plain, TEXTS, 32),
        (plain, TEXTS, 31),
        (plain, TEXTS[1:], 32),
        (plain, TEXTS[::-1], 32),
        (plain, shifted[0], 32),
        (plain, shifted[1], 32),
        (cased, TEXTS, 32),
        (load(truncation_side="left"), TEXTS, 32),
        (load(sep_token="[UNK]"), TEXTS, 32),
    ]
    for tokenizer, samples, limit in asked:
        expected = encode(tokenizer, samples, limit)
        assert_same(encode(tokenizer, samples, limit, cache=tmp_path), expected)
    assert len(list(tmp_path.iterdir())) == len(asked)
    # The model's own limit is 64, so these two are the same.
    keys = {token_cache.key(plain, TEXTS, 64)}
    for limit in (64, 500):
        encode(plain, TEXTS, limit, cache=tmp_path / "long")
    assert {path.name for path in (tmp_path / "long").iterdir()} == keys


def test_padding_follows_the_tokenizer_that_asks(load: Callable[..., Any], tmp_path: Path) -> None:
    encode(load(), TEXTS, 32, cache=tmp_path)
    left = load(padding_side="left")
    assert_same(encode(left, TEXTS, 32, cache=tmp_path), encode(left, TEXTS, 32))


@pytest.mark.parametrize("name", token_cache.KINDS)
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "garbage"])
def test_damaged_files_are_made_anew(
    load: Callable[..., Any], name: str, damage: str, tmp_path: Path
) -> None:
    expected = encode(load(), TEXTS, 32)
    encode(load(), TEXTS, 32, cache=tmp_path)
    (folder,) = tmp_path.iterdir()
    path = folder / f"{name}.npy"
    content = path.read_bytes()
    harm = {"cut": content[:-1], "empty": b"", "garbage": b"x" * len(content)}
    path.unlink()
    if damage != "missing":
        path.write_bytes(harm[damage])
    assert_same(encode(load(), TEXTS, 32, cache=tmp_path), expected)
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]
    assert path.read_bytes() == content


def test_no_samples_and_empty_texts(load: Callable[..., Any], tmp_path: Path) -> None:
    found = encode(load(), [], 32, cache=tmp_path)
    assert len(found) == 0 and found.cut.shape == (0,)
    assert len(encode(load(), [], 32, cache=tmp_path)) == 0


def test_a_full_disk_leaves_nothing_behind(
    load: Callable[..., Any], tmp_path: Path, small_disk: Path
) -> None:
    many = [("the room was very good " * 12,)] * 12_000
    with pytest.raises(OSError) as caught:
        encode(load(), many, 64, cache=small_disk / "cache")
    assert caught.value.errno in (errno.ENOSPC, None)  # numpy tells no number
    assert list((small_disk / "cache").iterdir()) == []


def test_two_processes_may_write_the_same(load: Callable[..., Any], tmp_path: Path) -> None:
    pieces = [encode(load(), TEXTS, 32)]
    tokens = token_cache.Tokens(pieces[0].tokens, pieces[0].types, pieces[0].lengths, pieces[0].cut)
    place = tmp_path / "same"

    def slow() -> Iterator[token_cache.Tokens]:
        token_cache.write(place, [tokens])  # the other one, which ends first
        yield tokens

    found = token_cache.write(place, slow())
    assert found.tokens.tolist() == tokens.tokens.tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["same"]
    shutil.rmtree(place)
