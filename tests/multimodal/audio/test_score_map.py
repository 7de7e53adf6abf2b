"""Sounds whose segments are coloured: the right colour at the right time and pitch."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.audio.layout import BOTTOM, LEFT, RIGHT
from pellucid.multimodal.audio.read import Sound
from pellucid.multimodal.audio.score_map import PAD, TALL, score_map, score_map_png
from pellucid.multimodal.audio.segments import cells, equal
from pellucid.multimodal.legend import DENSITY
from pellucid.multimodal.palette import DARK, LIGHT

RATE = 16_000
SOUND = Sound((0.3 * np.sin(np.arange(RATE) * 0.2)).astype(np.float32), RATE)
SIZE = 400


def colour(raw: bytes, x: float, y: float) -> np.ndarray:
    """Return the mean colour around a place, as shares of the width and of the height upwards."""
    shown = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"), float)
    width = (SIZE - LEFT - RIGHT) * DENSITY
    column = round((PAD / 2 + LEFT) * DENSITY + x * width)
    bottom = (PAD + SIZE * TALL - BOTTOM) * DENSITY
    row = round(bottom - y * 80 * DENSITY)
    return shown[row - 8 : row + 8, column - 8 : column + 8].mean(axis=(0, 1))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_spans_are_coloured_by_their_scores(palette: object) -> None:
    raw = score_map_png(
        SOUND, equal(RATE, RATE, 4), [1.0, -0.9, 0.0, np.nan], palette=palette, size=SIZE
    )
    found = [colour(raw, (number + 0.5) / 4, 0.8) for number in range(4)]
    assert found[0][0] > found[0][2] + 40 and found[1][2] > found[1][0] + 40
    assert all(np.ptp(one) < 25 for one in found[2:])


def test_cells_lie_at_their_time_and_pitch() -> None:
    scores = np.zeros(8)
    scores[4 + 3], scores[1] = 1, -1  # high at the end, low in the second quarter
    raw = score_map_png(SOUND, cells(RATE, RATE, 4, 2), scores, size=SIZE)
    for (x, y), sign in {
        (0.87, 0.8): 1, (0.87, 0.1): 0, (0.37, 0.1): -1, (0.37, 0.8): 0, (0.12, 0.8): 0
    }.items():  # fmt: skip
        red, _, blue = colour(raw, x, y)
        assert np.sign(red - blue) * (abs(red - blue) > 40) == sign


def test_html_tells_scores_and_plays() -> None:
    said = str(score_map(SOUND, equal(RATE, RATE, 3), [0.5, -0.4, np.nan], name="<b>.wav"))
    assert re.findall(r'<path class="(\w+)" d="[^"]+"><title>([^<]+)</title>', said) == [
        ("p10", "+0.5"), ("n8", "−0.4"), ("p0", "not defined"),
    ]  # fmt: skip
    assert "<b>" not in said and "&lt;b&gt;.wav" in said
    assert "<audio controls" in said and "style=" not in said
    assert 'class="for"' in said and 'class="against"' in said


def test_ink_is_transparent_where_nothing_is_heard() -> None:
    import base64

    silent = Sound(np.concatenate([SOUND.samples, np.zeros(RATE, np.float32)]), RATE)
    said = str(score_map(silent, equal(2 * RATE, RATE, 2), [1.0, -1.0]))
    raw = re.search(r'<image class="ink"[^>]*base64,([^"]+)"', said)
    assert raw is not None
    ink = np.asarray(Image.open(io.BytesIO(base64.b64decode(raw[1]))))
    half = ink.shape[1] // 2
    assert ink.shape[2] == 2 and not ink[..., 0].any()
    assert ink[:, : half - 9, 1].max() == 255 and not ink[:, half + 9 :, 1].any()


def test_of_a_long_sound_all_is_drawn_and_the_beginning_played() -> None:
    long = Sound(np.tile(SOUND.samples, 32), RATE)
    said = score_map(long, equal(32 * RATE, RATE, 4), np.arange(4.0))
    assert "first 30 s" in said and said.count("<title>") == 4
    assert "first 30 s" not in score_map(SOUND, equal(RATE, RATE, 4), np.arange(4.0))


def test_scores_that_do_not_fit() -> None:
    for draw in (score_map, score_map_png):
        with pytest.raises(ValueError, match="3 segments need as many scores"):
            draw(SOUND, equal(RATE, RATE, 3), np.ones(4))
