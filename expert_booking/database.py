"""The way to MongoDB; the only module that knows which driver takes it.

Beanie 1.x runs on Motor, Beanie 2.x on PyMongo's own asynchronous client. What differs between the two is in this
file, so that the move is one file: whichever of the two is installed is used.
"""

import inspect
import logging
from typing import Any

from beanie import Document, init_beanie
from beanie.exceptions import CollectionWasNotInitialized
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

try:
    from motor.motor_asyncio import AsyncIOMotorClient as Client
except ImportError:  # Beanie 2.x
    from pymongo import AsyncMongoClient as Client  # type: ignore[assignment]  # one of the two is installed

from models import DOCUMENTS

log = logging.getLogger(__name__)

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

UNUSABLE_ERRORS = (*CONNECTION_ERRORS, ConfigurationError, OperationFailure, InvalidOperation)
"""What can keep the database from being made ready: not reachable, or the address or its credentials are wrong."""

__all__ = [
    "CONNECTION_ERRORS",
    "UNUSABLE_ERRORS",
    "DuplicateKeyError",
    "broken_index",
    "collection",
    "connect",
    "disconnect",
]

_client: Any = None


async def connect(uri: str, *, name: str, timeout_seconds: float) -> None:
    """Open the client, make the named indexes and bind the documents to it.

    The client is open even when this raises one of `UNUSABLE_ERRORS`: call `connect` again to try again.

    Args:
        uri: a MongoDB connection string.
        name: the database's name.
        timeout_seconds: how long one operation may take, finding a server included.
    """
    global _client
    if _client is None:
        milliseconds = int(timeout_seconds * 1000)
        _client = Client(
            uri,
            tz_aware=True,
            appname="expert-booking",
            timeoutMS=milliseconds,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            w="majority",
            journal=True,  # acknowledged means durable, whatever the address says
        )
    await init_beanie(database=_client[name], document_models=DOCUMENTS)


async def disconnect() -> None:
    """Close the client, if one is open."""
    global _client
    client, _client = _client, None
    if client is not None:
        closed = client.close()
        if inspect.isawaitable(closed):
            await closed


async def is_reachable() -> bool:
    """Whether the database answers a ping and the documents are bound to it."""
    try:
        await collection(DOCUMENTS[0]).database.command("ping")
    except UNUSABLE_ERRORS:
        return False
    return True


def collection(model: type[Document]) -> Any:
    """The driver's own collection of a document, for work in bulk."""
    bound = getattr(model, "get_pymongo_collection", None) or model.get_motor_collection
    return bound()


def broken_index(error: DuplicateKeyError) -> str | None:
    """The name of the unique index that refused a write."""
    message = str((error.details or {}).get("errmsg", error))
    names = [index.document["name"] for model in DOCUMENTS for index in getattr(model.get_settings(), "indexes", [])]
    return next((name for name in names if name in message), None)
