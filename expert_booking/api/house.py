"""Routes for programs that help to run the house; each needs an API token with the scope that `roles` says."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from expert_booking import access, experts, figures, webhooks
from expert_booking.access import Caller
from expert_booking.administration import all_bookings, entries, roster, staff
from expert_booking.administration.all_bookings import Order, SearchTooShort
from expert_booking.administration.roster import Standing
from expert_booking.api.booking_proof import BookingToSee
from expert_booking.api.booking_shapes import BookingShape, DoneShape
from expert_booking.api.callers import AnyCaller
from expert_booking.api.error_body import documented
from expert_booking.api.experts import LAST_PAGE, Moment
from expert_booking.api.house_shapes import (
    BookingPageShape,
    ExpertChangeRequest,
    FiguresShape,
    HouseExpertShape,
    JournalEntryShape,
    JournalShape,
    NewExpertRequest,
    RosterShape,
    WebhookMadeShape,
    WebhookRequest,
    WebhookShape,
)
from expert_booking.api.limits import limited
from expert_booking.api.privacy_header import PRIVATE
from expert_booking.errors import BookingNotFound, ExpertNotFound, FieldProblem, InvalidRequest, WebhookNotFound
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from models import BookingStatus

router = APIRouter(
    prefix="/admin", tags=["administration"], responses=documented(401, 403, 503), dependencies=[PRIVATE]
)

LARGEST_PAGE = 100
CHANGES = limited(Limit.CHANGES)

Table = StrEnum("Table", {name: name for name in figures.TABLES})  # type: ignore[misc]  # its members are the tables'
Days = StrEnum("Days", {f"DAYS_{days}": str(days) for days in figures.RANGES})  # type: ignore[misc]  # likewise
A_MONTH = Days("30")
Text = Annotated[str, Query(max_length=120)]
Id = Annotated[str, Query(max_length=24)]


def _whoever_may(action: Action) -> Callable[[AnyCaller], Caller]:
    def allowed(caller: AnyCaller) -> Caller:
        access.require(caller, action)
        return caller

    return allowed


Searcher = Depends(_whoever_may(Action.SEARCH))
Staff = Depends(_whoever_may(Action.SEE_EXPERTS))
Changer = Annotated[Caller, Depends(_whoever_may(Action.CHANGE_EXPERTS))]
Reader = Depends(_whoever_may(Action.READ_JOURNAL))
Counter = Depends(_whoever_may(Action.READ_FIGURES))
Looker = Depends(_whoever_may(Action.SEE_WEBHOOKS))
Hooker = Annotated[Caller, Depends(_whoever_may(Action.CHANGE_WEBHOOKS))]


@router.get("/bookings", responses=documented(422), dependencies=[Searcher])
async def search_bookings(
    search: Annotated[
        str, Query(max_length=120, description="a code, an address or its beginning, a phone number, words of a name")
    ] = "",
    status: BookingStatus | None = None,
    expert_id: Annotated[str, Query(alias="expertId", max_length=24)] = "",
    starts_from: Annotated[Moment | None, Query(alias="from")] = None,
    starts_before: Annotated[Moment | None, Query(alias="before")] = None,
    order: Order = Order.NEWEST,
    after: Annotated[str, Query(max_length=60, description="as the page before says it")] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 25,
) -> BookingPageShape:
    """All bookings, filtered, a page at a time."""
    wanted = all_bookings.Wanted(
        text=search,
        status=status,
        expert_id=experts.parse_id(expert_id, missing=ExpertNotFound) if expert_id else None,
        starts_from=starts_from,
        starts_before=starts_before,
        order=order,
    )
    try:
        found = await all_bookings.find(wanted, after=after, limit=limit)
    except SearchTooShort as error:
        raise InvalidRequest([FieldProblem(field="search", message=error.args[0])]) from None
    known = await experts.by_ids({booking.expert_id for booking in found.bookings})
    shapes = [BookingShape.of(booking, known.get(booking.expert_id)) for booking in found.bookings]
    return BookingPageShape(bookings=shapes, after=found.after or None, is_cut=found.is_cut)


@router.get("/bookings/{booking_id}", responses=documented(404))
async def show_booking(booking: BookingToSee) -> BookingShape:
    """One booking."""
    known = await experts.by_ids({booking.expert_id})
    return BookingShape.of(booking, known.get(booking.expert_id))


@router.get("/experts", responses=documented(422), dependencies=[Staff])
async def list_staff(
    search: Text = "",
    category: Annotated[str, Query(max_length=60, description="exact; blank for all")] = "",
    standing: Standing | None = None,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> RosterShape:
    """All experts, also those whom visitors do not find; those first."""
    found = await roster.find(search=search, category=category or None, standing=standing, page=page)
    shapes = [HouseExpertShape.of(row) for row in found.rows]
    return RosterShape(experts=shapes, page=found.page, pages=found.pages, total=found.total)


@router.post("/experts", status_code=201, responses=documented(400, 413, 422), dependencies=[CHANGES])
async def add_expert(caller: Changer, wanted: NewExpertRequest) -> HouseExpertShape:
    """Invite somebody; visitors find them once they are shown."""
    expert = await staff.add(**wanted.model_dump(by_alias=False), by=access.actor_for_house(caller))
    return HouseExpertShape.of(await roster.row_of(expert.id))


@router.patch("/experts/{expert_id}", responses=documented(400, 404, 413, 422), dependencies=[CHANGES])
async def change_expert(caller: Changer, expert_id: str, wanted: ExpertChangeRequest) -> HouseExpertShape:
    """Hide an expert from visitors, or show them."""
    known, by = experts.parse_id(expert_id, missing=ExpertNotFound), access.actor_for_house(caller)
    expert = await (staff.hide(known, by=by) if wanted.is_hidden else staff.show(known, by=by))
    return HouseExpertShape.of(await roster.row_of(expert.id))


@router.get("/journal", responses=documented(404, 422), dependencies=[Reader])
async def read_journal(
    booking_id: Annotated[str, Query(alias="bookingId", max_length=24)] = "",
    expert_id: Annotated[str, Query(alias="expertId", max_length=24, description="about them, or their bookings")] = "",
    what: Annotated[str, Query(max_length=60, description="such as booking.confirmed, or all of booking")] = "",
    who: Annotated[str, Query(max_length=120, description="a part of an address, or of a program's name")] = "",
    since: Annotated[Moment | None, Query(alias="from")] = None,
    before: Annotated[Moment | None, Query(description="only what is older; `after` of a page leads on")] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="those of one moment stay together")] = 50,
) -> JournalShape:
    """Who changed what, the newest first; of one booking if one is given, and then all of it."""
    wanted = entries.Wanted(
        code=str(experts.parse_id(booking_id, missing=BookingNotFound)) if booking_id else "",
        expert_id=experts.parse_id(expert_id, missing=ExpertNotFound) if expert_id else None,
        what=what,
        who=who,
        since=since,
        before=before,
    )
    found = await entries.find(wanted, limit=limit)
    return JournalShape(entries=[JournalEntryShape.of(entry) for entry in found.entries], after=found.after)


@router.get("/figures/{table}", responses=documented(422), dependencies=[Counter])
async def read_figures(table: Table, days: Days = A_MONTH) -> FiguresShape:
    """One table of the operations page, so many days back and ahead; it is some minutes old at most."""
    found = await figures.of_days(int(days))
    head, *rows = figures.rows(found, str(table))
    columns = [str(column) for column in head]
    return FiguresShape(
        name=str(table),
        days=int(days),
        counted_at=found.at,
        columns=columns,
        rows=[*map(list, rows)],
        is_cut=found.is_cut,
    )


@router.get("/webhooks", dependencies=[Looker])
async def list_webhooks() -> list[WebhookShape]:
    """Which addresses are told of bookings, the oldest first."""
    return [WebhookShape.of(webhook) for webhook in await webhooks.find_all()]


@router.post("/webhooks", status_code=201, responses=documented(400, 413, 422), dependencies=[CHANGES])
async def add_webhook(caller: Hooker, wanted: WebhookRequest) -> WebhookMadeShape:
    """Tell another address from now on; the answer's secret is shown here only.

    To be told who booked, one has to be allowed to read bookings: a token needs `bookings:read` as well.
    """
    if wanted.with_customer:
        access.require(caller, Action.SEARCH)
    webhook = await webhooks.make(wanted.wanted(), by=access.actor_for_house(caller))
    return WebhookMadeShape.of(webhook, secret=webhooks.secret_of(webhook))


@router.delete("/webhooks/{webhook_id}", responses=documented(404), dependencies=[CHANGES])
async def remove_webhook(caller: Hooker, webhook_id: str) -> DoneShape:
    """Tell an address no more, and forget what was sent there."""
    known = experts.parse_id(webhook_id, missing=WebhookNotFound)
    await webhooks.remove(known, by=access.actor_for_house(caller))
    return DoneShape(message="The webhook is removed.")
