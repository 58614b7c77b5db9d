import pytest

from expert_booking import countries, customers
from expert_booking.customers import Customer, check_email, check_name, check_notes, check_phone
from expert_booking.errors import InvalidRequest

INVISIBLE = {
    "null": "\x00",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "right-to-left mark": "\u200f",
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "line separator": "\u2028",
    "half a character": "\ud800",
    "hangul filler": "\u3164",
    "braille blank": "\u2800",
    "grapheme joiner": "\u034f",
    "noncharacter": "\uffff",
    "noncharacter in the middle": "\ufdd0",
    "noncharacter of the last plane": "\U0010fffe",
}
invisible = pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE.keys())
zero_width = pytest.mark.parametrize(
    "character", ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\U000e0067"], ids=ascii
)


# --- names ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Alice", "Alice"),
        ("  Alice  ", "Alice"),
        ("Jose\u0301", "Jos\u00e9"),
        ("Ann-Marie O'Brien", "Ann-Marie O'Brien"),
        ("李小龍", "李小龍"),
        ("נועה", "נועה"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x", "x"),
        ("x" * 120, "x" * 120),
        ("e\u0301" * 120, "\u00e9" * 120),
    ],
)
def test_name_is_kept_as_typed_trimmed_and_composed(typed: str, kept: str) -> None:
    assert check_name(typed) == kept


@pytest.mark.parametrize("typed", ["", " ", "\t\n", "\u00a0", "\u3000"])
def test_blank_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^Your name is missing\.$"):
        check_name(typed)


def test_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Your name is too long: 121 characters, 120 at most\.$"):
        check_name("x" * 121)


@invisible
def test_invisible_character_in_a_name_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match=rf"^Your name contains an invisible character \(U\+{ord(character):04X}\)"):
        check_name(f"Al{character}ice")


@pytest.mark.parametrize("character", ["\u3164", "\u2800", "\u115f", "\uffa0"])
def test_name_that_only_looks_blank_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        check_name(character * 3)


@zero_width
def test_zero_width_character_in_a_name_is_dropped(character: str) -> None:
    assert check_name(f"{character} Al{character}ice{character}") == "Alice"


@zero_width
def test_name_of_nothing_but_zero_width_is_missing(character: str) -> None:
    with pytest.raises(ValueError, match=r"^Your name is missing\.$"):
        check_name(character * 3)


@pytest.mark.parametrize("character", ["\n", "\t"])
def test_name_on_two_lines_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        check_name(f"Alice{character}Smith")


