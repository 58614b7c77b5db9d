"""Experts and their times out of the original application, from a file that mongoexport wrote.

The file does not say who booked a time, so a booked one is left out: offering it would sell it twice, and a booking
needs a customer. Everything keeps its `_id`, so that importing a file again adds only what is missing.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from expert_booking import bulk, clock, revisions
from expert_booking.bulk import Tally
from expert_booking.original_records import Skipped, listed_experts
from expert_booking.original_times import open_slots, time_to_tomorrow
from models import Expert, TimeSlot

WRAPPED_NUMBERS = {"$numberInt": int, "$numberLong": int, "$numberDouble": float}


class ExportUnreadable(Exception):
    """The file as a whole cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of an export; `past` counts the slots in it whose start was past when it was imported."""

    experts: Tally
    slots: Tally
    past: int
    moved_by: timedelta
    skipped: list[Skipped]


def read(path: Path) -> list[Any]:
    """The records of an export in extended JSON, one array or one object after another; all of the file or nothing.

    Raises:
        ExportUnreadable
    """
    try:
        return list(_records(path.read_text(encoding="utf-8-sig").strip()))
    except OSError as error:
        raise ExportUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ExportUnreadable(f"{path} is not a text file in UTF-8: export it again with mongoexport.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ExportUnreadable(f"{path} is not JSON at {place} ({error.msg}): export it again.") from error
    except RecursionError as error:
        raise ExportUnreadable(f"{path} is nested too deeply to be an export of experts.") from error


def _records(text: str) -> Iterator[Any]:
    if text.startswith("["):
        yield from json.loads(text, object_hook=_unwrapped)
        return
    decoder, position = json.JSONDecoder(object_hook=_unwrapped), 0
    while position < len(text):
        record, position = decoder.raw_decode(text, position)
        yield record
        while text[position : position + 1].isspace():
            position += 1


def _unwrapped(found: dict[str, Any]) -> Any:
    """Canonical extended JSON wraps every number: `{"$numberInt": "10"}`."""
    for kind, number in WRAPPED_NUMBERS.items():
        if list(found) == [kind] and isinstance(found[kind], str):
            try:
                return number(found[kind])
            except ValueError:
                return found
    return found


async def load(records: Iterable[Any], *, zone: ZoneInfo, shift_to_future: bool = False) -> Imported:
    """Store the experts and open times of an export; what is stored already stays as it is.

    Args:
        records: as `read` returns them.
        zone: where the dates and times of the original are local; it becomes the zone of every expert.
        shift_to_future: move all dates ahead by as many whole weeks as bring the earliest to tomorrow or later.
    """
    now, skipped, moved_by = clock.now(), list[Skipped](), timedelta(0)
    experts = list(listed_experts(records, zone=zone, skipped=skipped))
    if shift_to_future:
        moments = (time.local for listed in experts for time in listed.times)
        moved_by = time_to_tomorrow(moments, today=now.astimezone(zone).date())
    slots = list(chain.from_iterable(open_slots(one, zone=zone, moved_by=moved_by, skipped=skipped) for one in experts))
    made = await bulk.add_all(Expert, (listed.document for listed in experts))
    opened = await bulk.add_all(TimeSlot, slots)
    await revisions.catalogue_changed()
    return Imported(
        experts=made,
        slots=opened,
        past=sum(slot["starts_at"] <= now for slot in slots),
        moved_by=moved_by,
        skipped=skipped,
    )
