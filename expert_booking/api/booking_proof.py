"""Who may change which booking: a manage token opens its own, the admin token all."""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from expert_booking import bookings, experts
from expert_booking.errors import BookingNotFound, ProofMissing, ProofRefused
from expert_booking.settings import Settings
from models import Booking

_bearer = HTTPBearer(auto_error=False, description="a booking's manage token, or the admin token")


def _token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    return credentials.credentials if credentials else None


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SentToken = Annotated[str | None, Depends(_token)]
HouseSettings = Annotated[Settings, Depends(_settings)]


def is_same_token(sent: str, expected: str | None) -> bool:
    """Compared in constant time, so that a token cannot be found out character by character."""
    return expected is not None and secrets.compare_digest(sent.encode(), expected.encode())


async def _booking_of_path(booking_id: str) -> Booking:
    return await bookings.get(experts.parse_id(booking_id, missing=BookingNotFound))


async def managed_booking(booking_id: str, token: SentToken, settings: HouseSettings) -> Booking:
    """The booking that the address names, for whoever has its manage token or the admin token.

    Raises:
        ProofMissing, BookingNotFound, ProofRefused
    """
    if token is None:
        raise ProofMissing
    booking = await _booking_of_path(booking_id)
    if not (is_same_token(token, booking.manage_token) or is_same_token(token, settings.admin_token)):
        raise ProofRefused
    return booking


async def administered_booking(booking_id: str, token: SentToken, settings: HouseSettings) -> Booking:
    """The booking that the address names, for whoever has the admin token.

    Raises:
        ProofMissing, ProofRefused, BookingNotFound
    """
    if settings.admin_token is None:
        raise ProofRefused("This needs the admin token, and no ADMIN_TOKEN is set here.")
    if token is None:
        raise ProofMissing("This needs the admin token.")
    if not is_same_token(token, settings.admin_token):
        raise ProofRefused
    return await _booking_of_path(booking_id)


ManagedBooking = Annotated[Booking, Depends(managed_booking)]
AdministeredBooking = Annotated[Booking, Depends(administered_booking)]
