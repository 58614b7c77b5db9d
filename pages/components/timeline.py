"""A customer's bookings along a line: what comes next, what is ahead day by day, and what is past."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from beanie import PydanticObjectId

from expert_booking import clock
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, Expert
from pages import times
from pages.components import session_card
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.live.pieces import Pieces
from pages.reader import Reader

AHEAD_AT_ONCE = 20
PAST_AT_ONCE = 3
MORE_AT_ONCE = 20

NOTHING_LOOKED_UP = Sentence("Nothing is booked with this address. Check its spelling, or find an expert.")
NOTHING_YET = Sentence("Nothing is booked with your address yet. Find an expert, and it shows here at once.")
NOTHING_HERE = Sentence("What was booked in this browser is not there any more.")

_HEADING = '<h2 class="section era" data-key="{key}">{text}</h2>'
_DAY = '<h3 class="on" data-key="{key}"{today}>{text}</h3>'
_MORE = (
    '<p class="more" data-key="more {key}"><button class="quiet" type="button" data-pick="more:{key}">{icon}{text}'
    "</button></p>"
)
_PANE = (
    '<div class="glass notice" data-key="{key}" role="{role}"><span class="emblem">{icon}</span>'
    '<h2 class="section">{heading}</h2><p>{text}</p>{way_on}</div>'
)
_SKELETON = (
    '<div class="glass booking skeleton" data-key="skeleton {number}" aria-hidden="true"><i></i><i></i><i></i></div>'
)


@dataclass(kw_only=True)
class Timeline:
    """What is drawn: bookings with their experts, the seconds left for those that were deleted, how many are shown."""

    reader: Reader
    bookings: dict[PydanticObjectId, Booking] = field(default_factory=dict)
    experts: Mapping[PydanticObjectId, Expert] = field(default_factory=dict)
    going: dict[PydanticObjectId, int] = field(default_factory=dict)
    ahead_shown: int = AHEAD_AT_ONCE
    past_shown: int = PAST_AT_ONCE
    nothing: Sentence = NOTHING_YET

    def show_more(self, era: str) -> None:
        """Show more of what is "ahead" or "past"."""
        if era == "past":
            self.past_shown += MORE_AT_ONCE
        else:
            self.ahead_shown += MORE_AT_ONCE

    def draw(self) -> Pieces:
        """All of it, as pieces."""
        if not self.bookings:
            return empty(self.nothing, self.reader)
        past = sorted(filter(is_past, self.bookings.values()), key=_starts, reverse=True)
        ahead = sorted((each for each in self.bookings.values() if not is_past(each)), key=_starts)
        following = next((each for each in ahead if each.status is not BookingStatus.CANCELLED), None)
        pieces: Pieces = {}
        if following is not None:
            pieces |= _heading("next", Sentence("Next up"), self.reader)
            expert = self.experts.get(following.expert_id)
            pieces[str(following.id)] = session_card.next_up(following, expert, self.reader)
            ahead.remove(following)
        pieces |= self._era("ahead", Sentence("Upcoming"), ahead, self.ahead_shown)
        return pieces | self._era("past", Sentence("Past"), past, self.past_shown)

    def _era(self, key: str, name: Sentence, found: Sequence[Booking], shown: int) -> Pieces:
        pieces = _heading(key, name, self.reader) if found else {}
        for on, booked in groupby(found[:shown], key=lambda each: _date(each, self.reader)):
            pieces |= _day(f"{key} {on}", on, self.reader)
            pieces |= dict(self._cards(booked))
        if (left := len(found) - shown) > 0:
            number = min(left, MORE_AT_ONCE)
            text = self.reader.say_many("Show {number} more", "Show {number} more", number)
            pieces[f"more {key}"] = fill(_MORE, key=key, text=text, icon=icon("open"))
        return pieces

    def _cards(self, booked: Iterable[Booking]) -> Iterator[tuple[str, Markup]]:
        for each in booked:
            expert = self.experts.get(each.expert_id)
            if each.id in self.going:
                yield str(each.id), session_card.going(each, expert, self.reader, seconds=self.going[each.id])
            else:
                yield str(each.id), session_card.session(each, expert, self.reader)


def is_past(booking: Booking) -> bool:
    """Whether the session is over, by its status or by the clock."""
    return booking.status is BookingStatus.COMPLETED or booking.ends_at <= clock.now()


def _starts(booking: Booking) -> datetime:
    return booking.starts_at


def _date(booking: Booking, reader: Reader) -> date:
    return booking.starts_at.astimezone(reader.zone).date()


def _heading(key: str, text: Sentence, reader: Reader) -> Pieces:
    return {key: fill(_HEADING, key=key, text=reader.say(text))}


def _day(key: str, on: date, reader: Reader) -> Pieces:
    is_today = on == clock.now().astimezone(reader.zone).date()
    today = Markup(" data-today") if is_today else Markup("")
    text = reader.say("Today, {day}", day=times.day(on, reader)) if is_today else times.day(on, reader)
    return {key: fill(_DAY, key=key, text=text, today=today)}


def empty(nothing: Sentence, reader: Reader) -> Pieces:
    """There is no booking, in these words."""
    link = fill('<a class="quiet" href="/">{text}</a>', text=reader.say("Browse the experts"))
    return _pane(
        "empty",
        "calendar",
        reader.say("No bookings"),
        reader.say(nothing),
        link,
    )


def failed(reason: str, reader: Reader) -> Pieces:
    """The bookings cannot be read; it can be tried again with the pick "again"."""
    again = '<button class="quiet" type="button" data-pick="again">{text}</button>'
    button = fill(again, text=reader.say("Try again"))
    return _pane("failed", "warning", reader.say("That did not work"), reason, button, role="alert")


def ended(reader: Reader) -> Pieces:
    """Whoever looks is not signed in any more."""
    link = fill('<a class="quiet" href="/my-bookings">{text}</a>', text=reader.say("Sign in"))
    text = reader.say("This sign-in has ended, here or elsewhere. Sign in again to see your bookings.")
    return _pane("ended", "person", reader.say("You are signed out"), text, link, role="alert")


def _pane(key: str, drawing: str, heading: str, text: str, way_on: Markup, *, role: str = "status") -> Pieces:
    drawn = fill(_PANE, key=key, icon=icon(drawing), heading=heading, text=text, way_on=way_on, role=role)
    return {key: drawn}


def looking() -> Pieces:
    """What stands there while the bookings are read."""
    return {f"skeleton {number}": fill(_SKELETON, number=number) for number in range(3)}
