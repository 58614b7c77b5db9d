"""What is stored: Beanie documents, their indexes and their lifecycle."""

from beanie import Document

from models.api_token import ApiToken, Scope
from models.booking import ActorKind, Booking, BookingChange, BookingStatus, ChangeKind, NewsKind
from models.category import Category
from models.client_note import ClientNote
from models.expert import DatedHours, Expert, SessionType, WeeklyHours
from models.journal_entry import JournalEntry
from models.lease import Lease
from models.message import Message, MessageKind, MessageState, Recipient
from models.outside_calendar import OutsideCalendar
from models.picture import Picture
from models.recent import Recent
from models.revision import Revision
from models.sign_in import SignIn, SignInCode
from models.time_off import TimeOff
from models.time_slot import SlotState, TimeSlot
from models.webhook import Attempt, DeliveryState, Webhook, WebhookDelivery, WebhookEvent
from models.wish import Wish, WishState

DOCUMENTS: list[type[Document]] = [
    Expert,
    TimeSlot,
    Booking,
    Revision,
    Lease,
    Message,
    SignInCode,
    SignIn,
    Recent,
    TimeOff,
    OutsideCalendar,
    JournalEntry,
    Category,
    ApiToken,
    Webhook,
    WebhookDelivery,
    Picture,
    ClientNote,
    Wish,
]

__all__ = [
    "DOCUMENTS",
    "ActorKind",
    "ApiToken",
    "Attempt",
    "Booking",
    "BookingChange",
    "BookingStatus",
    "Category",
    "ChangeKind",
    "ClientNote",
    "DatedHours",
    "DeliveryState",
    "Expert",
    "JournalEntry",
    "Lease",
    "Message",
    "MessageKind",
    "MessageState",
    "NewsKind",
    "OutsideCalendar",
    "Picture",
    "Recent",
    "Recipient",
    "Revision",
    "Scope",
    "SessionType",
    "SignIn",
    "SignInCode",
    "SlotState",
    "TimeOff",
    "TimeSlot",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
    "WeeklyHours",
    "Wish",
    "WishState",
]
