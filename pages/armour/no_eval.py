"""NiceGUI's script, without the places where it runs text: it calls `static/js/obey.js` there instead.

So the policy of a page can do without 'unsafe-eval'. What stays are properties whose names begin with a colon, and
templates of slots; the house has neither, and the browser refuses both.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import nicegui
from fastapi import Response
from nicegui import app

PATH = "/nicegui.js"

_UNCHANGING = {"Cache-Control": "public, max-age=31536000, immutable"}
_INSTEAD = {
    "handler = eval(event.js_handler);": "handler = listener(event.js_handler, emit);",
    "resolve(eval(code))": "resolve(obey(code))",
    "if (reason instanceof SyntaxError) return eval(`(async() => {${code}})()`);\n      else throw reason;": (
        "console.error(reason);\n      throw reason;"
    ),
}


def install() -> None:
    """Serve it."""
    text = script()
    app.remove_route(PATH)
    app.get(PATH, include_in_schema=False)(lambda: Response(text, media_type="text/javascript", headers=_UNCHANGING))


def address() -> str:
    """Where it is; it changes with its content."""
    return f"{PATH}?{sha256(script().encode()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def script() -> str:
    """The script as it is served.

    Raises:
        RuntimeError: NiceGUI's own is not as it was.
    """
    text = (Path(nicegui.__file__).parent / "static" / "nicegui.js").read_text(encoding="utf-8")
    for theirs, ours in _INSTEAD.items():
        if text.count(theirs) != 1:
            raise RuntimeError("NiceGUI's script runs text in another place now: has it changed?")
        text = text.replace(theirs, ours)
    return text
