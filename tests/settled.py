"""The audit of a database in which this very process has booked."""

from expert_booking import audit, settling


async def contradictions() -> list[str]:
    """What the audit finds once the bookings that are shown are marked settled, as they are a moment later."""
    await settling.mark_shown()
    return await audit.contradictions()
