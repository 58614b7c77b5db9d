from pathlib import Path

import nicegui

from tests.pages.person import Person

STATIC = Path(nicegui.__file__).parent / "static"
SCRIPT = f"/_nicegui/{nicegui.__version__}/static/nicegui.js"


async def test_file_that_stays_the_same_is_sent_compressed_and_whole_every_time(visitor: Person) -> None:
    answers = [await visitor.get(SCRIPT) for _ in range(2)]

    assert [answer.headers["content-encoding"] for answer in answers] == ["gzip", "gzip"]
    assert [answer.text for answer in answers] == [(STATIC / "nicegui.js").read_text(encoding="utf-8")] * 2
    assert {answer.headers["vary"] for answer in answers} == {"Accept-Encoding"}


async def test_page_is_made_anew_every_time(visitor: Person) -> None:
    first, second = [(await visitor.get("/my-bookings")).text for _ in range(2)]

    assert first != second


async def test_sheets_of_the_platform_are_cut_to_what_is_used(visitor: Person) -> None:
    sheet = (await visitor.get("/platform.css")).text

    assert ".q-dialog__inner" in sheet
    assert ".q-field" not in sheet
    assert ".q-table" not in sheet
    assert "@import" not in (await visitor.get("/my-bookings")).text
