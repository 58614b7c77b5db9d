"""When an expert is free next, and how often: the link on the card that goes straight to that time."""

from datetime import date

from beanie import PydanticObjectId

from expert_booking import clock, events
from expert_booking.availability import OpenTimes
from expert_booking.events import OpenTimesChanged
from pages import times
from pages.live.board import Board, Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

FEW = 2

# It says whose time it is by the expert's name, which has the expert's id.
_NEXT = (
    '<a class="next" id="next-{id}" aria-labelledby="{id} next-{id}" href="{href}" data-live="{key}" data-open="{open}"'
    ' data-word="{word}" data-do="{do}">{text}</a>'
)


class OpenTimesBoard(Board):
    """The latest count of an expert's open times, blank until it is known; what is told is newer than what is read."""

    def __init__(self, expert_id: PydanticObjectId, reader: Reader) -> None:
        super().__init__(expert_id, reader)
        self._expert_id = expert_id
        self._reader = reader
        self._times: OpenTimes | None = None
        self._shown: tuple[OpenTimes | None, date] | None = None
        self._drawn = Markup("")
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
            if self._shown is not None:  # else no page has it yet
                self.tell([self._look()])

    def draw(self) -> Markup:
        """The link as it is now, made once a day or when something changes, however many look at it."""
        shown = self._times, clock.now().astimezone(self._reader.zone).date()
        if shown != self._shown:
            look = self._look()
            attributes = {name.removeprefix("data-"): value for name, value in look.attributes.items()}
            self._drawn = fill(_NEXT, id=self._expert_id, key=look.key, text=look.text, **attributes)
            self._shown = shown
        return self._drawn

    def _look(self) -> Change:
        known, reader, calendar = self._times or OpenTimes(), self._reader, f"/experts/{self._expert_id}"
        count, text = known.open_slots, ""
        if self._times is not None:
            text = reader.say("No open time")
        if known.next_open_at is not None:
            text = times.day_and_time(known.next_open_at, reader)
        return Change(
            key=f"{self._expert_id} next",
            attributes={
                "href": f"{calendar}?time={known.next_open_id}" if known.next_open_id else calendar,
                "data-open": "none" if not count else "few" if count <= FEW else "many",
                "data-word": reader.say_many("{number} open", "{number} open", count) if count else "",
                "data-do": self._action(count),
            },
            text=text,
        )

    def _action(self, count: int) -> str:
        if not count:
            return self._reader.say("Calendar")
        return self._reader.say("Last one") if count == 1 else self._reader.say("Book")
