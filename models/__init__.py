"""What is stored: Beanie documents, their indexes and their lifecycle."""

from beanie import Document

from models.booking import Booking, BookingStatus
from models.expert import Expert, WeeklyHours
from models.time_slot import SlotState, TimeSlot

DOCUMENTS: list[type[Document]] = [Expert, TimeSlot, Booking]

__all__ = ["DOCUMENTS", "Booking", "BookingStatus", "Expert", "SlotState", "TimeSlot", "WeeklyHours"]
