"""HTML and SVG that Pellucid itself wrote, read back as a tree of plain nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"img", "br", "hr", "meta", "link", "input"})


@dataclass
class Node:
    """An element: its tag and attributes in lower case, and what stands in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """Names of its classes."""
        return self.attributes.get("class", "").split()

    @property
    def elements(self) -> list[Node]:
        """Elements right inside it."""
        return [one for one in self.inside if isinstance(one, Node)]

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def number(self, name: str, otherwise: float = 0.0) -> float:
        """Return an attribute as a number."""
        try:
            return float(self.attributes.get(name, otherwise))
        except ValueError:
            return otherwise

    def all(self, tag: str) -> Iterator[Node]:
        """Return every element of a tag, in order."""
        for one in self.elements:
            if one.tag == tag:
                yield one
            yield from one.all(tag)


def parse(source: str) -> Node:
    """Return a piece of HTML as the inside of one node without a tag."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.root


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)
