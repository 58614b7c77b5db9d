"""The way to MongoDB; the only module that knows which driver takes it.

Beanie 1.x runs on Motor, Beanie 2.x on PyMongo's own asynchronous client. What differs between the two is in this
file, so that the move is one file: whichever of the two is installed is used.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pymongo
from beanie import Document, init_beanie
from beanie.exceptions import CollectionWasNotInitialized
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WTimeoutError,
)
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.write_concern import WriteConcern

try:
    # A database that stalls keeps each call for as long as it may take, and Motor has threads for few of them: whoever
    # came next would wait for a thread first. They are made as they are needed.
    os.environ.setdefault("MOTOR_MAX_WORKERS", "128")
    from motor.motor_asyncio import AsyncIOMotorClient as Client
except ImportError:  # Beanie 2.x
    from pymongo import AsyncMongoClient as Client  # type: ignore[assignment]  # one of the two is installed

from expert_booking import metrics
from models import DOCUMENTS

CONNECTION_ERRORS = (
    AutoReconnect,
    ServerSelectionTimeoutError,
    NetworkTimeout,
    WaitQueueTimeoutError,
    ExecutionTimeout,
    WTimeoutError,
    CollectionWasNotInitialized,
)
"""What the driver raises when the database does not answer; `DatabaseUnavailable` to whoever asked."""

DUPLICATE_KEY = 11000

FAILING_CODES = frozenset({1, 8, 39, 96, 133, 14031})
"""What a server says that cannot work, for want of room on its disk perhaps: InternalError, UnknownError,
FileStreamFailed, OperationFailed, FailedToSatisfyReadPreference, OutOfDiskSpace."""

UNUSABLE_ERRORS = (*CONNECTION_ERRORS, ConfigurationError, OperationFailure, InvalidOperation)
"""What can keep the database from being made ready: not reachable, or the address or its credentials are wrong."""

__all__ = [
    "CONNECTION_ERRORS",
    "UNUSABLE_ERRORS",
    "Changes",
    "DuplicateKeyError",
    "KeepsNoLog",
    "OperationFailure",
    "cannot_answer",
    "changes",
    "collection",
    "connect",
    "disconnect",
    "drop",
    "drop_index",
    "drop_indexes",
    "forgetful",
    "insert_each",
    "make_indexes",
    "patiently",
    "update_each",
    "within",
]

# Building an index, or dropping a collection, takes as long as what is stored is large.
LONG_SECONDS = 4 * 60 * 60
# How long a reading of changes waits for one: as long as a shutdown waits for the reading.
CHANGES_WAIT_SECONDS = 0.5
NO_CHANGE_STREAMS_CODE = 40573

_client: Any = None
_timeout_seconds: float = 0


class KeepsNoLog(RuntimeError):
    """A standalone server keeps no log of changes that could be followed."""


async def connect(uri: str, *, name: str, timeout_seconds: float, makes_indexes: bool = True) -> None:
    """Open the client, make the named indexes and bind the documents to it.

    The client is open even when this raises one of `UNUSABLE_ERRORS`: call `connect` again to try again.

    Args:
        uri: a MongoDB connection string.
        name: the database's name.
        timeout_seconds: how long one operation may take, finding a server included; missing indexes get hours.
        makes_indexes: false for whoever only looks.
    """
    global _client, _timeout_seconds
    _timeout_seconds = timeout_seconds
    if _client is None:
        _client = _open(uri, milliseconds=int(timeout_seconds * 1000))
    await _client[name].command("ping")  # whether there is a database shows soon, whatever is to be built in it
    with patiently():
        await init_beanie(database=_client[name], document_models=DOCUMENTS, skip_indexes=not makes_indexes)


@contextmanager
def patiently() -> Iterator[None]:
    """Let what takes long take long in here, whatever one operation may take otherwise."""
    with pymongo.timeout(LONG_SECONDS):
        yield


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Wait for nothing in here longer than this, for what can do without."""
    with pymongo.timeout(seconds):
        yield


def _open(uri: str, *, milliseconds: int) -> Any:
    try:
        return Client(
            uri,
            tz_aware=True,
            appname="expert-booking",
            event_listeners=[_Stopwatch()],
            timeoutMS=milliseconds,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            readPreference="primary",  # settling must not read what was so a moment ago
            w="majority",
            journal=True,  # acknowledged means durable, whatever the address says
        )
    except ValueError as error:
        raise ConfigurationError("MONGO_URI is not an address of a MongoDB server") from error


class _Stopwatch(CommandListener):
    """Tells how long each command took and by what name it goes, and nothing of what it holds."""

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing yet: the end knows how long it took."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The database answered."""
        metrics.database_command(event.command_name, event.duration_micros / 1e6, has_failed=False)

    def failed(self, event: CommandFailedEvent) -> None:
        """The database refused, or did not answer."""
        metrics.database_command(event.command_name, event.duration_micros / 1e6, has_failed=True)


async def disconnect() -> None:
    """Close the client, if one is open."""
    global _client
    client, _client = _client, None
    if client is not None:
        closed = client.close()
        if inspect.isawaitable(closed):
            await closed


