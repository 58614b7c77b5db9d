"""Every mail to everybody in every language; the calendar entry is one and the same from the first to the last."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import product

import pytest
from beanie import PydanticObjectId
from icalendar import Calendar, Event

from expert_booking import answers, mail
from expert_booking.letters import House, Matter
from expert_booking.mail import Letter
from models import Booking, BookingStatus, Expert, Message, MessageKind, Recipient
from pages import languages, mails, theme
from pages.mails import colours

STARTS_AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HOUSE = House(address="https://booking.example.org", sender="booking@example.org")
OF_SOMETHING_ELSE = (
    MessageKind.SIGN_IN_CODE,
    MessageKind.OFFER,
    MessageKind.LINE_CLOSED,
    MessageKind.INVITATION,
)
OF_BOOKINGS = [kind for kind in MessageKind if kind not in OF_SOMETHING_ELSE]
HOSTILE = "<img src=x onerror=alert(1)>\"'&amp;{{7*7}}"
CUSTOMER, EXPERT = Recipient


@pytest.fixture
def booking(connected: None) -> Booking:
    return Booking(
        expert_id=PydanticObjectId(),
        slot_id=PydanticObjectId(),
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(minutes=45),
        customer_name="Alice",
        customer_email="alice@example.com",
        customer_key="alice@example.com",
        customer_phone="+442079460958",
        notes="By the window\nplease",
        idempotency_key="a key",
        request_digest="",
        manage_token="a-token_1",
        created_at=STARTS_AT - timedelta(days=3),
    )


@pytest.fixture
def sarah(connected: None) -> Expert:
    return Expert(
        name="Sarah Johnson",
        category="Technology",
        experience_years=10,
        rating=4.9,
        email="sarah@example.org",
        created_at=STARTS_AT,
    )


def letter(
    kind: MessageKind,
    booking: Booking | None,
    expert: Expert | None,
    *,
    recipient: Recipient = CUSTOMER,
    language: str = "en",
    zone: str = "America/New_York",
    sequence: int = 0,
    code: str = "",
) -> Letter:
    message = Message(
        id="m",
        kind=kind,
        recipient=recipient,
        to=f"{recipient}@example.com",
        language=language,
        time_zone=zone,
        sequence=sequence,
        due_at=STARTS_AT,
        created_at=STARTS_AT,
    )
    return mails.draw(Matter(message=message, house=HOUSE, booking=booking, expert=expert, code=code))


class Page(HTMLParser):
    """What a mail program reads: tags with their attributes, and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def attributes_of(self, name: str) -> dict[str, str | None]:
        return next(attributes for tag, attributes in self.tags if tag == name)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("kind", OF_BOOKINGS)
def test_every_mail_is_drawn_in_every_language(booking: Booking, sarah: Expert, kind: MessageKind) -> None:
    for recipient, language in product(Recipient, languages.NAMES):
        drawn = letter(kind, booking, sarah, recipient=recipient, language=language)

        page, direction = Page(drawn.html), "rtl" if language == "ar" else "ltr"
        assert page.attributes_of("html") == {"lang": language, "dir": direction}
        assert drawn.language == language
        assert not set("\r\n") & set(drawn.subject)
        other = sarah.name if recipient is CUSTOMER else booking.customer_name
        assert all(other in told for told in (drawn.subject, drawn.text, page.words))
        assert (drawn.invitation is None) is (kind is MessageKind.REMINDER)
        assert not {tag for tag, _ in page.tags} & {"img", "script", "link", "iframe", "form"}


@pytest.mark.parametrize("language", languages.NAMES)
def test_code_is_large_in_the_mail_and_quick_to_see(connected: None, language: str) -> None:
    drawn = letter(MessageKind.SIGN_IN_CODE, None, None, language=language, code="042517")

    assert all("042517" in told for told in (drawn.subject, drawn.text, Page(drawn.html).words))
    assert drawn.invitation is None
    assert "https://" not in drawn.text


