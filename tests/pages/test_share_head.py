import json
from html.parser import HTMLParser
from typing import Any

import pytest

from expert_booking import bookings, holds
from expert_booking.customers import Customer
from models import Expert, TimeSlot
from tests.conftest import MakeExpert, MakeSlot
from tests.pages.person import Person

HOSTILE = 'Eve </script><script>alert(1)</script> & "Bob" <!--'


class Head(HTMLParser):
    """What the head of a page says, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, list[str]] = {}
        self.data: list[dict[str, Any]] = []
        self._is_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.meta[given.get("name") or given.get("property") or ""] = given.get("content", "")
        if tag == "link":
            self.links.setdefault(given["rel"], []).append(given["href"])
        self._is_data = tag == "script" and given.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data.append(json.loads(data))


async def head(visitor: Person, path: str) -> Head:
    """The head of the page at an address."""
    return Head((await visitor.get(path)).text)


async def test_expert_is_described_for_a_shared_link(visitor: Person, make_expert: MakeExpert) -> None:
    expert = await make_expert(name="Sarah Johnson", headline="Cloud architecture that survives launch day.")

    said = await head(visitor, f"/experts/{expert.id}?utm_source=mail")

    address = f"http://booking.test/experts/{expert.id}"
    text = "Sarah Johnson: Cloud architecture that survives launch day. Choose a free time and book it."
    assert said.links["canonical"] == [address]
    assert {name: said.meta[name] for name in ("description", "og:description")} == dict.fromkeys(
        ("description", "og:description"), text
    )
    assert said.meta["og:title"] == "Sarah Johnson"
    assert said.meta["og:url"] == address
    assert said.meta["og:type"] == "profile"
    assert said.meta["og:site_name"] == "Expert Booking"
    assert said.meta["og:locale"] == "en_GB"
    assert said.meta["og:image:alt"] == "Sarah Johnson, Technology"
    assert said.meta["twitter:card"] == "summary_large_image"
    assert "robots" not in said.meta


async def test_shared_picture_is_where_the_page_says(visitor: Person, expert: Expert) -> None:
    said = await head(visitor, f"/experts/{expert.id}")

    answer = await visitor.get(said.meta["og:image"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == said.meta["og:image:type"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.fixture
def public_url(environment: pytest.MonkeyPatch) -> str:
    """The address that visitors use, set before the application starts."""
    environment.setenv("PUBLIC_URL", "https://booking.example.org/")
    return "https://booking.example.org"


async def test_addresses_are_those_that_visitors_use(public_url: str, visitor: Person, expert: Expert) -> None:
    for path in ("/", f"/experts/{expert.id}"):
        said = await head(visitor, path)
        assert said.links["canonical"] == [f"{public_url}{path}"]
        assert said.meta["og:image"].startswith(f"{public_url}/share/")


@pytest.mark.parametrize(
    ("language", "locale"), [("de", "de_DE"), ("fr-CH", "fr_FR"), ("es", "es_ES"), ("ar", "ar_EG")]
)
async def test_page_is_described_in_the_readers_language(
    visitor: Person, expert: Expert, language: str, locale: str
) -> None:
    answer = await visitor._user.http_client.get("/", headers={"Accept-Language": language})

    said = Head(answer.text)

    assert said.meta["og:locale"] == locale
    assert said.meta["og:image"].startswith(f"http://booking.test/share/house/{language[:2]}.png?")


async def test_expert_is_described_as_data(visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    expert = await make_expert(name="Sarah Johnson", headline="Cloud architecture", session_minutes=45)
    await make_slot(expert)

    (person,) = (await head(visitor, f"/experts/{expert.id}")).data

    address = f"http://booking.test/experts/{expert.id}"
    offer = person["makesOffer"]
    assert (person["@context"], person["@type"], person["name"]) == ("https://schema.org", "Person", "Sarah Johnson")
    assert (person["url"], person["jobTitle"], person["knowsAbout"]) == (address, "Cloud architecture", "Technology")
    assert (offer["@type"], offer["url"]) == ("Offer", address)
    assert (offer["itemOffered"]["@type"], offer["itemOffered"]["provider"]) == ("Service", {"@id": person["@id"]})
    assert offer["itemOffered"]["name"] == "45 minutes with Sarah Johnson"
    assert [each["value"] for each in offer["additionalProperty"]] == [45, "UTC"]
    assert "aggregateRating" not in json.dumps(person)  # nobody knows how many people gave it


async def test_names_end_neither_data_nor_tag(visitor: Person, make_expert: MakeExpert) -> None:
    expert = await make_expert(name=HOSTILE, headline=HOSTILE, bio=HOSTILE)

    page = (await visitor.get(f"/experts/{expert.id}")).text
    listed = (await visitor.get("/")).text

    assert Head(page).data[0]["name"] == HOSTILE
    assert Head(page).meta["og:title"] == HOSTILE
    assert Head(listed).data[0]["itemListElement"][0]["name"] == HOSTILE
    assert "<script>alert" not in page + listed


async def test_list_names_its_experts_in_their_order(visitor: Person, make_expert: MakeExpert) -> None:
    best = await make_expert(name="Best", rating=5.0)
    second = await make_expert(name="Second", rating=4.0)

    said = await head(visitor, "/?sort=soonest")

    (listed,) = said.data
    assert listed["@type"] == "ItemList"
    assert [(item["position"], item["name"], item["url"]) for item in listed["itemListElement"]] == [
        (1, "Best", f"http://booking.test/experts/{best.id}"),
        (2, "Second", f"http://booking.test/experts/{second.id}"),
    ]
    assert said.links["canonical"] == ["http://booking.test/"]
    assert said.meta["og:title"] == "The right hour with the right expert."
    assert "robots" not in said.meta


async def test_searches_are_not_for_search_engines(visitor: Person, expert: Expert) -> None:
    said = await head(visitor, "/?search=sarah")

    assert said.meta["robots"] == "noindex, follow"


async def test_what_is_one_customers_shows_nothing_elsewhere(
    visitor: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="alice")
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)

    for path in (f"/bookings/{booking.manage_token}", "/my-bookings", "/sign-in"):
        answer = await visitor.get(path)
        said = Head(answer.text)
        assert answer.status_code == 200
        assert said.meta["robots"] == "noindex"
        assert said.meta["referrer"] == "no-referrer"
        assert said.data == []
        assert "canonical" not in said.links
        assert [name for name in said.meta if name.startswith(("og:", "twitter:"))] == []
        assert booking.manage_token not in said.meta["description"]


async def test_page_that_is_not_there_describes_nobody(visitor: Person, connected: None) -> None:
    answer = await visitor.get("/experts/000000000000000000000000")

    assert answer.status_code == 404
    assert "og:title" not in Head(answer.text).meta
