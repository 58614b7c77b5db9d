"""The experts whom somebody has looked at of late: their browser alone knows them, and `list.js` puts them in."""

from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

_RECENT = (
    '<section class="recent" data-recent hidden aria-labelledby="recent-heading"><h2 id="recent-heading">{heading}</h2>'
    '<ul></ul><button type="button" class="tool" data-forget-recent aria-label="{forget}">{cross}</button></section>'
)


def recent(reader: Reader) -> Markup:
    """An empty row, which is not shown as long as there is nobody to put in."""
    return fill(
        _RECENT,
        heading=reader.say("Recently viewed"),
        forget=reader.say("Forget whom I have viewed"),
        cross=icon("close"),
    )
