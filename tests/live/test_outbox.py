"""The outbox page in a real browser: for everybody, and enough to sign in with."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import is_live

pytestmark = pytest.mark.browser
HAS_GLASS = True


def ask_for_code(application: Application, email: str) -> None:
    """As a program would."""
    request = urllib.request.Request(
        f"{application.url}/api/sign-in",
        data=json.dumps({"email": email}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 202


@pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 1280)])
def test_outbox_is_for_everybody(visit: Visit, application: Application, theme: str, width: int) -> None:
    email = f"outbox-{theme}-{width}@example.com"
    ask_for_code(application, email)
    page = visit("/dev/outbox", theme=theme, width=width)

    message = page.locator(".letter").filter(has_text=f"to {email}")
    code = message.get_by_label("the code").input_value()
    message.get_by_text("the mail", exact=True).click()
    mail = message.frame_locator("iframe")
    expect(mail.get_by_role("heading", name="Your sign-in code")).to_be_visible()
    expect(mail.locator(".digits")).to_have_text(code)
    is_for_everybody(page)


def test_message_that_comes_is_shown_without_a_reload(visit: Visit, application: Application) -> None:
    page = visit("/dev/outbox")
    is_live(page)

    ask_for_code(application, "outbox-live@example.com")

    expect(page.locator(".letter").filter(has_text="outbox-live@example.com")).to_be_visible()
