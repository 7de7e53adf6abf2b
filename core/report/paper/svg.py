"""The SVG that Pellucid writes, read for paper.

What is read is what `core.figures` and the drawings of `multimodal` hold: paths, rectangles,
groups, copies, pictures, letters; colours as attributes, or by the classes of the report's
stylesheet.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator

from ....multimodal.overlay import WASH
from ....multimodal.palette import LIGHT
from .markup import Node
from .outlines import NUMBER, Matrix, path, point, times
from .outlines import matrix as transform
from .vector import Drawn, Letter, Shape

SIZE = 16.0
"""Pixels of letters that name no size of their own, as in a browser."""

_URL = re.compile(r"url\(#([^)]*)\)")
_DATA = re.compile(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/=\s]+)")
_INHERITED = (
    "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "fill-opacity", "stroke-opacity", "opacity", "fill-rule", "font-size", "font-weight",
    "text-anchor", "fixed-width",
)  # fmt: skip
_RULES: dict[str, dict[str, str]] = {
    "sound": {"font-size": "11", "fill": LIGHT.muted},
    "mid": {"text-anchor": "middle"},
    "end": {"text-anchor": "end"},
    "tick": {"stroke": LIGHT.muted},
    "wave": {"stroke": LIGHT.series[0], "stroke-width": ".8", "fill": "none"},
    "unseen": {
        "fill": LIGHT.surface, "fill-opacity": f"{(1 + WASH) / 2:g}", "fill-rule": "evenodd"
    },
    "p0": {"fill": LIGHT.surface},
    "for": {"fill": "none", "stroke": LIGHT.text, "stroke-width": "1.6", "fixed-width": "1"},
    "against": {
        "fill": "none", "stroke": LIGHT.text, "stroke-width": "1.6", "fixed-width": "1",
        "stroke-dasharray": "1.6 3.2",
    },
    **{f"p{at}": {"fill": colour} for at, colour in enumerate(LIGHT.favour, 1)},
    **{f"n{at}": {"fill": colour} for at, colour in enumerate(LIGHT.against, 1)},
}  # fmt: skip
"""What the report's stylesheet says of classes inside pictures, for the light theme."""


def read(svg: Node) -> Drawn:
    """Read a picture.

    Parameters
    ----------
    svg
        The ``<svg>`` element.
    """
    box = [float(one) for one in NUMBER.findall(svg.attributes.get("viewbox", ""))] or [0, 0, 1, 1]
    out = Drawn(box[2] or 1.0, box[3] or 1.0)
    named = {node.attributes["id"]: node for node in _walk(svg) if "id" in node.attributes}
    start = {"fill": "#000000", **_own(svg, "")}
    for child in svg.elements:
        _read(child, (1, 0, 0, 1, -box[0], -box[1]), start, "", named, out)
    return out


def stylesheet() -> str:
    """Return the rules of classes as a stylesheet, for a picture that stands in a file alone."""
    wash = f".scores > :not(.for):not(.against) {{ fill-opacity: {WASH:g} }}"
    outline = f".outlined > * {{ stroke: {LIGHT.muted}; stroke-width: .5 }}"
    rules = [
        f".{name} {{ {'; '.join(f'{key}: {value}' for key, value in own.items())} }}"
        for name, own in _RULES.items()
    ]
    fixed = ".scores path { vector-effect: non-scaling-stroke }"
    return "\n".join([wash, outline, *rules, fixed]).replace("; fixed-width: 1", "")


def raster(url: str) -> bytes | None:
    """Return the bytes of a picture that a data URL holds, None where it holds none."""
    found = _DATA.fullmatch(url)
    try:
        return base64.b64decode(found[1]) if found else None
    except binascii.Error:
        return None


def _walk(node: Node) -> Iterator[Node]:
    for one in node.elements:
        yield one
        yield from _walk(one)


def _own(node: Node, above: str) -> dict[str, str]:
    """Return what a node says of its looks: rules of its classes, then its attributes."""
    out: dict[str, str] = {}
    if "scores" in above and not {"for", "against"} & set(node.classes):
        out["fill-opacity"] = f"{WASH:g}"
    if "outlined" in above:
        out |= {"stroke": LIGHT.muted, "stroke-width": ".5", "fixed-width": "1"}
    for name in node.classes:
        out |= _RULES.get(name, {})
    return out | {key: node.attributes[key] for key in _INHERITED if key in node.attributes}


