"""A page's elements as HTML: what Vue and Quasar make of them in the browser, made by the server.

Elements of HTML are themselves, with the same ids, classes and attributes. Of Quasar's, the page's own boxes look the
same; what opens later is left out, and anything else is an empty box.
"""

from collections.abc import Callable, Iterable

from markupsafe import escape
from nicegui import Client
from nicegui.element import Element

from pages.live.fragment import Fragment
from pages.live.markup import Markup, attribute

_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"})
_NEVER = frozenset({"script", "style", "template", "iframe", "object", "embed", "link", "meta"})
_NOT_SHOWN_YET = frozenset({"q-dialog", "q-menu", "q-tooltip", "q-notification"})
_NO_ATTRIBUTES = frozenset({"id", "class", "style", "innerHTML", "textContent", "ref", "key", "loopback"})


def paint(client: Client) -> Markup:
    """All elements of a page, as the scripts will show them; what its fragments hold is not sent with them any more."""
    return Markup(_draw(client.layout))


def _draw(element: Element) -> str:
    tag = element.tag
    if (look := _LOOKS.get(tag)) is not None:
        return look(element)
    if "-" in tag:
        return "" if tag in _NOT_SHOWN_YET else f"<div{_attributes(element, ())}></div>"
    if tag in _NEVER:
        return ""
    if tag in _VOID:
        return f"<{tag}{_attributes(element)}>"
    return f"<{tag}{_attributes(element)}>{_content(element)}</{tag}>"


def _content(element: Element) -> str:
    if isinstance(element, Fragment):
        return element.paint()
    text = getattr(element, "_text", None)
    return f"{'' if text is None else escape(str(text))}{_children(element)}"


def _children(element: Element) -> str:
    return "".join(map(_draw, element.default_slot.children))


def _attributes(element: Element, names: Iterable[str] | None = None, *, classes: str = "", style: str = "") -> str:
    """The attributes as Vue sets them: id, class, style and props, or only some of the props."""
    props = element.props
    written = [attribute("id", props.get("id", element.html_id))]
    if found := " ".join((*classes.split(), *element.classes)):
        written.append(attribute("class", found))
    if found := style + "".join(f"{name}:{value};" for name, value in element.style.items()):
        written.append(attribute("style", found))
    chosen = props if names is None else names
    written += [attribute(name, props[name]) for name in chosen if name not in _NO_ATTRIBUTES]
    return "".join(written)


def _layout(element: Element) -> str:
    attributes = _attributes(element, (), classes="q-layout q-layout--standard", style="min-height:100dvh;")
    return f'<div tabindex="-1"{attributes}>{_children(element)}</div>'


def _page_container(element: Element) -> str:
    return f"<div{_attributes(element, (), classes='q-page-container')}>{_children(element)}</div>"


def _page(element: Element) -> str:
    return f"<main{_attributes(element, (), classes='q-page', style='min-height:100dvh;')}>{_children(element)}</main>"


_LOOKS: dict[str, Callable[[Element], str]] = {
    "q-layout": _layout,
    "q-page-container": _page_container,
    "q-page": _page,
}
