"""The record of what was written, its file, its summaries and its pictures."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pellucid.core.figures import png, svg
from pellucid.explain.attribution import Drawn
from pellucid.explain.generation.draw import MOST_ROWS, figure, heat, heat_html
from pellucid.explain.generation.section import converged, findings, sections
from pellucid.explain.generation.writing import Writing, read_writings, write_writings


def writing(**changes: Any) -> Writing:
    scores = np.array([[0.5, -0.1, 0.0], [0.0, 2.0, -2.0], [0.25, 0.0, 0.0]])
    earlier = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, -0.5, 0.0]])
    special = np.array([0.1, 0.0, -0.25])
    fields: dict[str, Any] = {
        "id": "r1",
        "method": "integrated_gradients",
        "settings": {"tolerance": 0.05, "max_steps": 64, "by": "words", "seed": 0},
        "prompt": "<user> is it <so>",
        "tokens": ("ye", "s", " Mary"),
        "foils": (),
        "segments": ("is", "it", "<so>"),
        "columns": ("1", "1", "2"),
        "scores": scores,
        "earlier": earlier,
        "special": special,
        "outputs": scores.sum(1) + earlier.sum(1) + special - 3,
        "baseline_outputs": np.full(3, -3.0),
        "evaluations": 8,
        "label": "yes",
        "split": "test",
        "drawn": (Drawn("text", (), 3, {"between": [" ", " ", ""]}),),
        "complete": True,
    }
    return Writing(**(fields | changes))


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    none = np.zeros((0, 3))
    empty = writing(
        id="r2", tokens=(), scores=none, earlier=np.zeros((0, 0)), special=np.zeros(0),
        outputs=np.zeros(0), baseline_outputs=np.zeros(0),
    )  # fmt: skip
    kept = [writing(), empty, writing(foils=("n", "o", ""))]
    write_writings(tmp_path / "writings.parquet", kept)
    for one, other in zip(kept, read_writings(tmp_path / "writings.parquet"), strict=True):
        for name, value in vars(one).items():
            found = getattr(other, name)
            same = np.array_equal(found, value) if isinstance(value, np.ndarray) else found == value
            assert same, name


def test_tokens_of_one_word_are_put_together() -> None:
    found = writing().by_word()
    assert found.tokens == ("yes", " Mary")
    assert np.allclose(found.scores, [[0.5, 1.9, -2.0], [0.25, 0.0, 0.0]])
    assert np.allclose(found.outputs, [writing().outputs[:2].sum(), writing().outputs[2]])
    # What one part of a word says for the next one is nobody's any more.
    assert np.allclose(found.special, [0.1 + 1.0, -0.25])
    assert np.allclose(found.earlier, [[0, 0], [0, 0]])
    assert np.allclose(found.completeness_error, 0)
    assert np.allclose(found.whole, writing().whole)
    assert np.allclose(writing().span(1, 3), [0.25, 2.0, -2.0])


def test_numbers_and_words_without_spaces_keep_together() -> None:
    tokens = ("It", " is", " 24", ".", "90", ",", " 東", "京", ".")
    rows = np.zeros((9, 3))
    one = writing(
        tokens=tokens, scores=rows, earlier=np.zeros((9, 9)), special=np.zeros(9),
        outputs=np.zeros(9), baseline_outputs=np.zeros(9),
    )  # fmt: skip
    assert one.by_word().tokens == ("It", " is", " 24.90,", " 東", "京.")


def test_an_error_above_the_tolerance_is_told() -> None:
    assert converged(writing())
    rough = writing(special=np.array([0.1, 0.0, 1.0]))
    assert np.allclose(rough.completeness_error, [0, 0, 1.25])
    assert not converged(rough)
    assert "1 of 2 answers are rough" in findings([writing(), rough])[0].text
    assert converged(replace(rough, complete=False))


def test_a_heatmap_reads_without_colour() -> None:
    html = str(heat_html(writing()))
    assert html.count('<th scope="col">') == 3
    assert html.count('<th scope="row">') == 5  # three words, and what is written of the answer
    assert "&lt;so&gt;" in html and "<so>" not in html
    assert re.findall(r'class="w p10 strong" title="\+2">\+2<', html)
    assert re.findall(r'class="w n10 strong" title="−2">−2<', html)
    assert 'class="scale"' in html
    tokens = heat(writing())
    assert np.isnan(tokens.scores[3][0])  # a token says nothing of itself, nor of those before it
    assert np.isnan(tokens.scores[4][1])
    assert tokens.scores[3][1] == 1.0
    assert tokens.own == (False, False, False, True, True)


def test_of_a_long_prompt_the_strongest_words_are_shown() -> None:
    count = MOST_ROWS + 20
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(3, count))
    long = writing(
        scores=scores, segments=tuple(f"w{n}" for n in range(count)), columns=("1",) * count,
        earlier=np.zeros((3, 3)),
        drawn=(Drawn("text", (), count, {"between": [" "] * count}),),
    )  # fmt: skip
    drawn = heat(long)
    strongest = np.argsort(-np.abs(scores).max(0))[:MOST_ROWS]
    assert drawn.rows == tuple(f"w{n}" for n in sorted(strongest))
    assert "20 weaker segments not shown" in str(heat_html(long))


def test_a_heatmap_is_a_figure_too() -> None:
    drawn = figure(writing())
    assert Image.open(io.BytesIO(png(drawn))).size[0] > 700
    assert "&lt;so&gt;" in svg(drawn, "heat")
    assert "“it” for “s” (+2)" in drawn.alt


def test_the_report_shows_each_answer() -> None:
    (section,) = sections([writing(), writing(id="r2")], maps=1)
    kinds = [type(one).__name__ for one in section.blocks]
    assert kinds == ["Table", "Text", "Drawing", "Drawing"]
    table: Any = section.blocks[0]
    assert [row[0] for row in table.rows] == ["it", "is", "<so>"]
    assert np.allclose([row[2] for row in table.rows], [1.9, 0.75, -2.0])
    assert sections([], maps=3) == ()
