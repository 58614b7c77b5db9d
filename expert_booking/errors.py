"""What can go wrong, in words that can be shown to a person.

BookingError
├── InvalidRequest            one or more fields are not as they must be
├── NotFound
│   ├── ExpertNotFound
│   ├── SlotNotFound
│   ├── BookingNotFound
│   ├── CalendarNotFound      this expert has no outside calendar with this id
│   ├── WishNotFound          nobody has a place in a line by this link
│   ├── WebhookNotFound
│   ├── DeliveryNotFound      of a message to a webhook
│   └── TokenNotFound
├── SlotUnavailable
│   ├── SlotAlreadyBooked     somebody owns it
│   ├── SlotHeldByAnother     somebody is filling in the form for it
│   ├── SlotInThePast         it has started, or starts within the minimum notice
│   ├── SlotWithdrawn         the expert does not offer it any more
│   ├── DayIsFull             the expert takes no more bookings on this day
│   └── OfferIsOver           what was kept for somebody who waits is not theirs any more
├── IllegalTransition         the booking's status does not allow it
│   └── TooLateToChange       the session has begun, or is nearer than customers may change it
├── HoursChanged              somebody else has changed the expert's hours since they were read
├── IdempotencyKeyReused      the key came with another request before
├── NotAllowed
│   ├── ProofMissing          no token where one is needed
│   ├── ProofRefused          a token that does not open this
│   ├── ScopeMissing          an API token that does not have the scope for this
│   ├── SignInNeeded          nobody has proved whose this is
│   └── CodeRefused           a code that does not open the door (any more)
├── TooManyRequests           somebody asked too often
│   ├── TooManyHolds          somebody holds several times already
│   └── TooManyWishes         somebody waits in many lines already
├── FetchRefused              what is at an address that somebody typed could not be had
├── CalendarUnreadable        a calendar of elsewhere says nothing that can be understood
└── DatabaseUnavailable       nothing can be read or written just now
"""

from dataclasses import dataclass
from typing import ClassVar

from expert_booking.sentence import Sentence


class BookingError(Exception):
    """The root; `code` is stable and for programs.

    `args[0]` says what happened and what to do next: a `Sentence`, or plain English where only the API says it.
    """

    code: ClassVar[str] = "booking_error"
    message: ClassVar[Sentence] = Sentence("That did not work. Please try again.")

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field, by its name in the request; `message` is for the person who filled it in."""

    field: str
    message: Sentence


class InvalidRequest(BookingError):
    """Fields are missing, unknown or malformed; `problems` names each."""

    code = "invalid_request"
    message = Sentence("Some of what was sent is not right.")

    def __init__(self, problems: list[FieldProblem]) -> None:
        said = {f"problem_{number}": problem.message for number, problem in enumerate(problems)}
        super().__init__(Sentence(" ".join(f"{{{name}}}" for name in said), **said) if said else None)
        self.problems = problems


class NotFound(BookingError):
    """What was asked for does not exist."""

    code = "not_found"
    message = Sentence("There is nothing here.")


class ExpertNotFound(NotFound):
    """No expert has this id."""

    code = "expert_not_found"
    message = Sentence("This expert is not here (any more). Browse the experts to find another one.")


class SlotNotFound(NotFound):
    """This expert has no time slot with this id."""

    code = "slot_not_found"
    message = Sentence("This time does not exist (any more). Please choose another one.")


class BookingNotFound(NotFound):
    """No booking has this id or manage token."""

    code = "booking_not_found"
    message = Sentence("This booking is not here (any more).")


class WishNotFound(NotFound):
    """Nobody has a place in a line by this link."""

    code = "wish_not_found"
    message = Sentence("This place in line is not there any more.")


class WebhookNotFound(NotFound):
    """No webhook has this id."""

    code = "webhook_not_found"
    message = Sentence("This webhook is not here (any more).")


class DeliveryNotFound(NotFound):
    """No message to a webhook has this id, or it is kept no longer."""

    code = "delivery_not_found"
    message = Sentence("This delivery is not here (any more).")


class TokenNotFound(NotFound):
    """No API token has this id."""

    code = "token_not_found"
    message = Sentence("This token is not here (any more).")


class CalendarNotFound(NotFound):
    """This expert has no outside calendar with this id."""

    code = "calendar_not_found"
    message = Sentence("This calendar is not here (any more).")


class SlotUnavailable(BookingError):
    """The slot cannot be taken."""

    code = "slot_unavailable"
    message = Sentence("This time cannot be booked. Please choose another one.")


class SlotAlreadyBooked(SlotUnavailable):
    """An active booking owns the slot."""

    code = "slot_already_booked"
    message = Sentence("This time has just been taken. Please choose another one.")


class SlotHeldByAnother(SlotUnavailable):
    """Another visitor holds the slot, for a few minutes at most."""

    code = "slot_held"
    message = Sentence(
        "Somebody else is booking this time right now. Choose another one, or look again in a few minutes."
    )


class SlotInThePast(SlotUnavailable):
    """The slot has started, or starts within the minimum notice."""

    code = "slot_in_the_past"
    message = Sentence("It is too late to book this time. Please choose a later one.")


class SlotWithdrawn(SlotUnavailable):
    """The expert's hours have changed, and the slot is not offered any more."""

    code = "slot_withdrawn"
    message = Sentence("This time is not offered any more. Please choose another one.")


