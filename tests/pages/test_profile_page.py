"""An expert's profile: the card that follows what is typed, and the picture, which comes by a request of its own."""

import json
from dataclasses import replace
from io import BytesIO

import httpx
import pytest
from PIL import ExifTags, Image

from expert_booking import categories, experts, pictures, profiles
from expert_booking.actors import EXPERT
from expert_booking.profiles import Profile
from models import Expert, Picture
from tests.conftest import MakeExpert
from tests.pages.person import Person

PROFILE = "/workspace/profile"
PICTURE = "/workspace/profile/picture"


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    await make_expert("Tom Baker", category="Law")
    return await make_expert(email="sarah@example.com", email_key="sarah@example.com", headline="Clouds")


@pytest.fixture
def typed() -> dict[str, str]:
    return {
        "name": "Sarah Jones",
        "headline": "Clouds and rain",
        "bio": "Bring a diagram.",
        "category": "Law",
        "experience_years": "12",
        "language": "de",
    }


def photograph(**options: object) -> bytes:
    file = BytesIO()
    Image.new("RGB", (300, 200), (200, 40, 40)).save(file, "JPEG", **options)
    return file.getvalue()


async def editing(person: Person) -> None:
    await person.sign_in("sarah@example.com")
    await person.open(PROFILE)