def cannot_answer(error: BaseException) -> bool:
    """Whether this error says that the database is not there or cannot work, and nothing about what was asked."""
    return isinstance(error, CONNECTION_ERRORS) or (isinstance(error, OperationFailure) and error.code in FAILING_CODES)


async def is_reachable() -> bool:
    """Whether the database can read what is stored, and the documents are bound to it."""
    try:
        bound = [collection(document) for document in DOCUMENTS]
        await bound[0].find_one({"_id": 0})  # one that cannot write any more still answers a ping
    except UNUSABLE_ERRORS:
        return False
    return True


def collection(model: type[Document]) -> Any:
    """The driver's own collection of a document, for work in bulk."""
    bound = getattr(model, "get_pymongo_collection", None) or model.get_motor_collection
    return bound()


def forgetful(model: type[Document]) -> Any:
    """The driver's own collection of a document that nobody misses after a crash: nobody waits until it lasts."""
    return collection(model).with_options(write_concern=WriteConcern(w=1, j=False))


async def insert_each(model: type[Document], documents: list[RawBSONDocument]) -> list[Exception | None]:
    """Insert documents by one command; for each of them the error that kept it out, or none."""
    errors: list[Exception | None] = [None] * len(documents)
    try:
        await collection(model).insert_many(documents, ordered=False)
    except BulkWriteError as refused:
        if refused.details["writeConcernErrors"]:
            raise WTimeoutError("what was inserted may not last", None, refused.details) from refused
        for problem in refused.details["writeErrors"]:
            kind = DuplicateKeyError if problem["code"] == DUPLICATE_KEY else OperationFailure
            errors[problem["index"]] = kind(problem["errmsg"], problem["code"], problem)
    return errors


async def update_each(model: type[Document], updates: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> int:
    """Update documents by one command, each by a filter and an update of its own; how many it changed."""
    operations = [UpdateOne(wanted, update) for wanted, update in updates]
    result = await collection(model).bulk_write(operations, ordered=False)
    return int(result.modified_count)


async def make_indexes(model: type[Document]) -> None:
    """Build those of the document's named indexes that are missing, however long it takes."""
    with patiently():
        await collection(model).create_indexes([field.index for field in model.get_settings().indexes])


async def drop_index(model: type[Document], name: str) -> None:
    """Drop an index that no version of the document wants any more, if it is there."""
    with patiently():
        if name in await collection(model).index_information():
            await collection(model).drop_index(name)


async def drop_indexes(model: type[Document]) -> None:
    """Drop the document's indexes, all but the one on `_id`."""
    with patiently():
        await collection(model).drop_indexes()


async def drop(model: type[Document]) -> None:
    """Remove all documents at once; the indexes stay."""
    with patiently():
        await collection(model).drop()
    await make_indexes(model)


class Changes:
    """The changes in a database, one after another."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def is_open(self) -> bool:
        """Whether more can come; not after the database was dropped."""
        return bool(self._stream.alive)

    @property
    def token(self) -> Any:
        """Where to go on later; it moves on also when nothing changes."""
        return self._stream.resume_token

    async def next(self) -> dict[str, Any] | None:
        """The next change, or none when there was none for half a second."""
        with pymongo.timeout(CHANGES_WAIT_SECONDS + _timeout_seconds):
            reading = asyncio.ensure_future(self._stream.try_next())
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            # It goes on in its thread, and would open the stream again if that were closed meanwhile.
            await asyncio.wait([reading], timeout=2 * CHANGES_WAIT_SECONDS)
            reading.add_done_callback(_ignore)
            raise


def _ignore(reading: "asyncio.Future[Any]") -> None:
    if not reading.cancelled():
        reading.exception()


@asynccontextmanager
async def changes(pipeline: list[dict[str, Any]], *, after: Any = None) -> AsyncIterator[Changes]:
    """Follow what changes in the whole database, changed documents as they are by then.

    Args:
        pipeline: which changes, and what of them.
        after: the token of an earlier reading to go on from; none for what happens from now on.

    Raises:
        KeepsNoLog: the server is a standalone one.
        OperationFailure: among others, when the token is too old to go on from.
    """
    try:
        stream = await _open_stream(pipeline, after=after)
    except OperationFailure as error:
        if error.code == NO_CHANGE_STREAMS_CODE:
            raise KeepsNoLog from error
        raise
    try:
        yield Changes(stream)
    finally:
        with suppress(PyMongoError), pymongo.timeout(CHANGES_WAIT_SECONDS):
            await stream.close()


async def _open_stream(pipeline: list[dict[str, Any]], *, after: Any) -> Any:
    stream = collection(DOCUMENTS[0]).database.watch(
        pipeline,
        full_document="updateLookup",
        start_after=after,
        max_await_time_ms=int(CHANGES_WAIT_SECONDS * 1000),
    )
    if inspect.isawaitable(stream):
        return await stream
    return await stream.__aenter__()  # Motor opens it with the first reading otherwise
