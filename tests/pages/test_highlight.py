import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from models.expert import search_words
from pages.components.highlight import highlighted

NAMES = some.text(max_size=40) | some.text(alphabet="aàá ́ßſﬁİıŁ½-'&<>𝔸ㄱ가\u0301\u0323", max_size=20)


@pytest.mark.parametrize(
    ("name", "search", "shown"),
    [
        ("Sarah Johnson", "", "Sarah Johnson"),
        ("Sarah Johnson", "sar", "<mark>Sar</mark>ah Johnson"),
        ("Sarah Johnson", "JOHN sa", "<mark>Sa</mark>rah <mark>John</mark>son"),
        ("Sarah Johnson", "ohn", "Sarah Johnson"),
        ("Sarah Sand", "s sar", "<mark>Sar</mark>ah <mark>S</mark>and"),
        ("José Álvarez", "jose alv", "<mark>José</mark> <mark>Álv</mark>arez"),
        ("Jose\u0301 A", "JOSÉ", "<mark>Jose\u0301</mark> A"),
        ("Ana-Maria", "maria", "Ana-<mark>Maria</mark>"),
        ("Weiß", "weis", "<mark>Weiß</mark>"),
        ("ﬁne", "f", "<mark>ﬁ</mark>ne"),
        ("<b>Tom</b> & Co", "b tom", "&lt;<mark>b</mark>&gt;<mark>Tom</mark>&lt;/<mark>b</mark>&gt; &amp; Co"),
        ("½ and 2", "1 2", "<mark>½</mark> and <mark>2</mark>"),
        ("李小龙", "李", "<mark>李</mark>小龙"),
        ("Sarah", "...", "Sarah"),
    ],
)
def test_what_matches_is_marked(name: str, search: str, shown: str) -> None:
    assert highlighted(name, search) == shown


@settings(deadline=None)
@given(NAMES, NAMES)
def test_name_stays_what_it_is(name: str, search: str) -> None:
    shown = str(highlighted(name, search))

    assert html.unescape(re.sub("</?mark>", "", shown)) == html.unescape(html.escape(name))
    assert "<" not in re.sub("</?mark>", "", shown)


@settings(deadline=None)
@given(NAMES, some.data())
def test_there_is_a_mark_whenever_the_search_finds_the_name(name: str, data: some.DataObject) -> None:
    words = search_words(name) or [""]
    word = data.draw(some.sampled_from(words))
    prefix = word[: data.draw(some.integers(1, 40))]

    assert ("<mark>" in highlighted(name, prefix)) == bool(prefix)