# --- e-mail addresses ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("alice@example.com", "alice@example.com"),
        (" Alice@Example.COM ", "Alice@example.com"),
        ("alice+booking@mail.example.org", "alice+booking@mail.example.org"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("bob@xn--bcher-kva.com", "bob@bücher.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_email_is_kept_as_typed_with_its_domain_in_one_form(typed: str, kept: str) -> None:
    assert check_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "alice",
        "alice@",
        "@example.com",
        "alice@example",
        "alice@@example.com",
        "alice@exa mple.com",
        "alice@example..com",
        ".alice@example.com",
        "alice@example.com, bob@example.com",
        "Alice <alice@example.com>",
        "alice@[127.0.0.1]",
        "alice@localhost",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^This is not an e-mail address yet\. \S"):
        check_email(typed)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("alice", "It needs an @, as in name@example.com."),
        ("alice\uff20example.com", "It needs an @, as in name@example.com."),
        ("@example.com", "Something is missing before the @."),
        ("alice@", "Something is missing after the @."),
        ("alice@example", "After the @ comes a name with a dot, as in example.com."),
        ("alice@.com", "After the @ comes a name with a dot, as in example.com."),
        ("alice@@example.com", "It has more than one @; only one belongs there."),
        ("alice@exa mple.com", "Type one address alone, without spaces, commas or brackets."),
        ("alice@example.com,bob@example.com", "Type one address alone, without spaces, commas or brackets."),
        ("Alice <alice@example.com>", "Type one address alone, without spaces, commas or brackets."),
        ("alice@" + "x" * 64 + ".com", "Please check it for typing errors; name@example.com would be one."),
        ("alice@example..com", "Please check it for typing errors; name@example.com would be one."),
        ("alice@[127.0.0.1]", "Please check it for typing errors; name@example.com would be one."),
    ],
)
def test_what_is_no_email_is_refused_with_the_reason(typed: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        check_email(typed)

    assert str(refused.value) == f"This is not an e-mail address yet. {message}"


@pytest.mark.parametrize("typed", ["", "  "])
def test_blank_email_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^Your e-mail address is missing\.$"):
        check_email(typed)


def test_email_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Your e-mail address is too long: 255 characters, 254 at most\.$"):
        check_email("alice@" + "x" * 245 + ".com")


@invisible
def test_invisible_character_in_an_email_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        check_email(f"al{character}ice@example.com")


@zero_width
def test_zero_width_character_in_an_email_is_dropped(character: str) -> None:
    typed = f"al{character}ice@example.com"

    assert check_email(typed) == "alice@example.com"
    assert customers.customer_key(typed) == "alice@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@example.com", " ALICE@EXAMPLE.COM\n"),
        ("jos\u00e9@example.com", "JOSE\u0301@example.com"),
        ("bob@bücher.com", "Bob@xn--bcher-kva.com"),
    ],
)
def test_key_is_the_same_for_one_address_in_several_spellings(one: str, other: str) -> None:
    assert customers.customer_key(one) == customers.customer_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob@straße.com", "bob@strasse.com"),  # two domains, of two owners
        ("\u017fmith@example.com", "smith@example.com"),
        ("\ufb01nn@example.com", "finn@example.com"),
        ("\u03c2@example.com", "\u03c3@example.com"),
        ("b.ob@example.com", "bob@example.com"),
        ("bob+1@example.com", "bob@example.com"),
    ],
)
def test_key_is_another_for_an_address_that_can_be_somebody_elses(one: str, other: str) -> None:
    assert customers.customer_key(one) != customers.customer_key(other)


def test_key_of_a_customer_is_found_by_what_was_typed() -> None:
    typed = " Bob@XN--bcher-kva.com"

    customer = customers.check(name="Bob", email=typed, phone="+442079460958")

    assert customer.key == customers.customer_key(typed)


@pytest.mark.parametrize(
    ("typed", "key"), [("", ""), ("Alice", "alice"), ("@", "@"), ("\x00", "\x00"), ("\ud800", "\\ud800")]
)
def test_key_of_what_is_no_address_can_still_be_looked_up(typed: str, key: str) -> None:
    assert customers.customer_key(typed) == key


# --- phone numbers ---


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+44 20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("98765 43210", "IN", "+919876543210"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+91 98765 43210", "US", "+919876543210"),
        ("0044 20 7946 0958", "DE", "+442079460958"),
        ("\u202a+44 20 7946 0958\u202c", None, "+442079460958"),
        ("٠٢٠٧٩٤٦٠٩٥٨", "GB", "+442079460958"),
        ("  +44.20.7946.0958  ", None, "+442079460958"),
        ("＋44 20 7946 0958", None, "+442079460958"),
        ("+800 1234 5678", None, "+80012345678"),
    ],
)
def test_phone_is_kept_as_e164(typed: str, country: str | None, kept: str) -> None:
    assert check_phone(typed, country=country) == kept


@pytest.mark.parametrize(
    ("typed", "country", "message"),
    [
        ("", "GB", "Your phone number is missing."),
        ("\u200e", "GB", "Your phone number is missing."),
        ("1" * 33, "GB", "Your phone number is too long: 33 characters, 32 at most."),
        ("+44\x0020", "GB", "Your phone number contains an invisible character (U+0000). Please type it again."),
        ("7946 0958", None, "This number is too short for United States."),
        ("020 7946 0958", "ZZ", "Start your phone number with + and the country code, such as +44 20 7946 0958."),
        (
            "+999 123 456 789",
            "GB",
            "No country has the code with which this number begins. Please check the first digits.",
        ),
        ("call me", "GB", "This is not a phone number. Use digits, such as +44 20 7946 0958."),
        ("12", "GB", "This number is too short for Britain (UK)."),
        ("+1 555", None, "This number is too short for United States."),
        ("+44 20 7946 0958 1234", None, "This number is too long for Britain (UK)."),
        ("+" + "1" * 20, None, "This phone number is too long."),
        ("06 12 34 56", "FR", "This number is too short for France."),
        ("+44 7", None, "This phone number is too short."),
    ],
)
def test_phone_that_cannot_exist_is_refused_with_the_reason(typed: str, country: str | None, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        check_phone(typed, country=country)

    assert str(refused.value) == message


# --- notes ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("   ", ""),
        ("By the window", "By the window"),
        ("one\r\ntwo\rthree\n\tfour", "one\ntwo\nthree\n\tfour"),
        ("caf\u0065\u0301 \u2615", "caf\u00e9 \u2615"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", "\U0001f468\U0001f469\U0001f467 \u2764\ufe0f"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"),
        ("x" * 2000, "x" * 2000),
        ("\r\n" * 3 + "x" * 2000, "x" * 2000),
    ],
)
def test_notes_may_be_many_lines_or_none(typed: str, kept: str) -> None:
    assert check_notes(typed) == kept


