"""What stands in a fragment of HTML, with the little of NiceGUI's elements that a person looks at."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from weakref import WeakKeyDictionary

from nicegui.element import Element

VOID = {"img", "br", "hr", "input"}


class Node:
    """A tag inside of the element `home`, whose listeners hear what happens to it; `whole` is all the text in it."""

    visible = True

    def __init__(self, home: Element, tag: str, props: dict[str, Any]) -> None:
        self.home = home
        self.tag = tag
        self.props = props
        self.classes = str(props.get("class") or "").split()
        self.children: list[Node] = []
        self.whole = ""
        self._text: str | None = None

    def descendants(self) -> Iterator["Node"]:
        """Everything inside, from the top."""
        for child in self.children:
            yield child
            yield from child.descendants()

    def add(self, text: str) -> None:
        """More text of its own."""
        self._text = (self._text or "") + text


class _Reader(HTMLParser):
    def __init__(self, home: Element) -> None:
        super().__init__(convert_charrefs=True)
        self._home = home
        self.root = Node(home, "root", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(self._home, tag, {name: True if value is None else value for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, "every tag is closed, in order"

    def handle_data(self, data: str) -> None:
        self._open[-1].add(data)
        for node in self._open:
            node.whole += data


_read: WeakKeyDictionary[Element, tuple[str, list[Node]]] = WeakKeyDictionary()
"""What stands in fragments as they were when somebody looked last; people look often, and most is as it was."""


def nodes(fragment: Element) -> list[Node]:
    """What stands at the top of a fragment; nothing in any other element."""
    markup = getattr(fragment, "markup", None)
    if markup is None:
        return []
    known, children = _read.get(fragment, ("", []))
    if known != markup:
        reader = _Reader(fragment)
        reader.feed(str(markup))
        reader.close()
        children = reader.root.children
        _read[fragment] = (str(markup), children)
    return children
