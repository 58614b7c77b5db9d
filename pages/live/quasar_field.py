"""A text field of Quasar's as HTML: the boxes, classes and attributes that it makes of itself in the browser."""

from collections.abc import Callable, Iterable

from markupsafe import escape
from nicegui.element import Element

from pages.live.markup import Markup, attribute, fill

_OF_NATIVE = ("autocapitalize", "autocomplete", "inputmode", "maxlength", "placeholder", "role", "spellcheck")
"""Beside those that begin with aria- and data-, what goes to the native field and not to Quasar's round it."""

_FIELD = (
    '<label class="{classes}"{style} for="{id}"><div class="q-field__inner relative-position col self-stretch">'
    '<div class="q-field__control relative-position row no-wrap" tabindex="-1">{prepend}'
    '<div class="q-field__control-container col relative-position row no-wrap q-anchor--skip">{label}{native}</div>'
    "{append}</div>{bottom}</div></label>"
)
_FIELD_LABEL = '<div class="q-field__label no-pointer-events absolute ellipsis">{label}</div>'
_FIELD_BOTTOM = (
    '<div class="q-field__bottom row items-start q-field__bottom--animated">'
    '<div class="q-field__messages col"><div>{hint}</div></div></div>'
)
_FIELD_SLOT = '<div class="q-field__{name} q-field__marginal row no-wrap items-center">{content}</div>'


def draw_quasar_field(element: Element, *, draw: Callable[[Element], str]) -> Markup:
    """The field; what is in its slots is drawn by `draw`."""
    props, label = element.props, element.props.get("label")
    bottom = fill(_FIELD_BOTTOM, hint=props.get("hint", "")) if _has_bottom(element) else ""
    return fill(
        _FIELD,
        id=element.html_id,
        classes=" ".join((*_field_classes(element), *element.classes)),
        style=Markup(attribute("style", "".join(f"{name}:{value};" for name, value in element.style.items()) or None)),
        label="" if label is None else fill(_FIELD_LABEL, label=label),
        native=Markup(_native_field(element)),
        prepend=_draw_slot(element, "prepend", draw),
        append=_draw_slot(element, "append", draw),
        bottom=bottom,
    )


def _has_bottom(element: Element) -> bool:
    props = element.props
    return bool(props.get("bottom-slots") or props.get("counter")) or any(
        props.get(name) is not None for name in ("hint", "error")
    )


def _field_classes(element: Element) -> Iterable[str]:
    props = element.props
    style = next((name for name in ("filled", "outlined", "borderless", "standout") if props.get(name)), "standard")
    yield f"q-field row no-wrap items-start q-field--{style}"
    yield "q-textarea" if props.get("type") == "textarea" else "q-input"
    yield from ("q-textarea--autogrow",) if props.get("autogrow") else ()
    yield from (f"q-field--{name}" for name in ("rounded", "square", "dense") if props.get(name))
    if props.get("label") is not None:
        yield "q-field--labeled"
        yield from ("q-field--float",) if props.get("stack-label") or props.get("value") else ()
    yield from ("q-field--with-bottom",) if _has_bottom(element) and not props.get("hide-bottom-space") else ()
    yield from ("q-field--dark",) if element.client.page.resolve_dark() else ()


def _native_field(element: Element) -> str:
    props, is_area = element.props, element.props.get("type") == "textarea"
    own = (name for name in props if name in _OF_NATIVE or name.startswith(("aria-", "data-")))
    label, value = props.get("aria-label", props.get("label")), props.get("value") or ""
    attributes = "".join(attribute(name, props[name]) for name in own if name != "aria-label")
    common = f'class="q-field__native q-placeholder" tabindex="0"{attribute("aria-label", label)}{attributes}'
    identity = f"{attribute('id', element.html_id)}{' disabled' if props.get('disable') else ''}"
    if is_area:
        rows = 1 if props.get("autogrow") else 6
        return f'<textarea {common} rows="{rows}"{identity}>{escape(str(value))}</textarea>'
    return f"<input {common}{identity}{attribute('type', props.get('type', 'text'))}{attribute('value', value)}>"


def _draw_slot(element: Element, name: str, draw: Callable[[Element], str]) -> Markup:
    slot = element.slots.get(name)
    if slot is None:
        return Markup("")
    return fill(_FIELD_SLOT, name=name, content=Markup("".join(map(draw, slot.children))))
