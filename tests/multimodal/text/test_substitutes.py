"""Words in place of others: of a masked model as transformers' pipeline has them, and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import ModelError
from pellucid.multimodal.text.changed import changed_words
from pellucid.multimodal.text.segments import words
from pellucid.multimodal.text.substitutes import MaskedWords, SeenWords, cased, swappable


@pytest.fixture(scope="module")
def masked(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a masked language model of random weights."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, BertForMaskedLM

    folder = tmp_path_factory.mktemp("masked")
    torch.manual_seed(1)
    BertForMaskedLM(AutoConfig.from_pretrained(tiny_model)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


def places(text: str) -> list[Any]:
    return [(text, one) for one in words((text,)) if swappable(one.text)]


def test_as_the_pipeline_of_transformers(masked: Path) -> None:
    from transformers import pipeline

    fill = pipeline("fill-mask", model=str(masked), top_k=60)
    guess = MaskedWords.load(str(masked), most=5)
    texts = ["the room was very good .", "Our staff were kind"]
    asked = [place for text in texts for place in places(text)]
    for (text, word), found in zip(asked, guess(asked), strict=True):
        hidden = f"{text[: word.start]}[MASK]{text[word.end :]}"
        expected = [
            (one["token_str"], np.log(one["score"]))
            for one in fill(hidden)
            if one["token_str"].isalpha() and one["token_str"] != word.text.lower()
        ][:5]
        assert [one.text.lower() for one in found] == [name for name, _ in expected]
        assert [one.fit for one in found] == pytest.approx([fit for _, fit in expected], abs=1e-3)
    assert guess([]) == []


def test_a_place_behind_the_longest_text_has_no_candidates(masked: Path) -> None:
    text = "good " * 80
    found = MaskedWords.load(str(masked))(places(text))
    assert found[0] and not found[-1]


def test_a_model_that_never_learnt_to_guess_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="guess"):
        MaskedWords.load(str(tiny_model))


def test_words_between_the_same_neighbours_fit_best() -> None:
    seen = SeenWords([("the room was clean",), ("the room was dirty",), ("the desk was dirty",)])
    (found,) = seen([places("The room was loud")[-1]])
    assert [one.text for one in found] == ["dirty", "clean"]
    # Twice of three times “dirty” follows on “was”, and always stands at the end.
    share = 3 / 19
    expected = np.log((2 + share) / 4) + np.log((2 + 1 / 19) / 3)
    assert found[0].fit == pytest.approx(expected)
    (room,) = seen([places("the room was clean")[1]])
    assert [one.text for one in room] == ["desk"]


def test_capitals_stay_where_they_were() -> None:
    assert [cased(like, "bad") for like in ("Good", "GOOD", "good", "A")] == [
        "Bad",
        "BAD",
        "bad",
        "Bad",
    ]
    seen = SeenWords([("good room",), ("bad room",)])
    assert [one.text for one in seen([places("Good room")[0]])[0]] == ["Bad"]


def test_struck_and_inserted_words_are_escaped() -> None:
    html = changed_words(("<b>", "was", "fine"), {0: "", 2: "a&b"}, separators=(" ", " ", ""))
    assert html == (
        '<div class="words"><p class="text" dir="auto"><del>&lt;b&gt;</del> was '
        "<del>fine</del> <ins>a&amp;b</ins></p></div>"
    )
