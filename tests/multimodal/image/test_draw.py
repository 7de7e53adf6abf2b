"""Pictures in pages: as small as they may be, and never blown up."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.image.draw import GROWN, LARGEST, SMALL, fitted, html


def held(said: str) -> tuple[str, Image.Image, bytes]:
    kind, raw = re.search(r'src="data:image/(\w+);base64,([^"]+)"', said).groups()  # type: ignore[union-attr]
    found = base64.b64decode(raw)
    return kind, Image.open(io.BytesIO(found)), found


@pytest.mark.parametrize(
    ("size", "asked", "comes"),
    [((400, 200), 100, (100, 50)), ((10, 20), 80, (40, 80)), ((10, 20), 900, (50, 100))],
)
def test_sizes(size: tuple[int, int], asked: int, comes: tuple[int, int]) -> None:
    assert fitted(Image.new("RGB", size), asked).size == comes
    assert max(comes) <= GROWN * max(size)


def test_a_thin_picture_keeps_a_pixel() -> None:
    assert fitted(Image.new("RGB", (5000, 2)), 100).size == (100, 1)


def test_a_small_picture_is_held_exactly(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    said = str(html(str(tmp_path / "a.png")))
    kind, picture, _ = held(said)
    assert kind == "png" and np.array_equal(np.asarray(picture.convert("RGB")), pixels)
    assert 'width="160" height="160"' in said  # the browser enlarges it


def test_a_photograph_takes_few_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(128, 40, (600, 800, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    kind, picture, raw = held(str(html(str(tmp_path / "a.png"))))
    assert kind == "jpeg" and picture.size == (LARGEST, 240)
    exact = io.BytesIO()
    picture.save(exact, "PNG")
    assert len(exact.getvalue()) > SMALL and len(raw) < len(exact.getvalue()) / 2
