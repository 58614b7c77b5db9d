"""Routes: booking a slot, and what becomes of the booking."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from pydantic import AfterValidator

from expert_booking import access, bookings, customers, experts, own_words, rescheduling, spoken
from expert_booking.access import Caller
from expert_booking.api.booking_proof import BookingToCancel, BookingToDelete, BookingToMoveOn, BookingToReschedule
from expert_booking.api.booking_shapes import (
    WHY,
    BookingMadeShape,
    BookingRequest,
    BookingShape,
    CancelRequest,
    DoneShape,
    RescheduleRequest,
    StatusRequest,
    checked_reason,
)
from expert_booking.api.callers import AnyCaller, HouseSettings
from expert_booking.api.error_body import documented
from expert_booking.api.experts import ExpertOfPath
from expert_booking.api.hold_proof import booking_visitor
from expert_booking.api.limits import limited
from expert_booking.api.offers import offering_others
from expert_booking.api.privacy_header import PRIVATE
from expert_booking.api.up_to import UpTo
from expert_booking.errors import FieldProblem, IllegalTransition, InvalidRequest, SignInNeeded, SlotNotFound
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus

router = APIRouter(tags=["bookings"], responses=documented(503), dependencies=[PRIVATE])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[ -~]*$",
        description="made up by the client for each booking; the same key and body again get the same booking",
    ),
]

AcceptLanguage = Annotated[
    str | None, Header(alias="Accept-Language", description="in which of the house's languages mails come")
]
EmailAddress = Annotated[
    str,
    Query(
        description="as it was given when booking; only one's own, which need not be said",
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(customers.check_email),
]

WhyDeleted = Annotated[str, Query(description=WHY), AfterValidator(checked_reason), UpTo(own_words.LONGEST_MESSAGE)]

STEPS: dict[BookingStatus, Callable[..., Awaitable[Booking]]] = {
    BookingStatus.CONFIRMED: bookings.confirm,
    BookingStatus.COMPLETED: bookings.complete,
}


@router.post(
    "/experts/{expert_id}/book",
    status_code=201,
    responses=documented(400, 404, 409, 413, 422),
    dependencies=[limited(Limit.BOOKING)],
)
async def book_slot(
    request: Request,
    settings: HouseSettings,
    expert: ExpertOfPath,
    wanted: BookingRequest,
    idempotency_key: IdempotencyKey = None,
    accept_language: AcceptLanguage = None,
) -> BookingMadeShape:
    """Book a slot, held before or not; the answer's manage token and address are shown here only."""
    slot_id = experts.parse_id(wanted.slot_id, missing=SlotNotFound)
    async with offering_others(expert, slot_id):
        booking = await bookings.book(
            expert_id=expert.id,
            slot_id=slot_id,
            visitor=booking_visitor(wanted.hold_token, idempotency_key=idempotency_key),
            customer=wanted.customer(spoken.choose(chosen="", accept_language=accept_language)),
            idempotency_key=idempotency_key,
        )
    page = f"{settings.public_url or str(request.base_url).rstrip('/')}/bookings/{booking.manage_token}"
    return BookingMadeShape.of(booking, expert, manage_token=booking.manage_token, manage_url=page)


@router.get("/bookings", responses=documented(401, 403, 422), dependencies=[limited(Limit.LOOK_UPS)])
async def list_bookings(caller: AnyCaller, email: EmailAddress | None = None) -> list[BookingShape]:
    """One's own bookings, newest first; send the token of a sign-in (`POST /api/sign-in`)."""
    if caller.program is not None:
        access.require(caller, Action.LIST)
    if email is None and caller.person is None:
        if not (access.is_open() or caller.is_operator or caller.program is not None):
            raise SignInNeeded
        raise InvalidRequest([FieldProblem(field="email", message=Sentence("email is missing."))])
    return await _shapes(await access.bookings_of(caller, email=email))


@router.delete(
    "/bookings/{booking_id}", responses=documented(401, 403, 404, 409, 422), dependencies=[limited(Limit.CHANGES)]
)
async def delete_booking(booking: BookingToDelete, caller: AnyCaller, reason: WhyDeleted = "") -> DoneShape:
    """Delete a Completed booking; its slot opens again if it is still ahead."""
    await bookings.delete(booking.id, by=access.actor_of(caller, booking, reason=reason))
    return DoneShape(message="The booking is deleted.")


@router.post(
    "/bookings/{booking_id}/cancel",
    responses=documented(400, 401, 403, 404, 409, 413, 422),
    dependencies=[limited(Limit.CHANGES)],
)
async def cancel_booking(
    booking: BookingToCancel, caller: AnyCaller, wanted: CancelRequest | None = None
) -> BookingShape:
    """Cancel a Pending or Confirmed booking; its slot opens again. The body may be left out.

    Its customer can until its session begins, or until as long before as the house says.
    """
    is_refusal = access.acts_for_house(caller, booking)
    reason = wanted.reason if wanted is not None and is_refusal else ""
    by = access.actor_of(caller, booking, reason=reason)
    return await _shape(await bookings.cancel(booking.id, is_refusal=is_refusal, by=by, message=reason), caller)


@router.post(
    "/bookings/{booking_id}/reschedule",
    responses=documented(400, 401, 403, 404, 409, 413, 422),
    dependencies=[limited(Limit.CHANGES)],
)
async def reschedule_booking(
    booking: BookingToReschedule, wanted: RescheduleRequest, caller: AnyCaller
) -> BookingShape:
    """Move a Pending or Confirmed booking to another open slot of its expert; its status stays.

    It has one of the two times at every moment. Refused, it stays where it was, and the answer names the open times
    that are nearest to the one that was asked for.
    """
    slot_id = experts.parse_id(wanted.slot_id, missing=SlotNotFound)
    by = access.actor_of(caller, booking, reason=wanted.reason)
    expert = (await experts.by_ids({booking.expert_id})).get(booking.expert_id)
    if expert is None:
        raise SlotNotFound
    async with offering_others(expert, slot_id):
        return await _shape(await rescheduling.reschedule(booking.id, slot_id, by=by), caller)


@router.patch(
    "/bookings/{booking_id}/status",
    responses=documented(400, 401, 403, 404, 409, 413, 422),
    dependencies=[limited(Limit.CHANGES)],
)
async def change_status(booking: BookingToMoveOn, wanted: StatusRequest, caller: AnyCaller) -> BookingShape:
    """Move a booking on, as its expert or for the house: Pending to Confirmed to Completed, or to Cancelled.

    By the clock, what is Confirmed becomes Completed when its session has ended, and what is Pending becomes Cancelled
    when nobody has answered in time, at the latest when its session begins.
    """
    by = access.actor_of(caller, booking, reason=wanted.reason)
    if wanted.status is BookingStatus.CANCELLED:
        return await _shape(await bookings.cancel(booking.id, is_refusal=True, by=by, message=wanted.reason), caller)
    step = STEPS.get(wanted.status)
    if step is None:
        raise IllegalTransition(f"This booking is {booking.status}; no booking becomes {wanted.status} again.")
    return await _shape(await step(booking.id, by=by), caller)


async def _shape(booking: Booking, caller: Caller) -> BookingShape:
    """What was changed, to whoever has changed it."""
    [shape] = await _shapes([booking])
    return shape if access.is_allowed(caller, Action.SEE, booking) else shape.without_customer()


async def _shapes(found: list[Booking]) -> list[BookingShape]:
    known = await experts.by_ids({booking.expert_id for booking in found})
    return [BookingShape.of(booking, known.get(booking.expert_id)) for booking in found]
