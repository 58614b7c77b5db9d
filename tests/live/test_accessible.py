"""What looks for obstacles finds them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.live.accessible import faint_texts, small_targets, violations

pytestmark = pytest.mark.browser

GLASS = "background: rgb(255 255 255 / .5); backdrop-filter: blur(4px)"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page."""
    page = chromium.new_page(viewport={"width": 400, "height": 300})
    yield page
    page.close()


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ("color: #767676", []),
        ("color: #999", ["2.85 : 1 for 'Some words'"]),
        ("color: #999; font-size: 24px", ["2.85 : 1 for 'Some words'"]),
        ("color: #888; font-size: 24px", []),
        ("color: rgb(0 0 0 / .3)", ["2.11 : 1 for 'Some words'"]),
        ("color: #000; opacity: .3", ["2.11 : 1 for 'Some words'"]),
    ],
)
def test_faint_text_is_found(page: Page, style: str, found: list[str]) -> None:
    page.set_content(f'<body style="background: #fff"><p style="{style}">Some words')

    assert faint_texts(page) == found


def test_text_is_measured_against_what_is_painted_behind_the_glass(page: Page) -> None:
    ground = "linear-gradient(90deg, #fff 50%, #000 50%)"
    page.set_content(
        f'<body style="margin: 0; background: {ground}"><p style="{GLASS}; color: #333; margin: 0">{"word " * 40}'
    )

    assert len(faint_texts(page)) > 0


def test_placeholder_is_text(page: Page) -> None:
    page.set_content('<style>::placeholder { color: #ccc }</style><input placeholder="Type here" aria-label="Words">')

    assert [line.partition("for ")[2] for line in faint_texts(page)] == ["'Type here'"]


def test_small_target_is_found_and_a_link_in_a_sentence_is_not(page: Page) -> None:
    page.set_content('<button style="width: 30px; height: 44px">x</button><p>Read <a href="/">this</a></p>')

    assert [line.partition(":")[0] for line in small_targets(page)] == ["30 x 44"]


def test_axe_is_asked(page: Page) -> None:
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main>')

    assert violations(page) == ["image-alt: [['img']]"]
