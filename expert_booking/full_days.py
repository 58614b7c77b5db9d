"""Days that may have become full, or free again: noted where a booking comes or goes or a hold ends, looked at a moment
later.

Claims see to it that nobody books more than there may be. What is looked at here is what is offered. What is noted goes
with the process, so each process that begins has all days with a limit looked at (`materialising.doubt_full_days`).
"""

from datetime import date

from beanie import PydanticObjectId

from models import TimeSlot

LOOK_SECONDS = 0.5

_noted: set[tuple[PydanticObjectId, date]] = set()


def note(slot: TimeSlot) -> None:
    """A slot is booked, or free again, or held no more; where its day has no limit, that concerns no other."""
    if slot.day_limit is not None and slot.local_day:
        _noted.add((slot.expert_id, date.fromisoformat(slot.local_day)))


def take() -> list[tuple[PydanticObjectId, date]]:
    """The experts and local dates that were noted since the last time."""
    taken = sorted(_noted)
    _noted.clear()
    return taken


def put_back(left: list[tuple[PydanticObjectId, date]]) -> None:
    """What could not be looked at is looked at the next time."""
    _noted.update(left)
