"""When experts are not there: by their own word, and by the calendars that they keep elsewhere.

The slots follow each change. What is held or booked in a time off stays so: that is between two people.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from beanie import PydanticObjectId
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import clock, closing, database, journal, materialising
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.sentence import Sentence
from models import TimeOff
from models.time_off import OWN

LONGEST = timedelta(days=732)
LONGEST_NOTE = 200
MOST = 300
"""Of an expert's own, ahead."""

ENDS_FIRST = Sentence("The end must be after the beginning.")
IS_PAST = Sentence("This time is over already.")
TOO_LONG = Sentence("Time off can be two years long at most.")
TOO_MUCH = Sentence("You have as many times off as can be kept here. Remove some first.")
NOTE_TOO_LONG = Sentence("The note can have {most} characters at most.", most=LONGEST_NOTE)

Stretch = tuple[datetime, datetime]


async def of_expert(
    expert_id: PydanticObjectId, *, after: datetime, before: datetime, source: str | None = None
) -> list[TimeOff]:
    """What overlaps the time between two moments, earliest first.

    Args:
        expert_id: whose.
        after: aware.
        before: aware.
        source: only `OWN`, or only that of the outside calendar with this id.
    """
    wanted = {"expert_id": expert_id, "ends_at": {"$gt": after}, "starts_at": {"$lt": before}}
    return await TimeOff.find(wanted | ({"source": source} if source is not None else {})).sort("starts_at").to_list()


@closing.finished_first
async def add(expert_id: PydanticObjectId, starts_at: datetime, ends_at: datetime, note: str, by: Actor) -> TimeOff:
    """Take time off.

    Args:
        expert_id: whose.
        starts_at: aware; what of it is past already does not matter.
        ends_at: aware.
        note: for the expert alone; not entered in the journal.
        by: who says so.

    Raises:
        InvalidRequest: names "ends_at" or "note".
    """
    problems = _problems(starts_at, ends_at)
    if len(note) > LONGEST_NOTE:
        problems.append(_problem("note", NOTE_TOO_LONG))
    if problems:
        raise InvalidRequest(problems)
    if await TimeOff.find({"expert_id": expert_id, "ends_at": {"$gt": clock.now()}, "source": OWN}).count() >= MOST:
        raise InvalidRequest([_problem("ends_at", TOO_MUCH)])
    added = TimeOff(expert_id=expert_id, starts_at=starts_at, ends_at=ends_at, note=note)
    async with _foreseen(expert_id):
        await added.insert()
    await journal.write("time_off.added", by=by, key=str(added.id), expert_id=expert_id, became=_told(added))
    await materialising.materialise(expert_id)
    return added


def _problems(starts_at: datetime, ends_at: datetime) -> list[FieldProblem]:
    if ends_at <= starts_at:
        return [_problem("ends_at", ENDS_FIRST)]
    if ends_at <= clock.now():
        return [_problem("ends_at", IS_PAST)]
    return [_problem("ends_at", TOO_LONG)] if ends_at - starts_at > LONGEST else []


def _problem(field: str, message: Sentence) -> FieldProblem:
    return FieldProblem(field=field, message=message)


@closing.finished_first
async def remove(expert_id: PydanticObjectId, time_off_id: PydanticObjectId, by: Actor) -> None:
    """Be there after all, in a time off of the expert's own; one that is gone already stays so."""
    mine = {"_id": time_off_id, "expert_id": expert_id, "source": OWN}
    found = await TimeOff.find_one(mine)
    if found is None:
        return
    async with _foreseen(expert_id):
        result = await database.collection(TimeOff).delete_one(mine)
    if not result.deleted_count:  # another one was quicker
        return
    await journal.write("time_off.removed", by=by, key=str(found.id), expert_id=expert_id, was=_told(found))
    await materialising.materialise(expert_id)


def _told(time_off: TimeOff) -> str:
    return f"{time_off.starts_at.isoformat()}/{time_off.ends_at.isoformat()}"


@closing.finished_first
async def replace(expert_id: PydanticObjectId, source: str, stretches: Iterable[Stretch]) -> bool:
    """Let what an outside calendar says now take the place of what it said before.

    The same stretch has the same id every time, so doing it again, or twice at the same moment, changes nothing.

    Args:
        expert_id: whose calendar it is.
        source: its id.
        stretches: when they are busy, aware, each after the other.

    Returns:
        whether anything is different now; the slots have followed then.
    """
    wanted = {_id_of(source, stretch): stretch for stretch in stretches}
    there = {time_off.id for time_off in await TimeOff.find({"expert_id": expert_id, "source": source}).to_list()}
    gone, new = there - wanted.keys(), wanted.keys() - there
    if not gone and not new:
        return False
    async with _foreseen(expert_id):
        await _insert([_of(expert_id, source, found, wanted[found]) for found in new])
        if gone:
            await TimeOff.find({"_id": {"$in": list(gone)}}).delete()
    await materialising.materialise(expert_id)
    return True


@asynccontextmanager
async def _foreseen(expert_id: PydanticObjectId) -> AsyncIterator[None]:
    """Change time off in this, so that the slots are made anew soon should this process not come to it.

    It is said again once the change is stored: who made them meanwhile may not have seen it.
    """
    await materialising.have_made_anew(expert_id)
    yield
    await materialising.have_made_anew(expert_id)


def _id_of(source: str, stretch: Stretch) -> PydanticObjectId:
    return PydanticObjectId(hashlib.sha256(f"{source} {_uid_of(stretch)}".encode()).digest()[:12])


def _uid_of(stretch: Stretch) -> str:
    return "/".join(moment.astimezone(UTC).isoformat() for moment in stretch)


def _of(expert_id: PydanticObjectId, source: str, time_off_id: PydanticObjectId, stretch: Stretch) -> TimeOff:
    starts_at, ends_at = stretch
    uid = _uid_of(stretch)
    return TimeOff(id=time_off_id, expert_id=expert_id, starts_at=starts_at, ends_at=ends_at, source=source, uid=uid)


async def _insert(found: list[TimeOff]) -> None:
    documents = [RawBSONDocument(encode(each.model_dump(by_alias=True, exclude={"revision_id"}))) for each in found]
    errors = await database.insert_each(TimeOff, documents) if documents else []
    for error in errors:
        if error is not None and not isinstance(error, database.DuplicateKeyError):
            raise error
