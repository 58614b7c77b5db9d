from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from expert_booking.errors import SlotAlreadyBooked
from expert_booking.sentence import Country, Sentence
from pages import languages, times
from pages.languages.__main__ import ROOT
from pages.languages.unsaid import FOR_DEVELOPERS, unsaid
from pages.reader import Reader
from tests.pages.person import Person

UTC_ZONE = ZoneInfo("UTC")


def reader(language: str) -> Reader:
    return Reader(zone=UTC_ZONE, language=language, has_24_hours=True)


# --- who reads what ---


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr-CA;q=0.9", "fr"),
        ("ja,es;q=0.4", "es"),
        ("AR-EG", "ar"),
        ("de;q=0,fr;q=0.1", "fr"),
        ("nonsense;q=x,;;,*;q=0.1", "en"),
    ],
)
def test_language_is_the_first_accepted_that_the_house_speaks(header: str | None, language: str) -> None:
    assert languages.choose(chosen="", accept_language=header) == language


def test_chosen_language_beats_the_header_and_an_unknown_one_does_not() -> None:
    chosen = [languages.choose(chosen=chosen, accept_language="fr") for chosen in ("ar", "xx", "../etc/passwd")]

    assert chosen == ["ar", "fr", "fr"]


@pytest.mark.parametrize(
    ("header", "language", "is_24"),
    [
        ("en-US", "en", False),
        ("en-GB,en;q=0.9", "en", True),
        ("en", "en", False),
        ("de", "de", True),
        ("es-MX", "es", False),
        ("fr-FR", "en", False),
        ("en-ZZ-nonsense", "en", False),
    ],
)
def test_clock_follows_the_region_that_goes_with_the_language(header: str, language: str, is_24: bool) -> None:
    assert languages.counts_to_24(header, language) is is_24


async def test_page_is_in_the_language_and_the_clock_that_were_chosen(visitor: Person) -> None:
    visitor.has_cookie("language", "de")

    await visitor.open("/my-bookings")

    await visitor.sees("Meine Buchungen")
    page = (await visitor.get("/my-bookings")).text
    assert '<html lang="de"' in page


# --- what is said ---


@pytest.mark.parametrize("language", languages.NAMES)
def test_error_of_the_house_is_said_in_every_language(language: str) -> None:
    said = reader(language).say(SlotAlreadyBooked().args[0])

    assert (said == str(SlotAlreadyBooked())) is (language == "en")


def test_values_of_a_sentence_are_put_in_as_the_reader_writes_them() -> None:
    short = Sentence("This number is too short for {place}.", place=Country("Germany", "DE"))

    assert str(short) == "This number is too short for Germany."
    assert "Deutschland" in reader("de").say(short)
    assert "Allemagne" in reader("fr").say(short)


@pytest.mark.parametrize("language", languages.NAMES)
@pytest.mark.parametrize("number", [0, 1, 2, 3, 11, 100, 1234])
def test_numbers_have_a_form_in_every_language(language: str, number: int) -> None:
    said = reader(language).say_many("{number} expert", "{number} experts", number)

    assert "{" not in said
    assert said


def test_thousands_are_written_as_the_language_does() -> None:
    said = [reader(language).say("{number} open", number=1234567) for language in ("en", "de", "es")]

    assert [text.partition(" ")[0] for text in said] == ["1,234,567", "1.234.567", "1.234.567"]


def test_what_somebody_typed_is_never_read_as_a_template() -> None:
    said = reader("en").say("Held for you: {time}", time="{reader.zone} {0}")

    assert said == "Held for you: {reader.zone} {0}"


@pytest.mark.parametrize("language", languages.NAMES)
def test_dates_are_written_in_every_language(language: str) -> None:
    moment = datetime(2027, 3, 1, 16, 5, tzinfo=UTC)
    said = [
        times.day(moment.date(), reader(language)),
        times.long_day(moment.date(), reader(language)),
        times.day_and_time(moment, reader(language)),
    ]

    assert all("1" in text and "2027" in text for text in said)
    assert "16:05" in said[2]


# --- what is not said ---


def test_everything_a_page_says_goes_through_its_reader() -> None:
    pages = (path for path in sorted((ROOT / "pages").rglob("*.py")) if path.parent.name not in FOR_DEVELOPERS)

    assert [(path.name, line, words) for path in pages for line, words in unsaid(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        'html.p("Choose a time")',
        'html.button("book")',
        'html.h2(f"Session with {name}")',
        '_X = "<p>Choose a time</p>"',
        "_X = '<button aria-label=\"Close\"></button>'",
        'ui.input("E-mail")',
        'button.props["aria-label"] = "close"',
        'field.props("placeholder=Search")',
        'TEXT = {"a": "Nothing is here."}',
        'reader.say("{day}", day="Never")',
        'notice(reader.say("Fine"), "Not fine")',
    ],
)
def test_words_that_go_past_the_reader_are_found(tmp_path: Path, line: str) -> None:
    source = tmp_path / "page.py"
    source.write_text(f'"""A docstring."""\n\n{line}\n')

    assert [number for number, _ in unsaid(source)] == [3]


@pytest.mark.parametrize(
    "line",
    [
        'html.p(reader.say("Choose a time"))',
        'TEXT = Sentence("Nothing is here.")',
        'html.div().classes("glass panel").props("type=button")',
        "_X = \"<p class='soft'>{sentence}</p>\"",
        'log.info("The hold ends by itself")',
        'raise RuntimeError("Not a word for visitors")',
        'HEADER = "Vary"  # not said: a header',
        'def size(of: "Board") -> "Board": ...',
    ],
)
def test_what_nobody_sees_is_let_through(tmp_path: Path, line: str) -> None:
    source = tmp_path / "page.py"
    source.write_text(f'"""A docstring."""\n\n{line}\n')

    assert list(unsaid(source)) == []
