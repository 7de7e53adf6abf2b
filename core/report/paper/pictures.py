"""Pictures of samples on paper: photographs, spectrograms, maps of scores."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT
from .lines import Piece
from .markup import Node
from .sheet import Item, Sheet, text_items
from .svg import raster, read
from .vector import paint

PIXEL = 0.55
"""Points of a page's pixel: pictures are smaller on paper than on a screen."""

HIGHEST = 230.0
"""Most points of a picture's height."""


def picture_items(sheet: Sheet, width: float, size: float, nodes: Sequence[Node]) -> Iterator[Item]:
    """Return pictures beside each other, as large as on a screen where there is room.

    Parameters
    ----------
    sheet
        Where they go.
    width
        Points that there are.
    size
        Of the words that stand in place of a picture that can't be shown.
    nodes
        Elements ``img`` with a data URL, and ``svg``.
    """
    room = (width - 10.0 * (len(nodes) - 1)) / max(len(nodes), 1)
    placed = [_placed(sheet, node, room) for node in nodes]
    shown = [one for one in placed if one is not None]
    for node, one in zip(nodes, placed, strict=True):
        said = node.attributes.get("alt") or node.attributes.get("aria-label", "")
        if one is None and said:
            words = [Piece(visible(said, 600), size, colour=LIGHT.muted)]
            yield from text_items(sheet, words, width)
    if not shown:
        return
    height = max(item.height for _, item in shown)

    def put(x: float, y: float) -> None:
        for wide, item in shown:
            assert item.draw is not None
            item.draw(x, y)
            x += wide + 10.0

    yield Item(height + 4.0, put)


def _placed(sheet: Sheet, node: Node, room: float) -> tuple[float, Item] | None:
    """Return how wide a picture is, and what draws it; None where it can't be shown."""
    said = visible(node.attributes.get("alt") or node.attributes.get("aria-label", ""), 600)
    if node.tag == "svg":
        drawn = read(node)
        wide = min(node.number("width", 544.0 if "sound" in node.classes else 400.0) * PIXEL, room)
        wide = min(wide, HIGHEST * drawn.width / drawn.height)

        def vector(x: float, y: float) -> None:
            with sheet.pdf._marked_sequence(alt_text=said):
                paint(sheet, drawn, x, y, wide)

        return wide, Item(wide * drawn.height / drawn.width, vector)
    raw = raster(node.attributes.get("src", ""))
    size = _size(raw) if raw is not None else None
    if raw is None or size is None:
        return None
    width, height = node.number("width", size[0]), node.number("height", size[1])
    scale = min(PIXEL, room / width, HIGHEST / height)

    def put(x: float, y: float) -> None:
        place = (x, y, width * scale, height * scale)
        sheet.pdf.image(io.BytesIO(raw), *place, alt_text=said or None)

    return width * scale, Item(height * scale, put)


def _size(raw: bytes) -> tuple[int, int] | None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(raw)) as picture:
            picture.load()
            return picture.size
    except (OSError, UnidentifiedImageError, ValueError):
        return None
