"""The feed of an expert's bookings, for the calendar that they look at all day; calendars read it by themselves."""

import asyncio
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from nicegui import app

from expert_booking import feeds, letters, limiting
from expert_booking.calendar_file import FEED_MEDIA_TYPE, feed_file
from expert_booking.errors import ExpertNotFound
from expert_booking.limiting import Limit
from models import Booking, Expert
from pages import asked, languages, problems, visitor
from pages.components import expert_entry
from pages.reader import Reader
from pages.share import answer, place

FEED = "/feeds/{feed}.ics"

_DRAWN_LIKE = "1"
"""Another one when the same bookings make another file."""

_SHOWN = {
    "id", "sequence", "status", "active", "starts_at", "ends_at", "customer_name", "customer_email", "customer_phone",
    "notes", "session_name", "created_at", "confirmed_at", "completed_at", "cancelled_at",
}  # fmt: skip

_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="bookings.ics"',
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}


def address_of(expert: Expert, request: Request) -> str:
    """The feed's address, whole, as it is known outside; whoever has it reads the feed."""
    return place.base(request) + FEED.format(feed=feeds.token_of(expert))


async def feed_route(feed: str, request: Request) -> Response:
    """The bookings of whoever's feed it is, in their own words; there is nothing at addresses that open none."""
    try:
        expert = await _expert_of(feed, request)
        booked = await feeds.bookings_of(expert)
    except ExpertNotFound:
        return answer.nothing()
    except Exception as error:
        return asked.refusal(problems.as_booking_error(error), visitor.reader_of(request))
    mark = f'W/"{_tag(expert, booked)}"'
    headers = {**_HEADERS, "ETag": mark}
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    file = await asyncio.to_thread(_file, expert, booked)  # half a millisecond for each of them
    return Response(file, media_type=FEED_MEDIA_TYPE, headers=headers)


def _tag(expert: Expert, booked: list[Booking]) -> str:
    """What changes when the file does, without drawing it: calendars ask again and again for what has not changed."""
    shown = [booking.model_dump_json(include=_SHOWN) for booking in booked]
    return answer.tag("\n".join([_DRAWN_LIKE, expert.language, repr(letters.house()), *shown]).encode())


async def _expert_of(feed: str, request: Request) -> Expert:
    """Whose feed it is. Servers of calendars ask for many people, so a feed that there is counts for itself."""
    try:
        expert = await feeds.expert_of(feed)
    except ExpertNotFound:
        await limiting.hit(Limit.LOOK_UPS, visitor.address_of(request))
        raise
    await limiting.hit(Limit.LOOK_UPS, f"feed {expert.id}")
    return expert


def _file(expert: Expert, booked: list[Booking]) -> bytes:
    language = expert.language if expert.language in languages.NAMES else languages.FALLBACK
    reader, house = Reader(zone=ZoneInfo(expert.time_zone), language=language), letters.house()
    entries = [(booking, expert_entry.entry(booking, reader, url=house.address)) for booking in booked]
    return feed_file(entries, house=house.host, name=reader.say("{house} bookings", house=house.name))


app.remove_route(FEED)
app.get(FEED, include_in_schema=False)(feed_route)
