"""Pictures as they come: of every kind, held in every way, broken, poisoned and far too large."""

import asyncio
import struct
import zlib
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageCms

from expert_booking import apart, experts, pictures
from expert_booking.actors import EXPERT
from expert_booking.administration import staff
from expert_booking.errors import InvalidRequest, TooManyRequests
from expert_booking.sentence import Sentence
from models import Expert, JournalEntry, Picture
from tests.conftest import MakeExpert

RED, BLUE = (220, 30, 40), (30, 60, 210)


def two_colours(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def is_near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) < 30 for one, other in zip(found, wanted, strict=True))


@pytest.fixture(autouse=True)
def _a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an event loop of its own, and those who wait stand in a line of one."""
    monkeypatch.setattr(pictures, "_drawing", asyncio.Semaphore(1))


async def refused(content: bytes) -> Sentence:
    with pytest.raises(InvalidRequest) as refusal:
        await pictures.redraw(content)
    (problem,) = refusal.value.problems
    assert problem.field == "picture"
    return problem.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
async def test_every_kind_becomes_two_squares_of_the_middle(kind: str) -> None:
    found = await pictures.redraw(file_of(two_colours((900, 300)), kind))

    assert set(found) == {128, 512}
    for size, content in found.items():
        image = opened(content)
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (size, size))
        assert is_near(image.getpixel((size // 4, size // 2)), RED)
        assert is_near(image.getpixel((3 * size // 4, size // 2)), BLUE)


async def test_nothing_that_a_camera_wrote_goes_along() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera that says who it is"
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    content = file_of(two_colours(), "JPEG", exif=exif, comment=b"taken at home")
    assert opened(content).getexif().get_ifd(ExifTags.IFD.GPSInfo)

    for made in (await pictures.redraw(content)).values():
        image = opened(made)
        assert dict(image.getexif()) == {}
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
        assert b"camera" not in made
        assert b"home" not in made


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_picture_stands_upright_however_the_camera_was_held(
    kind: str, orientation: int, turned: Image.Transpose
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    held = two_colours().transpose(turned)

    image = opened((await pictures.redraw(file_of(held, kind, exif=exif)))[512])

    assert is_near(image.getpixel((100, 256)), RED)
    assert is_near(image.getpixel((412, 256)), BLUE)


async def test_what_lets_light_through_lies_on_white() -> None:
    image = opened((await pictures.redraw(file_of(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")))[512])

    assert is_near(image.getpixel((256, 256)), (255, 255, 255))


async def test_only_the_first_frame_of_a_moving_picture_is_kept() -> None:
    frames = [Image.new("RGB", (100, 100), colour) for colour in (RED, BLUE)]
    content = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)

    image = opened((await pictures.redraw(content))[128])

    assert getattr(image, "n_frames", 1) == 1
    assert is_near(image.getpixel((64, 64)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
async def test_colours_of_every_kind_can_be_read(mode: str) -> None:
    kind = "TIFF" if mode == "I;16" else "JPEG" if mode == "CMYK" else "PNG"
    kind = "PNG" if mode == "I;16" else kind
    content = file_of(Image.new(mode, (100, 100)), kind)

    assert opened((await pictures.redraw(content))[128]).size == (128, 128)


async def test_colours_are_those_of_screens_whatever_profile_the_picture_had() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    image = opened((await pictures.redraw(file_of(two_colours(), "JPEG", icc_profile=lab)))[512])
    broken = opened((await pictures.redraw(file_of(two_colours(), "JPEG", icc_profile=b"no profile at all" * 20)))[512])

    assert is_near(image.getpixel((100, 256)), RED)
    assert is_near(broken.getpixel((100, 256)), RED)


async def test_bomb_is_refused_before_it_is_decoded() -> None:
    """The head alone says how large it would be; there is nothing behind it that could be decoded."""
    assert await refused(_png_head(100_000, 100_000)) == pictures.TOO_MANY_PIXELS
    assert await refused(_png_head(9_000, 9_000)) == pictures.TOO_MANY_PIXELS


def _png_head(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_truncated_picture_is_refused(kind: str) -> None:
    content = file_of(Image.effect_noise((300, 300), 90).convert("RGB"), kind)

    assert await refused(content[: len(content) // 2]) in (pictures.DAMAGED, pictures.NO_PICTURE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><p>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        file_of(Image.new("RGB", (100, 100)), "BMP"),
        file_of(Image.new("RGB", (100, 100)), "TIFF"),
        file_of(Image.new("RGBA", (100, 100)), "ICO"),
    ],
)
async def test_anything_else_is_refused(content: bytes) -> None:
    assert await refused(content) == pictures.NO_PICTURE


async def test_picture_that_is_hardly_one_is_refused() -> None:
    assert await refused(file_of(Image.new("RGB", (300, 20)), "PNG")) == pictures.TOO_SMALL


async def test_picture_that_keeps_its_drawer_busy_is_given_up(expert: Expert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_LIMITS", apart.Limits(seconds=60, processor_seconds=2, memory_bytes=2 << 30))
    content = _many_scans(30_000)
    assert len(content) < pictures.MOST_BYTES

    with pytest.raises(InvalidRequest) as refusal:
        await pictures.put(expert.id, content, by=EXPERT)

    assert refusal.value.problems[0].message == pictures.DAMAGED
    assert await pictures.put(expert.id, _many_scans(2), by=EXPERT)


def _many_scans(number: int) -> bytes:
    """A JPEG whose last scan comes again and again: each time, all of its dots are gone through."""
    whole = file_of(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    scan = whole[last:-2]
    return whole[:-2] + scan * number + whole[-2:]


async def test_file_that_is_too_large_is_refused(expert: Expert) -> None:
    with pytest.raises(InvalidRequest, match="larger than 8 MB"):
        await pictures.put(expert.id, bytes(pictures.MOST_BYTES + 1), by=EXPERT)


async def test_picture_is_found_by_its_address_until_another_takes_its_place(expert: Expert) -> None:
    first = await pictures.put(expert.id, file_of(two_colours(), "JPEG"), by=EXPERT)
    assert (await experts.get(expert.id)).avatar == first
    assert opened(await _at(first)).size == (128, 128)

    second = await pictures.put(expert.id, file_of(Image.new("RGB", (99, 99)), "PNG"), by=EXPERT)

    assert second != first
    assert (await experts.get(expert.id)).avatar == second
    assert await pictures.find(*_named(first)) is None
    assert await _at(second)
    assert await Picture.count() == 1


async def test_two_pictures_at_once_leave_the_address_of_the_one_that_is_kept(expert: Expert) -> None:
    files = [file_of(Image.new("RGB", (100, 100), (shade, 0, 0)), "PNG") for shade in (10, 120, 240)]

    await asyncio.gather(*(pictures.put(expert.id, file, by=EXPERT) for file in files))

    assert opened(await _at((await experts.get(expert.id)).avatar or "")).size == (128, 128)


async def test_removed_picture_is_gone(expert: Expert) -> None:
    address = await pictures.put(expert.id, file_of(two_colours(), "JPEG"), by=EXPERT)

    await pictures.remove(expert.id, by=EXPERT)

    assert (await experts.get(expert.id)).avatar is None
    assert await pictures.find(*_named(address)) is None


async def test_picture_goes_with_the_expert(expert: Expert) -> None:
    address = await pictures.put(expert.id, file_of(two_colours(), "JPEG"), by=EXPERT)

    await staff.remove(expert.id, cancels=True, message="I leave.", by=EXPERT)

    assert await pictures.find(*_named(address)) is None
    assert (await experts.get(expert.id)).avatar is None


async def test_picture_from_elsewhere_is_nothing_that_could_be_removed(make_expert: MakeExpert) -> None:
    expert = await make_expert(avatar="/static/somebody.png")

    await pictures.remove(expert.id, by=EXPERT)

    assert (await experts.get(expert.id)).avatar == "/static/somebody.png"
    assert await JournalEntry.count() == 0


async def test_only_so_many_wait_for_their_picture(make_expert: MakeExpert) -> None:
    content = file_of(Image.effect_noise((1500, 1500), 90), "PNG")
    somebody = [await make_expert(name) for name in ("Ann", "Ben", "Cyd", "Dan", "Eve", "Fay")]

    answers = await asyncio.gather(
        *(pictures.put(each.id, content, by=EXPERT) for each in somebody), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [str] * pictures.MOST_WAITING + [TooManyRequests] * 2


def _named(address: str) -> tuple[str, int]:
    digest, _, size = address.removeprefix("/pictures/").removesuffix(".webp").partition("-")
    return digest, int(size)


async def _at(address: str) -> bytes:
    found = await pictures.find(*_named(address))
    assert found is not None
    return found
