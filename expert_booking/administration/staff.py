"""Who works here: experts are added and invited, shown and hidden, and leave.

Who is hidden is found by nobody; what is booked with them takes place. Who is removed is hidden, offers nothing more
and cannot sign in as an expert; what is booked with them takes place as well, or is cancelled, as whoever removes them
says. A removal is done step by step, the most important first, and can be done again: what is left is done then.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from beanie import PydanticObjectId

from expert_booking import (
    bookings,
    categories,
    clock,
    closing,
    customers,
    database,
    experts,
    journal,
    materialising,
    outbox,
    own_words,
    pictures,
    revisions,
    waiting,
)
from expert_booking.actors import Actor
from expert_booking.administration import roster
from expert_booking.errors import BookingNotFound, ExpertNotFound, FieldProblem, IllegalTransition, InvalidRequest
from expert_booking.profiles import NO_LANGUAGE
from expert_booking.sentence import Sentence
from expert_booking.spoken import LANGUAGES
from models import Expert, Message, MessageKind, Recipient
from models.expert import ZONE_NAMES

log = logging.getLogger(__name__)

TAKEN = Sentence("Another expert has this address already.")
NO_ZONE = Sentence("Please choose a time zone from the list.")


@closing.finished_first
async def add(*, name: str, category: str, email: str, time_zone: str, language: str, by: Actor) -> Expert:
    """A new expert, whom visitors do not find yet, with an invitation on its way to them.

    Args:
        name: as visitors will see it.
        category: what they do.
        email: where they get mail and sign in.
        time_zone: IANA.
        language: in which the invitation is written, and their mail is until they choose another one; its code.
        by: who adds them.

    Raises:
        InvalidRequest: naming each field with which something is wrong.
    """
    problems: list[FieldProblem] = []

    def checked(field: str, check: Callable[[str], str], text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            problems.append(FieldProblem(field=field, message=error.args[0]))
            return ""

    name = checked("name", customers.check_name, name)
    category = checked("category", categories.check, category)
    email = checked("email", customers.check_email, email)
    if time_zone not in ZONE_NAMES:
        problems.append(FieldProblem(field="time_zone", message=NO_ZONE))
    if language not in LANGUAGES:
        problems.append(FieldProblem(field="language", message=NO_LANGUAGE))
    if email and await _has_address(email):
        problems.append(FieldProblem(field="email", message=TAKEN))
    if problems:
        raise InvalidRequest(problems)
    now = clock.now()
    expert = Expert(
        name=name,
        category=category,
        experience_years=0,
        rating=0,
        email=email,
        email_key=customers.customer_key(email),
        time_zone=time_zone,
        language=language,
        is_hidden=True,
        invited_at=now,
        created_at=now,
    )
    with _one_per_address():
        await expert.insert()
    await journal.write("expert.added", by=by, expert_id=expert.id, became=name)
    await _invite(expert)
    return expert


async def _has_address(email: str) -> bool:
    return await Expert.find_one({"email_key": customers.customer_key(email)}) is not None


@contextmanager
def _one_per_address() -> Iterator[None]:
    """Say of an address that another expert was quicker, if that is what the database says."""
    try:
        yield
    except database.DuplicateKeyError:
        raise InvalidRequest([FieldProblem(field="email", message=TAKEN)]) from None


@closing.finished_first
async def invite(expert_id: PydanticObjectId, *, by: Actor) -> Expert:
    """Ask an expert in once more.

    Raises:
        ExpertNotFound, InvalidRequest
    """
    expert = await _present(expert_id)
    if not expert.email:
        raise InvalidRequest([FieldProblem(field="email", message=Sentence("This expert has no e-mail address."))])
    invited = await _change(expert, {"invited_at": clock.now()})
    await journal.write("expert.invited", by=by, expert_id=expert_id)
    await _invite(invited)
    return invited


async def _invite(expert: Expert) -> None:
    now = clock.now()
    message = Message(
        id=f"{MessageKind.INVITATION}:{expert.id}:{now.isoformat()}",
        kind=MessageKind.INVITATION,
        recipient=Recipient.EXPERT,
        to=expert.email or "",
        language=expert.language,
        time_zone=expert.time_zone,
        created_at=now,
        due_at=now,
    )
    await outbox.put(message)


@closing.finished_first
async def change_email(expert_id: PydanticObjectId, email: str, *, by: Actor) -> Expert:
    """Have an expert get mail, and sign in, at another address from now on.

    Whoever read the mail of the one before may know the address of the calendar feed, so it gets another one as well.

    Raises:
        ExpertNotFound, InvalidRequest
    """
    expert = await _present(expert_id)
    try:
        address = customers.check_email(email)
    except ValueError as error:
        raise InvalidRequest([FieldProblem(field="email", message=error.args[0])]) from None
    key = customers.customer_key(address)
    if key == expert.email_key and address == expert.email:
        return expert
    with _one_per_address():
        changed = await _change(expert, {"email": address, "email_key": key}, renews_feed=key != expert.email_key)
    await journal.write("expert.email", by=by, expert_id=expert_id, was=expert.email or "", became=address)
    return changed


@closing.finished_first
async def hide(expert_id: PydanticObjectId, *, by: Actor) -> Expert:
    """Have visitors find an expert no more; what is booked takes place.

    Raises:
        ExpertNotFound
    """
    return await _set_hidden(expert_id, True, "expert.hidden", by)


@closing.finished_first
async def show(expert_id: PydanticObjectId, *, by: Actor) -> Expert:
    """Have visitors find an expert, with what their hours offer by now.

    Raises:
        ExpertNotFound: also for who has been removed.
    """
    expert = await _set_hidden(expert_id, False, "expert.shown", by)
    await materialising.materialise(expert_id)
    return expert


async def _set_hidden(expert_id: PydanticObjectId, is_hidden: bool, what: str, by: Actor) -> Expert:
    expert = await _present(expert_id)
    if expert.is_hidden == is_hidden:
        return expert
    changed = await _change(expert, {"is_hidden": is_hidden})
    await journal.write(what, by=by, expert_id=expert_id)
    return changed


@closing.finished_first
async def take_back(expert_id: PydanticObjectId, *, by: Actor) -> Expert:
    """Have an expert who was removed with the house again; visitors do not find them before they are shown.

    Their calendar feed gets another address. Where somebody else has theirs by now, they cannot sign in before they
    are given another one.

    Raises:
        ExpertNotFound
    """
    expert = await experts.get(expert_id)
    if expert.removed_at is None:
        return expert
    back = {"removed_at": None, "is_hidden": True}
    key = customers.customer_key(expert.email) if expert.email else None
    try:
        changed = await _change(expert, {**back, "email_key": key}, renews_feed=True)
    except database.DuplicateKeyError:
        changed = await _change(expert, {**back, "email_key": None}, renews_feed=True)
    await journal.write("expert.taken_back", by=by, expert_id=expert_id)
    return changed


async def remove(expert_id: PydanticObjectId, *, cancels: bool, message: str, by: Actor) -> roster.Ahead:
    """Have an expert leave; what is left of their bookings ahead, which is nothing when all were cancelled.

    Args:
        expert_id: whom.
        cancels: whether what is ahead is cancelled; it takes place otherwise.
        message: to the customers whose bookings are cancelled, who have to be told why, and for the journal.
        by: who does it.

    Raises:
        ExpertNotFound, InvalidRequest
    """
    message = own_words.check(message, field="reason", is_required=cancels)
    await _leave(expert_id, message, by)
    if cancels:
        for booking in await roster.bookings_ahead(expert_id):
            with suppress(BookingNotFound, IllegalTransition):  # it moved on by itself
                await bookings.cancel(booking.id, is_refusal=True, by=by, message=message)
    return await roster.ahead_of(expert_id)


@closing.finished_first
async def _leave(expert_id: PydanticObjectId, reason: str, by: Actor) -> None:
    expert = await experts.get(expert_id)
    if expert.removed_at is None:
        # By one write: hidden, gone, and nobody who signs in. Mail about what takes place still finds its way.
        await _change(expert, {"removed_at": clock.now(), "is_hidden": True, "email_key": None})
        await journal.write("expert.removed", by=by, expert_id=expert_id, reason=reason)
    await waiting.close(expert_id)
    await pictures.remove(expert_id, by=by)
    await materialising.materialise(expert_id)


async def _present(expert_id: PydanticObjectId) -> Expert:
    expert = await experts.get(expert_id)
    if expert.removed_at is not None:
        raise ExpertNotFound
    return expert


async def _change(expert: Expert, fields: dict[str, Any], *, renews_feed: bool = False) -> Expert:
    renewed = {"$inc": {"feed_number": 1}} if renews_feed else {}
    await Expert.find_one({"_id": expert.id}).update({"$set": fields, **renewed})
    await revisions.catalogue_changed()
    return await experts.get(expert.id)
