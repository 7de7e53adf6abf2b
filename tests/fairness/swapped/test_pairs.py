"""Rows with several texts, conversations, likeness of answers, and marked words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pellucid.core.dataset import Dataset
from pellucid.fairness.swapped.likeness import likeness
from pellucid.fairness.swapped.pairs import pairs, swapped_rows
from pellucid.fairness.swapped.section import marked_words
from pellucid.fairness.terms.lists import builtin


def dataset(task: str, **columns: list[str]) -> Dataset:
    count = len(next(iter(columns.values())))
    nothing = np.full(count, None, dtype=object)
    kinds = {name: "image" if name == "photo" else "text" for name in columns}
    return Dataset(
        inputs={name: np.array(cells, dtype=object) for name, cells in columns.items()},
        modalities=kinds,
        label=nothing,
        ids=np.array([f"r{row}" for row in range(count)], dtype=object),
        split=nothing,
        labels=(),
        groups={},
        weight=np.ones(count, np.float32),
        fingerprint="",
        lineage=(),
        task=task,
    )


def test_all_texts_of_a_row_are_about_the_same_group() -> None:
    rows = dataset(
        "classification",
        premise=["A man sleeps.", "A man and his wife.", "It rains."],
        hypothesis=["He is awake.", "It rains.", "It pours."],
        photo=["he.png", "he.png", "he.png"],
    )
    found = pairs(rows, [builtin("gender")])
    assert [(one.row, one.swapped.pair) for one in found] == [
        (0, "male → female"),
        (1, "male ↔ female"),
    ]
    assert found[0].cells == {"premise": "A woman sleeps.", "hypothesis": "She is awake."}
    assert found[1].cells == {"premise": "A woman and her husband."}
    turned = swapped_rows(rows, found)
    assert turned.samples() == [
        ("A woman sleeps.", "She is awake.", "he.png"),
        ("A woman and her husband.", "It rains.", "he.png"),
    ]
    assert rows.samples()[0][0] == "A man sleeps."


def test_conversations_are_swapped_up_to_their_last_answer() -> None:
    said = [
        {"role": "user", "content": "My uncle is here."},
        {"role": "assistant", "content": "Is he well?"},
        {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": "This is his hat."}],
        },
        {"role": "assistant", "content": "He looks fine."},
    ]
    rows = dataset("chat", messages=[json.dumps(said)])
    (found,) = pairs(rows, [builtin("gender")])
    turned = json.loads(found.cells["messages"])
    assert turned[0]["content"] == "My aunt is here."
    assert turned[1]["content"] == "Is she well?"
    assert turned[2]["content"] == [{"type": "image"}, {"type": "text", "text": "This is her hat."}]
    assert turned[3] == said[3]
    assert json.loads(rows.inputs["messages"][0]) == said


def test_likeness() -> None:
    assert likeness("The cat sat.", "cat sat") == (1.0, 3 / 4, 1.0)
    equal, ratio, similar = likeness("a big dog", "a big dog ran off")
    assert (equal, ratio) == (0.0, 6 / 4)
    chrf = pytest.importorskip("sacrebleu").metrics.CHRF()
    ways = [("a big dog", "a big dog ran off"), ("a big dog ran off", "a big dog")]
    both = [chrf.sentence_score(one, [other]).score for one, other in ways]
    assert similar == pytest.approx(sum(both) / 200)
    assert likeness("", "word")[2] == 0


def test_marked_words_make_both_texts() -> None:
    text = " He's (her) man,\n\nor: his. "
    changes = [(1, 3, "She"), (7, 10, "him"), (12, 15, "woman"), (22, 25, "hers")]
    words, placed, between = marked_words(text, changes)
    joined = "".join(word + gap for word, gap in zip(words, between, strict=True))
    assert joined == text
    new = [placed.get(at, word) for at, word in enumerate(words)]
    turned = "".join(word + gap for word, gap in zip(new, between, strict=True))
    assert turned == " She's (him) woman,\n\nor: hers. "
