"""The journal of the house: who changed what and when. It can be read and searched, and by nobody changed."""

from datetime import datetime, timedelta

from beanie import PydanticObjectId
from bson import ObjectId
from fastapi import Request
from nicegui import ui

from expert_booking import experts
from expert_booking.administration import entries
from expert_booking.administration.entries import Found, Wanted
from expert_booking.sentence import Sentence
from models import Expert, JournalEntry
from pages import times, visitor
from pages.administration import entry_words, listing
from pages.administration.bookings import begins, on_date
from pages.administration.frame import BOOKINGS, JOURNAL, administration_page
from pages.administration.listing import Query
from pages.components import ticket
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

NAMES = ("q", "what", "expert", "who", "from", "to", "after")
LEAD = Sentence("Every change: who, when, from what, to what. Nothing in it is ever changed or taken away.")
KINDS = {
    "booking": Sentence("Bookings"),
    "expert": Sentence("Experts"),
    "category": Sentence("Categories"),
    "time_off": Sentence("Time off"),
    "webhook": Sentence("Webhooks"),
    "token": Sentence("API tokens"),
}

_TOP = '<div class="admin-top">{search}</div><div class="admin-filters">{chips}</div>{chosen}'
_CHOSEN = '<p class="admin-chosen"><span>{words}</span><a class="ghost" href="{path}">{away}</a></p>'
_LIST = '<ol class="glass entries">{entries}</ol>{pages}'
_ABOUT = ', <a href="{path}">{text}</a>'


@ui.page(JOURNAL, response_timeout=10)
async def journal_page() -> None:
    """Search the journal."""
    request: Request = ui.context.client.request
    async with administration_page(Sentence("Journal"), JOURNAL, lead=LEAD) as person:
        if person is None:
            return
        reader, query = visitor.reader(), listing.asked(request, NAMES)
        found = await entries.find(wanted(query, reader), after=_moment(query.get("after", "")))
        ids = {entry.expert_id for entry in found.entries if entry.expert_id is not None}
        chosen = query.get("expert", "")
        known = await experts.by_ids(ids | ({PydanticObjectId(chosen)} if ObjectId.is_valid(chosen) else set()))
        Fragment("div", lambda: _draw_top(query, known, reader)).classes("admin-tools")
        Fragment("div", lambda: _draw(found, query, known, reader)).classes("admin-found")


def wanted(query: Query, reader: Reader) -> Wanted:
    """What an address asks for; in the one field stands a booking code, or who did it."""
    text, expert, until = query.get("q", ""), query.get("expert", ""), on_date(query.get("to", ""))
    is_code = entries.is_code(text)
    return Wanted(
        code=text if is_code else "",
        who="" if is_code else text,
        expert_id=PydanticObjectId(expert) if ObjectId.is_valid(expert) else None,
        what=query.get("what", ""),
        since=begins(on_date(query.get("from", "")), reader),
        before=begins(until + timedelta(days=1) if until is not None else None, reader),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _draw_top(query: Query, known: dict[PydanticObjectId, Expert], reader: Reader) -> Markup:
    say = reader.say
    dates = listing.date_field("from", say("From"), query) + listing.date_field("to", say("To"), query)
    kinds = {"": say("All"), **{kind: say(words) for kind, words in KINDS.items()}}
    expert = next((one for key, one in known.items() if str(key) == query.get("expert")), None)
    chosen = Markup("")
    if expert is not None:
        words = say("Only about {name}", name=expert.name)
        chosen = fill(
            _CHOSEN, words=words, path=listing.address(JOURNAL, query, expert=""), away=say("About everybody")
        )
    return fill(
        _TOP,
        search=listing.search(JOURNAL, query, say("Booking code, or who did it"), reader, more=dates),
        chips=listing.chips(JOURNAL, query, "what", say("What"), kinds),
        chosen=chosen,
    )


def _draw(found: Found, query: Query, known: dict[PydanticObjectId, Expert], reader: Reader) -> Markup:
    if not found.entries and found.after is None:
        heading, text = Sentence("Nothing here"), Sentence("The journal has nothing that fits.")
        return listing.empty(JOURNAL, query, heading, text, reader)
    counted = reader.say_many("{number} entry", "{number} entries", len(found.entries))
    if found.looked_to is not None:
        on = times.long_day(found.looked_to.astimezone(reader.zone).date(), reader)
        counted = reader.say("Looked as far as {day}.", day=on)
    pages = listing.pages(
        reader,
        before=listing.address(JOURNAL, query) if query.get("after") else "",
        counted=counted,
        after=listing.address(JOURNAL, query, after=found.after.isoformat()) if found.after is not None else "",
    )
    drawn = Markup("").join(
        entry_words.draw(entry, reader, about=_about(entry, known, reader)) for entry in found.entries
    )
    return fill(_LIST, entries=drawn, pages=pages)


def _about(entry: JournalEntry, known: dict[PydanticObjectId, Expert], reader: Reader) -> Markup:
    """What it is about, and the way there."""
    about = Markup("")
    if entry.booking_id is not None:
        text = reader.say("booking {code}", code=ticket.code_of(entry.booking_id))
        about += fill(_ABOUT, path=f"{BOOKINGS}/{entry.booking_id}", text=text)
    expert = known.get(entry.expert_id) if entry.expert_id is not None else None
    if expert is not None:
        about += fill(_ABOUT, path=listing.address(JOURNAL, {}, expert=str(expert.id)), text=expert.name)
    return about