def test_customer_gets_the_link_and_the_expert_how_to_reach_the_customer(booking: Booking, sarah: Expert) -> None:
    link = "https://booking.example.org/bookings/a-token_1"
    mine, hers = (letter(MessageKind.RECEIVED, booking, sarah, recipient=each) for each in Recipient)

    assert link in mine.text
    assert f'href="{link}"' in mine.html
    for form in (mine.text, mine.html, str(mine.invitation)):
        assert "sarah@example.org" not in form
    for form in (hers.text, Page(hers.html).words):
        assert all(told in form for told in ("alice@example.com", "+44 20 7946 0958", "By the window"))
    assert all("a-token_1" not in form for form in (hers.text, hers.html, str(hers.invitation)))


def test_request_can_be_answered_from_the_experts_mail_alone(booking: Booking, sarah: Expert) -> None:
    answers.use("the-secret-of-these-tests-and-of-no-other")
    link = f"https://booking.example.org/requests/{booking.id}/{answers.token(booking.id)}"
    mine, hers = (letter(MessageKind.RECEIVED, booking, sarah, recipient=each) for each in Recipient)

    assert [attributes["href"] for tag, attributes in Page(hers.html).tags if tag == "a"] == [
        f"{link}?answer=confirm",
        f"{link}?answer=decline",
    ]
    assert all(f"{link}?answer={answer}" in hers.text for answer in ("confirm", "decline"))
    assert "New request: Alice, " in hers.subject
    assert "answer by Monday 23 November 2026, 10:00 AM" in hers.text
    assert "/requests/" not in mine.text + mine.html
    later = letter(MessageKind.CONFIRMED, booking, sarah, recipient=EXPERT, sequence=1)
    assert "/requests/" not in later.text + later.html


def test_booking_that_needs_no_answer_is_new_to_its_expert(booking: Booking, sarah: Expert) -> None:
    at_once, later = (
        letter(MessageKind.CONFIRMED, booking, sarah, recipient=EXPERT, sequence=sequence) for sequence in (0, 1)
    )

    assert at_once.subject.startswith("New booking: Alice, ")
    assert later.subject.startswith("Confirmed: Alice, ")
    assert "https://booking.example.org/workspace" in at_once.text


@pytest.mark.parametrize(
    ("kind", "begins", "of_a_request"),
    [
        (MessageKind.REMINDER, "Reminder: ", ("Not confirmed yet: Sarah Johnson, ", "Not answered yet: Alice, ")),
        (
            MessageKind.RESCHEDULED,
            "Moved: ",
            ("Moved, not confirmed yet: Sarah Johnson, now ", "Moved, not answered yet: Alice, now "),
        ),
    ],
)
def test_mail_about_a_time_says_whether_it_is_agreed_upon(
    booking: Booking, sarah: Expert, kind: MessageKind, begins: str, of_a_request: tuple[str, str]
) -> None:
    mine, hers = (letter(kind, booking, sarah, recipient=each) for each in Recipient)

    assert mine.subject.startswith(of_a_request[0])
    assert re.search("can (do so|answer) until Monday 23 November 2026, 10:00 AM; then the request lapses", mine.text)
    assert hers.subject.startswith(of_a_request[1])
    assert "Please answer by Monday 23 November 2026, 10:00 AM" in hers.text
    assert all(f"?answer={answer}" in hers.text for answer in ("confirm", "decline"))
    assert "You meet" not in mine.text + hers.text

    booking.status = BookingStatus.CONFIRMED
    for recipient in Recipient:
        drawn = letter(kind, booking, sarah, recipient=recipient)
        assert drawn.subject.startswith(begins)
        assert "You meet" in drawn.text
        assert "/requests/" not in drawn.text


@pytest.mark.parametrize("kind", [MessageKind.DECLINED, MessageKind.CANCELLED])
def test_message_to_the_other_side_is_in_the_mail(booking: Booking, sarah: Expert, kind: MessageKind) -> None:
    booking.message = "I am ill.\nNext week?"

    for recipient in Recipient:
        drawn = letter(kind, booking, sarah, recipient=recipient)
        assert all("I am ill.\nNext week?" in told for told in (drawn.text, Page(drawn.html).words))
    assert "I am ill." not in letter(MessageKind.RECEIVED, booking, sarah).text


