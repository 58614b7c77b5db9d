"""Signing in, on the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from expert_booking.api.booking_shapes import EmailAddress
from expert_booking.api.shape import Shape
from expert_booking.people import Role
from expert_booking.sign_in import NewSignIn


class CodeRequest(Shape):
    """Where a code shall be sent."""

    email: EmailAddress = Field(examples=["alice@example.com"])
    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2}$",
        description="of the message, ISO 639-1; English when the house does not speak it",
        examples=["de"],
    )


class VerifyRequest(Shape):
    """The code that arrived."""

    email: EmailAddress = Field(examples=["alice@example.com"])
    code: str = Field(
        min_length=1, max_length=40, description="six digits; blanks and hyphens do not matter", examples=["123 456"]
    )


class SignInShape(Shape):
    """A sign-in; its token goes into the header `Authorization`, after `Bearer`."""

    token: str = Field(description="keep it: it is shown here only")
    expires_at: datetime
    email: str = Field(description="the address to which the code was sent")
    roles: list[Role]

    @classmethod
    def of(cls, begun: NewSignIn) -> Self:
        """A sign-in that has just begun."""
        return cls(
            token=begun.token,
            expires_at=begun.expires_at,
            email=begun.person.email,
            roles=sorted(begun.person.roles),
        )
