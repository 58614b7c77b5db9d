"""Routes: booking a slot, and what becomes of the booking."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from beanie import PydanticObjectId
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AfterValidator

from expert_booking import access, bookings, customers, experts
from expert_booking.api.booking_proof import AdministeredBooking, HouseSettings, ManagedBooking
from expert_booking.api.booking_shapes import (
    BookingMadeShape,
    BookingRequest,
    BookingShape,
    DoneShape,
    StatusRequest,
)
from expert_booking.api.error_body import documented
from expert_booking.api.experts import ExpertOfPath
from expert_booking.api.hold_proof import booking_visitor
from expert_booking.api.offers import offering_others
from expert_booking.errors import IllegalTransition, SlotNotFound
from models import Booking, BookingStatus


def _private(response: Response) -> None:
    """Personal data is kept by nobody on the way."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(tags=["bookings"], responses=documented(503), dependencies=[Depends(_private)])

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

EmailAddress = Annotated[str, Query(description="as it was given when booking"), AfterValidator(customers.check_email)]

STEPS: dict[BookingStatus, Callable[[PydanticObjectId], Awaitable[Booking]]] = {
    BookingStatus.CONFIRMED: bookings.confirm,
    BookingStatus.COMPLETED: bookings.complete,
    BookingStatus.CANCELLED: partial(bookings.cancel, is_refusal=True),
}


@router.post("/experts/{expert_id}/book", status_code=201, responses=documented(400, 404, 409, 413, 422))
async def book_slot(
    request: Request,
    settings: HouseSettings,
    expert: ExpertOfPath,
    wanted: BookingRequest,
    idempotency_key: IdempotencyKey = None,
) -> BookingMadeShape:
    """Book a slot, held before or not; the answer's manage token and address are shown here only."""
    slot_id = experts.parse_id(wanted.slot_id, missing=SlotNotFound)
    async with offering_others(expert, slot_id):
        booking = await bookings.book(
            expert_id=expert.id,
            slot_id=slot_id,
            visitor=booking_visitor(wanted.hold_token, idempotency_key=idempotency_key),
            customer=wanted.customer,
            idempotency_key=idempotency_key,
        )
    page = f"{settings.public_url or str(request.base_url).rstrip('/')}/bookings/{booking.manage_token}"
    return BookingMadeShape.of(booking, expert, manage_token=booking.manage_token, manage_url=page)


@router.get("/bookings", responses=documented(422))
async def list_bookings(email: EmailAddress) -> list[BookingShape]:
    """A customer's bookings, newest first."""
    return await _shapes(await access.bookings_of(access.NOBODY, email=email))


@router.delete("/bookings/{booking_id}", responses=documented(401, 403, 404, 409))
async def delete_booking(booking: ManagedBooking) -> DoneShape:
    """Delete a Completed booking; its slot opens again if it is still ahead."""
    await bookings.delete(booking.id)
    return DoneShape(message="The booking is deleted.")


@router.post("/bookings/{booking_id}/cancel", responses=documented(401, 403, 404, 409))
async def cancel_booking(booking: ManagedBooking) -> BookingShape:
    """Cancel a Pending or Confirmed booking; its slot opens again."""
    return await _shape(await bookings.cancel(booking.id))


@router.patch("/bookings/{booking_id}/status", responses=documented(400, 401, 403, 404, 409, 413, 422))
async def change_status(booking: AdministeredBooking, wanted: StatusRequest) -> BookingShape:
    """Move a booking on: Pending to Confirmed to Completed, or to Cancelled."""
    step = STEPS.get(wanted.status)
    if step is None:
        raise IllegalTransition(f"This booking is {booking.status}; no booking becomes {wanted.status} again.")
    return await _shape(await step(booking.id))


async def _shape(booking: Booking) -> BookingShape:
    return (await _shapes([booking]))[0]


async def _shapes(found: list[Booking]) -> list[BookingShape]:
    known = await experts.by_ids({booking.expert_id for booking in found})
    return [BookingShape.of(booking, known.get(booking.expert_id)) for booking in found]
