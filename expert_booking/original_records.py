"""One expert as the original application stored it, checked and put into the words of this one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from beanie import Document
from bson import ObjectId
from pydantic import ValidationError

from expert_booking import original_fields, stand_ins
from expert_booking.original_fields import Unusable
from models import Expert


@dataclass(frozen=True, slots=True)
class Skipped:
    """What of the file was left out, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListedTime:
    """A time of the original; `local` is naive, as the file has it."""

    id: ObjectId
    local: datetime
    is_booked: bool


@dataclass(frozen=True, slots=True)
class ListedExpert:
    """An expert as it will be stored, and the times that the file lists; `what` names the record in a report."""

    what: str
    document: dict[str, Any]
    times: list[ListedTime]


def listed_experts(records: Iterable[Any], *, zone: ZoneInfo, skipped: list[Skipped]) -> Iterator[ListedExpert]:
    """The usable experts of an export; what is not usable goes to `skipped`."""
    seen: set[ObjectId] = set()
    for number, record in enumerate(records, start=1):
        what = f"expert {number}"
        try:
            _check_object(record)
            if isinstance(record.get("name"), str):
                what += f" ({_printable(record['name'].strip())})"
            document = _document(record, zone)
            _claim(document["_id"], seen)
        except Unusable as problem:
            skipped.append(Skipped(what, str(problem)))
        else:
            yield ListedExpert(what, document, list(_times(record.get("timeSlots"), what, seen, skipped)))


def _document(record: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    plain = {name: record[name] for name in ("name", "category", "rating") if record.get(name) is not None}
    own_id = original_fields.object_id(record.get("_id"))
    email = stand_ins.address("", str(own_id))  # the original knows none
    try:
        expert = Expert(
            **{name: original_fields.text(name, value) for name, value in plain.items()},
            experience_years=original_fields.years(record.get("experience")),
            avatar=original_fields.picture(record.get("avatar")),
            email=email,
            email_key=email,
            time_zone=zone.key,
            created_at=original_fields.moment(record.get("createdAt")),
        )
    except ValidationError as error:
        raise Unusable(_first_problem(error)) from None
    stored = expert.model_dump(exclude=set(Document.model_fields))
    return {"_id": own_id, **stored}


def _printable(name: str) -> str:
    """A name for a report: what would steer a terminal is written as an escape."""
    return name if name.isprintable() else repr(name)


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = first["loc"][0]
    return f"it has no {field}" if first["type"] == "missing" else f"{field} {first['input']!r}: {first['msg'].lower()}"


def _times(listed: Any, what: str, seen: set[ObjectId], skipped: list[Skipped]) -> Iterator[ListedTime]:
    if not isinstance(listed, list | None):
        skipped.append(Skipped(what, "timeSlots is not a list; the expert comes without times"))
        return
    for number, record in enumerate(listed or [], start=1):
        try:
            yield _time(record, seen)
        except Unusable as problem:
            skipped.append(Skipped(f"{what}, time {number}", str(problem)))


def _time(record: Any, seen: set[ObjectId]) -> ListedTime:
    _check_object(record)
    time = ListedTime(
        id=original_fields.object_id(record.get("_id")),
        local=original_fields.local(record.get("date"), record.get("time")),
        is_booked=original_fields.is_booked(record.get("isBooked", False)),
    )
    _claim(time.id, seen)
    return time


def _check_object(record: Any) -> None:
    if not isinstance(record, dict):
        raise Unusable("it is not an object")


def _claim(found: ObjectId, seen: set[ObjectId]) -> None:
    if found in seen:
        raise Unusable("its _id is in the file already")
    seen.add(found)
