"""What the application can do with experts, time slots and bookings; no page is known here."""

__version__ = "0.1.0"
