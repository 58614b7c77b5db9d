"""Routes: what the house has about whoever is signed in, to take away or to have erased."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict

from expert_booking import access, privacy
from expert_booking.access import Caller
from expert_booking.api.booking_shapes import DoneShape
from expert_booking.api.callers import SignedIn
from expert_booking.api.error_body import documented
from expert_booking.api.limits import limited
from expert_booking.api.privacy_header import PRIVATE
from expert_booking.api.shape import Shape
from expert_booking.limiting import Limit
from expert_booking.people import Role
from expert_booking.roles import Action

router = APIRouter(prefix="/me", tags=["one's own data"], responses=documented(503), dependencies=[PRIVATE])


class ExportShape(Shape):
    """Everything about one address, by the names under which it is stored; what opens something is left out."""

    model_config = ConfigDict(alias_generator=None)

    email: str
    roles: list[Role]
    exported_at: datetime
    bookings: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    wishes: list[dict[str, Any]]
    sign_ins: list[dict[str, Any]]
    codes: list[dict[str, Any]]
    notes_about_you: list[dict[str, Any]]
    expert: dict[str, Any] | None
    time_off: list[dict[str, Any]]
    outside_calendars: list[dict[str, Any]]


@router.get("/export", responses=documented(401), dependencies=[limited(Limit.LOOK_UPS)])
async def export_data(person: SignedIn) -> ExportShape:
    """Everything that the house has about the address that is signed in."""
    access.require(Caller(person=person), Action.EXPORT)
    return ExportShape.model_validate(await privacy.export(person))


@router.post("/erase", responses=documented(401), dependencies=[limited(Limit.CHANGES)])
async def erase_data(person: SignedIn) -> DoneShape:
    """Have it erased: what is ahead is cancelled, what is past loses its name, all sign-ins end.

    It cannot be taken back, so the sign-in must be younger than 15 minutes.
    """
    access.require(Caller(person=person), Action.ERASE)
    await privacy.erase(person)
    return DoneShape(message="Everything about this address is erased, and all its sign-ins have ended.")
