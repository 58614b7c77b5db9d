"""The style sheets of NiceGUI and Quasar, cut to what pages here are made of, and each in its layer.

They come as four files of 45 kB (compressed) that every first paint waits for, most of it for components that are not
here. Whoever uses another component of Quasar adds its family.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import nicegui
from fastapi import Response
from nicegui import app, ui

ICONS = 'font-family: "Material Icons";'
"""The one font of theirs that is left, for the icons of notifications; it is fetched when there is one to show."""

FAMILIES = frozenset(
    {
        *("q-layout", "q-page", "q-page-container", "q-body"),
        *("q-dialog", "q-notification", "q-notifications", "q-transition", "q-anchor", "q-icon", "q-spinner"),
        *("q-position-engine", "q-loading-bar", "q-focus-helper", "q-btn", "q-link"),
    }
)
"""What the names of Quasar's classes may begin with, up to `--` or `__`."""

LAYERS = {
    "fonts.css": "base",
    "quasar.unimportant.prod.css": "quasar",
    "quasar.important.prod.css": "quasar_importants",
    "nicegui.css": "nicegui",
}
"""The sheets, and the layers into which NiceGUI's page puts them."""

_PATH = "/platform.css"
_UNCHANGING = {"Cache-Control": "public, max-age=31536000, immutable"}
_STATIC = f"/_nicegui/{nicegui.__version__}/static"
_HUES = "red|pink|purple|indigo|blue|cyan|teal|green|lime|yellow|amber|orange|brown|grey|deep|light"
_UNUSED = re.compile(
    rf"(bg|text)-({_HUES})\b|shadow-|inset-shadow|col-|offset-|animated|glossy|nicegui-(?!layout|content|skip|error)"
    r"|material-(symbols|icons-)"
)
_CLASS = re.compile(r"\.(-?[A-Za-z][\w-]*)")
_NEGATED = re.compile(r":not\([^()]*\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_COMMA = re.compile(r",(?![^(]*\))")
_NESTED = ("@media", "@supports")


def install() -> None:
    """Serve what is kept with every page; the address changes with it."""
    text = sheet()
    app.remove_route(_PATH)
    app.get(_PATH, include_in_schema=False)(lambda: Response(text, media_type="text/css", headers=_UNCHANGING))
    version = sha256(text.encode()).hexdigest()[:12]
    ui.add_head_html(f'<link rel="stylesheet" href="{_PATH}?{version}">', shared=True)  # ours: a digest


@lru_cache(maxsize=1)
def sheet() -> str:
    """What is kept of all of them."""
    folder = Path(nicegui.__file__).parent / "static"
    texts = {name: _COMMENT.sub("", (folder / name).read_text(encoding="utf-8")) for name in LAYERS}
    kept = {name: "".join(_kept(text)) for name, text in texts.items()}
    moves = "".join(kept.values())
    return "".join(f"@layer {layer}{{{_moving(kept[name], moves)}}}\n" for name, layer in LAYERS.items())


def _kept(text: str) -> Iterator[str]:
    for head, body in _blocks(text):
        if head.startswith(_NESTED):
            if inner := "".join(_kept(body)):
                yield f"{head}{{{inner}}}"
        elif head.startswith("@font-face"):
            if ICONS in body:
                yield f"{head}{{{body.replace('url(fonts/', f'url({_STATIC}/fonts/')}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        elif selectors := ",".join(each for each in _COMMA.split(head) if _is_used(each)):
            yield f"{selectors}{{{body}}}"


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each rule's head and what is between its braces."""
    depth = begin = opened = 0
    for brace in re.finditer(r"[{}]", text):
        depth += 1 if brace[0] == "{" else -1
        if depth == 1 and brace[0] == "{":
            opened = brace.start()
        elif depth == 0:
            yield text[begin:opened].strip(), text[opened + 1 : brace.start()]
            begin = brace.end()


def _is_used(selector: str) -> bool:
    return all(map(_is_known, _CLASS.findall(_NEGATED.sub("", selector))))


def _is_known(name: str) -> bool:
    if name.startswith("q-"):
        return re.split("--|__", name)[0] in FAMILIES or name.startswith("q-transition")
    return not _UNUSED.match(name)


def _moving(text: str, moves: str) -> str:
    """Without the animations that nothing uses."""
    used = {*re.findall(r"[\w-]+", " ".join(re.findall(r"animation(?:-name)?:([^;}]*)", moves)))}
    return "".join(
        f"{head}{{{body}}}"
        for head, body in _blocks(text)
        if not re.match(r"@(-webkit-)?keyframes", head) or head.split()[1] in used
    )
