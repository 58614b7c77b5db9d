"""The statuses of a booking as a person is told them."""

from expert_booking.sentence import Sentence
from models import BookingStatus

NAMES = {
    BookingStatus.PENDING: Sentence("Pending"),
    BookingStatus.CONFIRMED: Sentence("Confirmed"),
    BookingStatus.COMPLETED: Sentence("Completed"),
    BookingStatus.CANCELLED: Sentence("Cancelled"),
}
