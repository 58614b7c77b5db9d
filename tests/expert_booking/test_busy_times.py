"""What a calendar file says of somebody's time, by files as calendars write them, and by some that nobody writes."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from expert_booking import busy_times as reading
from expert_booking.busy_times import CannotRead, Unreadable

BERLIN = ZoneInfo("Europe/Berlin")
AFTER, BEFORE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)

OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def _file(*events: str, more: str = "") -> bytes:
    inside = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Somebody//EN\n{more}{inside}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def _busy(*events: str, more: str = "", zone: ZoneInfo = BERLIN) -> list[str]:
    """Each stretch in UTC, such as "03-02 09:00 > 03-02 10:00"."""
    found = reading.busy_times(_file(*events, more=more), zone=zone, after=AFTER, before=BEFORE)
    return [" > ".join(f"{moment:%m-%d %H:%M}" for moment in stretch) for stretch in found]


def test_an_event_is_busy_from_its_start_to_its_end() -> None:
    assert _busy("DTSTART:20260302T090000Z\nDTEND:20260302T100000Z\nSUMMARY:Dentist") == ["03-02 09:00 > 03-02 10:00"]
    assert _busy("DTSTART:20260302T090000Z\nDURATION:PT45M") == ["03-02 09:00 > 03-02 09:45"]


def test_what_takes_no_time_is_not_busy() -> None:
    at = "DTSTART:20260302T090000Z\nDTEND:20260302T100000Z\n"

    assert _busy(f"{at}TRANSP:TRANSPARENT", f"{at}STATUS:CANCELLED", f"{at}transp:transparent") == []
    assert _busy("DTSTART:20260302T090000Z", "DTSTART:20260302T090000Z\nDTEND:20260302T080000Z") == []
    assert _busy(f"{at}TRANSP:OPAQUE\nSTATUS:TENTATIVE") == ["03-02 09:00 > 03-02 10:00"]


def test_what_touches_or_overlaps_is_one_stretch_within_the_window() -> None:
    assert _busy(
        "DTSTART:20260302T100000Z\nDTEND:20260302T110000Z",
        "DTSTART:20260302T090000Z\nDTEND:20260302T100000Z",
        "DTSTART:20260302T103000Z\nDTEND:20260302T120000Z",
        "DTSTART:20260228T230000Z\nDTEND:20260301T010000Z",
        "DTSTART:20260430T230000Z\nDTEND:20270101T000000Z",
        "DTSTART:20250101T090000Z\nDTEND:20250101T100000Z",
    ) == ["03-01 00:00 > 03-01 01:00", "03-02 09:00 > 03-02 12:00", "04-30 23:00 > 05-01 00:00"]


def test_a_whole_day_is_one_in_the_zone_of_whose_calendar_it_is() -> None:
    event = "DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260304"

    assert _busy(event) == ["03-01 23:00 > 03-03 23:00"]
    assert _busy(event, zone=ZoneInfo("Asia/Kolkata")) == ["03-01 18:30 > 03-03 18:30"]
    assert _busy("DTSTART;VALUE=DATE:20260302") == ["03-01 23:00 > 03-02 23:00"]


def test_the_day_on_which_clocks_change_is_an_hour_shorter() -> None:
    assert _busy("DTSTART;VALUE=DATE:20260322\nRRULE:FREQ=WEEKLY;COUNT=2") == [
        "03-21 23:00 > 03-22 23:00",
        "03-28 23:00 > 03-29 22:00",
    ]


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "W. Europe Standard Time", "/freeassociation.sourceforge.net/Europe/Berlin", "Office", "Nowhere"],
)
def test_zones_are_known_by_their_names_by_those_of_windows_and_by_what_the_file_says(zone: str) -> None:
    """A name that nobody knows is taken for the zone of whose calendar it is."""
    event = f"DTSTART;TZID={zone}:20260328T090000\nDTEND;TZID={zone}:20260328T100000\nRRULE:FREQ=DAILY;COUNT=2"

    assert _busy(event, more=OWN_ZONE) == ["03-28 08:00 > 03-28 09:00", "03-29 07:00 > 03-29 08:00"]


def test_a_time_without_a_zone_is_one_of_whose_calendar_it_is() -> None:
    event = "DTSTART:20260302T090000\nDTEND:20260302T100000"

    assert _busy(event, zone=ZoneInfo("America/New_York")) == ["03-02 14:00 > 03-02 15:00"]


@pytest.mark.parametrize(
    "until", ["UNTIL=20260316T080000Z", "UNTIL=20260316T090000", "UNTIL=20260316", "COUNT=3", "COUNT=3;WKST=SU"]
)
def test_a_rule_repeats_until_its_end(until: str) -> None:
    event = "DTSTART;TZID=Europe/Berlin:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO;"

    assert _busy(event + until) == [f"03-{day} 08:00 > 03-{day} 09:00" for day in ("02", "09", "16")]


def test_a_rule_from_long_ago_reaches_into_the_window() -> None:
    event = "DTSTART;TZID=Europe/Berlin:20010101T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=1MO"

    assert _busy(event) == ["03-02 08:00 > 03-02 09:00", "04-06 07:00 > 04-06 08:00"]


def test_dates_are_added_and_taken_out() -> None:
    assert _busy(
        """
