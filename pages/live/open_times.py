"""How often, and when next, an expert is free: the line on the expert's card, in one time zone."""

from beanie import PydanticObjectId

from expert_booking import events
from expert_booking.availability import OpenTimes
from expert_booking.events import OpenTimesChanged
from pages import times
from pages.live.board import Board, Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

FEW = 2

_NEXT = '<span class="next" data-live="{key}" data-open="{open}" data-word="{word}">{text}</span>'


class OpenTimesBoard(Board):
    """The latest count of an expert's open times, blank until it is known; what is told is newer than what is read."""

    def __init__(self, expert_id: PydanticObjectId, reader: Reader) -> None:
        super().__init__(expert_id, reader)
        self._expert_id = expert_id
        self._reader = reader
        self._times: OpenTimes | None = None
        self.news = 0
        """How many times something was told so far."""

    def open(self) -> None:
        """Follow this expert's open times."""
        events.open_times.subscribe(self._expert_id, self.apply, for_page=False)

    def close(self) -> None:
        """Follow them no more."""
        events.open_times.unsubscribe(self._expert_id, self.apply)
        super().close()

    def apply(self, event: OpenTimesChanged) -> None:
        """Tell what the expert has open now."""
        self.news += 1
        self._show(
            OpenTimes(open_slots=event.open_slots, next_open_at=event.next_open_at, next_open_id=event.next_open_id)
        )

    def take(self, read: OpenTimes, *, news: int) -> None:
        """Take in what was read, unless something was told since the reading began, when there was this much news."""
        if self.news == news:
            self._show(read)

    def _show(self, open_times: OpenTimes) -> None:
        if open_times != self._times:
            self._times = open_times
            self.tell([self._look()])

    def draw(self) -> Markup:
        """The line as it is now."""
        look = self._look()
        word, is_open = look.attributes["data-word"], look.attributes["data-open"]
        return fill(_NEXT, key=look.key, word=word, open=is_open, text=look.text)

    def _look(self) -> Change:
        key = f"{self._expert_id} next"
        if self._times is None:
            return Change(key=key, attributes={"data-open": "none", "data-word": ""}, text="")
        count, next_open_at = self._times.open_slots, self._times.next_open_at
        return Change(
            key=key,
            attributes={
                "data-open": "none" if not count else "few" if count <= FEW else "many",
                "data-word": "Last one" if count == 1 else f"{count} open",
            },
            text="No open time" if next_open_at is None else times.day_and_time(next_open_at, self._reader),
        )
