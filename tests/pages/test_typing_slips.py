import pytest

from pages.components.typing_slips import KNOWN, meant_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gamil.com", "ada@gmail.com"),
        ("ada@gmal.com", "ada@gmail.com"),
        ("ada@gmaill.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@gmail.co", "ada@gmail.com"),
        ("Ada.Lovelace@HOTMIAL.com", "Ada.Lovelace@hotmail.com"),
        (" ada@outlok.com ", "ada@outlook.com"),
    ],
)
def test_slip_is_recognised(typed: str, meant: str) -> None:
    assert meant_address(typed) == meant


@pytest.mark.parametrize("domain", KNOWN)
def test_known_house_is_no_slip(domain: str) -> None:
    assert meant_address(f"ada@{domain}") == ""


@pytest.mark.parametrize("typed", ["ada@example.com", "ada@gmail.com.example", "gmial.com", "", "@", "ada@gmx.eu"])
def test_other_addresses_are_left_alone(typed: str) -> None:
    assert meant_address(typed) == ""
