"""Three processes at random on few slots, some of them killed; and the proof that the audit would notice."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from expert_booking import bookings, recovery, settling
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot, stored
from tests.faults import worker
from tests.faults.steps import Crash
from tests.settled import contradictions

ROOT = Path(__file__).parents[2]
SECONDS = 10
SLOTS = 4
HALF = timedelta(minutes=30)
PROCESSES = 3


class Workers:
    """The processes of one run, and everything that they noted, the dead ones included."""

    def __init__(self, folder: Path, **orders: Any) -> None:
        self._folder, self._orders, self._numbers = folder, orders, count()
        self._running: dict[Path, subprocess.Popen[bytes]] = {}

    async def start(self) -> None:
        """Start one and wait until it works."""
        notes = self._folder / f"{next(self._numbers)}.jsonl"
        process = self._running[notes] = self._start(notes)
        async with asyncio.timeout(60):
            while not notes.read_bytes():
                assert process.poll() is None, self.complaints()
                await asyncio.sleep(0.02)

    def _start(self, notes: Path) -> "subprocess.Popen[bytes]":
        orders = json.dumps({**self._orders, "seed": int(notes.stem)})
        with notes.open("wb") as output, notes.with_suffix(".log").open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", orders], cwd=ROOT, stdout=output, stderr=errors
            )

    async def replace_one(self) -> None:
        """Kill the one that has lived longest, in the middle of whatever it does, and start another."""
        notes, process = next(iter(self._running.items()))
        assert process.poll() is None, self.complaints()
        self._kill(notes, process)
        await self.start()

    def kill_all(self) -> None:
        for notes, process in list(self._running.items()):
            self._kill(notes, process)

    def _kill(self, notes: Path, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()
        del self._running[notes]

    def complaints(self) -> str:
        return "\n".join(log.read_text()[-2000:] for log in sorted(self._folder.glob("*.log")))

    def notes(self) -> Iterator[dict[str, str]]:
        for file in self._folder.glob("*.jsonl"):
            for line in file.read_text().splitlines():
                with suppress(json.JSONDecodeError):  # the last line of one that was killed
                    yield json.loads(line)

    def done(self) -> Counter[str]:
        """How often each thing was done and acknowledged."""
        return Counter(key for line in self.notes() for key in line)


@contextmanager
def ended(workers: Workers) -> Iterator[None]:
    try:
        yield
    finally:
        workers.kill_all()


async def run(workers: Workers, *, seconds: float, kill_every: float) -> None:
    """Let them work, killing and replacing one now and then, and kill them all."""
    with ended(workers):
        for _ in range(PROCESSES):
            await workers.start()
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            await asyncio.sleep(kill_every)
            await workers.replace_one()


async def apart(expert: Expert, make_slot: MakeSlot) -> list[TimeSlot]:
    return [await make_slot(expert, hours=24 + hour) for hour in range(SLOTS)]


async def crossing(expert: Expert, make_slot: MakeSlot) -> list[TimeSlot]:
    """Two hours, and the two halves of one of them: whoever has a half leaves the other half, and not the hour."""
    hours = [await make_slot(expert, hours=24 + hour, session_type="deep") for hour in range(2)]
    halves = []
    for begins in (hours[0].starts_at, hours[0].starts_at + HALF):
        halves.append(await make_slot(expert, starts_at=begins, ends_at=begins + HALF, session_type="intro"))
    crosses = {hours[0].id: [half.id for half in halves], **{half.id: [hours[0].id] for half in halves}}
    for slot_id, others in crosses.items():
        await TimeSlot.find_one({"_id": slot_id}).update({"$set": {"crosses": others}})
    return [*hours, *halves]


@pytest.fixture
async def slots(expert: Expert, make_slot: MakeSlot) -> list[TimeSlot]:
    return await apart(expert, make_slot)


@pytest.mark.slow
@pytest.mark.parametrize("offer", [apart, crossing], ids=lambda one: one.__name__)
async def test_three_processes_leave_no_contradiction(
    offer: Callable[..., Awaitable[list[TimeSlot]]],
    expert: Expert,
    make_slot: MakeSlot,
    database_uri: str,
    database_name: str,
    tmp_path: Path,
) -> None:
    await offer(expert, make_slot)
    workers = Workers(tmp_path, uri=database_uri, name=database_name, longest_pause=0.01, without_reread=False)

    async with asyncio.timeout(120):
        while min(workers.done()[key] for key in ("booked", "cancelled", "deleted")) < 10:  # a slow machine goes on
            await run(workers, seconds=SECONDS, kill_every=2)
    async with asyncio.timeout(60):
        while await recovery.recover():
            """What a process had sent before it was killed may be done after it."""

    assert await contradictions() == []
    assert _lost(list(workers.notes()), await Booking.find_all().to_list()) == []
    assert "Traceback" not in workers.complaints()


def _lost(notes: list[dict[str, str]], kept: list[Booking]) -> list[str]:
    """Bookings that were acknowledged, that nobody tried to give up, and that own nothing now."""
    given_up = {line["giving_up"] for line in notes if "giving_up" in line}
    active = {str(booking.id) for booking in kept if booking.active}
    return [line["booked"] for line in notes if "booked" in line and not {line["booked"]} & (given_up | active)]


@pytest.mark.slow
async def test_audit_catches_three_processes_that_do_not_reread(
    slots: list[TimeSlot], database_uri: str, database_name: str, tmp_path: Path
) -> None:
    """A slot that carries a lost booking stays so for ever, so that it is a matter of seconds; it gets a minute."""
    workers = Workers(tmp_path, uri=database_uri, name=database_name, longest_pause=0.03, without_reread=True)
    found: list[str] = []

    async with asyncio.timeout(120):
        while not found:
            await run(workers, seconds=4, kill_every=1)
            await recovery.recover()
            found = await contradictions()

    assert any("which is not active" in one or "its slot carries" in one for one in found)


@pytest.fixture
def without_reread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "settle", settling.settle)
    monkeypatch.setattr(bookings, "settle", settling.settle)
    worker.take_out_the_reread()


async def cancelled_while_being_booked(slot: TimeSlot, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The booker pauses between showing the booking and calling it settled; its canceller dies after one write."""
    project = settling._show_new

    async def project_then_be_cancelled(booking: Booking, slot: TimeSlot) -> bool:
        shown = await project(booking, slot)
        monkeypatch.setattr(settling, "_show_new", project)
        settle, bookings.settle = bookings.settle, _die
        with suppress(Crash):
            await bookings.cancel(booking.id)
        bookings.settle = settle
        return shown

    monkeypatch.setattr(settling, "_show_new", project_then_be_cancelled)
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=customer)


