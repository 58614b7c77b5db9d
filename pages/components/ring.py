"""A ring that drains while seconds go by; `countdowns.js` drains it."""

from pages.live.markup import Markup, fill

_RING = (
    '<div class="ring" role="timer" data-seconds-left="{seconds}" data-seconds-whole="{whole}"{said}>'
    '<span>{left}</span><svg viewBox="0 0 54 54" aria-hidden="true"><circle cx="27" cy="27" r="24.5"/>'
    '<circle class="left" cx="27" cy="27" r="24.5" pathLength="1"/></svg></div>'
)


def ring(seconds: int, *, whole: int, said: Markup = Markup()) -> Markup:  # noqa: B008  # it never changes
    """So many seconds of the whole are left; `said` are attributes with what screen readers are told, and when."""
    return fill(_RING, seconds=seconds, whole=whole, left=f"{seconds // 60}:{seconds % 60:02}", said=said)
