"""The import from the original application: its real export, and files that are not as they must be."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from expert_booking import database, original_export
from expert_booking.bulk import Tally
from expert_booking.original_export import ExportUnreadable
from expert_booking.original_records import Skipped
from models import Booking, Expert, TimeSlot

REAL_EXPORT = Path(__file__).parent.parent / "data" / "original_export.json"
UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
BEFORE = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def object_id(number: int) -> dict[str, str]:
    return {"$oid": f"{number:024x}"}


def time_of(number: int, time: str = "09:00 AM", date: object = "2026-02-21", **details: Any) -> dict[str, Any]:
    return {"_id": object_id(number), "date": date, "time": time, "isBooked": False, **details}


def record(number: int = 1, times: list[Any] | None = None, **details: Any) -> dict[str, Any]:
    described = {"name": "Alice", "category": "Law", "experience": "3 years", "rating": 4.2, "timeSlots": times or []}
    return {"_id": object_id(number), **described, **details}


async def slots() -> list[TimeSlot]:
    return await TimeSlot.find_all().sort("starts_at").to_list()


async def everything() -> list[dict[str, Any]]:
    return [found for model in (Expert, TimeSlot) for found in await database.collection(model).find({}).to_list(None)]


async def load(*records: Any, **how: Any) -> original_export.Imported:
    return await original_export.load(records, **{"zone": UTC_ZONE, **how})


@time_machine.travel(BEFORE, tick=False)
async def test_load_takes_all_of_the_real_export_but_the_booked_time(connected: None) -> None:
    imported = await load(*original_export.read(REAL_EXPORT))

    assert imported.experts == Tally(made=10)
    assert imported.slots == Tally(made=80)
    assert imported.past == 0
    reason = "booked in the original; its booking is not in this file"
    assert imported.skipped == [Skipped("expert 6 (Robert Brown), 2026-02-21 09:00", reason)]
    assert await TimeSlot.find_all().count() == 80
    assert await Booking.find_all().count() == 0


@time_machine.travel(BEFORE, tick=False)
async def test_load_keeps_who_an_expert_is(connected: None) -> None:
    await load(*original_export.read(REAL_EXPORT), zone=BERLIN)

    sarah = await Expert.find_one({"name": "Sarah Johnson"})

    assert sarah is not None
    assert str(sarah.id) == "6998151da2703c790995027d"
    assert (sarah.category, sarah.experience_years, sarah.rating) == ("Technology", 10, 4.9)
    assert (sarah.time_zone, sarah.session_minutes, sarah.weekly_hours) == ("Europe/Berlin", 60, [])
    assert sarah.created_at == datetime(2026, 2, 20, 8, 2, 37, 356000, tzinfo=UTC)
    assert "joh" in sarah.search_terms


@time_machine.travel(BEFORE, tick=False)
async def test_load_reads_times_in_the_zone_that_is_given(connected: None) -> None:
    await load(*original_export.read(REAL_EXPORT), zone=BERLIN)

    first = await TimeSlot.get("6998151da2703c790995027e")

    assert first is not None
    assert first.starts_at == datetime(2026, 2, 21, 8, 0, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 2, 21, 9, 0, tzinfo=UTC)


@time_machine.travel(BEFORE, tick=False)
async def test_load_twice_changes_nothing(connected: None) -> None:
    records = original_export.read(REAL_EXPORT)
    await load(*records)
    await TimeSlot.find_one({}).update({"$set": {"held_by": "alice", "version": 1}})
    await Expert.find_one({}).update({"$set": {"bio": "Written since."}})
    before = await everything()

    again = await load(*records, shift_to_future=True)

    assert again.experts == Tally(already_there=10)
    assert again.slots == Tally(already_there=80)
    assert await everything() == before


@time_machine.travel(datetime(2026, 3, 25, 12, 0, tzinfo=UTC), tick=False)
async def test_load_shifts_by_whole_weeks_and_keeps_the_wall_clock_over_dst(connected: None) -> None:
    imported = await load(*original_export.read(REAL_EXPORT), zone=BERLIN, shift_to_future=True)

    assert imported.moved_by == timedelta(weeks=5)  # 21 February, in winter time, to 28 March, the eve of summer time
    local = [slot.starts_at.astimezone(BERLIN) for slot in await slots()]
    assert {f"{start:%Y-%m-%d %H:%M}" for start in local} == {
        f"2026-03-{day} {clock}" for day in (28, 29, 30) for clock in ("09:00", "11:00", "14:00", "16:00")
    }
    assert [start.utcoffset() for start in (local[0], local[-1])] == [timedelta(hours=1), timedelta(hours=2)]


@pytest.mark.parametrize(
    ("today", "weeks"), [("2026-02-19", 0), ("2026-02-20", 0), ("2026-02-21", 1), ("2026-02-27", 1), ("2026-02-28", 2)]
)
async def test_load_shifts_the_earliest_time_to_tomorrow_or_later(connected: None, today: str, weeks: int) -> None:
    with time_machine.travel(f"{today}T12:00:00Z", tick=False):
        imported = await load(record(times=[time_of(2)]), shift_to_future=True)

    assert imported.moved_by == timedelta(weeks=weeks)


@time_machine.travel(datetime(2026, 2, 22, 12, 0, tzinfo=UTC), tick=False)
async def test_load_without_shift_keeps_and_counts_past_times(connected: None) -> None:
    imported = await load(record(times=[time_of(2), time_of(3, date="2026-02-23")]))

    assert (imported.past, imported.slots) == (1, Tally(made=2))


@pytest.mark.parametrize(
    ("experience", "years"),
    [
        ("10 years", 10),
        ("1 year", 1),
        ("10+ years", 10),
        ("12 yrs", 12),
        ("7", 7),
        (15, 15),
        (8.0, 8),
        (" 3 Years ", 3),
    ],
)
async def test_load_understands_experience(connected: None, experience: object, years: int) -> None:
    await load(record(experience=experience))

    stored = await Expert.find_one({})
    assert stored is not None
    assert stored.experience_years == years


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("Alice", "it is not an object"),
        (record(name=None), "it has no name"),
        (record(name="  "), "name '': string should have at least 1 character"),
        (record(name="\u202egnp.exe\0"), r"name '\u202egnp.exe\x00' contains an invisible character (U+202E)"),
        (record(category="L\x1b[2Jaw"), r"category 'L\x1b[2Jaw' contains an invisible character (U+001B)"),
        (record(category=None), "it has no category"),
        (record(rating=None), "it has no rating"),
        (record(rating="good"), "rating 'good': input should be a valid number, unable to parse string as a number"),
        (record(rating=7), "rating 7: input should be less than or equal to 5"),
        (record(experience=None), "it has no experience"),
        (record(experience="ages"), "experience 'ages' is not a number of years"),
        (record(experience=float("inf")), "experience inf is not a number of years"),
        (record(_id={"$oid": "1"}), "it has no _id, or one that is not an ObjectId"),
        (record(number=9), "its _id is in the file already"),
    ],
)
async def test_load_skips_an_expert_that_is_not_usable(connected: None, broken: Any, reason: str) -> None:
    imported = await load(record(number=9), broken, record(number=10))

    assert imported.experts == Tally(made=2)
    assert [skipped.reason for skipped in imported.skipped] == [reason]
    assert imported.skipped[0].what.startswith("expert 2")
    assert imported.skipped[0].what.isprintable()


async def test_load_drops_zero_width_characters(connected: None) -> None:
    await load(record(name="\ufeffAl\u200bice", avatar="https://example.com/\u202egnp.exe"))

    stored = await Expert.find_one({})
    assert stored is not None
    assert (stored.name, stored.avatar) == ("Alice", None)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (None, "it is not an object"),
        (
            time_of(3, time="9 o'clock"),
            "'2026-02-21' \"9 o'clock\" is not a date and time such as '2026-02-21' '09:00 AM'",
        ),
        (time_of(3, time="13:00 PM"), "'2026-02-21' '13:00 PM' is not on the calendar and the clock"),
        (time_of(3, time="24:00"), "'2026-02-21' '24:00' is not on the calendar and the clock"),
        (time_of(3, date="2026-02-30"), "'2026-02-30' '09:00 AM' is not on the calendar and the clock"),
        (time_of(3, date=20260221), "20260221 '09:00 AM' is not a date and time such as '2026-02-21' '09:00 AM'"),
        (time_of(3, isBooked="no"), "isBooked 'no' is neither true nor false"),
        (time_of(2, time="01:00 PM"), "its _id is in the file already"),
        (time_of(3), "another time of this expert starts then, or just before"),
        (
            time_of(3, date="2026-03-29", time="02:30 AM"),
            "2026-03-29 02:30 does not exist in Europe/Berlin: the clocks go forward",
        ),
    ],
)
async def test_load_skips_a_time_that_is_not_usable(connected: None, broken: Any, reason: str) -> None:
    imported = await load(record(times=[time_of(2), broken, time_of(4, time="11:00 AM")]), zone=BERLIN)

    assert imported.slots == Tally(made=2)
    assert [skipped.reason for skipped in imported.skipped] == [reason]
    assert imported.skipped[0].what.startswith("expert 1 (Alice), ")


async def test_load_does_not_offer_a_time_that_is_also_listed_as_booked(connected: None) -> None:
    imported = await load(record(times=[time_of(2), time_of(3, isBooked=True)]))

    assert imported.slots == Tally()
    assert len(imported.skipped) == 2


@pytest.mark.parametrize(("time", "hour"), [("12:00 AM", 0), ("12:00 PM", 12), ("1:00pm", 13), ("23:00", 23)])
async def test_load_understands_times_of_day(connected: None, time: str, hour: int) -> None:
    await load(record(times=[time_of(2, time=time)]))

    assert [slot.starts_at.hour for slot in await slots()] == [hour]


async def test_load_makes_sessions_short_enough_not_to_overlap(connected: None) -> None:
    times = [time_of(2), time_of(3, time="09:30 AM"), time_of(4, time="02:00 PM")]

    await load(record(times=times))

    expert = await Expert.find_one({})
    assert expert is not None
    assert expert.session_minutes == 30
    assert {slot.ends_at - slot.starts_at for slot in await slots()} == {timedelta(minutes=30)}


@pytest.mark.parametrize("form", ["array", "lines", "pretty", "canonical"])
async def test_read_understands_every_form_of_mongoexport(connected: None, tmp_path: Path, form: str) -> None:
    file = tmp_path / "experts.json"
    records = [record(number, rating=4) for number in (1, 2)]
    if form == "canonical":
        records = [{**one, "rating": {"$numberDouble": "4.0"}, "experience": {"$numberInt": "3"}} for one in records]
    indent = 2 if form == "pretty" else None
    text = json.dumps(records) if form == "array" else "\n".join(json.dumps(one, indent=indent) for one in records)
    file.write_text(f"\ufeff{text}\n", encoding="utf-8")

    imported = await load(*original_export.read(file))

    assert imported.experts == Tally(made=2)
    assert [expert.rating for expert in await Expert.find_all().to_list()] == [4.0, 4.0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[{}, {", "is not JSON at line 1, column"),
        (b"{}\n{oops}", "is not JSON at line 2, column 2"),
        (b"\xff\xfe", "is not a text file in UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_read_refuses_a_damaged_file(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "experts.json"
    file.write_bytes(content)

    with pytest.raises(ExportUnreadable, match=problem):
        original_export.read(file)


def test_read_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ExportUnreadable, match=r"cannot be read: No such file or directory\."):
        original_export.read(tmp_path / "nowhere.json")