async def _die(*_: object, **__: object) -> None:
    raise Crash


async def touched_while_being_booked(slot: TimeSlot, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The booker pauses between the insert and showing the booking; the slot moves on to another version meanwhile."""
    project = settling._show_new

    async def touch_then_project(booking: Booking, slot: TimeSlot) -> bool:
        await TimeSlot.find_one({"_id": slot.id}).update({"$inc": {"version": 1}})
        monkeypatch.setattr(settling, "_show_new", project)
        return await project(booking, slot)

    monkeypatch.setattr(settling, "_show_new", touch_then_project)
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=customer)


INTERLEAVINGS = pytest.mark.parametrize(
    "interleaving", [cancelled_while_being_booked, touched_while_being_booked], ids=lambda one: one.__name__
)


@INTERLEAVINGS
async def test_interleaving_leaves_no_contradiction(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch, interleaving: Callable[..., Awaitable[None]]
) -> None:
    await interleaving(slot, alice, monkeypatch)

    await recovery.recover()

    (booking,) = await Booking.find_all().to_list()
    assert (await stored(slot)).booking_id == (booking.id if booking.active else None)
    assert await contradictions() == []


@INTERLEAVINGS
async def test_audit_catches_the_interleaving_without_the_reread(
    slot: TimeSlot,
    alice: Customer,
    monkeypatch: pytest.MonkeyPatch,
    without_reread: None,
    interleaving: Callable[..., Awaitable[None]],
) -> None:
    await interleaving(slot, alice, monkeypatch)

    await recovery.recover()

    (found,) = await contradictions()
    booking = await Booking.find_one({})
    assert booking is not None
    assert (
        found
        == {
            cancelled_while_being_booked: f"slot {slot.id} carries booking {booking.id}, which is not active",
            touched_while_being_booked: f"booking {booking.id} is active, and its slot carries None",
        }[interleaving]
    )
