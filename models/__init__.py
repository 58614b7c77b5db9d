"""What is stored: Beanie documents, their indexes and their lifecycle."""

from beanie import Document

from models.booking import Booking, BookingStatus
from models.expert import Expert, WeeklyHours
from models.lease import Lease
from models.revision import Revision
from models.time_slot import SlotState, TimeSlot

DOCUMENTS: list[type[Document]] = [Expert, TimeSlot, Booking, Revision, Lease]

__all__ = [
    "DOCUMENTS",
    "Booking",
    "BookingStatus",
    "Expert",
    "Lease",
    "Revision",
    "SlotState",
    "TimeSlot",
    "WeeklyHours",
]
