"""Every colour, size and motion of the house, once, for dark and light; the shapes that use them are in `static/css`.

Dark comes first; a browser whose system asks for light gets light, and a visitor's own choice (the cookie `theme`, put
on the root element by `choices.js` before anything is painted) beats both.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import Response
from nicegui import app, ui

UNCHANGING = "public, max-age=31536000, immutable"
STATIC = Path(__file__).parent / "static"

SHAPES = (
    *("fonts", "base", "frame", "controls", "list", "expert", "form", "bookings", "sign_in", "ticket", "waiting"),
    "motion",
)
"""The files of `static/css`, in the order in which they are served as one."""

SCRIPTS = (
    "obey",
    "choices",
    "told",
    "line",
    "countdowns",
    "drafts",
    "form",
    "sheet",
    "ticket",
    "copying",
    "keys",
    "list",
    "focus",
    "calendar",
    "clocks",
    "zones",
    "pieces",
    "until",
    "sign_in",
    "waiting",
    "first_paint",
)
"""The files of `static/js`, likewise."""

WORK_SHAPES = ("workspace", "hours", "profile", "calendars", "admin", "operations")
WORK_SCRIPTS = ("workspace", "parts", "hours", "profile", "calendars", "admin", "operations")
"""Those of the pages of experts and administrators, which nobody else loads."""

ROWS_A_DAY = 24 * 12
"""Of five minutes each, in grids of time."""

DARK = {
    "ground": "#070912",
    "aurora-1": "#3d4ee08c",
    "aurora-2": "#8b3fe06e",
    "aurora-3": "#0e8f7f66",
    "ink": "#eef2ff",
    "ink-soft": "#b9c2d8",
    "ink-faint": "#a6b0c9",
    "line": "rgb(255 255 255 / .10)",
    "line-strong": "rgb(255 255 255 / .18)",
    "line-control": "rgb(160 172 214 / .66)",
    "glass": "rgb(15 19 38 / .62)",
    "glass-bar": "rgb(7 9 15 / .62)",
    "glass-bar-small": "rgb(12 14 38 / .9)",
    "glass-raised": "rgb(255 255 255 / .05)",
    "glass-hover": "rgb(255 255 255 / .09)",
    "glass-sunken": "rgb(5 8 16 / .5)",
    "solid": "#141a33",
    "veil": "rgb(4 6 14 / .66)",
    "accent": "#8b98ff",
    "accent-face": "linear-gradient(180deg, #9aa6ff, #7684fb)",
    "accent-veil": "rgb(124 140 255 / .18)",
    "accent-line": "rgb(124 140 255 / .5)",
    "accent-ink": "#c9cfff",
    "on-accent": "#090b1c",
    "open": "#5ee2b5",
    "open-veil": "rgb(94 226 181 / .10)",
    "open-line": "rgb(94 226 181 / .28)",
    "open-ink": "#cdf8e9",
    "held": "#ffca7a",
    "held-veil": "rgb(255 202 122 / .10)",
    "held-line": "rgb(255 202 122 / .42)",
    "held-ink": "#ffe3b5",
    "bad": "#ff9aac",
    "bad-veil": "rgb(255 143 163 / .10)",
    "bad-line": "rgb(255 143 163 / .5)",
    "star": "#ffd479",
    "mark-veil": "rgb(255 212 121 / .26)",
    "chosen": "#eef2ff",
    "on-chosen": "#11152a",
    "heading-sheen": "linear-gradient(90deg, #c3caff, #d9c8ff 60%, #b6f3df)",
    "sheen": "rgb(255 255 255 / .07)",
    "shadow": "inset 0 1px 0 rgb(255 255 255 / .07), 0 24px 60px -24px rgb(0 0 0 / .8)",
    "shadow-high": "inset 0 1px 0 rgb(255 255 255 / .09), 0 32px 80px -16px rgb(0 0 0 / .9)",
    "shadow-accent": "0 14px 34px -12px rgb(124 140 255 / .7), inset 0 1px 0 rgb(255 255 255 / .35)",
}

LIGHT = {
    "ground": "#eef1fb",
    "aurora-1": "#a9b6ff7a",
    "aurora-2": "#dcb6ff70",
    "aurora-3": "#a5ead86b",
    "ink": "#12162b",
    "ink-soft": "#3f4763",
    "ink-faint": "#535c79",
    "line": "rgb(30 40 90 / .12)",
    "line-strong": "rgb(30 40 90 / .22)",
    "line-control": "rgb(72 82 122 / .72)",
    "glass": "rgb(255 255 255 / .72)",
    "glass-bar": "rgb(246 248 255 / .74)",
    "glass-bar-small": "rgb(246 248 255 / .94)",
    "glass-raised": "rgb(255 255 255 / .66)",
    "glass-hover": "rgb(255 255 255 / .95)",
    "glass-sunken": "rgb(255 255 255 / .82)",
    "solid": "#ffffff",
    "veil": "rgb(38 45 82 / .38)",
    "accent": "#4b5ae4",
    "accent-face": "linear-gradient(180deg, #5866ec, #4653d6)",
    "accent-veil": "rgb(75 90 228 / .11)",
    "accent-line": "rgb(75 90 228 / .45)",
    "accent-ink": "#3743b8",
    "on-accent": "#ffffff",
    "open": "#0a684a",
    "open-veil": "rgb(16 150 108 / .10)",
    "open-line": "rgb(16 130 96 / .36)",
    "open-ink": "#07543c",
    "held": "#8a5300",
    "held-veil": "rgb(214 138 10 / .12)",
    "held-line": "rgb(168 104 4 / .48)",
    "held-ink": "#6b4100",
    "bad": "#a41b3a",
    "bad-veil": "rgb(200 40 75 / .08)",
    "bad-line": "rgb(184 36 70 / .5)",
    "star": "#a86a00",
    "mark-veil": "rgb(255 196 64 / .5)",
    "chosen": "#1a2040",
    "on-chosen": "#ffffff",
    "heading-sheen": "linear-gradient(90deg, #3c49cf, #7a35c4 60%, #0b7a63)",
    "sheen": "rgb(255 255 255 / .9)",
    "shadow": "inset 0 1px 0 rgb(255 255 255 / .9), 0 18px 44px -22px rgb(40 50 110 / .38)",
    "shadow-high": "inset 0 1px 0 rgb(255 255 255 / .9), 0 28px 70px -18px rgb(40 50 110 / .45)",
    "shadow-accent": "0 14px 30px -14px rgb(75 90 228 / .8), inset 0 1px 0 rgb(255 255 255 / .3)",
}

SIZES = {
    "font": "Inter, system-ui, sans-serif",  # not said: a list of fonts
    "type-micro": ".6875rem",
    "type-tiny": ".78125rem",
    "type-small": ".875rem",
    "type-body": ".9375rem",
    "type-field": "1rem",
    "type-lead": "1.0625rem",
    "type-section": "1.125rem",
    "type-figure": "1.3125rem",
    "type-title": "1.75rem",
    "type-display": "2.375rem",
    "type-hero": "clamp(2rem, 6vw, 2.875rem)",
    "space-1": "4px",
    "space-2": "8px",
    "space-3": "12px",
    "space-4": "16px",
    "space-5": "22px",
    "space-6": "28px",
    "space-7": "44px",
    "target": "44px",
    "radius": "20px",
    "radius-small": "14px",
    "radius-tiny": "10px",
    "blur": "blur(22px) saturate(140%)",
    "quick": "160ms",
    "calm": "320ms",
    "slow": "960ms",
    "patience": "120ms",
    "second": "1s",
    "turn": ".8s",
    "pulse": "1.4s",
    "ease": "cubic-bezier(.2, .7, .2, 1)",
    "on-avatar": "#ffffff",
    "mark": "conic-gradient(from 210deg, #7c8cff, #a78bfa, #5ee2b5, #7c8cff)",
}

AVATAR_GRADIENTS = (
    ("#4f5fe0", "#9a4fe0"),
    ("#0c7d72", "#2f6fd6"),
    ("#c2476b", "#8b4fd9"),
    ("#b0600a", "#c4476b"),
    ("#2f6fd6", "#127f9c"),
    ("#6b7418", "#0c7d72"),
    ("#8b3fb8", "#3f56d6"),
    ("#a8492a", "#7d3f9e"),
)
"""Pairs on which white initials reach a contrast of 4.5 : 1."""

_GREEN, _RED, _AMBER = "#137a5b", "#a8334d", "#7d5a12"


def install() -> None:
    """Serve the theme with every page."""
    app.add_static_files("/static", STATIC, max_cache_age=31_536_000)
    app.config.quasar_config["loadingBar"]["skipHijack"] = True  # the badge says what is on its way, and in words
    app.colors(primary=LIGHT["accent"], positive=_GREEN, negative=_RED, warning=_AMBER, dark=DARK["solid"])
    sheet, script = _serve("house.css", stylesheet()), _serve("house.js", _joined("js", SCRIPTS))
    for name, content in _working():
        _serve(name, content)
    ui.add_head_html(  # ours: colours and the addresses of our own files
        f'<meta name="theme-color" content="{DARK["ground"]}" media="(prefers-color-scheme: dark)">'
        f'<meta name="theme-color" content="{LIGHT["ground"]}" media="(prefers-color-scheme: light)">'
        '<link rel="preload" href="/static/fonts/inter-latin.woff2" as="font" type="font/woff2" crossorigin>'
        f'<link rel="stylesheet" href="{sheet}"><script src="{script}"></script>',
        shared=True,
    )


def stylesheet() -> str:
    """Tokens and shapes as one sheet."""
    dark, light, sizes = (_declared(tokens) for tokens in (DARK, LIGHT, SIZES))
    tokens = (
        f':root,[data-theme="dark"]{{color-scheme:dark;{sizes}{dark}}}'
        f'@media (prefers-color-scheme:light){{:root:not([data-theme="dark"]){{color-scheme:light;{light}}}}}'
        f'[data-theme="light"]{{color-scheme:light;{light}}}\n'
    )
    tones = "".join(f'[data-tone="{tone}"]{{background:{_gradient(tone)}}}' for tone in range(len(AVATAR_GRADIENTS)))
    return f"{tokens}{tones}\n{_joined('css', SHAPES)}"


@cache
def working_head() -> str:
    """What the pages of those who work here have in their heads besides."""
    sheet, script = (address_of(name, content) for name, content in _working())
    return f'<link rel="stylesheet" href="{sheet}"><script defer src="{script}"></script>'


def _working() -> tuple[tuple[str, str], tuple[str, str]]:
    return ("work.css", _rows() + _joined("css", WORK_SHAPES)), ("work.js", _joined("js", WORK_SCRIPTS))


def _rows() -> str:
    """Places in a grid of time: of its row `data-at` and of its `data-for` rows; no page may set a style by itself."""
    begins = "".join(f'[data-at="{row}"]{{grid-row-start:{row + 1}}}' for row in range(ROWS_A_DAY))
    return begins + "".join(f'[data-for="{rows}"]{{grid-row-end:span {rows}}}' for rows in range(1, ROWS_A_DAY + 1))


def _declared(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


def _joined(kind: str, names: Sequence[str]) -> str:
    return "".join((STATIC / kind / f"{name}.{kind}").read_text(encoding="utf-8") for name in names)


def _serve(name: str, content: str) -> str:
    """Put a file that was put together in its place; the address that comes back changes with its content."""
    media_type = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
    app.remove_route(f"/{name}")
    app.get(f"/{name}", include_in_schema=False)(
        lambda: Response(content, media_type=media_type, headers={"Cache-Control": UNCHANGING})
    )
    return address_of(name, content)


def address_of(name: str, content: str) -> str:
    """Where a file is that was put together; another content has another address."""
    return f"/{name}?{sha256(content.encode()).hexdigest()[:12]}"


def avatar_tone(key: str) -> int:
    """Which of the gradients somebody has: the same for the same key, always."""
    return sha256(key.encode()).digest()[0] % len(AVATAR_GRADIENTS)


def _gradient(tone: int) -> str:
    first, second = AVATAR_GRADIENTS[tone]
    return f"linear-gradient(135deg, {first}, {second})"
