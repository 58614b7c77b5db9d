import asyncio
import threading
from collections import Counter
from functools import partial
from importlib import import_module
from io import BytesIO

import httpx
import pytest
from beanie import PydanticObjectId
from PIL import Image, ImageChops, ImageDraw

from models import Expert
from pages.share import letters, picture
from pages.share.studio import MOST_KEPT, MOST_WAITING, Studio, StudioBusy
from tests.pages.person import Person

SIZE = (1200, 630)


def opened(answer: httpx.Response) -> Image.Image:
    """The picture that came, every pixel of it."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(BytesIO(answer.content), formats=["PNG"])
    image.load()
    return image


def stranger(name: str) -> Expert:
    """Somebody who is in no database, all of whose words are the same."""
    return Expert.model_construct(id=PydanticObjectId(), name=name, headline=name, category=name[:60], rating=4.9)


def written(text: str, hand: letters.Hand) -> bytes:
    """The pixels of a line of text."""
    image = Image.new("RGB", (200, 80))
    letters.write(ImageDraw.Draw(image), (10, 60), text, hand, (255, 255, 255))
    return image.tobytes()


async def test_expert_has_a_picture(visitor: Person, expert: Expert) -> None:
    image = opened(await visitor.get(f"/share/experts/{expert.id}.png"))

    assert image.size == SIZE


async def test_picture_changes_with_what_it_shows(visitor: Person, expert: Expert) -> None:
    address = f"/share/experts/{expert.id}.png"
    before = await visitor.get(address)
    await Expert.find_one({"_id": expert.id}).update({"$set": {"name": "Sarah Miller"}})

    after = await visitor.get(address)

    assert before.headers["etag"] != after.headers["etag"]
    assert ImageChops.difference(opened(before), opened(after)).getbbox() is not None


@pytest.mark.parametrize(
    "name",
    [
        "محمد علي",
        "Dr. محمد علي PhD 3",
        "漢字 太郎",
        "e\u0301\u200b\u202eX\u0000\n" + "\u0301" * 60,
        "W" * 120,
        "🦊",
        ". - .",
    ],
)
def test_any_name_can_be_drawn(name: str) -> None:
    drawn = picture.of_expert(stranger(name))

    assert Image.open(BytesIO(drawn)).size == SIZE


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ana", "Anb"), ("Anč", "Anđ"), ("Дад", "Даж"), ("Ωαβ", "Ωαγ"), ("Anộ", "Anợ"), ("علي", "علم")],
)
def test_letters_are_written_in_every_script_of_the_fonts(one: str, other: str) -> None:
    hand = letters.Hand(40, 600)

    assert letters.writable(one) == one
    assert written(one, hand) != written(other, hand)


def test_letters_that_no_font_has_are_left_out() -> None:
    assert letters.writable("Kim 漢字\n\u202e  Lee🦊") == "Kim Lee"


def test_arabic_letters_are_joined_and_run_from_the_right() -> None:
    """Joined letters are narrower than the same letters on their own, and a text begins where its first letter is."""
    hand = letters.Hand(40, 600)
    text = "محمد"

    assert letters.is_right_to_left(text)
    assert letters.width(text, hand) < sum(letters.width(letter, hand) for letter in text)
    assert [run.text for run in letters._runs("Dr. محمد علي PhD")] == ["Dr. ", "علي", " ", "محمد", " PhD"]
    assert [run.text for run in letters._runs("محمد PhD علي")] == ["علي", " ", "PhD", " ", "محمد"]


def test_long_text_is_made_smaller_then_broken_then_cut() -> None:
    large, small = letters.Hand(60, 600), letters.Hand(30, 600)
    fit = partial(letters.fit, hands=(large, small), within=400, lines=2)

    assert fit("Ana") == (large, ["Ana"])
    assert fit("Ana Maria of the house of Lee") == (small, ["Ana Maria of the", "house of Lee"])
    hand, (cut,) = fit("W" * 100)
    assert (hand, cut[-1]) == (small, letters.ELLIPSIS)
    assert letters.width(cut, small) <= 400


async def test_picture_is_asked_for_again_by_its_tag(visitor: Person, expert: Expert) -> None:
    address = f"/share/experts/{expert.id}.png"
    tag = (await visitor.get(address)).headers["etag"]
    client = visitor._user.http_client

    again = await client.get(address, headers={"If-None-Match": tag})
    other = await client.get(address, headers={"If-None-Match": 'W/"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


async def test_picture_of_nobody_is_not_found(visitor: Person, expert: Expert) -> None:
    for name in ("000000000000000000000000", "x", "%2e%2e"):
        assert (await visitor.get(f"/share/experts/{name}.png")).status_code == 404


async def test_house_has_a_picture_in_its_languages_only(visitor: Person, connected: None) -> None:
    assert opened(await visitor.get("/share/house/en.png")).size == SIZE
    assert (await visitor.get("/share/house/xx.png")).status_code == 404


async def test_who_only_asks_gets_the_headers(visitor: Person, expert: Expert) -> None:
    client = visitor._user.http_client
    for path in (
        f"/share/experts/{expert.id}.png",
        "/share/house/en.png",
        "/share/icons/plain-192.png",
        "/favicon.ico",
        "/favicon.svg",
        "/apple-touch-icon.png",
        "/manifest.webmanifest",
        "/robots.txt",
    ):
        asked, got = await client.head(path), await client.get(path)
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["content-type"] == got.headers["content-type"]
        assert asked.headers["content-length"] == str(len(got.content))


async def test_pictures_are_drawn_one_at_a_time_and_few_may_wait() -> None:
    studio, gate, drawing = Studio(), threading.Event(), Counter[str]()

    def draw() -> bytes:
        drawing["now"] += 1
        drawing["most"] = max(drawing["most"], drawing["now"])
        gate.wait(10)
        drawing["now"] -= 1
        return b"drawn"

    asked = [asyncio.create_task(studio.picture(str(number), draw)) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(StudioBusy):
        await studio.picture("one too many", draw)
    gate.set()

    assert await asyncio.gather(*asked) == [b"drawn"] * MOST_WAITING
    assert drawing["most"] == 1


async def test_picture_is_drawn_once_and_not_kept_for_ever() -> None:
    studio, drawn = Studio(), Counter[str]()

    async def ask(key: str) -> None:
        def draw() -> bytes:
            drawn[key] += 1
            return key.encode()

        assert await studio.picture(key, draw) == key.encode()

    await asyncio.gather(ask("first"), ask("first"))
    for number in range(MOST_KEPT):
        await ask(str(number))
        await ask("0")
    await ask("first")

    assert (drawn["first"], drawn["0"]) == (2, 1)


async def test_who_would_wait_too_long_is_told_when_to_come(
    visitor: Person, expert: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("pages.share.studio"), "MOST_WAITING", 0)

    answer = await visitor.get(f"/share/experts/{expert.id}.png")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_what_everybody_may_keep_has_nobodys_cookie(visitor: Person, expert: Expert) -> None:
    for path in (f"/share/experts/{expert.id}.png", "/robots.txt", "/favicon.ico", "/house.css"):
        visitor._user.http_client.cookies.clear()
        answer = await visitor.get(path)
        assert answer.headers["cache-control"].startswith("public")
        assert "set-cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("vary", "")
    assert "set-cookie" in (await visitor.get("/")).headers


async def test_programs_get_no_cookie(visitor: Person, expert: Expert) -> None:
    for path in ("/api/experts", f"/api/experts/{expert.id}", "/api/bookings", "/api/nowhere"):
        visitor._user.http_client.cookies.clear()
        assert "set-cookie" not in (await visitor.get(path)).headers, path
