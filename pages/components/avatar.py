"""A person's picture, drawn from their name when there is none."""

from nicegui import html

from models import Expert
from pages import theme


def avatar(expert: Expert) -> None:
    """Pictures come from this house only; an address elsewhere gets a drawn one, so that no page asks a third party."""
    if expert.avatar and expert.avatar.startswith("/") and not expert.avatar.startswith("//"):
        html.img(src=expert.avatar, alt="", loading="lazy").classes("avatar")
        return
    drawn = html.span(initials(expert.name)).classes("avatar").props("aria-hidden=true")
    drawn.style["background"] = theme.avatar_gradient(str(expert.id))


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper()
