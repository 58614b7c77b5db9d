"""An expert in the list: who, how good, and the next open time."""

from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import html
from nicegui.elements.mixins.text_element import TextElement

from models import Expert
from pages import times
from pages.components.avatar import avatar

FEW = 2


class ExpertCard:
    """A card whose next open time is set in place when it changes."""

    def __init__(self, expert: Expert, *, zone: ZoneInfo) -> None:
        self._zone = zone
        with html.article().classes("glass card"):
            avatar(expert)
            with html.h2():
                html.a(expert.name, href=f"/experts/{expert.id}")
            html.span(experience(expert)).classes("meta")
            html.span(expert.category).classes("category")
            html.p(expert.headline).classes("headline")
            self._next = TextElement(tag="span", text="").classes("next")

    def show(self, open_slots: int, next_open_at: datetime | None) -> None:
        """Say when the expert is next free, and how often."""
        if next_open_at is None:
            self._next.text = "No open time"
        else:
            self._next.text = times.day_and_time(next_open_at, self._zone)
        self._next.props["data-open"] = "none" if not open_slots else "few" if open_slots <= FEW else "many"
        self._next.props["data-word"] = "Last one" if open_slots == 1 else f"{open_slots} open"


def experience(expert: Expert) -> str:
    """Such as "4.9 · 10 years"."""
    years = "year" if expert.experience_years == 1 else "years"
    return f"{expert.rating:.1f} · {expert.experience_years} {years}"
