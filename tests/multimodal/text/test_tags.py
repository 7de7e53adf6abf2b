"""Schemes of tags by hand cases, and words to tokens beside transformers' own `word_ids`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from pellucid.multimodal.text.tag_schemes import (
    Entity,
    convert,
    entities,
    scheme_of,
    strict_entities,
    write_tags,
)
from pellucid.multimodal.text.tags import IGNORED, read_tags, read_words, tagged_words

TEXT = "We stayed there , zanzibar and the kindly staff were x7 good"
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture(scope="module")
def byte_level() -> Any:
    """A tokenizer that writes spaces into tokens, has no special ones and cuts words into bytes."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        special_tokens=["<pad>"], initial_alphabet=alphabet, show_progress=False, vocab_size=300
    )
    made.train_from_iterator(["we stayed there and the staff"] * 3, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>")


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ({"O", "B-A", "I-A"}, "IOB2"),
        ({"O", "B-A"}, "IOB2"),
        ({"O", "I-A"}, "IOB2"),
        ({"O", "B", "I"}, "IOB2"),
        ({"O", "B-A", "I-A", "L-A", "U-A"}, "BILOU"),
        ({"O", "B-A", "E-A", "S-A"}, "IOBES"),
        ({"NOUN", "VERB"}, None),
        ({"O", "ORG", "B-A"}, None),
        ({"O"}, None),
        ({"B-A", "L-A", "E-A"}, None),
    ],
)
def test_schemes_are_recognised(tags: set[str], scheme: str | None) -> None:
    assert scheme_of(tags) == scheme


@pytest.mark.parametrize(
    ("tags", "found", "strict"),
    [
        ("O B-A I-A O", [("A", 1, 3)], [("A", 1, 3)]),
        ("B-A B-A I-A", [("A", 0, 1), ("A", 1, 3)], [("A", 0, 1), ("A", 1, 3)]),
        ("I-A I-A O", [("A", 0, 2)], []),
        ("B-A I-B I-B", [("A", 0, 1), ("B", 1, 3)], [("A", 0, 1)]),
        ("B-A O I-A", [("A", 0, 1), ("A", 2, 3)], [("A", 0, 1)]),
        ("B-first-name I-first-name", [("first-name", 0, 2)], [("first-name", 0, 2)]),
        ("B I O B", [("", 0, 2), ("", 3, 4)], [("", 0, 2), ("", 3, 4)]),
        ("", [], []),
        ("O O", [], []),
    ],
)
def test_entities_of_iob2(tags: str, found: list[Any], strict: list[Any]) -> None:
    assert entities(tags.split()) == found
    assert strict_entities(tags.split(), "IOB2") == strict


@pytest.mark.parametrize(
    ("tags", "found", "strict"),
    [
        ("B-A I-A E-A", [("A", 0, 3)], [("A", 0, 3)]),
        ("S-A S-A", [("A", 0, 1), ("A", 1, 2)], [("A", 0, 1), ("A", 1, 2)]),
        ("B-A E-A E-A", [("A", 0, 2), ("A", 2, 3)], [("A", 0, 2)]),
        ("B-A I-A O", [("A", 0, 2)], []),
        ("B-A E-B", [("A", 0, 1), ("B", 1, 2)], []),
        ("I-A E-A S-B", [("A", 0, 2), ("B", 2, 3)], [("B", 2, 3)]),
        ("B-A S-A E-A", [("A", 0, 1), ("A", 1, 2), ("A", 2, 3)], [("A", 1, 2)]),
        ("B-A B-A E-A", [("A", 0, 1), ("A", 1, 3)], [("A", 1, 3)]),
    ],
)
def test_entities_of_iobes_and_bilou(tags: str, found: list[Any], strict: list[Any]) -> None:
    assert entities(tags.split()) == found
    assert strict_entities(tags.split(), "IOBES") == strict
    bilou = tags.replace("E-", "L-").replace("S-", "U-").split()
    assert entities(bilou) == found and strict_entities(bilou, "BILOU") == strict


@pytest.mark.parametrize("scheme", ["IOB2", "IOBES", "BILOU"])
def test_schemes_turn_into_one_another(scheme: Any) -> None:
    # Every way of placing up to two entities of two types among five words.
    places = [(a, b) for a in range(5) for b in range(a + 1, 6)]
    for one, other in itertools.product(places, places):
        if one[1] > other[0]:
            continue
        for kinds in itertools.product("XY", repeat=2):
            found = [Entity(kinds[0], *one), Entity(kinds[1], *other)]
            tags = write_tags(found, 5, scheme)
            assert entities(tags) == strict_entities(tags, scheme) == found
            for target in ("IOB2", "IOBES", "BILOU"):
                assert convert(convert(tags, target), scheme) == tags
    assert write_tags([Entity("A", 0, 1), Entity("B", 2, 5)], 6, "BILOU") == [
        "U-A", "O", "B-B", "I-B", "L-B", "O",
    ]  # fmt: skip


