import re

import pytest

from models import BookingStatus, SlotState
from pages import icons, theme
from pages.layout import CONNECTIONS
from pages.styleguide import PATH, SECTIONS
from tests.pages.person import Person


async def test_styleguide_shows_every_token_drawing_and_state_in_both_themes(visitor: Person) -> None:
    page = await visitor.get(PATH)

    assert page.status_code == 200
    stages = page.text.split('class="stage" data-theme="')[1:]
    assert [stage.partition('"')[0] for stage in stages] == ["dark", "light"] * len(SECTIONS)
    for shown in (stages[::2], stages[1::2]):
        everything = "".join(shown)
        assert set(re.findall(r'data-token="([\w-]+)"', everything)) >= {*theme.DARK, *theme.SIZES} - {"font", "ease"}
        assert everything.count("<figcaption>") > len(icons.NAMES)
        assert all(f"<figcaption>{name}</figcaption>" in everything for name in icons.NAMES)
        assert set(re.findall(r'class="status" data-status="(\w+)"', everything)) == set(BookingStatus)
        assert set(re.findall(r'data-connection="(\w+)"', everything)) == set(CONNECTIONS)
        assert set(re.findall(r'class="slot" [^>]*data-state="(\w+)"', everything)) == {*SlotState, "mine"}
        assert set(re.findall(r'data-force="(\w+)"', everything)) == {"hover", "focus", "pressed"}


async def test_ids_on_the_styleguide_are_unique(visitor: Person) -> None:
    page = await visitor.get(PATH)

    ids = re.findall(r' id="([^"]+)"', page.text)
    assert sorted(ids) == sorted(set(ids))


async def test_what_opens_over_a_page_can_be_called(visitor: Person) -> None:
    await visitor.open(PATH)

    await visitor.click("a warning")
    await visitor.sees("Something went wrong on our side.")
    await visitor.click("a question")
    await visitor.answer("Keep it")

    await visitor.misses("Cancel this booking?")


@pytest.fixture
def in_production(environment: pytest.MonkeyPatch) -> None:
    """The strict rules hold."""
    environment.setenv("ENVIRONMENT", "production")
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    environment.setenv("MAIL_FROM", "booking@example.org")
    environment.delenv("RATE_LIMITS")


async def test_production_has_no_styleguide(in_production: None, visitor: Person) -> None:
    page = await visitor.get(PATH)

    assert page.status_code == 404
    assert "There is no page here" in page.text
