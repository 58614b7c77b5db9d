"""Whether the named indexes are there, and hold what they must."""

from collections.abc import AsyncIterator
from typing import Any

from beanie import Document
from bson import MinKey

from expert_booking import database
from expert_booking.audit.findings import Finding, Kind
from expert_booking.audit.records import IN_STORED_ORDER
from models import DOCUMENTS


async def missing() -> list[Finding]:
    """The indexes that the documents name and their collections do not have; two bookings for a slot come of that."""
    return [finding async for model in _each_model() async for finding in _missing_of(model)]


async def incomplete() -> list[Finding]:
    """The indexes that lead to fewer documents than there are; read it while nobody writes.

    A server that is killed while it builds an index keeps the index on the embedded server, short of entries, and
    tells nobody. MongoDB builds such an index again by itself.
    """
    return [finding async for model in _each_model() async for finding in _incomplete_of(model)]


async def _each_model() -> AsyncIterator[type[Document]]:
    for model in DOCUMENTS:
        yield model


async def _missing_of(model: type[Document]) -> AsyncIterator[Finding]:
    collection = database.collection(model)
    present = await collection.index_information()
    for name in _definitions(model).keys() - present.keys():
        words = f"index {name} of {collection.name} is missing"
        yield Finding.of(Kind.INDEX_MISSING, collection.name, name, words=words)


async def _incomplete_of(model: type[Document]) -> AsyncIterator[Finding]:
    collection = database.collection(model)
    counted: dict[str, int] = {}  # without an index, by what was asked for: each time takes a walk through them all
    for name in sorted(_definitions(model).keys() & (await collection.index_information()).keys()):
        definition = _definitions(model)[name]
        query = definition.get("partialFilterExpression", {})
        if str(query) not in counted:
            counted[str(query)] = await collection.count_documents(query, hint=IN_STORED_ORDER)
        there = counted[str(query)]
        found = await _found_through(collection, name, next(iter(definition["key"])), query)
        if found != there:
            words = f"index {name} of {collection.name} leads to {found} of {there} documents"
            yield Finding.of(Kind.INDEX_INCOMPLETE, collection.name, name, words=words)


async def _found_through(collection: Any, name: str, leading: str, query: dict[str, Any]) -> int:
    # Told to take an index on an array, the embedded server looks at the documents; asked for a range, at the index.
    hinted = int(await collection.count_documents(query, hint=name))
    return hinted if query else min(hinted, int(await collection.count_documents({leading: {"$gte": MinKey()}})))


def _definitions(model: type[Document]) -> dict[str, Any]:
    """The document's indexes by name, as the driver writes them."""
    return {field.index.document["name"]: field.index.document for field in model.get_settings().indexes}
