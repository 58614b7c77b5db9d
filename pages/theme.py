"""Every colour, size and name of a style, once; the shapes that use them are in `static/shapes.css`."""

from hashlib import sha256
from pathlib import Path

from nicegui import app, ui

STATIC = Path(__file__).parent / "static"

TOKENS = {
    "ground": "#070912",
    "aurora-1": "#3d4ee08c",
    "aurora-2": "#8b3fe06e",
    "aurora-3": "#0e8f7f66",
    "ink": "#eef2ff",
    "ink-soft": "#b9c2d8",
    "ink-faint": "#98a3bd",
    "line": "rgb(255 255 255 / .10)",
    "line-strong": "rgb(255 255 255 / .18)",
    "glass": "rgb(15 19 38 / .62)",
    "glass-bar": "rgb(7 9 15 / .62)",
    "glass-bar-small": "rgb(12 14 38 / .9)",
    "glass-raised": "rgb(255 255 255 / .05)",
    "glass-sunken": "rgb(5 8 16 / .5)",
    "solid": "#141a33",
    "accent": "#8b98ff",
    "accent-deep": "#5f6ff2",
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
    "on-avatar": "#ffffff",
    "chosen": "#eef2ff",
    "on-chosen": "#11152a",
    "heading-sheen": "linear-gradient(90deg, #c3caff, #d9c8ff 60%, #b6f3df)",
    "mark": "conic-gradient(from 210deg, #7c8cff, #a78bfa, #5ee2b5, #7c8cff)",
    "shadow": "0 1px 0 rgb(255 255 255 / .07) inset, 0 24px 60px -24px rgb(0 0 0 / .8)",
    "shadow-accent": "0 14px 34px -12px rgb(124 140 255 / .7), 0 1px 0 rgb(255 255 255 / .35) inset",
    "radius": "20px",
    "radius-small": "14px",
    "blur": "blur(22px) saturate(140%)",
    "quick": "160ms",
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
    app.colors(primary=TOKENS["accent-deep"], positive=_GREEN, negative=_RED, warning=_AMBER, dark=TOKENS["solid"])
    tokens = "".join(f"--{name}:{value};" for name, value in TOKENS.items())
    ui.add_head_html(
        f"<style>:root{{{tokens}}}</style>"
        f'<link rel="preload" href="/static/inter-latin.woff2" as="font" type="font/woff2" crossorigin>'
        f'<link rel="stylesheet" href="{_versioned("shapes.css")}">'
        f'<script src="{_versioned("browser.js")}"></script>',
        shared=True,
    )


def _versioned(name: str) -> str:
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def avatar_gradient(key: str) -> str:
    """The same background for the same key, always."""
    first, second = AVATAR_GRADIENTS[sha256(key.encode()).digest()[0] % len(AVATAR_GRADIENTS)]
    return f"linear-gradient(135deg, {first}, {second})"
