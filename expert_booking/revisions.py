"""Telling every process that experts, or many slots at once, are not what they were."""

from expert_booking import catalogue, database, openings
from models import Revision

CATALOGUE = "catalogue"


async def catalogue_changed() -> None:
    """Call it after experts were made, changed or removed, or slots were without the bus; never before."""
    await database.collection(Revision).update_one({"_id": CATALOGUE}, {"$inc": {"number": 1}}, upsert=True)
    catalogue.use(None)  # this process need not wait to be told
    openings.use(None)


async def of_catalogue() -> int:
    """The number of the latest change."""
    found = await Revision.find_one({"_id": CATALOGUE})
    return found.number if found else 0
