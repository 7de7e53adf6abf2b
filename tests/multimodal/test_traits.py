"""What is known of samples from their files alone, against closed forms and numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pellucid.errors import DataError, RecipeError
from pellucid.multimodal.audio.traits import SILENT
from pellucid.multimodal.audio.traits import measure as of_sound
from pellucid.multimodal.image.traits import measure as of_picture
from pellucid.multimodal.text.traits import measure as of_text
from pellucid.multimodal.traits import known, measured


def test_light_and_size_of_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (30, 20), (100, 100, 100)).save(path)
    grey = of_picture(str(path))
    assert (grey["pixels"], grey["aspect"]) == (600, 1.5)
    assert grey["brightness"] == pytest.approx(100)
    assert (grey["contrast"], grey["sharpness"], grey["colourfulness"]) == pytest.approx((0, 0, 0))
    assert (grey["exif"], grey["format"]) == ("no", "PNG")
    # Two halves, black and white: mean 127.5, deviation 127.5.
    half = np.zeros((20, 30, 3), np.uint8)
    half[:, 15:] = 255
    Image.fromarray(half).save(path)
    two = of_picture(str(path))
    assert (two["brightness"], two["contrast"]) == pytest.approx((127.5, 127.5))
    # Half red, half green: r - g is ±255 and (r + g) / 2 - b is 127.5 (Hasler and Süsstrunk).
    half[:, :15], half[:, 15:] = (255, 0, 0), (0, 255, 0)
    Image.fromarray(half).save(path)
    assert of_picture(str(path))["colourfulness"] == pytest.approx(255 + 0.3 * 127.5)


def test_exif_data_are_seen_and_turn_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    found = of_picture(str(tmp_path / "a.jpg"))
    assert (found["exif"], found["format"]) == ("yes", "JPEG")
    assert found["aspect"] == pytest.approx(20 / 30)


def test_a_blurred_picture_is_less_sharp(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).resize((10, 10)).resize((40, 40)).save(tmp_path / "b.png")
    sharp, soft = (of_picture(str(tmp_path / name))["sharpness"] for name in ("a.png", "b.png"))
    assert soft < sharp / 10


def test_loudness_of_sounds(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    time = np.arange(16_000) / 8000
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 1000 * time), 8000, subtype="FLOAT")
    found = of_sound(str(path))
    assert (found["duration"], found["rate"]) == (2.0, "8000")
    assert found["loudness"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert found["peak"] == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert found["bandwidth"] == pytest.approx(1000, abs=10)
    soundfile.write(path, np.zeros(800), 8000)
    silent = of_sound(str(path))
    assert (silent["loudness"], silent["bandwidth"]) == (SILENT, 0)


def test_length_of_texts() -> None:
    found = of_text("We WAITED, twice.")
    assert (found["length"], found["characters"]) == (3, 17)
    assert found["capitals"] == pytest.approx(7 / 13)
    assert found["word_length"] == pytest.approx(13 / 3)
    assert of_text("") == {"length": 0, "characters": 0, "capitals": 0, "word_length": 0}


def test_several_columns_are_measured_each_and_files_once(tmp_path: Path) -> None:
    for name, level in (("a.png", 10), ("b.png", 200)):
        Image.new("RGB", (4, 4), (level, level, level)).save(tmp_path / name)
    a, b = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    inputs = {"image": [a, b, a], "question": ["Why?", "", "What is it?"], "hint": ["x", "y", "z"]}
    modalities = {"image": "image", "question": "text", "hint": "text"}
    seen: list[int] = []
    found = measured(inputs, modalities, ["brightness", "length"], tell=seen.append)
    assert found["brightness"][1] == pytest.approx([10, 200, 10])
    assert found["length(question)"][1] == [1, 0, 3]
    assert found["length(hint)"][1] == [1, 1, 1]
    assert sum(seen) == 2 + 3 + 3
    assert set(known(["audio"])) == {"duration", "loudness", "peak", "bandwidth", "rate"}


def test_what_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="not known of text parts"):
        measured({"text": ["a"]}, {"text": "text"}, ["brightness"])
    with pytest.raises(DataError, match="gone"):
        measured({"image": [str(tmp_path / "gone.png")]}, {"image": "image"}, ["pixels"])