def test_notes_that_are_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Your note is too long: 2001 characters, 2000 at most\.$"):
        check_notes("x" * 2001)


@invisible
def test_invisible_character_in_notes_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        check_notes(f"by the{character}window")


# --- all together ---


def test_check_gives_a_customer() -> None:
    customer = customers.check(name=" Alice ", email="Alice@Example.com", phone="020 7946 0958", country="GB")

    assert customer == Customer(name="Alice", email="Alice@example.com", phone="+442079460958", notes="")
    assert customer.key == "alice@example.com"


def test_check_names_every_field_that_is_wrong() -> None:
    with pytest.raises(InvalidRequest) as refused:
        customers.check(name="", email="alice", phone="12", notes="\x00", country="GB")

    assert [problem.field for problem in refused.value.problems] == ["name", "email", "phone", "notes"]
    assert str(refused.value) == " ".join(problem.message for problem in refused.value.problems)


def test_problems_can_be_said_in_another_language() -> None:
    with pytest.raises(InvalidRequest) as refused:
        customers.check(name="x" * 121, email="alice", phone="12", notes="\x00", country="FR")

    name, email, phone, notes = (problem.message for problem in refused.value.problems)
    assert name.template == "Your name is too long: {count} characters, {most} at most."
    assert name.values == {"count": 121, "most": 120}
    assert email.template == "This is not an e-mail address yet. It needs an @, as in name@example.com."
    assert phone.template == "This number is too short for {place}."
    assert phone.values["place"].code == "FR"
    assert notes.values == {"code": "U+0000"}
    assert list(refused.value.args[0].values.values()) == [name, email, phone, notes]


def test_check_names_only_the_field_that_is_wrong() -> None:
    with pytest.raises(InvalidRequest) as refused:
        customers.check(name="Alice", email="alice@example.com", phone="")

    assert [(problem.field, problem.message) for problem in refused.value.problems] == [
        ("phone", "Your phone number is missing.")
    ]


# --- countries ---


@pytest.mark.parametrize(
    ("time_zone", "accept_language", "country"),
    [
        ("Europe/Berlin", None, "DE"),
        ("Asia/Calcutta", "en-IN,en;q=0.9", "IN"),
        ("Asia/Kolkata", "en-US", "IN"),
        ("UTC", "de-AT,de;q=0.8,en-US;q=0.5", "AT"),
        (None, "en-GB", "GB"),
        (None, "en", None),
        (None, "en-XX", None),
        ("Mars/Olympus", "", None),
        (None, None, None),
    ],
)
def test_country_is_guessed_by_zone_then_by_language(
    time_zone: str | None, accept_language: str | None, country: str | None
) -> None:
    assert countries.guess_country(time_zone=time_zone, accept_language=accept_language) == country


def test_country_has_a_name_and_a_calling_code() -> None:
    assert (countries.country_name("DE"), countries.calling_code("DE")) == ("Germany", 49)
    assert (countries.country_name("ZZ"), countries.calling_code("ZZ")) == (None, 0)
    assert countries.country_name(None) is None


@pytest.mark.parametrize(
    ("text", "code"), [("gb", "GB"), ("GB", "GB"), ("ß", None), ("ZZ", None), ("GBR", None), ("", None)]
)
def test_country_code_is_of_ascii_letters(text: str, code: str | None) -> None:
    assert countries.country_code(text) == code
