import pytest

from pages import theme
from pages.components.avatar import initials
from tests.conftest import MakeExpert
from tests.pages.person import Person


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Sarah Johnson", "SJ"),
        ("José Ángel Álvarez", "JÁ"),
        ("Plato", "P"),
        ("  anna   berg ", "AB"),
        ("李 小龙", "李小"),
        ("李小龙", "李"),
        ("éva kiss", "ÉK"),
        ("e\u0301va kiss", "ÉK"),
        ("q\u0323o", "Q\u0323"),
        ("Anna (Berg)", "AB"),
        ("Tom & Co.", "TC"),
        ("— Ana —", "A"),
        ("3D Lab", "3L"),
        ("ßen ﬁne", "ßﬁ"),
        ("ნინო ბერიძე", "ნბ"),
        ("अनिल वर्मा", "अव"),
        ("किरण", "कि"),
        ("محمد علي", "م\u200cع"),
        ("דוד לוי", "דל"),
        ("👩🏽‍💻 Ada", "👩🏽‍💻A"),
        ("🇫🇷 Luc", "🇫🇷L"),
        ("❤️", "❤️"),
        ("...", "."),
    ],
)
def test_initials_are_letters_of_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_gradient_is_the_same_for_the_same_key() -> None:
    assert theme.avatar_tone("alice") == theme.avatar_tone("alice")
    assert len({theme.avatar_tone(str(key)) for key in range(100)}) == len(theme.AVATAR_GRADIENTS)


@pytest.mark.parametrize("colour", sorted({colour for pair in theme.AVATAR_GRADIENTS for colour in pair}))
def test_initials_can_be_read_on_every_colour(colour: str) -> None:
    assert contrast(theme.SIZES["on-avatar"], colour) >= 4.5


@pytest.mark.parametrize("tokens", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "solid"])
@pytest.mark.parametrize("ink", ["ink", "ink-soft", "ink-faint", "open", "held", "bad", "accent-ink"])
def test_text_can_be_read_on_the_grounds_of_the_theme(tokens: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("avatar", ["https://elsewhere.test/a.png", "//elsewhere.test/a.png", "javascript:alert(1)"])
async def test_picture_from_elsewhere_is_never_asked_for(visitor: Person, make_expert: MakeExpert, avatar: str) -> None:
    expert = await make_expert(avatar=avatar)

    pages = [await visitor.get("/"), await visitor.get(f"/experts/{expert.id}")]

    assert [page.status_code for page in pages] == [200, 200]
    assert [avatar in page.text for page in pages] == [False, False]


async def test_picture_of_this_house_is_shown(visitor: Person, make_expert: MakeExpert) -> None:
    await make_expert(avatar="/static/sarah.png")

    page = await visitor.get("/")

    assert "/static/sarah.png" in page.text


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG 2 asks for, between two colours such as #7c8cff."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
