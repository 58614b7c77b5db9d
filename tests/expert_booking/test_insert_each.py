import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import bookings, database
from expert_booking.customers import Customer
from expert_booking.errors import SlotAlreadyBooked
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot, person, wait_until_listening

UNSTORABLE = "\ud800"  # half a character, which no document can hold


def raw(**fields: object) -> RawBSONDocument:
    return RawBSONDocument(encode({"idempotency_key": str(fields), "manage_token": str(fields), **fields}))


async def test_each_document_has_its_own_error(connected: None) -> None:
    documents = [raw(_id=number, slot_id=number // 2, active=True) for number in range(4)]

    errors = await database.insert_each(Booking, documents)

    assert [type(error) for error in errors] == [type(None), database.DuplicateKeyError] * 2
    assert await database.collection(Booking).distinct("_id") == [0, 2]


async def test_booking_that_cannot_be_stored_takes_no_other_with_it(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    unstorable = Customer(name="Bob", email="bob@example.com", phone="+442079460958", notes=UNSTORABLE)
    wanted = [(await make_slot(expert, hours=24 + hour), [alice, unstorable][hour % 2]) for hour in range(4)]

    outcomes = await asyncio.gather(
        *(
            bookings.book(expert_id=expert.id, slot_id=slot.id, visitor=f"visitor of {slot.id}", customer=customer)
            for slot, customer in wanted
        ),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [Booking, UnicodeEncodeError] * 2


async def test_loser_and_winner_of_one_command_are_told_apart(slot: TimeSlot) -> None:
    customers = [person(f"visitor{number}") for number in range(5)]

    outcomes = await asyncio.gather(
        *(
            bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="one visitor", customer=customer)
            for customer in customers
        ),
        return_exceptions=True,
    )

    won = [outcome for outcome in outcomes if isinstance(outcome, Booking)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, SlotAlreadyBooked)]
    (owner,) = await Booking.find({"slot_id": slot.id}).to_list()
    assert ([booking.customer_name for booking in won], len(lost)) == ([owner.customer_name], 4)


@pytest.fixture
def lagging_uri(tmp_path: Path) -> Iterator[str]:
    """The address of a server that can be told to fail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(tmp_path / "files"), "--enable-test-commands", "--log-level", "WARNING"]
    server = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(port, server)
        yield f"mongodb://127.0.0.1:{port}/?directConnection=true"
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture
async def lagging(lagging_uri: str) -> AsyncIterator[None]:
    """Connected to a server whose inserts never reach the majority."""
    await database.connect(lagging_uri, name="test", timeout_seconds=10)
    late = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
    fail = {"failCommands": ["insert"], "writeConcernError": late}
    admin = database.collection(Booking).database.client.admin
    await admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": fail})
    yield
    await database.disconnect()


async def test_what_may_not_last_is_not_acknowledged(lagging: None) -> None:
    documents = [raw(_id=number, slot_id=number, active=True) for number in range(2)]

    with pytest.raises(database.CONNECTION_ERRORS):
        await database.insert_each(Booking, documents)