def test_lapsed_request_leads_to_other_times_and_takes_the_entry_away(booking: Booking, sarah: Expert) -> None:
    drawn = letter(MessageKind.LAPSED, booking, sarah, sequence=1)

    assert f"https://booking.example.org/experts/{booking.expert_id}" in drawn.text
    assert drawn.invitation is not None
    assert drawn.invitation.method == "CANCEL"


@pytest.mark.parametrize(
    ("language", "zone", "day", "hours"),
    [
        ("en", "America/New_York", "Tuesday 24 November 2026", "10:00 AM to 10:45 AM"),
        ("en", "Europe/Berlin", "Tuesday 24 November 2026", "16:00 to 16:45"),
        ("de", "Europe/Berlin", "Dienstag, 24. November 2026", "16:00 bis 16:45"),
        ("en", "Pacific/Auckland", "Wednesday 25 November 2026", "4:00 AM to 4:45 AM"),
        ("xx", "Nowhere/Else", "Tuesday 24 November 2026", "3:00 PM to 3:45 PM"),
    ],
)
def test_times_are_the_recipients(
    booking: Booking, sarah: Expert, language: str, zone: str, day: str, hours: str
) -> None:
    drawn = letter(MessageKind.CONFIRMED, booking, sarah, language=language, zone=zone)

    assert f"{day}\n{hours}\n" in drawn.text
    assert day in Page(drawn.html).words


@pytest.mark.parametrize("recipient", Recipient)
@pytest.mark.parametrize("kind", OF_BOOKINGS)
def test_what_people_typed_is_text(booking: Booking, sarah: Expert, kind: MessageKind, recipient: Recipient) -> None:
    plain = Page(letter(kind, booking, sarah, recipient=recipient).html)
    typed = booking.model_copy(update={"customer_name": HOSTILE, "notes": HOSTILE, "customer_email": HOSTILE})
    drawn = letter(kind, typed, sarah.model_copy(update={"name": HOSTILE}), recipient=recipient)

    page = Page(drawn.html)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert HOSTILE in page.words
    assert HOSTILE in drawn.text


def test_name_with_a_line_break_cannot_leave_the_subject(booking: Booking, sarah: Expert) -> None:
    eve = sarah.model_copy(update={"name": "Eve\r\nBcc: all@example.com\u202e"})

    drawn = letter(MessageKind.RECEIVED, booking, eve)

    assert "Eve Bcc: all@example.com" in drawn.subject
    assert "\u202e" not in drawn.subject


def test_expert_who_has_left_has_a_stand_in(booking: Booking) -> None:
    drawn = letter(MessageKind.CANCELLED, booking, None)

    assert "an expert who has left" in drawn.subject


# --- for the calendar ---


def entry_of(drawn: Letter) -> tuple[str, Event]:
    assert drawn.invitation is not None
    calendar = Calendar.from_ical(drawn.invitation.file)
    assert calendar["METHOD"] == drawn.invitation.method
    (event,) = calendar.walk("VEVENT")
    assert event.errors == []
    return str(calendar["METHOD"]), event


@pytest.mark.parametrize("recipient", Recipient)
def test_later_mails_change_and_cancel_the_same_entry(booking: Booking, sarah: Expert, recipient: Recipient) -> None:
    later = STARTS_AT + timedelta(days=1)
    moved = booking.model_copy(
        update={"status": BookingStatus.CONFIRMED, "starts_at": later, "ends_at": later + timedelta(minutes=45)}
    )
    told = [
        (MessageKind.RECEIVED, booking),
        (MessageKind.CONFIRMED, booking),
        (MessageKind.RESCHEDULED, moved),
        (MessageKind.CANCELLED, moved),
    ]

    entries = [
        entry_of(letter(kind, as_it_is, sarah, recipient=recipient, sequence=number))
        for number, (kind, as_it_is) in enumerate(told)
    ]

    assert [method for method, _ in entries] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert {event["UID"] for _, event in entries} == {f"{booking.id}@booking.example.org"}
    assert [event["SEQUENCE"] for _, event in entries] == [0, 1, 2, 3]
    assert [event["STATUS"] for _, event in entries] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event["DTSTART"].dt for _, event in entries] == [STARTS_AT, STARTS_AT, later, later]
    assert {event["ATTENDEE"] for _, event in entries} == {f"mailto:{recipient}@example.com"}
    assert {event["ORGANIZER"] for _, event in entries} == {"mailto:booking@example.org"}