class DayIsFull(SlotUnavailable):
    """The expert takes only so many bookings a day, and there are as many."""

    code = "day_is_full"
    message = Sentence("This expert takes no more bookings on this day. Please choose another one.")


class OfferIsOver(SlotUnavailable):
    """What was kept for somebody who waits has run out, was declined, or went by other ways."""

    code = "offer_is_over"
    message = Sentence("This time is not kept for you any more. You are still in line unless you have left it.")


class IllegalTransition(BookingError):
    """The booking's status does not allow what was asked."""

    code = "illegal_transition"
    message = Sentence("The booking's status does not allow this.")


class TooLateToChange(IllegalTransition):
    """The session has begun, or starts sooner than customers may still cancel or move it."""

    code = "too_late_to_change"
    message = Sentence("It is too late to change this booking here. Please write to the expert.")


class HoursChanged(BookingError):
    """The expert's hours are not what they were when they were read, in another tab perhaps."""

    code = "hours_changed"
    message = Sentence("Your hours were changed elsewhere since you opened them. What you typed is still here.")


class IdempotencyKeyReused(BookingError):
    """The idempotency key came with a different request before."""

    code = "idempotency_key_reused"
    message = Sentence("This Idempotency-Key was used for a different request. Send a new key with a new request.")


class NotAllowed(BookingError):
    """The caller may not do this."""

    code = "not_allowed"
    message = Sentence("You may not do this.")


class ProofMissing(NotAllowed):
    """A token is needed and none came."""

    code = "proof_missing"
    message = Sentence("This needs the booking's manage token, or somebody who is signed in and may do it.")


class ProofRefused(NotAllowed):
    """A token came and does not open this."""

    code = "proof_refused"
    message = Sentence("This token does not open what you asked for.")


class ScopeMissing(NotAllowed):
    """An API token came that is good, and not for this."""

    code = "scope_missing"
    message = Sentence("This token does not have the scope that this needs.")


class SignInNeeded(NotAllowed):
    """This is somebody's own, and nobody has proved to be them."""

    code = "sign_in_needed"
    message = Sentence("Please sign in first: ask for a code by e-mail and type it here.")


class CodeRefused(NotAllowed):
    """The code is wrong, used, too old or tried too often; which of these is not told."""

    code = "code_refused"
    message = Sentence("This code does not open the door (any more). Check it, or ask for a new one.")


class TooManyRequests(BookingError):
    """Somebody asked too often; `retry_after_seconds` says when to come back."""

    code = "too_many_requests"
    message = Sentence("That was a lot at once. Please wait a moment and try again.")

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyHolds(TooManyRequests):
    """A visitor, or everybody at one address together, holds as many times as may be held at once."""

    code = "too_many_holds"
    message = Sentence("You are holding several times already. Book one of them or give it back, then choose again.")


class TooManyWishes(TooManyRequests):
    """An address stands in as many lines as it may."""

    code = "too_many_wishes"
    message = Sentence("You are waiting in many lines already. Leave one of them first, under My bookings.")


class FetchRefused(BookingError):
    """An address that somebody typed was not asked, or gave no whole answer; it is not told what it gave."""

    code = "fetch_refused"
    message = Sentence("The server at this address does not answer. Please check it, or try again later.")


class CalendarUnreadable(BookingError):
    """A file is no calendar, is broken, or has too much in it."""

    code = "calendar_unreadable"
    message = Sentence("This calendar is broken and cannot be read. What was known of it before stays.")


class DatabaseUnavailable(BookingError):
    """The database does not answer; nothing was shown as done that is not."""

    code = "database_unavailable"
    message = Sentence("The database is not reachable right now. Nothing is lost; please try again in a moment.")
