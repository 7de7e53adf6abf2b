"""Reading pictures as people see them: upright, in colour, whole, or a reason why not."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..media import Unreadable

MOST_PIXELS = 178_956_970
"""Pixels of a picture above which it is not read: a few bytes can claim billions of them.

Twice `PIL.Image.MAX_IMAGE_PIXELS`, above which Pillow raises too.
"""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What is read, whatever a file is called."""

BEHIND = (255, 255, 255)
"""What shows through where a picture is transparent: white, as on paper."""

ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)
"""EXIF's tag of how a picture was held, and the values by which width and height change places."""

OPENING = Lock()
"""Held while a picture's header is read: what warnings are shown is one setting for all threads."""


def read(path: Path | str, least: int | None = None) -> Image.Image:
    """Read a picture as 8-bit RGB.

    Turned upright by its EXIF data; the first frame of several; CMYK, palettes, grey and 16 bits
    brought to RGB; what is transparent over white.

    Parameters
    ----------
    path
        JPEG, PNG, WebP, GIF, BMP or TIFF; what it holds counts, not its name.
    least
        Pixels of a side that suffice: of a JPEG with more of them a half, a quarter or an eighth is
        decoded, ten times faster. All of it if left out.

    Raises
    ------
    Unreadable
        If it is empty, cut off, none of these, or larger than `MOST_PIXELS`.
    """
    with _refused(), _opened(path) as picture:
        _check_size(*picture.size)
        if least is not None:
            picture.draft(None, (least, least))
        picture.load()
        return _as_rgb(_upright(picture))


def size(path: Path | str) -> tuple[int, int]:
    """Return width and height of a picture as it is meant to stand, from its header alone.

    Raises
    ------
    Unreadable
        As `read` does.
    """
    with _refused(), _opened(path) as picture:
        width, height = picture.size
        turned = picture.getexif().get(ORIENTATION) in SIDEWAYS
    return (height, width) if turned else (width, height)


def inspect(path: Path | str) -> None:
    """Read a picture whole, to raise where it can't be used."""
    read(path)


@contextmanager
def _refused() -> Iterator[None]:
    """Say in words what decoders raise, be it OSError, SyntaxError, struct.error or another."""
    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise Unreadable(
            f"it claims more than {MOST_PIXELS:,} pixels, as files do that fill the memory"
        ) from None
    except UnidentifiedImageError:
        raise Unreadable(
            "it is no JPEG, PNG, WebP, GIF, BMP or TIFF, or its beginning is damaged"
        ) from None
    except PermissionError:
        raise Unreadable("there are no rights to read it") from None
    except Exception as error:
        raise Unreadable(f"it is damaged or cut off ({error})") from None


@contextmanager
def _opened(path: Path | str) -> Iterator[Image.Image]:
    if Path(path).stat().st_size == 0:
        raise Unreadable("the file is empty")
    with OPENING, warnings.catch_warnings():
        # Pillow warns of half of what it refuses; here one limit counts.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(path, formats=FORMATS)
    with picture:
        yield picture


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Unreadable(
            f"it has {width:,} × {height:,} pixels; at most {MOST_PIXELS:,} are read: make it "
            "smaller"
        )


def _upright(picture: Image.Image) -> Image.Image:
    # EXIF data that nobody can read is no fault of the picture's.
    with contextlib.suppress(Exception):
        return ImageOps.exif_transpose(picture)
    return picture


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Bring any mode to 8-bit RGB."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith(("I", "F")):
        return _of_numbers(np.asarray(picture), picture.mode).convert("RGB")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (*BEHIND, 255))
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def _of_numbers(values: Any, mode: str) -> Image.Image:
    """Bring grey values of more than 8 bits to 8: whole numbers by 16 bits, others by their range.

    Whole numbers that fit into 8 bits stay; those that don't fit into 16 go by their range too.
    """
    least: float
    most: float
    if mode.startswith("I"):
        wide = mode.startswith("I;16") or values.max(initial=0) > 255
        least, most = 0, 65_535 if wide else 255
        if values.min(initial=0) < least or values.max(initial=0) > most:
            least, most = int(values.min()), int(values.max())
    else:
        if not np.isfinite(values).all():
            raise Unreadable("it holds numbers that are not finite")
        least, most = min(float(values.min()), 0.0), max(float(values.max()), 1.0)
    scaled = (values.astype(np.float64) - least) / max(most - least, 1e-12)
    return Image.fromarray((scaled * 255).round().astype(np.uint8), "L")
