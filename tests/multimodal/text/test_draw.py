"""Coloured words: the right colour for the score, and nothing of the data run."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.palette import LIGHT
from pellucid.multimodal.text.draw import MOST_WORDS, word_map, word_map_png

EVIL = "<script>alert(1)</script>\"'&\u202e\x00"


class Spans(HTMLParser):
    """Collects the words of a map with their classes and titles."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[str, str, str]] = []
        self.tags: set[str] = set()
        self._open: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open = dict(attrs)

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            kind = str(self._open.get("class") or "")
            self.spans.append((data, kind, str(self._open["title"])))
        self._open = {}


def spans(html: str) -> list[tuple[str, str, str]]:
    parser = Spans()
    parser.feed(html)
    assert parser.tags <= {"div", "p", "span"}
    return parser.spans


def text_of(html: str) -> str:
    inside = re.search(r'<p class="text" dir="auto">(.*?)</p>', html, flags=re.DOTALL)
    assert inside is not None
    return re.sub(r"<[^>]*>", "", inside[1])


def test_level_sign_and_underline_follow_the_score():
    html = word_map(["a", "b", "c", "d", "e"], np.array([1.0, -0.7, 0.31, 0.04, -0.6]))
    assert spans(html) == [
        ("a", "w p10 strong", "+1"),
        ("b", "w n7 strong", "−0.7"),
        ("c", "w p3", "+0.31"),
        ("d", "", "+0.04"),
        ("e", "w n6", "−0.6"),
    ]


def test_a_given_scale_is_kept_and_said():
    html = word_map(["a", "b"], np.array([1.0, 8.0]), scale=4.0)
    assert [kind for _, kind, _ in spans(html)] == ["w p2", "w p10 strong"]
    assert "−4<" in html and "+4<" in html


def test_separators_are_kept():
    html = word_map(["It", "’s", "new"], np.zeros(3), separators=["", "\n \n\n", "!"])
    assert text_of(html) == "It’s\n\nnew!"
    assert text_of(word_map(["a", "b"], np.zeros(2))) == "a b "


def test_data_stays_text():
    html = word_map([EVIL, "b"], np.array([0.5, -0.5]), separators=[EVIL, EVIL])
    assert "<script" not in html and "style=" not in html
    assert not {"\u202e", "\x00"} & set(html)
    assert html.count("&lt;script&gt;") == 3
    assert spans(html)[0][0] == "<script>alert(1)</script>\"'&⟨U+202E⟩␀"


def test_undefined_scores_have_no_colour():
    html = word_map(["a", "b"], np.array([np.nan, 0.2]))
    assert spans(html) == [("a", "", "not defined"), ("b", "w p10 strong", "+0.2")]
    assert 'class="w' not in text_of(word_map(["a"], np.array([np.nan])))


@pytest.mark.parametrize("strongest", [0, 5, 150, 298, 299])
def test_long_texts_show_the_stretch_around_the_strongest_word(strongest: int):
    words = [f"w{at}" for at in range(300)]
    scores = np.full(300, 0.001)
    scores[strongest] = -1.0
    html = word_map(words, scores)
    shown = [word for word, _, _ in spans(html)]
    assert len(shown) == MOST_WORDS
    assert f"w{strongest}" in shown
    start = int(shown[0][1:])
    assert shown == words[start : start + MOST_WORDS]
    left_out = [int(n.replace(",", "")) for n in re.findall(r"… ([\d,]+) words? not shown", html)]
    assert left_out == [n for n in (start, 300 - start - MOST_WORDS) if n]


def test_the_stretch_takes_in_the_most_strength():
    scores = np.zeros(400)
    scores[[200, 90, 95, 310]] = [1.0, 0.9, 0.9, 0.9]
    shown = [word for word, _, _ in spans(word_map([f"w{at}" for at in range(400)], scores))]
    assert {"w90", "w95", "w200"} <= set(shown)
    assert "w310" not in shown


def test_one_endless_word_is_cut():
    html = word_map(["x" * 10_000], np.array([1.0]))
    assert "9,920 more characters" in html
    assert len(html) < 3000


def test_no_words():
    assert "no words" in word_map([], np.array([]))
    assert word_map_png([], np.array([])).startswith(b"\x89PNG")


def test_numbers_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="2 words need as many"):
        word_map(["a", "b"], np.array([1.0]))
    with pytest.raises(ValueError, match="2 words need as many"):
        word_map_png(["a", "b"], np.array([1.0, 2.0]), separators=[""])


def colours(image: bytes) -> set[str]:
    picture = Image.open(io.BytesIO(image)).convert("RGB")
    found = picture.getcolors(maxcolors=2**20) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in found}


def test_the_picture_has_the_colours_of_the_scores():
    words, scores = ["good", "bad", "so"], np.array([1.0, -1.0, 0.0])
    picture = Image.open(io.BytesIO(word_map_png(words, scores)))
    assert picture.width == 1800
    found = colours(word_map_png(words, scores))
    assert {LIGHT.favour[-1], LIGHT.against[-1], LIGHT.surface} <= found


def test_the_picture_wraps_and_cuts_what_is_too_wide():
    one = Image.open(io.BytesIO(word_map_png(["word"], np.ones(1))))
    many = Image.open(io.BytesIO(word_map_png(["word"] * 100, np.ones(100))))
    wide = Image.open(io.BytesIO(word_map_png(["W" * 80], np.ones(1))))
    lines = Image.open(io.BytesIO(word_map_png(["a", "b"], np.ones(2), separators=["\n", ""])))
    assert many.height > one.height and wide.height > one.height and lines.height > one.height
    right_edge = wide.convert("RGB").crop((wide.width - 20, 0, wide.width, wide.height))
    assert right_edge.getcolors() == [(20 * wide.height, (255, 255, 255))]
    assert word_map_png([EVIL], np.ones(1)).startswith(b"\x89PNG")
