"""Databases for one test after the other: empty, and with the indexes, which take longer to make than most tests."""

import uuid
from collections import Counter, deque
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent, register

from expert_booking import database
from models import DOCUMENTS, Expert

LEFT_ALONE = 8
"""How many others come before a database has its turn again, so that no late write of one test meets the next."""

MANY = 500
"""Documents; to drop the database is quicker then."""

INDEXES = {
    (str(model.Settings.name), index.document["name"])
    for model in DOCUMENTS
    for index in getattr(model.Settings, "indexes", ())
}
WRITES = frozenset({"insert", "update", "findAndModify", "bulkWrite"})
REBUILDS = frozenset({"drop", "dropDatabase", "dropIndexes", "create", "collMod", "renameCollection"})


class _Written(CommandListener):
    """Which collections this process has written to, and which databases are not any more as they were made."""

    def __init__(self) -> None:
        self.collections: set[tuple[str, str]] = set()
        self.inserted: Counter[str] = Counter()
        self.rebuilt: set[str] = set()

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command_name
        if name in WRITES:
            self.collections.add((event.database_name, str(event.command[name])))
            self.inserted[event.database_name] += len(event.command.get("documents", ()))
        elif name in REBUILDS:
            self.rebuilt.add(event.database_name)
        elif name == "createIndexes":
            made = {(str(event.command[name]), str(index["name"])) for index in event.command["indexes"]}
            if not made <= INDEXES:
                self.rebuilt.add(event.database_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What counts is that it was tried."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What counts is that it was tried."""


_written = _Written()
register(_written)
_with_indexes: set[str] = set()
_ready: deque[str] = deque()


def take() -> str:
    """The name of an empty database; a new one, unless one has been left alone for long enough."""
    return _ready.popleft() if len(_ready) > LEFT_ALONE else f"test_{uuid.uuid4().hex[:12]}"


def has_indexes(name: str) -> bool:
    """Whether its indexes are those that it was made with, and all of them."""
    return name in _with_indexes


async def give_back(name: str) -> None:
    """Empty the database for another test; one that is not empty then, or was rebuilt, is dropped."""
    there: Any = database.collection(Expert).database.client[name]
    written = {collection for of, collection in _written.collections if of == name}
    _written.collections -= {(name, collection) for collection in written}
    if name not in _written.rebuilt and _written.inserted.pop(name, 0) < MANY:
        for collection in written:
            await there[collection].delete_many({})
        if (await there.command("dbStats"))["objects"] == 0:
            _ready.append(name)
            _with_indexes.add(name)
            return
    _with_indexes.discard(name)
    await there.client.drop_database(name)
    _written.rebuilt.discard(name)
