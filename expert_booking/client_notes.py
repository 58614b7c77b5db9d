"""What an expert notes about a customer, for themselves.

No page shows it to the customer. But it is about them, so it is among the data that they can take away, and it goes
when they have themselves erased.
"""

from beanie import PydanticObjectId

from expert_booking import clock, closing, database, own_words
from models import ClientNote
from models.client_note import LONGEST_NOTE


async def of(expert_id: PydanticObjectId, customer_key: str) -> str:
    """An expert's note about a customer; blank where there is none."""
    found = await ClientNote.find_one({"customer_key": customer_key, "expert_id": expert_id})
    return found.text if found is not None else ""


@closing.finished_first
async def keep(expert_id: PydanticObjectId, customer_key: str, text: str) -> str:
    """Put a note in the place of the one before; a blank one takes it away. What is kept comes back.

    Raises:
        InvalidRequest: it is too long, or has characters that cannot be seen.
    """
    text = own_words.check(text, field="note", longest=LONGEST_NOTE)
    theirs = {"customer_key": customer_key, "expert_id": expert_id}
    if not text:
        await ClientNote.find_one(theirs).delete()
        return ""
    change = {"$set": {"text": text, "changed_at": clock.now()}}
    if not (await ClientNote.find_one(theirs).update(change)).matched_count:
        try:
            await ClientNote(**theirs, text=text, changed_at=clock.now()).insert()
        except database.DuplicateKeyError:  # written from another page at this moment
            await ClientNote.find_one(theirs).update(change)
    return text


async def about(customer_key: str) -> list[ClientNote]:
    """All that experts have noted about a customer."""
    return await ClientNote.find({"customer_key": customer_key}).to_list()


async def forget(customer_key: str) -> None:
    """Remove all that experts have noted about a customer."""
    await ClientNote.find({"customer_key": customer_key}).delete()
