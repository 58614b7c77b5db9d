import logging

import pytest

from expert_booking import database
from models import Expert
from tests.pages.person import Person

WAY_BACK = '"href":"/"'


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/experts/6b0359192fca66195687752c",
            "This expert is not here (any more). Browse the experts to find another one.",
        ),
        ("/experts/garbage", "This expert is not here (any more). Browse the experts to find another one."),
        ("/experts/%00", "This expert is not here (any more). Browse the experts to find another one."),
        ("/experts/[$ne]=1", "This expert is not here (any more). Browse the experts to find another one."),
        ("/bookings/garbage", "This booking is not here (any more)."),
        ("/bookings/%F0%9F%98%80", "This booking is not here (any more)."),
        ("/no/such/page", "The address may be mistyped, or the page may have moved."),
        ("/experts/", "The address may be mistyped, or the page may have moved."),
        ("/wp-login.php", "The address may be mistyped, or the page may have moved."),
    ],
)
async def test_what_is_not_there_is_a_page_with_the_way_back(
    visitor: Person, expert: Expert, path: str, said: str
) -> None:
    page = await visitor.get(path)

    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert said in page.text
    assert WAY_BACK in page.text
    assert "Browse the experts" in page.text


async def test_failing_page_says_nothing_of_the_reason(
    visitor: Person, expert: Expert, caplog: pytest.LogCaptureFixture
) -> None:
    # A record that was damaged by other hands: reading it raises an error which quotes it.
    await database.collection(Expert).update_one({"_id": expert.id}, {"$set": {"experience_years": "a secret"}})

    page = await visitor.get(f"/experts/{expert.id}")

    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "Nothing was booked or changed. Please try again." in page.text
    assert WAY_BACK in page.text
    assert [word for word in ("a secret", "validation", "Traceback", "pydantic") if word in page.text] == []
    assert {record.name for record in caplog.records if record.levelno == logging.ERROR} >= {"pages.errors"}
    assert "ValidationError" in caplog.text
    assert "a secret" not in caplog.text
    caplog.clear()


async def test_failing_list_says_nothing_of_the_reason(
    visitor: Person, expert: Expert, caplog: pytest.LogCaptureFixture
) -> None:
    await database.collection(Expert).update_one({"_id": expert.id}, {"$set": {"rating": "a secret"}})

    page = await visitor.get("/")

    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "a secret" not in page.text
    caplog.clear()


async def test_failing_click_says_a_sentence_and_keeps_the_page(
    visitor: Person, expert: Expert, caplog: pytest.LogCaptureFixture
) -> None:
    await visitor.open("/")
    await database.collection(Expert).update_one({"_id": expert.id}, {"$set": {"rating": "a secret"}})

    await visitor.click("Technology")

    await visitor.sees("Something went wrong on our side. Please look under My bookings before you try again.")
    assert list(visitor.cards()) == ["Sarah Johnson"]
    assert "a secret" not in str(visitor.texts)
    caplog.clear()


async def test_names_that_look_like_code_are_only_text(visitor: Person, expert: Expert) -> None:
    code = "\"><script>alert(1)</script> onclick=alert(1) ' {{7*7}} `${1}`"
    await database.collection(Expert).update_one(
        {"_id": expert.id}, {"$set": {"name": code, "bio": code, "headline": code, "category": code[:60]}}
    )

    pages = [await visitor.get("/"), await visitor.get(f"/experts/{expert.id}")]

    assert [page.status_code for page in pages] == [200, 200]
    assert ["<script>alert" in page.text for page in pages] == [False, False]
    await visitor.open(f"/experts/{expert.id}")
    assert visitor.texts.count(code) == 3


async def test_address_that_can_only_be_looked_at_says_so(visitor: Person) -> None:
    answer = await visitor.post("/", {})

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert "This cannot be done here" in answer.text


async def test_file_that_is_not_there_is_a_page_that_says_so(visitor: Person) -> None:
    answer = await visitor.get("/static/nothing.css")

    assert answer.status_code == 404
    assert "There is no page here" in answer.text