def test_declined_booking_leaves_the_calendar(booking: Booking, sarah: Expert) -> None:
    method, event = entry_of(letter(MessageKind.DECLINED, booking, sarah, sequence=1))

    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)


def test_news_that_is_sent_late_tells_what_was_then(booking: Booking, sarah: Expert) -> None:
    confirmed = booking.model_copy(update={"status": BookingStatus.CONFIRMED, "sequence": 1})

    _, event = entry_of(letter(MessageKind.RECEIVED, confirmed, sarah, sequence=0))

    assert (event["STATUS"], event["SEQUENCE"]) == ("TENTATIVE", 0)


def test_whole_mail_can_be_put_into_an_envelope(booking: Booking, sarah: Expert) -> None:
    server = mail.MailServer.of("smtp://h", sender="booking@example.org", house="Expert Booking")

    for language in languages.NAMES:
        drawn = letter(MessageKind.RECEIVED, booking, sarah, language=language)
        message = mail.envelope(drawn, server=server, message_id="m", to="alice@example.com", written_at=STARTS_AT)
        lines = message.as_bytes().split(b"\r\n")
        assert max(map(len, lines)) < 998
        assert str(message["Subject"]) == drawn.subject


# --- colours ---


def test_colours_are_the_themes_and_nothing_shines_through() -> None:
    assert colours.DARK["ink"] == theme.DARK["ink"]
    assert all(
        re.fullmatch(r"#[0-9a-f]{6}", colour) for tokens in (colours.DARK, colours.LIGHT) for colour in tokens.values()
    )
    assert colours.opaque("rgb(255 255 255 / .5)", on="#000000") == "#808080"
    assert colours.opaque("rgb(0 0 0 / 0)", on="#123456") == "#123456"


@pytest.mark.parametrize("tokens", [colours.DARK, colours.LIGHT])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "solid"),
        ("ink_soft", "solid"),
        ("ink_faint", "ground"),
        ("on_accent", "accent"),
        ("accent_ink", "accent_veil"),
        ("open", "open_veil"),
        ("held", "held_veil"),
        ("bad", "bad_veil"),
    ],
)
def test_words_stand_out_from_their_ground(tokens: dict[str, str], text: str, ground: str) -> None:
    lighter, darker = sorted((_luminance(tokens[text]), _luminance(tokens[ground])), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    shares = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("language", languages.NAMES)
def test_invitation_leads_to_the_workspace_by_way_of_signing_in(sarah: Expert, language: str) -> None:
    drawn = letter(MessageKind.INVITATION, None, sarah, recipient=EXPERT, language=language)

    assert f"{HOUSE.address}/sign-in?next=/workspace" in drawn.text
    assert f'href="{HOUSE.address}/sign-in?next=/workspace"' in drawn.html
    assert drawn.invitation is None  # to a session, it would be
    assert "{" not in drawn.subject


@pytest.mark.parametrize("language", languages.NAMES)
def test_whoever_waited_for_an_expert_who_has_left_is_led_to_the_others(sarah: Expert, language: str) -> None:
    drawn = letter(MessageKind.LINE_CLOSED, None, sarah, language=language)

    assert all(sarah.name in told for told in (drawn.subject, drawn.text, Page(drawn.html).words))
    assert f'href="{HOUSE.address}/"' in drawn.html
    assert "/waiting/" not in drawn.text
    assert drawn.invitation is None
