"""Parts as people see them: what is drawn of which modality, and what is kept of it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pellucid.multimodal import draw
from pellucid.multimodal.draw import (
    BOX,
    LARGE,
    PICTURED,
    facts_of,
    has_pictures,
    html_of,
    picture_of,
    thumbnail_of,
)
from pellucid.multimodal.media import File, Unreadable
from pellucid.multimodal.modality import of


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (300, 200), "#c00000").save(path)
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), 8000)
    return path


def opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw))


def test_every_pictured_modality_has_its_sizes() -> None:
    assert set(BOX) == set(LARGE) == set(PICTURED)
    assert has_pictures(["text", "image"]) and has_pictures(["audio"])
    assert not has_pictures(["text", "text"]) and not has_pictures([])


def test_a_small_picture_keeps_its_shape(image: Path, sound: Path) -> None:
    assert opened(thumbnail_of("image", str(image), 60)).size == (60, 40)
    assert opened(thumbnail_of("audio", str(sound), 80)).size == (80, 40)
    assert opened(picture_of("image", str(image), 150)).size == (150, 100)


def test_a_sound_fits_into_the_height_that_is_there(sound: Path) -> None:
    usual, low = (opened(picture_of("audio", str(sound), 400, height=h)) for h in (None, 150))
    assert usual.size == (800, 480)
    assert low.size == (800, 300)


def test_a_small_picture_is_made_once_for_what_a_file_holds(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = of("image").draw.thumbnail
    monkeypatch.setattr(
        "pellucid.multimodal.image.draw.thumbnail",
        lambda path, size: made.append(path) or real(path, size),
    )
    other = tmp_path / "copy.png"
    other.write_bytes(image.read_bytes())
    for path in (image, other, image):
        thumbnail_of("image", File.at(path, path.name), 33)
    assert len(made) == 1
    Image.new("RGB", (300, 200), "#00c000").save(image)
    raw = thumbnail_of("image", File.at(image, "red.png"), 33)
    assert opened(raw).convert("RGB").getpixel((5, 5)) == (0, 192, 0)


def test_a_changed_file_is_drawn_anew(image: Path) -> None:
    assert opened(thumbnail_of("image", str(image), 31)).getpixel((5, 5)) == (192, 0, 0)
    Image.new("RGB", (310, 200), "#00c000").save(image)
    assert opened(thumbnail_of("image", str(image), 31)).getpixel((5, 5)) == (0, 192, 0)


def test_what_is_kept_is_bounded() -> None:
    kept = draw._Kept(100)
    for number in range(10):
        kept.put(number, bytes(30))
    assert [number for number in range(10) if kept.get(number) is not None] == [7, 8, 9]
    kept.get(7)
    kept.put(10, bytes(30))
    assert kept.get(7) is not None and kept.get(8) is None


def test_facts(image: Path, sound: Path) -> None:
    assert facts_of("image", str(image)) == "300 × 200 pixels"
    assert facts_of("audio", str(sound)) == "1.00 s, 8,000 Hz"


def test_a_file_that_is_gone(image: Path) -> None:
    image.unlink()
    with pytest.raises(Unreadable):
        thumbnail_of("image", str(image), 40)
    gone = File(image)
    gone.cell, gone.content = "red.png", ""
    said = str(html_of("image", gone))
    assert "red.png can’t be read any more" in said and str(image.parent) not in said


def test_html_is_escaped() -> None:
    said = html_of("text", 'Is <b>this</b> "red"?\n\u202e')
    assert "<b>" not in said and "&lt;b&gt;" in said and "⟨U+202E⟩" in said


def test_html_of_files_names_them_as_the_table_does(image: Path, sound: Path) -> None:
    cell = 'a"><script>.png'
    said = str(html_of("image", File.at(image, cell)))
    assert "<script>" not in said and str(image) not in said
    assert said.startswith('<img src="data:image/png;base64,')
    assert 'alt="Picture a&#34;&gt;&lt;script&gt;.png"' in said
    said = str(html_of("audio", File.at(sound, cell)))
    assert "<script>" not in said and str(sound) not in said
    assert "<audio controls" in said and 'src="data:audio/wav;base64,' in said
    assert 'role="img" aria-label="Spectrogram of a&#34;&gt;' in said
