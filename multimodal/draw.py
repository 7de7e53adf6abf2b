"""One sample's parts for people, whatever they are: pictures, spectrograms with a player, texts.

What asks for them need not know which modality a part has.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path

from markupsafe import Markup

from .escape import visible
from .media import File, Unreadable, shown
from .modality import of
from .palette import LIGHT, Palette

PICTURED = frozenset({"image", "audio"})
"""Modalities whose parts are files that are shown as pictures."""

HEARD = frozenset({"audio"})
"""Modalities whose parts can be played."""

BOX = {"image": (56, 40), "audio": (80, 40)}
"""Width and height in points of a small picture in a table."""

LARGE = {"image": 280, "audio": 420}
"""Points of the longest side of a large picture beside a table."""

MOST_TEXT = 2_000
"""Characters of a text in a page."""

KEPT = 48 << 20
"""Bytes of small pictures that are kept in memory."""


def has_pictures(modalities: Collection[str]) -> bool:
    """Whether parts of any of these modalities are shown as pictures."""
    return not PICTURED.isdisjoint(modalities)


def thumbnail_of(modality: str, path: str, size: int) -> bytes:
    """Return a small picture of a part.

    It is kept by what the file holds (`multimodal.media.File.content`), or by the file's name,
    size and time of change where that isn't known, as long as there is room (`KEPT`).

    Parameters
    ----------
    modality
        One of `PICTURED`.
    path
        The part's file.
    size
        Pixels of the longest side.

    Returns
    -------
    bytes
        A PNG file.

    Raises
    ------
    Unreadable
        If the file can't be read.
    """
    key = (modality, _stamp(path), size)
    found = _kept.get(key)
    if found is None:
        found = of(modality).draw.thumbnail(path, size)
        _kept.put(key, found)
    return found


def picture_of(
    modality: str, path: str, size: int, palette: Palette = LIGHT, height: int | None = None
) -> bytes:
    """Return a large picture of a part: a sound's has axes of time and frequency.

    Parameters
    ----------
    modality
        One of `PICTURED`.
    path
        The part's file.
    size
        Points of the longest side.
    palette
        Colours of what stands beside the part itself.
    height
        Most points of the height, where there is less room than for `size`.

    Returns
    -------
    bytes
        A PNG file, which may have more than one pixel to a point.

    Raises
    ------
    Unreadable
        If the file can't be read.
    """
    if modality in HEARD:
        drawn: bytes = of(modality).draw.picture(path, size, palette, height)
        return drawn
    return thumbnail_of(modality, path, size)


def facts_of(modality: str, path: str) -> str:
    """Return how large a picture or how long a sound is, in words.

    Raises
    ------
    Unreadable
        If the file can't be read.
    """
    found: str = of(modality).draw.facts(path)
    return found


def sound_of(path: str) -> bytes:
    """Return a sound's beginning as WAV, which every player takes.

    Raises
    ------
    Unreadable
        If the file can't be read.
    """
    from .audio.play import wav

    return wav(path)


def html_of(modality: str, part: str) -> Markup:
    """Return a part for a page, everything from the data in it escaped.

    Parameters
    ----------
    modality
        Of the part.
    part
        A text, or a file (`multimodal.media.File` or its path).
    """
    if modality not in PICTURED:
        text = visible(part, MOST_TEXT, lines=True)
        return Markup('<p class="part" dir="auto">{}</p>').format(text)
    try:
        found: Markup = of(modality).draw.html(part)
    except Unreadable:  # why would name a place on this machine
        said = f"{visible(shown(part), 200)} can’t be read any more."
        return Markup('<p class="left-out">{}</p>').format(said)
    return found


class _Kept:
    """The newest small pictures, up to a number of bytes; threads may ask for them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[object, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: object) -> bytes | None:
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: object, value: bytes) -> None:
        with self._lock:
            self._bytes += len(value) - len(self._found.pop(key, b""))
            self._found[key] = value
            while self._bytes > self._most and self._found:
                _, gone = self._found.popitem(last=False)
                self._bytes -= len(gone)


_kept = _Kept(KEPT)


def _stamp(path: str) -> object:
    """Return what a file is known by, without reading it."""
    if isinstance(path, File):
        return path.content
    try:
        about = os.stat(path)
    except (OSError, ValueError) as error:
        raise Unreadable(f"it can't be read ({error})") from None
    return str(Path(path)), about.st_size, about.st_mtime_ns
