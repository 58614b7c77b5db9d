from html.parser import HTMLParser

from nicegui import html, ui
from nicegui.element import Element

from models import Expert
from tests.conftest import MakeExpert
from tests.pages.person import Person

HOSTILE = (
    "</noscript></template></textarea><script>alert(1)</script><img src=x onerror=alert(1)> \"'`${1}` onclick=x {{7*7}}"
)
PROMISE = "Every free time you see is free right now."


class Painted(HTMLParser):
    """What a browser reads in the box of the page: tags, the names of attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page[page.index('<div id="app">') : page.index('<div id="nicegui-keep-alive-cache"')])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def test_what_people_wrote_stays_text(visitor: Person, make_expert: MakeExpert) -> None:
    expert = await make_expert(name=HOSTILE, headline=HOSTILE, bio=HOSTILE)

    for path in ("/", f"/experts/{expert.id}"):
        painted = Painted((await visitor.get(path)).text)

        assert HOSTILE in painted.texts
        assert {"script", "img"} & {*painted.tags} == set()
        assert {name for name in painted.attributes if name.startswith("on")} == set()


async def test_what_was_searched_for_stays_text(visitor: Person, expert: Expert) -> None:
    page = await visitor.get('/?search="><script>alert(1)</script>')

    assert page.text.count("<script>alert") == 0
    assert "&lt;script&gt;alert" in page.text


async def test_page_without_scripts_says_what_it_holds(visitor: Person, make_expert: MakeExpert) -> None:
    expert = await make_expert(bio="Ask me anything.")

    page = Painted((await visitor.get(f"/experts/{expert.id}")).text)

    assert {expert.name, expert.bio, "To take a time, please allow this page to run JavaScript."} <= {*page.texts}
    assert {"main", "header", "footer", "nav", "h1", "noscript"} <= {*page.tags}


async def test_content_of_a_fragment_is_sent_once_and_again_when_it_is_asked_for(visitor: Person) -> None:
    assert (await visitor.get("/my-bookings")).text.count(PROMISE) == 1

    await visitor.open("/my-bookings")

    (footer,) = (element for element in visitor.client.elements.values() if element.tag == "footer")
    assert PROMISE in footer._to_dict()["props"]["innerHTML"]


async def test_what_cannot_be_drawn_is_an_empty_box_and_what_is_closed_is_nothing(visitor: Person) -> None:
    from pages.live.painting import paint  # as the application that runs here has it

    await visitor.open("/my-bookings")
    with visitor.client, html.div().classes("here").props('hidden data-a=1 :title="x" disabled aria-busy') as here:
        ui.html("<b>unseen</b>", sanitize=False)
        html.span("a < b").style("order: 2")
        with Element("q-dialog"):
            html.p("later")

    painted = paint(visitor.client)

    content = painted.partition(f'<div id="{here.html_id}"')[2].partition("</div></main>")[0]
    box, span = here.default_slot.children[0].html_id, here.default_slot.children[1].html_id
    assert content == (
        f' class="here" hidden data-a="1" disabled aria-busy="true"><div id="{box}"></div>'
        f'<span id="{span}" style="order:2;">a &lt; b</span></div>'
    )
