"""Pictures whose segments are coloured: the right colour at the right place, and nothing run."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.image.placement import Placement
from pellucid.multimodal.image.score_map import GAP, LEGEND, PAD, score_map, score_map_png
from pellucid.multimodal.image.segments import grid, single
from pellucid.multimodal.legend import DENSITY
from pellucid.multimodal.palette import DARK, LIGHT

PICTURE = Image.fromarray(np.random.default_rng(3).integers(90, 160, (60, 80, 3), dtype=np.uint8))
LABELS = grid(30, 40, 4)
SCORES = np.array([2.0, -1.8, 0.0, np.nan])
EVIL = "<script>alert(1)</script>\"'"


def opened(raw: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"), float)


def middle(raw: bytes, row: int, column: int, *, beside: bool = True) -> np.ndarray:
    """Return the mean colour at the middle of one of four quarters of a map."""
    shown = opened(raw)
    pad, width, height = PAD * DENSITY, 400 * DENSITY, 300 * DENSITY
    left = pad + (width + GAP * DENSITY) * beside
    y, x = pad + height * (2 * row + 1) // 4, left + width * (2 * column + 1) // 4
    return shown[y - 40 : y + 40, x - 40 : x + 40].mean(axis=(0, 1))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_colours_lie_over_their_segments(palette: object) -> None:
    raw = score_map_png(PICTURE, LABELS, SCORES, size=400, palette=palette)
    orange, blue, nothing, unknown = (middle(raw, *at) for at in ((0, 0), (0, 1), (1, 0), (1, 1)))
    assert orange[0] > orange[2] + 40 and blue[2] > blue[0] + 40
    for plain in (nothing, unknown):
        assert np.ptp(plain) < 12
    size = ((2 * PAD + GAP + 800) * DENSITY, (PAD + LEGEND + 300) * DENSITY)
    assert Image.open(io.BytesIO(raw)).size == size


def test_the_picture_itself_stands_beside() -> None:
    both, alone = (
        score_map_png(PICTURE, LABELS, SCORES, size=400, beside=beside) for beside in (True, False)
    )
    left = opened(both)[PAD * DENSITY :, PAD * DENSITY :][: 300 * DENSITY, : 400 * DENSITY]
    expected = np.asarray(PICTURE.resize((800, 600), Image.Resampling.NEAREST), float)
    np.testing.assert_array_equal(left, expected)
    np.testing.assert_allclose(middle(alone, 0, 0, beside=False), middle(both, 0, 0), atol=1)


def test_one_scale_makes_maps_comparable() -> None:
    weak = score_map_png(PICTURE, LABELS, SCORES / 4, size=400, scale=2.0)
    strong = score_map_png(PICTURE, LABELS, SCORES, size=400)
    assert np.ptp(middle(weak, 0, 0)) < np.ptp(middle(strong, 0, 0)) / 2


def test_what_the_model_does_not_see_fades() -> None:
    place = Placement(20, 0, 1, 2)  # the middle 40 of 80 columns
    raw = score_map_png(PICTURE, LABELS, np.full(4, 2.0), place=place, size=400)
    edge = opened(raw)[300:400, (PAD + GAP + 400) * DENSITY + 10 :][:, :100].mean(axis=(0, 1))
    assert np.ptp(edge) < 8 and edge.min() > 225
    assert "does not see" in score_map(PICTURE, LABELS, SCORES, place=place)
    assert "does not see" not in score_map(PICTURE, LABELS, SCORES)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_tells_scores_and_runs_nothing() -> None:
    said = str(score_map(PICTURE, LABELS, SCORES, name=EVIL, outlined=True))
    parser = Tags()
    parser.feed(said)
    tags = {tag for tag, _ in parser.found}
    assert tags <= {"div", "img", "svg", "image", "g", "path", "title", "p", "span"}
    assert not any("style" in about or "onload" in about for _, about in parser.found)
    assert re.findall(r"<title>([^<]+)</title>", said) == ["+2", "−1.8", "+0", "not defined"]
    kinds = [about["class"] for tag, about in parser.found if tag == "path"]
    assert kinds == ["p10", "n9", "p0", "p0", "for", "against"]
    assert 'class="scores outlined"' in said and "−2" in said and "+2" in said
    shapes = [about["d"] for tag, about in parser.found if tag == "path"]
    assert shapes[0] == "M0 0h20v15h-20z" and "matrix(8 0 0 8 0 0)" in said


def test_single_pixels_stay_small() -> None:
    labels = single(224, 224)
    scores = np.random.default_rng(5).normal(size=labels.size)
    said = score_map(PICTURE, labels, scores)
    assert len(said) < 400_000 and "dotted line" not in said


def test_scores_that_do_not_fit() -> None:
    for draw in (score_map, score_map_png):
        with pytest.raises(ValueError, match="4 segments need as many scores"):
            draw(PICTURE, LABELS, SCORES[:3])


def test_no_scores_at_all() -> None:
    assert "+0" in score_map(PICTURE, LABELS, np.zeros(4))
    assert opened(score_map_png(PICTURE, LABELS, np.full(4, np.nan))).size
