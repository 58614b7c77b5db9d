import pytest

from pages.live.markup import Markup, fill
from tests.conftest import MakeExpert
from tests.pages.person import Person

HOSTILE = '<img src=x onerror=alert(1)> & "O\'Neil" {name} ${1}'


def test_values_are_escaped_and_markup_is_not() -> None:
    filled = fill('<a title="{title}">{inner}</a>', title=HOSTILE, inner=Markup("<b>bold</b>"))

    assert filled == (
        '<a title="&lt;img src=x onerror=alert(1)&gt; &amp; &#34;O&#39;Neil&#34; {name} ${1}"><b>bold</b></a>'
    )


@pytest.mark.parametrize("field", ["name", "headline", "bio", "category"])
async def test_what_people_wrote_is_text_on_every_page(visitor: Person, make_expert: MakeExpert, field: str) -> None:
    expert = await make_expert(**{field: HOSTILE[:60]})

    for path in ("/", f"/experts/{expert.id}"):
        await visitor.open(path)

        assert "<img src=x" not in (await visitor.get(path)).text
        if field != "bio" or path != "/":
            assert any(HOSTILE[:60] in text for text in visitor.texts), (path, visitor.texts)
