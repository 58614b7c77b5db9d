"""The house's own icons: 24 by 24, lines in the colour of the text beside them, unseen by screen readers."""

from functools import lru_cache

from pages.live.markup import Markup, fill

_SVG = (
    '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"'
    ' stroke-linejoin="round" aria-hidden="true" focusable="false">{drawing}</svg>'
)
_DRAWINGS = {
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m20 20-4.2-4.2"/>',
    "back": '<path d="m14.5 5.5-6.5 6.5 6.5 6.5"/>',
    "onward": '<path d="m9.5 5.5 6.5 6.5-6.5 6.5"/>',
    "open": '<path d="m6 9.5 6 6 6-6"/>',
    "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
    "close": '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
    "check": '<path d="m5 12.5 4.8 4.8L19 7.5"/>',
    "clock": '<circle cx="12" cy="12" r="8.2"/><path d="M12 7.4V12l3.2 2"/>',
    "calendar": '<rect x="4" y="5.5" width="16" height="14.5" rx="3.5"/><path d="M4 10.2h16M8.4 3.5v4m7.2-4v4"/>',
    "globe": '<circle cx="12" cy="12" r="8.4"/><path d="M3.6 12h16.8M12 3.6c5 5 5 11.8 0 16.8-5-5-5-11.8 0-16.8Z"/>',
    "sun": '<circle cx="12" cy="12" r="3.8"/><path d="M12 3v1.8m0 14.4V21m9-9h-1.8M4.8 12H3m15.4-6.4-1.3 1.3M6.9 17.1l-1.3'
    ' 1.3m12.8 0-1.3-1.3M6.9 6.9 5.6 5.6"/>',
    "moon": '<path d="M19.5 14.3A8 8 0 0 1 9.7 4.5a8 8 0 1 0 9.8 9.8Z"/>',
    "device": '<rect x="3.5" y="5" width="17" height="11.5" rx="2.5"/><path d="M9 20h6m-3-3.5V20"/>',
    "adjust": '<path d="M4 8h7m5 0h4M4 16h3m5 0h8"/><circle cx="13.5" cy="8" r="2.3"/><circle cx="9.5" cy="16" r="2.3"/>',
    "copy": '<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="3"/><path d="M15.5 5.4A2.4 2.4 0 0 0 13.6 4H7a3 3 0 0 0-3'
    ' 3v6.6c0 .8.6 1.6 1.4 1.9"/>',
    "download": '<path d="M12 4v11m-4.6-4.2L12 15.4l4.6-4.6M5 19.6h14"/>',
    "trash": '<path d="M5 7h14M10 4.2h4M7 7l.8 11a2 2 0 0 0 2 1.9h4.4a2 2 0 0 0 2-1.9L17 7m-7 4v5m4-5v5"/>',
    "undo": '<path d="M8.5 5 4.5 9l4 4"/><path d="M4.5 9H14a5 5 0 0 1 0 10h-4"/>',
    "again": '<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4"/><path d="M19.6 3.6v4h-4"/>',
    "move": '<rect x="4" y="5.5" width="16" height="14.5" rx="3.5"/><path d="M4 10.2h16M8.4 3.5v4m7.2-4v4M8.5 15h7m-2.6-2.4'
    ' 2.6 2.4-2.6 2.4"/>',
    "bell": '<path d="M6.5 16.5v-5.6a5.5 5.5 0 0 1 11 0v5.6l1.6 2H4.9Z"/><path d="M10 20.8h4M12 5.2V3.6"/>',
    "person": '<circle cx="12" cy="8.2" r="3.7"/><path d="M4.8 20c.7-4 3.6-6 7.2-6s6.5 2 7.2 6"/>',
    "star": '<path fill="currentColor" stroke="none" d="m12 3.6 2.5 5.3 5.8.7-4.3 4 1.1 5.8L12 16.5l-5.1 2.9L8 13.6l-4.3-4'
    ' 5.8-.7Z"/>',
    "warning": '<path d="M12 4.2 3.4 19h17.2Z"/><path d="M12 10v4.2m0 2.4v.1"/>',
    "nobody": '<circle cx="11" cy="11" r="6.5"/><path d="m20 20-4.2-4.2M9 13.4c.6-1 1.2-1.4 2-1.4s1.4.4 2 1.4m-3.6-4.6v.1m3.2'
    '-.1v.1"/>',
    "letter": '<rect x="3.5" y="5.5" width="17" height="13" rx="3"/><path d="m4.5 7.5 7.5 6 7.5-6"/>',
    "share": '<circle cx="6.5" cy="12" r="2.5"/><circle cx="17" cy="6" r="2.5"/><circle cx="17" cy="18" r="2.5"/><path'
    ' d="m8.8 10.9 6-3.6m-6 5.8 6 3.6"/>',
}

NAMES = tuple(_DRAWINGS)


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """A drawing by its name, such as "calendar"."""
    return fill(_SVG, drawing=Markup(_DRAWINGS[name]))
