"""Markup as a small tree, read by the tolerant parser of the standard library: broken tags cost words nowhere.

Entities are those of HTML alone, nothing is fetched, nothing expands. Names lose their prefix (``opf:item``: ``item``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)

#: An opening tag of these closes an open one of the same group: people leave out ``</p>`` and ``</li>``.
_CLOSES = {
    "p": {"p"}, "li": {"li", "p"}, "dt": {"dt", "dd", "p"}, "dd": {"dt", "dd", "p"}, "tr": {"tr", "td", "th", "p"},
    "td": {"td", "th", "p"}, "th": {"td", "th", "p"}, "option": {"option"},
    **{f"h{level}": {"p"} for level in range(1, 7)},
    **{name: {"p"} for name in ("div", "ul", "ol", "table", "blockquote", "section")},
}  # fmt: skip
_FENCES = frozenset({"table", "ul", "ol", "dl", "blockquote", "div", "section", "body"})
_DEEPEST = 200


@dataclass(slots=True)
class Node:
    """An element.

    Attributes:
        name: without a prefix, lower case; empty for the root.
        attributes: names with their prefix, lower case.
        children: elements and text in order.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute, empty where it is missing."""
        return self.attributes.get(name, "")

    def all(self, *names: str) -> Iterator[Node]:
        """Every element of these names below, in order."""
        stack: list[Node | str] = list(reversed(self.children))
        while stack:
            node = stack.pop()
            if isinstance(node, Node):
                if node.name in names:
                    yield node
                stack.extend(reversed(node.children))

    def first(self, *names: str) -> Node | None:
        """The first element of these names below."""
        return next(self.all(*names), None)

    def text(self) -> str:
        """All text below, white space as it stands."""
        out: list[str] = []
        stack: list[Node | str] = list(reversed(self.children))
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                out.append(node)
            else:
                stack.extend(reversed(node.children))
        return "".join(out)


@dataclass(slots=True)
class Parsed:
    """A tree and how broken its source was.

    Attributes:
        root: above everything.
        repaired: tags that were closed or dropped because they did not fit.
    """

    root: Node
    repaired: int


def parse(markup: str) -> Parsed:
    """The tree of HTML, XHTML or simple XML; never raises for what is in it."""
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    return Parsed(builder.root, builder.repaired + max(0, len(builder.open) - 1))


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self.open = [self.root]
        self.repaired = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = tag.rpartition(":")[2]
        closes = _CLOSES.get(name, ())
        while len(self.open) > 1 and self.open[-1].name in closes and self.open[-1].name not in _FENCES:
            self.open.pop()
        node = Node(name, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(node)
        if name not in _VOID:
            if len(self.open) < _DEEPEST:
                self.open.append(node)
            else:
                self.repaired += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag.rpartition(":")[2], {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].name == name:
                self.repaired += sum(node.name not in _CLOSES for node in self.open[depth + 1 :])
                del self.open[depth:]
                return
        if name not in _VOID:
            self.repaired += 1

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)
