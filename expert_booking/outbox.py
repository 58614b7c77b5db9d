"""The outbox: what is to be sent is stored first, and sent from there."""

from contextlib import suppress

from expert_booking import database
from models import Message


async def put(message: Message) -> None:
    """Have a message sent; one with the same id is in the outbox, or was sent, already."""
    with suppress(database.DuplicateKeyError):
        await message.insert()
