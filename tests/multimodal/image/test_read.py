"""Pictures of every kind that people have, against numpy, and unkind ones, each with a reason."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.multimodal.image.read import MOST_PIXELS, inspect, read
from pellucid.multimodal.media import Unreadable

COLOURS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
WHITE = 255


def saved(path: Path, picture: Any, **options: Any) -> Path:
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(
        path, **options
    )
    return path


def numbers(path: Path) -> np.ndarray:
    picture = read(path)
    assert picture.mode == "RGB"
    return np.asarray(picture)


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def claimed(width: int, height: int) -> bytes:
    """Write a PNG that claims a size and holds a row of nothing."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.png", {}),
        ("x.bmp", {}),
        ("x.tif", {}),
        ("x.webp", {"lossless": True}),
        ("png.jpg", {"format": "PNG"}),
        ("without", {"format": "PNG"}),
    ],
)
def test_colours_are_those_that_were_saved(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    assert (numbers(saved(tmp_path / name, COLOURS, **options)) == COLOURS).all()


def test_jpeg_is_near_what_was_saved(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 32, 0).repeat(3, 2)
    found = numbers(saved(tmp_path / "x.jpg", ramp, quality=95))
    assert np.abs(found.astype(int) - ramp).max() <= 4


@pytest.mark.parametrize("turned", range(1, 9))
def test_pictures_stand_upright(turned: int, tmp_path: Path) -> None:
    # The standard's own table: how the stored rows and columns come of the upright picture.
    stored = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS),
        7: np.rot90(COLOURS.transpose(1, 0, 2), 2),
        8: np.rot90(COLOURS, -1),
    }[turned]
    exif = Image.Exif()
    exif[0x0112] = turned
    path = saved(tmp_path / "x.png", np.ascontiguousarray(stored), exif=exif)
    assert (numbers(path) == COLOURS).all()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.jpg", COLOURS, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    assert read(path).size == (20, 12)


def test_cmyk(tmp_path: Path) -> None:
    inks = np.zeros((4, 4, 4), np.uint8)
    inks[:, :, 0], inks[:2, :, 3] = 255, 255  # cyan; black over it in the upper half
    path = saved(tmp_path / "x.tif", Image.fromarray(inks, "CMYK"))
    found = numbers(path)
    assert (found[:2] == 0).all() and (found[2:] == [0, 255, 255]).all()


def test_palette_with_transparency(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putdata([0, 1])
    path = saved(tmp_path / "x.png", picture, transparency=1)
    assert numbers(path).tolist() == [[[10, 20, 30], [WHITE] * 3]]
    path = saved(tmp_path / "x.gif", picture, transparency=1)
    assert numbers(path).tolist() == [[[10, 20, 30], [WHITE] * 3]]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_show_white(mode: str, tmp_path: Path) -> None:
    alpha = np.array([[0, 51, 128, 255]], np.uint8)
    colour = np.full((1, 4, len(mode) - 1), 100, np.uint8)
    layers = np.concatenate([colour, alpha[..., None]], axis=2)
    path = saved(tmp_path / "x.png", Image.fromarray(layers, mode))
    share = alpha[..., None] / 255
    expected = (100 * share + WHITE * (1 - share)).repeat(3, 2)
    assert np.abs(numbers(path) - expected).max() <= 1


def test_one_transparent_colour(tmp_path: Path) -> None:
    picture = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    path = saved(tmp_path / "x.png", picture, transparency=(1, 2, 3))
    assert numbers(path).tolist() == [[[WHITE] * 3, [4, 5, 6]]]


def test_grey_of_16_bits(tmp_path: Path) -> None:
    grey = np.array([[0, 257, 32_896, 65_535, 128]], np.uint16)
    path = saved(tmp_path / "x.png", grey)
    with Image.open(path) as picture:
        assert picture.mode == "I;16"
    assert numbers(path)[0, :, 0].tolist() == (grey / 257).round().astype(int)[0].tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 100, 255]], np.int32), [0, 100, 255]),
        (np.array([[0, 65_535]], np.int32), [0, 255]),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.2, 1]], np.float32), [0, 51, 255]),
        (np.array([[0, 50, 100]], np.float32), [0, 128, 255]),
    ],
)
def test_numbers_of_32_bits(values: np.ndarray, expected: list[int], tmp_path: Path) -> None:
    assert numbers(saved(tmp_path / "x.tif", values))[0, :, 0].tolist() == expected


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.tif", np.array([[0.0, np.nan]], np.float32))
    with pytest.raises(Unreadable, match="not finite"):
        read(path)


def test_one_bit_and_grey(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.png", Image.fromarray(np.array([[True, False]])))
    assert numbers(path).tolist() == [[[255] * 3, [0] * 3]]
    path = saved(tmp_path / "y.png", np.array([[7]], np.uint8))
    assert numbers(path).tolist() == [[[7] * 3]]


@pytest.mark.parametrize(
    ("name", "options"),
    [("x.gif", {}), ("x.tif", {}), ("x.webp", {"lossless": True}), ("x.jpg", {"format": "MPO"})],
)
def test_the_first_of_several_frames(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    path = saved(tmp_path / name, first, save_all=True, append_images=[second], **options)
    assert np.abs(numbers(path).astype(int) - [255, 0, 0]).max() <= 2


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.gif", "x.bmp", "x.tif", "x.webp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_cut_off_files(name: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    whole = saved(tmp_path / name, noise).read_bytes()
    path = tmp_path / f"cut-{name}"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Unreadable, match=r"damaged or cut off|it is no JPEG"):
        inspect(path)
    inspect(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"dear reader, this is a text", "it is no JPEG, PNG"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "it is no JPEG, PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is no JPEG, PNG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "it is no JPEG|damaged"),
        (claimed(60_000, 60_000), "claims more than 178,956,970 pixels"),
        (claimed(0, 5), "it is no JPEG|damaged"),
    ],
)
def test_files_that_are_no_pictures(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(Unreadable, match=reason):
        read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_a_bomb_is_refused_even_where_pillow_has_no_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    (tmp_path / "x.png").write_bytes(claimed(60_000, 60_000))
    with pytest.raises(Unreadable, match="60,000 × 60,000 pixels"):
        read(tmp_path / "x.png")


def test_a_picture_that_is_really_huge(tmp_path: Path) -> None:
    row = b"\0" + b"\xff" * (20_000 // 8)
    squeeze = zlib.compressobj()
    data = b"".join([*(squeeze.compress(row) for _ in range(20_000)), squeeze.flush()])
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    path = tmp_path / "x.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="pixels"):
        read(path)


def test_a_large_picture_is_read_in_silence(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = saved(tmp_path / "x.png", Image.new("1", (10_000, 9_500)))  # Pillow would warn
    assert MOST_PIXELS > 95_000_000
    assert read(path).size == (10_000, 9_500)
    assert not recwarn.list


def test_threads_read_side_by_side(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    paths = []
    for number in range(40):
        content = np.full((6, 6, 3), number, np.uint8)
        paths.append(saved(tmp_path / f"{number}.png", content))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda path: int(np.asarray(read(path))[0, 0, 0]), paths))
    assert found == list(range(40)) and not recwarn.list


def test_missing_and_forbidden_files(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read(tmp_path / "none.png")
    if os.geteuid() == 0:
        pytest.skip("skipped: root may read everything")
    path = saved(tmp_path / "x.png", COLOURS)
    path.chmod(0)
    with pytest.raises(Unreadable, match="no rights"):
        read(path)
