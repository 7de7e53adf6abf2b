"""Turn matplotlib's SVG file into an element that stands inside a page.

A page under a content security policy without ``'unsafe-inline'`` drops every ``style`` attribute,
so declarations become presentation attributes, which the page's own stylesheet may override: that
is how colours follow the theme. Metadata, prolog and fonts go; ids get a prefix, so that several
figures share a page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from markupsafe import escape

SVG = "http://www.w3.org/2000/svg"
FONTS = "Inter, 'DejaVu Sans', 'Noto Sans', sans-serif"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_DROPPED = {"metadata", "style"}
_DROPPED_STYLE = {"font-family"}  # the page's font
_PRESENTATION = {
    "clip-path", "clip-rule", "fill", "fill-opacity", "fill-rule", "font-size", "font-style",
    "font-weight", "opacity", "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor",
}  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_URL = re.compile(r"url\(#([^)]*)\)")
_NUMBER = re.compile(r"-?\d+\.\d+")
_VIEW = re.compile(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"')


def inline(
    source: str, name: str, *, title: str, description: str, titles: Mapping[str, str]
) -> str:
    """Return the SVG of matplotlib as an element for a page.

    Parameters
    ----------
    source
        The file that matplotlib wrote, with ``svg.fonttype: none``.
    name
        Prefix of every id: lower-case letters, digits and hyphens.
    title, description
        Read out instead of the picture.
    titles
        What to show when a pointer rests on the group with this id.

    Returns
    -------
    str
        One ``<svg>`` element, well-formed XML, everything in it escaped.

    Raises
    ------
    ValueError
        If `name` can't begin an id.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't begin an id: a lower-case letter, then a-z, 0-9 and -")
    root = ElementTree.fromstring(source)
    used = _referenced(root)
    inside = "".join(_element(child, name, used, titles) for child in root)
    head = {
        "xmlns": SVG,
        "viewBox": root.get("viewBox", ""),
        "width": "100%",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    about = (
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return f"<svg{_attributes(head)}>{about}{inside}</svg>"


def alone(element: str) -> str:
    """Return an SVG element that stood in a page as a file that stands alone: size and font."""
    size = _VIEW.search(element)
    if size is None:
        return element
    own = f'width="{size[1]}" height="{size[2]}" font-family="{FONTS}"'
    return element.replace('width="100%"', own, 1) + "\n"


def _referenced(root: ElementTree.Element) -> set[str]:
    """Return the ids that something in the picture points at."""
    used: set[str] = set()
    for element in root.iter():
        used.update(match[1] for value in element.attrib.values() for match in _URL.finditer(value))
        href = element.get(_XLINK_HREF, "")
        if href.startswith("#"):
            used.add(href[1:])
    return used


def _element(
    element: ElementTree.Element, name: str, used: set[str], titles: Mapping[str, str]
) -> str:
    tag = element.tag.rpartition("}")[2]
    if tag in _DROPPED:
        return ""
    attributes = _kept(element, name, used)
    inside = escape(element.text) if element.text and element.text.strip() else ""
    about = titles.get(element.get("id", ""))
    if about is not None:
        inside += f"<title>{escape(about)}</title>"
    if tag == "defs":
        _uncolour(element)
    inside += "".join(_element(child, name, used, titles) for child in element)
    if tag in {"g", "defs"} and not inside:
        return ""
    if tag == "g" and not attributes and about is None:
        return inside
    if not inside:
        return f"<{tag}{_attributes(attributes)}/>"
    return f"<{tag}{_attributes(attributes)}>{inside}</{tag}>"


def _uncolour(defs: ElementTree.Element) -> None:
    """Leave the colours of a shape used many times to where it is used.

    A page's rules for what stands inside a figure don't reach into a copy made by ``<use>``.
    """
    for shape in defs.iter():
        declared = [part.strip() for part in shape.get("style", "").split(";")]
        shape.set(
            "style",
            ";".join(part for part in declared if not part.startswith(("fill:", "stroke:"))),
        )


def _kept(element: ElementTree.Element, name: str, used: set[str]) -> dict[str, str]:
    """Return the attributes that stay, with styles among them and ids prefixed."""
    out: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "style":
            out |= _declarations(value)
        elif key == "id":
            if value in used:
                out["id"] = f"{name}-{value}"
        elif key == _XLINK_HREF:
            out["href"] = f"#{name}-{value[1:]}"
        elif key == "d":
            out["d"] = " ".join(_NUMBER.sub(_rounded, value).split())
        elif key == "transform":
            if not value.startswith("rotate(-0 "):
                out["transform"] = _NUMBER.sub(_rounded, value)
        elif key in {"x", "y", "width", "height", "class"}:
            out[key] = _NUMBER.sub(_rounded, value)
        else:
            out[key] = value
    return {key: _URL.sub(rf"url(#{name}-\1)", value) for key, value in out.items()}


def _declarations(style: str) -> dict[str, str]:
    """Turn ``fill: #fff; stroke-width: 2`` into attributes."""
    out: dict[str, str] = {}
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if not key or key in _DROPPED_STYLE:
            continue
        if key not in _PRESENTATION:
            raise ValueError(f"matplotlib wrote the style {key!r}, which has no attribute in SVG")
        out[key] = value.removesuffix("px") if key == "font-size" else value
    return out


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
