import json
from io import BytesIO
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from PIL import Image

from models import Expert
from tests.conftest import MakeExpert
from tests.pages.conftest import Come
from tests.pages.person import Person

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOUSE = "http://booking.test"


def addresses(xml: str, kind: str) -> list[str | None]:
    """The addresses in a sitemap or an index of sitemaps."""
    root = ElementTree.fromstring(xml)
    assert root.tag == f"{NAMESPACE}{kind}"
    return [found.text for found in root.iter(f"{NAMESPACE}loc")]


async def test_robots_may_see_experts_and_no_customers(visitor: Person, connected: None) -> None:
    answer = await visitor.get("/robots.txt")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())

    found = ("/", "/experts/1", "/share/experts/1.png")
    closed = ("/bookings/1", "/my-bookings", "/sign-in", "/api/experts", "/styleguide")
    assert [path for path in (*found, *closed) if rules.can_fetch("*", HOUSE + path)] == list(found)
    assert rules.site_maps() == [f"{HOUSE}/sitemap.xml"]
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_sitemap_names_every_expert(visitor: Person, make_expert: MakeExpert) -> None:
    best = await make_expert(rating=5.0)
    second = await make_expert(rating=4.0)
    await visitor.gets("/sitemap.xml", 200)

    answer = await visitor.get("/sitemap.xml")

    assert answer.headers["content-type"] == "application/xml"
    found = addresses(answer.text, "urlset")
    assert found == [f"{HOUSE}/", f"{HOUSE}/experts/{best.id}", f"{HOUSE}/experts/{second.id}"]
    assert [(await visitor.get(address or "")).status_code for address in found] == [200, 200, 200]


async def test_sitemap_is_split_when_there_are_many(
    come: Come, make_expert: MakeExpert, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.share import crawlers

    monkeypatch.setattr(crawlers, "PER_FILE", 2)
    experts = [await make_expert(rating=5 - number / 10) for number in range(3)]
    visitor = come()
    await visitor.gets("/sitemap.xml", 200)

    parts = addresses((await visitor.get("/sitemap.xml")).text, "sitemapindex")

    assert parts == [f"{HOUSE}/sitemap/0.xml", f"{HOUSE}/sitemap/1.xml"]
    named = [named for part in parts for named in addresses((await visitor.get(part or "")).text, "urlset")]
    assert named == [f"{HOUSE}/", *(f"{HOUSE}/experts/{expert.id}" for expert in experts)]
    for missing in ("2", "-1", "x", "²", "9" * 30):
        assert (await visitor.get(f"/sitemap/{missing}.xml")).status_code == 404


async def test_sitemap_follows_the_catalogue(visitor: Person, expert: Expert, make_expert: MakeExpert) -> None:
    await visitor.gets("/sitemap.xml", 200)
    before = await visitor.get("/sitemap.xml")
    newcomer = await make_expert()
    await visitor.gets("/sitemap.xml", 200)

    after = await visitor.get("/sitemap.xml")

    assert before.headers["etag"] != after.headers["etag"]
    assert f"{HOUSE}/experts/{newcomer.id}" in addresses(after.text, "urlset")


async def test_sitemap_names_the_house_as_it_was_asked(visitor: Person, expert: Expert) -> None:
    client = visitor._user.http_client
    await visitor.gets("/sitemap.xml", 200)

    for host in ("one.test", "two.test"):
        answer = await client.get("/sitemap.xml", headers={"Host": host})
        assert addresses(answer.text, "urlset")[0] == f"http://{host}/"


async def test_nobody_makes_a_sitemap_longer_by_a_long_name(visitor: Person, expert: Expert) -> None:
    await visitor.gets("/sitemap.xml", 200)

    answer = await visitor._user.http_client.get("/sitemap.xml", headers={"Host": "a" * 20_000})

    assert addresses(answer.text, "urlset") == ["/", f"/experts/{expert.id}"]


async def test_manifest_names_icons_that_are_there(visitor: Person, connected: None) -> None:
    answer = await visitor.get("/manifest.webmanifest")

    manifest = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("Expert Booking", "/", "standalone")
    found = [(icon["purpose"], icon["sizes"]) for icon in manifest["icons"]]
    assert found == [("any", "192x192"), ("any", "512x512"), ("maskable", "192x192"), ("maskable", "512x512")]
    for icon in manifest["icons"]:
        image = Image.open(BytesIO((await visitor.get(icon["src"])).content), formats=["PNG"])
        assert f"{image.width}x{image.height}" == icon["sizes"]
        corner = image.convert("RGBA").getpixel((0, 0))
        assert isinstance(corner, tuple)
        assert corner[3] == (255 if icon["purpose"] == "maskable" else 0)


async def test_icons_are_where_browsers_look(visitor: Person, connected: None) -> None:
    ico = Image.open(BytesIO((await visitor.get("/favicon.ico")).content), formats=["ICO"])
    touch = Image.open(BytesIO((await visitor.get("/apple-touch-icon.png")).content), formats=["PNG"])
    svg = ElementTree.fromstring((await visitor.get("/favicon.svg")).text)

    assert ico.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    assert (touch.size, touch.mode) == ((180, 180), "RGB")
    assert svg.get("viewBox") == "0 0 32 32"
    assert (await visitor.get("/share/icons/plain-7.png")).status_code == 404
