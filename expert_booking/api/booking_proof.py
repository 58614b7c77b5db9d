"""The booking that an address names, for whoever may do with it what the route does."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from expert_booking import access, experts
from expert_booking.api.callers import AnyCaller
from expert_booking.errors import BookingNotFound
from expert_booking.roles import Action
from models import Booking


def _booking_for(action: Action) -> Callable[[str, AnyCaller], Awaitable[Booking]]:
    async def opened(booking_id: str, caller: AnyCaller) -> Booking:
        try:
            known = experts.parse_id(booking_id, missing=BookingNotFound)
        except BookingNotFound:
            known = None
        return await access.booking_for(caller, action, known)

    return opened


BookingToSee = Annotated[Booking, Depends(_booking_for(Action.SEE))]
BookingToCancel = Annotated[Booking, Depends(_booking_for(Action.CANCEL))]
BookingToDelete = Annotated[Booking, Depends(_booking_for(Action.DELETE))]
BookingToReschedule = Annotated[Booking, Depends(_booking_for(Action.RESCHEDULE))]
BookingToMoveOn = Annotated[Booking, Depends(_booking_for(Action.MOVE_ON))]