def test_cells_of_words_and_tags() -> None:
    assert read_words("New  York\nis big .") == ["New", "York", "is", "big", "."]
    assert read_words('["New York", "is"]') == ["New York", "is"]
    assert read_words("[sic] he said") == ["[sic]", "he", "said"]
    assert read_tags("B-LOC O") == read_tags('["B-LOC", " O"]') == ["B-LOC", "O"]
    assert read_tags("[3, 0]") == ["3", "0"]


def test_words_are_read_at_their_first_token(tokenizer: Any) -> None:
    codes = list(range(len(WORDS)))
    found = tagged_words(tokenizer, [WORDS, ["a"], []], [codes, [5], []], 64, 8)
    peer = tokenizer([WORDS, ["a"], []], is_split_into_words=True, padding=True)
    batch = found.batch(np.arange(3))
    assert batch["input_ids"].tolist() == peer["input_ids"]
    assert batch["token_type_ids"].tolist() == peer["token_type_ids"]
    assert found.units.tolist() == [len(WORDS), 1, 0]
    for row, known in enumerate((codes, [5], [])):
        ids = peer.word_ids(row)
        first = [place for place, word in enumerate(ids) if word is not None]
        first = [place for place in first if ids[place] != ids[place - 1]]
        target = np.full(len(ids), IGNORED)
        target[first] = known
        assert batch["target"][row].tolist() == target.tolist()


@pytest.mark.parametrize("side", ["left", "right"])
def test_words_of_a_tokenizer_that_joins_spaces(byte_level: Any, side: str) -> None:
    byte_level.padding_side = side
    texts = [["we", "stayed", "naïve", "über", "日本", "-"], ["staff"], []]
    codes = [[3, 1, 4, 1, 5, 9], [2], []]
    found = tagged_words(byte_level, texts, codes, 64, 8)
    batch = found.batch(np.arange(3))
    for row, (words, known) in enumerate(zip(texts, codes, strict=True)):
        target = batch["target"][row]
        at = (target != IGNORED).nonzero()[:, 0].tolist()
        assert target[at].tolist() == known
        pieces = batch["input_ids"][row].tolist()
        ends = [*at[1:], int(batch["attention_mask"][row].nonzero()[:, 0].max()) + 1]
        told = [byte_level.decode(pieces[a:b]).strip() for a, b in zip(at, ends, strict=False)]
        assert told == words
    byte_level.padding_side = "right"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("length", [8, 13, 20])
def test_every_word_of_a_long_text_is_read_once(tokenizer: Any, length: int, side: str) -> None:
    tokenizer.padding_side = side
    texts = [WORDS * 5, ["good"], WORDS]
    codes = [list(range(len(text))) for text in texts]
    found = tagged_words(tokenizer, texts, codes, length, 4)
    assert found.lengths.max() == length
    batch = found.batch(np.arange(len(found)))
    seen: list[dict[int, str]] = [{} for _ in texts]
    for window, owner in enumerate(found.owner):
        target = batch["target"][window]
        for place in (target != IGNORED).nonzero()[:, 0].tolist():
            word = int(target[place])
            assert word not in seen[owner]
            token = int(batch["input_ids"][window, place])
            seen[owner][word] = tokenizer.convert_ids_to_tokens(token)
        at, which = found.read_at(window)
        shift = int(found.shift(np.arange(len(found)))[window])
        assert target[at + shift].tolist() == which.tolist()
    for text, words in zip(texts, seen, strict=True):
        first = [tokenizer.tokenize(word)[0] for word in text]
        assert [words[number] for number in range(len(text))] == first
    assert int(found.units.sum()) == sum(map(len, texts))
    tokenizer.padding_side = "right"


def test_a_word_is_read_where_most_stands_around_it(tokenizer: Any) -> None:
    words = ["good"] * 30
    found = tagged_words(tokenizer, [words], None, 12, 4)  # 10 words in a window, 4 shared
    read = [found.read_at(window)[1].tolist() for window in range(len(found))]
    assert read == [
        list(range(8)),
        list(range(8, 14)),
        list(range(14, 20)),
        [*range(20, 26)],
        [*range(26, 30)],
    ]
    assert not found.units.any()  # no tags are known


def test_a_word_of_which_nothing_is_left(tokenizer: Any) -> None:
    found = tagged_words(tokenizer, [["good", "\u200b\u0000", "bad"]], [[1, 2, 3]], 64, 8)
    assert found.read_at(0)[1].tolist() == [0, 2] and found.units.tolist() == [2]