DTSTART;TZID=Europe/Berlin:20260302T090000
DURATION:PT1H
RRULE:FREQ=DAILY;COUNT=6
EXDATE;TZID=Europe/Berlin:20260303T090000,20260304T090000
EXDATE:20260305T080000Z
EXDATE;VALUE=DATE:20260306
RDATE;TZID=Europe/Berlin:20260320T120000
RDATE;VALUE=PERIOD:20260321T120000Z/PT30M,20260322T120000Z/20260322T140000Z
"""
    ) == [
        "03-02 08:00 > 03-02 09:00",
        "03-07 08:00 > 03-07 09:00",
        "03-20 11:00 > 03-20 12:00",
        "03-21 12:00 > 03-21 12:30",
        "03-22 12:00 > 03-22 14:00",
    ]


def test_one_repeat_can_be_moved_dropped_or_become_free() -> None:
    series = "UID:7\nDTSTART;TZID=Europe/Berlin:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
    moved = "UID:7\nRECURRENCE-ID:20260303T080000Z\nDTSTART:20260310T120000Z\nDURATION:PT2H"
    cancelled = "UID:7\nRECURRENCE-ID;TZID=Europe/Berlin:20260304T090000\nDTSTART:20260304T080000Z\nSTATUS:CANCELLED"
    free = "UID:7\nRECURRENCE-ID:20260305T080000Z\nDTSTART:20260305T080000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"

    assert _busy(moved, series, cancelled, free) == ["03-02 08:00 > 03-02 09:00", "03-10 12:00 > 03-10 14:00"]


def test_the_latest_version_of_an_event_counts() -> None:
    old = "UID:7\nSEQUENCE:1\nDTSTART:20260302T090000Z\nDURATION:PT1H"
    new = "UID:7\nSEQUENCE:2\nDTSTART:20260303T090000Z\nDURATION:PT1H"

    assert _busy(new, old) == ["03-03 09:00 > 03-03 10:00"]


def test_long_lines_are_put_together_and_titles_are_not_looked_at() -> None:
    event = (
        "DTSTART;TZID=Europe\n /Berlin:2026030\n\t2T090000\nDURATION:PT1H\nSUMMARY:A\u2028DTSTART:20260401T000000Z\n"
        'DESCRIPTION:\x00\\n\n DTSTART:20260401T000000Z\nATTENDEE;CN="broken:mailto\nGEO:nonsense\n'
        "BEGIN:VALARM\nTRIGGER:-PT1H\nDURATION:PT15M\nREPEAT:1\nEND:VALARM"
    )

    assert _busy(event) == ["03-02 08:00 > 03-02 09:00"]


def test_files_of_windows_of_old_macs_and_with_a_mark_in_front_are_read() -> None:
    file = _file("DTSTART:20260302T090000Z\nDURATION:PT1H")
    for written in (b"\xef\xbb\xbf" + file, file.replace(b"\r\n", b"\n"), file.replace(b"\r\n", b"\r"), b"\n" + file):
        assert len(reading.busy_times(written, zone=BERLIN, after=AFTER, before=BEFORE)) == 1


def test_a_calendar_without_events_is_one() -> None:
    assert _busy() == []


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", Unreadable.NO_CALENDAR),
        (b"<!doctype html><title>Sign in</title>", Unreadable.NO_CALENDAR),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", Unreadable.NO_CALENDAR),
        (b"\x00\xff\xfe" * 100, Unreadable.NO_CALENDAR),
        (_file("DTSTART:20260302T090000Z\nDURATION:PT1H")[:-20], Unreadable.BROKEN),
        (_file("DTSTART:garbage\nDURATION:PT1H"), Unreadable.BROKEN),
        (_file("DTSTART:20260302T090000Z\nDTEND:garbage"), Unreadable.BROKEN),
        (_file("DTSTART:20260302T090000Z\nDURATION:PT1H\nRRULE:FREQ=SOMETIMES"), Unreadable.BROKEN),
        (_file("DTSTART:20260302T090000Z\nDURATION:PT1H\nEXDATE:garbage"), Unreadable.BROKEN),
        (_file("UID:1"), Unreadable.BROKEN),
        (_file("DTSTART:20260302T090000Z\nDTSTART:20260303T090000Z"), Unreadable.BROKEN),
        (_file("DTSTART:20260101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"), Unreadable.TOO_MUCH),
        (_file("DTSTART:20260301T000000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=3"), Unreadable.TOO_MUCH),
    ],
)
def test_a_file_that_says_nothing_is_refused(file: bytes, why: Unreadable) -> None:
    with pytest.raises(CannotRead) as refused:
        reading.busy_times(file, zone=BERLIN, after=AFTER, before=BEFORE)

    assert refused.value.why == why


def test_what_came_from_this_house_does_not_count() -> None:
    at = "DTSTART:20260302T090000Z\nDURATION:PT1H\nUID:"
    file = _file(f"{at}6b03a80916f95681355f69e7@booking.example", f"{at.replace('02T', '03T')}1@elsewhere.example")

    found = reading.busy_times(file, zone=BERLIN, after=AFTER, before=BEFORE, own="@booking.example")

    assert [start.day for start, _ in found] == [3]


def _run(file: bytes) -> "subprocess.CompletedProcess[bytes]":
    asked = ["Europe/Berlin", str(AFTER.timestamp()), str(BEFORE.timestamp()), "@here"]
    return subprocess.run(
        [sys.executable, "-I", str(Path(reading.__file__)), *asked], input=file, capture_output=True, timeout=60
    )


def test_a_process_of_its_own_reads_a_file() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)

    read = _run(_file("DTSTART:20260302T090000Z\nDURATION:PT1H"))

    assert json.loads(read.stdout) == {"busy": [[start.timestamp(), (start + timedelta(hours=1)).timestamp()]]}
    assert json.loads(_run(b"nonsense").stdout) == {"why": "no calendar"}
