"""An expert's day and week, live."""

from nicegui import ui

from expert_booking.sentence import Sentence
from pages.workspace.frame import TODAY, workspace_page


@ui.page(TODAY, response_timeout=10)
async def today_page() -> None:
    """What waits, what is on today, and the week."""
    async with workspace_page(Sentence("Today"), TODAY) as expert:
        if expert is None:
            return
