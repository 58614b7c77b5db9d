import pytest

from tests.pages.person import Person


@pytest.mark.parametrize(
    ("cookie", "pill"),
    [
        ("auto:America/New_York", "New York"),
        ("set:Asia/Tokyo", "Tokyo"),
        ("set%3AEurope%2FParis", "Paris"),
        ("auto:Asia/Calcutta", "Kolkata"),
        ("auto:Not/AZone", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("", "UTC"),
    ],
)
async def test_zone_is_the_one_in_the_cookie_when_there_is_such_a_zone(visitor: Person, cookie: str, pill: str) -> None:
    visitor.has_cookie("zone", cookie)

    await visitor.open("/my-bookings")

    await visitor.sees(pill)


async def test_browser_that_says_nothing_is_shown_utc(visitor: Person) -> None:
    await visitor.open("/my-bookings")

    await visitor.sees("UTC")
