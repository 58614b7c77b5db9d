"""A person's picture, drawn from their name when there is none."""

from models import Expert
from pages import theme
from pages.live.markup import Markup, fill

_PICTURE = '<img class="avatar" src="{address}" alt="" loading="lazy">'
_DRAWN = '<span class="avatar" aria-hidden="true" style="background:{background}">{initials}</span>'


def avatar(expert: Expert) -> Markup:
    """Pictures come from this house only; an address elsewhere gets a drawn one, so that no page asks a third party."""
    if expert.avatar and expert.avatar.startswith("/") and not expert.avatar.startswith("//"):
        return fill(_PICTURE, address=expert.avatar)
    return fill(_DRAWN, background=theme.avatar_gradient(str(expert.id)), initials=initials(expert.name))


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper()
