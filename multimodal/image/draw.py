"""Pictures for people: small in tables, large beside them, and in pages."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from ..escape import visible
from ..media import shown
from .read import read

LARGEST = 320
"""Pixels of the longest side of a picture in a page."""

GROWN = 5
"""How many times as large as it is a picture is shown at most."""

QUALITY = 88
"""Of JPEG, as which photographs take a tenth of the bytes."""

SMALL = 16_000
"""Bytes up to which a page holds a picture as PNG, which changes nothing."""


def thumbnail(path: Path | str, size: int) -> bytes:
    """Return a picture as PNG, its longest side `size` pixels, grown `GROWN` times at most.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    return png(fitted(read(path), size))


def fitted(picture: Image.Image, size: int) -> Image.Image:
    """Bring a picture's longest side to a size, its shape unchanged.

    Parameters
    ----------
    picture
        8-bit RGB.
    size
        Pixels; of a picture that is more than `GROWN` times smaller, only so many times its own.
    """
    longest = max(picture.size)
    size = min(size, GROWN * longest)
    if size == longest:
        return picture
    width, height = (max(round(side * size / longest), 1) for side in picture.size)
    gap = 3.0 if size < longest else None  # a first, coarse step, which nobody sees
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=gap)


def facts(path: Path | str) -> str:
    """Return how large a picture is, in words.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    width, height = read(path).size
    return f"{width:,} × {height:,} pixels"


def html(part: str) -> Markup:
    """Return a picture for a page: the file's pixels, `LARGEST` at most, with its name as words.

    Parameters
    ----------
    part
        A file (`multimodal.media.File`) or its path.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    return element(read(part), f"Picture {visible(shown(part), 200)}")


def element(picture: Image.Image, said: str) -> Markup:
    """Return a picture's element, and what is said of it to those who don't see it."""
    width, height = fitted(picture, LARGEST).size
    if max(picture.size) > LARGEST:
        picture = fitted(picture, LARGEST)
    kind, raw = smallest(picture)
    return Markup('<img src="data:image/{};base64,{}" width="{}" height="{}" alt="{}">').format(
        kind, base64.b64encode(raw).decode("ascii"), width, height, said
    )


def smallest(picture: Image.Image) -> tuple[str, bytes]:
    """Return a picture as PNG where that is small, else as PNG or JPEG, what takes fewer bytes."""
    exact = png(picture)
    if len(exact) <= SMALL:
        return "png", exact
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return ("png", exact) if len(exact) <= len(out.getvalue()) else ("jpeg", out.getvalue())


def png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
