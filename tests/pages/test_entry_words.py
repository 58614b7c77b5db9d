"""What the journal says of hours and webhooks: what from and what to, field by field, in words."""

import json
import re
from zoneinfo import ZoneInfo

import pytest

from expert_booking import actors, clock, materialising, webhooks
from models import ActorKind, Expert, JournalEntry, WebhookEvent
from pages.administration import entry_words
from pages.reader import Reader

READER = Reader(zone=ZoneInfo("UTC"), has_24_hours=True)
HOUSE = actors.administrator("house@example.com")


def said(what: str, was: object, became: object) -> str:
    """An entry as a person reads it, without who and when."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in (was, became)]
    entry = JournalEntry(id="1", at=clock.now(), by=ActorKind.EXPERT, what=what, was=texts[0], became=texts[1])
    return words_of(entry)


def words_of(entry: JournalEntry) -> str:
    drawn = str(entry_words.draw(entry, READER)).rpartition('<p class="soft">')[0]
    return " ".join(re.sub(r"<[^>]*>", " ", drawn).split())


def at(weekday: int, opens: str, closes: str) -> dict[str, object]:
    return {"weekday": weekday, "opens": opens, "closes": closes}


def kind(name: str, minutes: int) -> dict[str, object]:
    return {"key": name.lower(), "name": name, "minutes": minutes}


HOURS = "Hours of an expert changed"


@pytest.mark.parametrize(
    ("was", "became", "words"),
    [
        (
            {"weekly_hours": [at(0, "09:00", "17:00"), at(1, "09:00", "17:00"), at(4, "09:00", "24:00")]},
            {"weekly_hours": [at(0, "10:00", "12:00"), at(0, "13:00", "16:00"), at(1, "09:00", "17:00")]},
            "Monday 09:00 – 17:00 → 10:00 – 12:00, 13:00 – 16:00 Friday 09:00 – 00:00 → –",
        ),
        (
            {"extra_hours": []},
            {"extra_hours": [{"on": "2031-05-03", "opens": "10:00", "closes": "12:00"}]},
            "Sat 3 May 2031 – → 10:00 – 12:00",
        ),
        (
            {"session_types": [kind("Intro", 30), kind("Deep", 60)]},
            {"session_types": [kind("Intro", 45), kind("Deep", 60)]},
            "Sessions Intro, 30 minutes → Intro, 45 minutes",
        ),
        (
            {"buffer_before": 0, "buffer_after": 5, "minimum_notice": 90, "window_days": 30},
            {"buffer_before": 10, "buffer_after": 0, "minimum_notice": 2880, "window_days": 1},
            "Free before each session 0 minutes → 10 minutes Free after each session 5 minutes → 0 minutes"
            " Book at the latest 1 h 30 min → 2 days Book at the earliest 30 days → 1 day",
        ),
        (
            {"most_per_day": None, "confirms_at_once": False, "time_zone": "UTC", "session_minutes": 60},
            {"most_per_day": 4, "confirms_at_once": True, "time_zone": "Europe/Berlin", "session_minutes": 30},
            "Bookings on one day – → 4 Confirm bookings at once Off → On Time zone UTC → Europe/Berlin"
            " Length 1 hour → 30 minutes",
        ),
    ],
)
async def test_hours_that_differ_are_said_in_words(connected: None, was: object, became: object, words: str) -> None:
    assert said("expert.hours", was, became) == f"{HOURS} {words}"


async def test_many_hours_are_said_in_short(connected: None) -> None:
    dated = [{"on": f"2031-05-{day:02}", "opens": "10:00", "closes": "12:00"} for day in range(1, 15)]

    told = said("expert.hours", {"extra_hours": []}, {"extra_hours": dated})

    assert told.count("→") == 10
    assert told.endswith("and 4 more")


@pytest.mark.parametrize(
    ("was", "became", "words"),
    [
        ("CRM", "ERP", "CRM → ERP"),  # as entries were before
        ("{broken", "", "{broken → –"),
        ({"unheard_of": 1}, {"unheard_of": 2}, ""),
    ],
)
async def test_what_tells_no_fields_is_said_as_it_is(connected: None, was: object, became: object, words: str) -> None:
    assert said("webhook.changed", was, became) == f"Webhook changed {words}".strip()


async def test_what_became_of_a_webhook_is_said_in_words(connected: None) -> None:
    first = webhooks.Wanted(name="CRM", url="https://a.example.com/in?key=secret", events=("booking.made",))
    webhook = await webhooks.make(first, by=HOUSE)
    other = webhooks.Wanted(
        name="CRM",
        url="https://b.example.com/in",
        events=("booking.made", WebhookEvent.LAPSED),
        with_customer=True,
        is_active=False,
    )
    await webhooks.change(webhook.id, other, by=HOUSE)
    await webhooks.remove(webhook.id, by=HOUSE)

    told = [words_of(entry) for entry in await JournalEntry.find_all().sort("at").to_list()]

    assert told == [
        "Webhook added Name CRM Address https://a.example.com/in?… What it is told of booking.made"
        " Tell who booked Off State On",
        "Webhook switched off Name CRM Address https://a.example.com/in?… → https://b.example.com/in"
        " What it is told of – → booking.lapsed Tell who booked Off → On State On → Off",
        "Webhook removed Name CRM Address https://b.example.com/in What it is told of booking.made, booking.lapsed"
        " Tell who booked On State Off",
    ]


async def test_hours_are_said_as_the_house_enters_them(expert: Expert) -> None:
    weekly = [at(0, "10:00", "16:00")]

    await materialising.set_hours(expert.id, {"weekly_hours": weekly, "buffer_after": 10}, by=actors.EXPERT)

    [entry] = await JournalEntry.find_all().to_list()
    assert "Monday – → 10:00 – 16:00" in words_of(entry)
    assert "Free after each session 0 minutes → 10 minutes" in words_of(entry)
