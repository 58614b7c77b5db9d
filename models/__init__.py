"""What is stored: Beanie documents, their indexes and their lifecycle."""

from beanie import Document

from models.booking import Booking, BookingStatus, NewsKind
from models.expert import Expert, WeeklyHours
from models.lease import Lease
from models.message import Message, MessageKind, MessageState, Recipient
from models.recent import Recent
from models.revision import Revision
from models.sign_in import SignIn, SignInCode
from models.time_slot import SlotState, TimeSlot

DOCUMENTS: list[type[Document]] = [Expert, TimeSlot, Booking, Revision, Lease, Message, SignInCode, SignIn, Recent]

__all__ = [
    "DOCUMENTS",
    "Booking",
    "BookingStatus",
    "Expert",
    "Lease",
    "Message",
    "MessageKind",
    "MessageState",
    "NewsKind",
    "Recent",
    "Recipient",
    "Revision",
    "SignIn",
    "SignInCode",
    "SlotState",
    "TimeSlot",
    "WeeklyHours",
]
