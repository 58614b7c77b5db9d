"""An expert changes their hours in one browser, and what others have open changes in theirs."""

import re

import pytest
from playwright.sync_api import Page, expect

from expert_booking import stand_ins
from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, comes_true, has_stayed, is_live, stays

pytestmark = pytest.mark.browser
HAS_GLASS = True

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def works(
    visit: Visit, application: Application, offer: Offer, path: str = "/workspace/hours", **looks: object
) -> Page:
    """Sign in as the expert whose time is offered."""
    email = stand_ins.address(offer.name)
    page = visit(path, **looks)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.locator("form[data-read]")).to_be_visible()
    is_live(page)
    return page


def switch(page: Page, day: str) -> None:
    page.get_by_role("switch", name=day, exact=True).click()


def open_days(page: Page) -> list[str]:
    return [day for day in DAYS if page.get_by_role("switch", name=day, exact=True).is_checked()]


def test_saved_hours_change_what_visitors_have_open(visit: Visit, application: Application, offer: Offer) -> None:
    visitor = visit(offer.path)
    expect(visitor.locator('[data-slot][data-state="open"]').first).to_be_visible()
    stays(visitor)
    expert = works(visit, application, offer)

    for day in open_days(expert):
        switch(expert, day)

    expect(expert.locator(".goes")).to_contain_text("open times go")
    expect(expert.locator(".preview")).to_contain_text("0 sessions can be booked")
    assert visitor.locator('[data-slot][data-state="open"]').count() > 0
    expert.get_by_role("button", name="Save", exact=True).click()

    expect(expert.get_by_text("Your hours are saved. Visitors see them from now on.")).to_be_visible()
    expect(visitor.locator('[data-slot][data-state="open"]')).to_have_count(0)
    expect(expert.get_by_role("button", name="Save", exact=True)).to_be_hidden()

    for day in DAYS:
        switch(expert, day)
    expert.get_by_role("button", name="Save", exact=True).click()

    expect(visitor.locator('[data-slot][data-state="open"]').first).to_be_visible()
    assert has_stayed(visitor)


def test_what_goes_is_shown_to_whoever_saves_at_once(visit: Visit, application: Application, offer: Offer) -> None:
    page = works(visit, application, offer)

    page.evaluate(  # no time in between for what is typed to be told
        """() => {
            const switches = document.querySelectorAll("[data-opens-day]:checked");
            for (const it of switches) it.click();
            document.querySelector("form[data-parts]").requestSubmit();
        }"""
    )

    expect(page.locator(".goes")).to_contain_text("Nothing is saved yet.")
    expect(page.locator(".goes details[open]")).to_contain_text("open times go")
    is_for_everybody(page)
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_have_attribute("aria-disabled", "false")
    save.click()
    expect(page.get_by_text("Your hours are saved. Visitors see them from now on.")).to_be_visible()
    expect(save).to_be_hidden()


def test_what_was_typed_survives_a_reload_and_what_is_wrong_is_said_beside_it(
    visit: Visit, application: Application, offer: Offer
) -> None:
    page = works(visit, application, offer)
    page.get_by_role("button", name="Add a session").click()
    page.get_by_label("Name", exact=True).last.fill("Deep dive")
    page.get_by_role("button", name="Add time off").click()
    away = page.locator(".away").last
    away.get_by_label("First day", exact=True).fill("2031-05-06")
    away.get_by_label("Note, for you alone").fill("Far away")
    expect(away.get_by_label("Last day", exact=True)).to_have_value("2031-05-06")
    page.get_by_label("Free after each session").fill("7")
    expect(page.get_by_text("Please give each session a name.")).to_be_visible()

    page.reload()

    is_live(page)
    expect(page.get_by_label("Name", exact=True).last).to_have_value("Deep dive")
    expect(page.locator(".away").last.get_by_label("Note, for you alone")).to_have_value("Far away")
    page.get_by_label("Name", exact=True).first.fill("Intro")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Please use steps of five minutes.")).to_be_visible()
    expect(page.get_by_label("Free after each session")).to_be_focused()

    page.get_by_role("button", name="Discard").click()

    expect(page.locator("form[data-read]:not([data-changed])")).to_be_visible()
    expect(page.locator(".away")).to_have_count(0)


def test_hours_are_set_by_keyboard_and_for_everybody(visit: Visit, application: Application, offer: Offer) -> None:
    page = works(visit, application, offer, width=360)
    is_for_everybody(page)
    day = page.get_by_role("switch", name=open_days(page)[0], exact=True)
    group = page.get_by_role("group", name=open_days(page)[0])

    group.get_by_role("button", name=re.compile("^Add hours on")).press("Enter")
    opens = group.get_by_label("From").last
    expect(opens).to_be_focused()
    group.get_by_role("button", name="Remove these hours").last.press("Enter")
    expect(group.get_by_role("button", name="Remove these hours").last).to_be_focused()
    group.get_by_role("button", name=re.compile("^Copy the hours of")).press("Enter")
    expect(page.get_by_role("dialog", name="Copy these hours to")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("checkbox", name="Sunday").or_(page.get_by_role("checkbox", name="Monday")).first.focus()
    page.keyboard.press("Escape")
    expect(group.get_by_role("button", name=re.compile("^Copy the hours of"))).to_be_focused()
    day.press("Space")
    expect(group.get_by_text("Not available")).to_be_visible()
    expect(page.locator(".goes")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # links that lie half under the header are hard to hit, and hardly meant
    is_for_everybody(page)


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 360)])
def test_hours_and_profile_are_for_everybody(
    visit: Visit, application: Application, offer: Offer, theme: str, width: int
) -> None:
    page = works(visit, application, offer, theme=theme, width=width)
    page.get_by_role("button", name="Add time off").click()
    page.get_by_role("button", name="Add extra hours").click()
    expect(page.get_by_text("Please choose both dates.")).to_be_visible()
    is_for_everybody(page)

    page.goto("/workspace/profile")
    is_live(page)
    expect(page.locator("form[data-read]")).to_be_visible()
    is_for_everybody(page)
    page.get_by_label("Years of experience").fill("999")
    expect(page.get_by_text("Give your experience in whole years, from 0 to 80.")).to_be_visible()
    is_for_everybody(page)


def test_picture_is_chosen_and_shown(visit: Visit, application: Application, offer: Offer) -> None:
    page = works(visit, application, offer, "/workspace/profile")
    picture = page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 200 });
            canvas.getContext("2d").fillRect(0, 0, 300, 200);
            const blob = await new Promise((resolve) => canvas.toBlob(resolve));
            return [...new Uint8Array(await blob.arrayBuffer())];
        }"""
    )

    page.locator("#picture").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(page.get_by_text("This is not a picture that we can read.")).to_be_visible()
    page.locator("#picture").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": bytes(picture)})

    expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    comes_true(page, "[...document.querySelectorAll('img.avatar')].every((image) => image.naturalWidth > 0)")
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.locator("img.avatar")).to_have_count(0)