def _read(
    node: Node,
    matrix: Matrix,
    look: dict[str, str],
    above: str,
    named: dict[str, Node],
    out: Drawn,
) -> None:
    if node.tag in {"title", "desc", "defs", "metadata", "style"}:
        return
    matrix = times(matrix, transform(node.attributes.get("transform", "")))
    look = look | _own(node, above)
    match node.tag:
        case "g" | "svg":
            start = len(out.shapes)
            for child in node.elements:
                _read(child, matrix, look, " ".join(node.classes), named, out)
            if "scores" in node.classes:
                out.shapes[start:] = _joined(out.shapes[start:])
        case "use":
            copied = named.get(node.attributes.get("href", "").lstrip("#"))
            if copied is not None:
                moved = times(matrix, (1, 0, 0, 1, node.number("x"), node.number("y")))
                _read(copied, moved, look, "", named, out)
        case "path" | "rect":
            shape = _shape(_outline(node), matrix, look, _clip(node, named))
            if shape is not None:
                out.shapes.append(shape)
        case "image":
            raw = raster(node.attributes.get("href", ""))
            if raw is not None:
                x, y = point(matrix, node.number("x"), node.number("y"))
                size = node.number("width") * matrix[0], node.number("height") * matrix[3]
                out.pictures.append((x, y, *size, raw))
        case "text":
            _letter(node, matrix, look, out)


def _letter(node: Node, matrix: Matrix, look: dict[str, str], out: Drawn) -> None:
    text = node.text.strip()
    if not text:
        return
    x, y = point(matrix, node.number("x"), node.number("y"))
    weight = look.get("font-weight", "")
    out.letters.append(
        Letter(
            text,
            x,
            y,
            -math.degrees(math.atan2(matrix[1], matrix[0])),
            float((NUMBER.findall(look.get("font-size", "")) or [SIZE])[0]),
            weight == "bold" or (weight.isdigit() and int(weight) >= 600),
            look["fill"] if look["fill"] != "none" else LIGHT.text,
            look.get("text-anchor", "start"),
        )
    )


def _shape(outline: str, matrix: Matrix, look: dict[str, str], clip: str) -> Shape | None:
    """Return the operators that paint a shape (ISO 32000, 8.5), None where nothing is seen."""
    fill, stroke = look.get("fill", "none"), look.get("stroke", "none")
    width = float((NUMBER.findall(look.get("stroke-width", "1")) or ["1"])[0])
    lines = stroke != "none" and width > 0
    if not outline or (fill == "none" and not lines):
        return None
    out = ["q"]
    if clip:
        out.append(clip)
    if matrix != (1, 0, 0, 1, 0, 0):
        out.append(" ".join(f"{value:.5g}" for value in matrix) + " cm")
    if fill != "none":
        out.append(f"{_colour(fill)} rg")
    if lines:
        if look.get("fixed-width"):
            width /= math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])) or 1.0
        dashes = [float(one) for one in NUMBER.findall(look.get("stroke-dasharray", ""))]
        shrink = width / float((NUMBER.findall(look.get("stroke-width", "1")) or ["1"])[0])
        caps = {"round": 1, "square": 2}.get(look.get("stroke-linecap", ""), 0)
        joins = {"round": 1, "bevel": 2}.get(look.get("stroke-linejoin", ""), 0)
        pattern = " ".join(f"{one * shrink:.4g}" for one in dashes)
        out.append(f"{_colour(stroke)} RG {width:.4g} w {caps} J {joins} j [{pattern}] 0 d")
    even = "*" if look.get("fill-rule") == "evenodd" else ""
    paint_it = "S" if fill == "none" else f"B{even}" if lines else f"f{even}"
    return Shape(_opacity(look), " ".join(out), outline, f"{paint_it} Q")


def _joined(shapes: list[Shape]) -> list[Shape]:
    """Make shapes of one look one shape: between neighbours no seam shows then.

    They must not lie over each other.
    """
    found: dict[tuple[float, str, str], list[str]] = {}
    for one in shapes:
        found.setdefault((one.opacity, one.before, one.after), []).append(one.outline)
    return [
        Shape(opacity, before, " ".join(outlines), after)
        for (opacity, before, after), outlines in found.items()
    ]


def _outline(node: Node) -> str:
    if node.tag == "rect":
        size = node.number("width"), node.number("height")
        return f"{node.number('x'):g} {node.number('y'):g} {size[0]:g} {size[1]:g} re"
    return path(node.attributes.get("d", ""))


def _clip(node: Node, named: dict[str, Node]) -> str:
    found = _URL.search(node.attributes.get("clip-path", ""))
    shape = named.get(found[1]) if found else None
    inside = [_outline(one) for one in shape.elements] if shape is not None else []
    return f"{' '.join(inside)} W n" if any(inside) else ""


def _colour(value: str) -> str:
    return " ".join(f"{int(value[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))


def _opacity(look: dict[str, str]) -> float:
    """Return how opaque a shape is; what fills it decides where its line differs."""
    own = look.get("fill-opacity" if look.get("fill", "none") != "none" else "stroke-opacity", "1")
    return float(own) * float(look.get("opacity", "1"))