async def send(person: Person, content: bytes, *, path: str = PICTURE, **headers: str) -> httpx.Response:
    sent = {
        "Content-Type": "application/octet-stream",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return await person._user.http_client.post(path, content=content, headers=sent)


async def test_profile_is_for_experts_alone(visitor: Person, sarah: Expert) -> None:
    assert (await visitor.get(PROFILE)).status_code == 401
    await visitor.sign_in("alice@example.com")
    assert (await visitor.get(PROFILE)).status_code == 403


async def test_card_follows_what_is_typed_before_it_is_saved(
    visitor: Person, sarah: Expert, typed: dict[str, str]
) -> None:
    await editing(visitor)

    visitor.send_parts("input", typed | {"experience_years": "many"})

    await visitor.sees("Sarah Jones", "Clouds and rain")
    await visitor.is_asked(
        'partsAnswered({"experience_years":"Give your experience in whole years, from 0 to 80."}, false)'
    )
    assert visitor.cards()["Sarah Jones"].meta.endswith("10 years")
    assert (await experts.get(sarah.id)).name == "Sarah Johnson"


async def test_saved_profile_is_what_visitors_see(
    visitor: Person, watcher: Person, sarah: Expert, typed: dict[str, str]
) -> None:
    await editing(visitor)

    visitor.send_parts("submit", typed)

    await visitor.sees("Your profile is saved. Visitors see it from now on.")
    await watcher.open(f"/experts/{sarah.id}")
    await watcher.sees("Sarah Jones", "Clouds and rain", "Bring a diagram.", "Law", "12 years")
    assert (await experts.get(sarah.id)).language == "de"


async def test_saving_leaves_what_others_have_changed_meanwhile(
    visitor: Person, sarah: Expert, make_expert: MakeExpert
) -> None:
    await make_expert("Nina Keller", category="Technology")
    await editing(visitor)
    (form,) = [element for element in visitor._elements() if element.props.get("data-parts")]
    loaded = form.props["data-loaded"]
    as_read = {name: str(value) for name, value in json.loads(loaded).items()}
    await categories.rename("Technology", "Tech", by=EXPERT)
    await profiles.update(sarah.id, replace(Profile.of(sarah), category="Tech", bio="From another tab."), by=EXPERT)

    visitor.send_parts("submit", as_read | {"headline": "Rain", "loaded": loaded})

    await visitor.sees("Your profile is saved. Visitors see it from now on.")
    saved = await experts.get(sarah.id)
    assert (saved.category, saved.bio, saved.headline) == ("Tech", "From another tab.", "Rain")
    assert "Technology" not in await categories.names()

    visitor.send_parts("submit", as_read | {"headline": "Snow", "bio": "", "loaded": "not what the form was given"})
    await visitor.until(lambda: visitor.texts.count("Your profile is saved. Visitors see it from now on.") == 2, "it")
    saved = await experts.get(sarah.id)
    assert (saved.category, saved.bio, saved.headline) == ("Tech", "", "Snow")


async def test_category_that_is_gone_cannot_be_chosen(visitor: Person, sarah: Expert, typed: dict[str, str]) -> None:
    await editing(visitor)
    await categories.rename("Law", "Legal advice", by=EXPERT)

    visitor.send_parts("submit", typed)

    await visitor.is_asked('partsAnswered({"category":"Please choose one of the categories."}, true)')
    assert (await experts.get(sarah.id)).category == "Technology"
    assert "Law" not in await categories.names()


async def test_wrong_profile_is_not_saved(visitor: Person, sarah: Expert, typed: dict[str, str]) -> None:
    await editing(visitor)

    visitor.send_parts("submit", typed | {"category": "Alchemy"})

    await visitor.is_asked('partsAnswered({"category":"Please choose one of the categories."}, true)')
    assert (await experts.get(sarah.id)).name == "Sarah Johnson"


async def test_who_is_no_expert_any_more_changes_nothing(visitor: Person, sarah: Expert, typed: dict[str, str]) -> None:
    await editing(visitor)
    await Expert.find_one({"_id": sarah.id}).update({"$set": {"email_key": "another@example.com"}})

    visitor.send_parts("submit", typed)

    await visitor.sees("This token does not open what you asked for.")
    assert (await experts.get(sarah.id)).name == "Sarah Johnson"


async def test_sent_picture_is_shown_on_the_card_and_on_the_page(
    visitor: Person, watcher: Person, sarah: Expert
) -> None:
    await visitor.sign_in("sarah@example.com")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera"

    answer = await send(visitor, photograph(exif=exif))

    assert answer.status_code == 200
    address = answer.json()["address"]
    for path in ("/", f"/experts/{sarah.id}"):
        await watcher.open(path)
        images = [part.props for part in watcher._elements() if part.tag == "img"]
        assert address in [image["src"] for image in images]
        assert any(image["srcset"].startswith(f"{address} 128w, ") for image in images)
    for size in ("128", "512"):
        served = await watcher.get(address.replace("-128.", f"-{size}."))
        assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
        assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in served.headers
        assert b"camera" not in served.content
        assert Image.open(BytesIO(served.content)).size == (int(size), int(size))


async def test_share_picture_shows_it_too(visitor: Person, sarah: Expert) -> None:
    before = await visitor.get(f"/share/experts/{sarah.id}.png")
    await pictures.put(sarah.id, photograph(), by=EXPERT)

    after = Image.open(BytesIO((await visitor.get(f"/share/experts/{sarah.id}.png")).content))

    middle = (64 + 52 + 98, (136 + 630 - 64) // 2)
    red, green, blue = after.convert("RGB").getpixel(middle)
    assert red > 150 > 90 > max(green, blue)
    assert Image.open(BytesIO(before.content)).convert("RGB").getpixel(middle) != (red, green, blue)


async def test_picture_that_is_none_is_refused_in_the_readers_words(visitor: Person, sarah: Expert) -> None:
    await visitor.sign_in("sarah@example.com")

    answer = await send(visitor, b"<svg></svg>")

    assert answer.status_code == 422
    assert answer.json()["field"] == "picture"
    assert answer.json()["message"] == pictures.NO_PICTURE


async def test_file_that_is_too_large_is_refused_before_all_of_it_came(visitor: Person, sarah: Expert) -> None:
    await visitor.sign_in("sarah@example.com")
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while sent < 3 * pictures.MOST_BYTES:
            sent += 1 << 20
            yield bytes(1 << 20)

    announced = await send(visitor, bytes(pictures.MOST_BYTES + 1))
    streamed = await send(visitor, endless())  # type: ignore[arg-type]  # httpx takes it

    assert announced.json()["message"] == streamed.json()["message"] == pictures.TOO_LARGE
    assert await Picture.count() == 0


async def test_nobody_else_sends_a_picture(visitor: Person, sarah: Expert) -> None:
    assert (await send(visitor, photograph())).status_code == 403
    await visitor.sign_in("alice@example.com")
    assert (await send(visitor, photograph())).status_code == 403
    assert await Picture.count() == 0


async def test_no_other_sites_page_and_no_form_sends_a_picture(visitor: Person, sarah: Expert) -> None:
    await visitor.sign_in("sarah@example.com")

    foreign = await send(visitor, photograph(), Origin="https://elsewhere.test")
    as_form = await send(visitor, photograph(), Content_Type="multipart/form-data; boundary=x")
    elsewhere = await send(visitor, photograph(), path="/sign-out")

    assert [foreign.status_code, as_form.status_code, elsewhere.status_code] == [403, 403, 403]
    assert await Picture.count() == 0


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/0-128.webp",
        f"/pictures/{'0' * 32}-128.webp",
        f"/pictures/{'0' * 32}-64.webp",
        "/pictures/../x-128.webp",
    ],
)
async def test_address_that_has_no_picture_is_not_found(visitor: Person, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404


async def test_picture_is_removed_again(visitor: Person, sarah: Expert) -> None:
    address = await pictures.put(sarah.id, photograph(), by=EXPERT)
    await editing(visitor)

    await visitor.click("Remove the picture")

    await visitor.sees("Choose a picture")
    assert (await visitor.get(address)).status_code == 404
    assert (await experts.get(sarah.id)).avatar is None
