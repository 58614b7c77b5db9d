"""The list of experts: search by name, categories, who is open soon, order, pages; the address names the view."""

from nicegui import ui

from expert_booking import experts
from pages import share, visitor
from pages.components.expert_browser import ExpertBrowser
from pages.layout import frame
from pages.view import View


@ui.page("/", response_timeout=10)
async def experts_page() -> None:
    """Browse experts."""
    reader = visitor.reader()
    with frame(reader.say("Experts"), current="/"):
        view = View.from_query(str(ui.context.client.request.url.query))
        browser = ExpertBrowser(view, await experts.categories(), reader)
        await browser.load()
        share.describe_list(browser.shown, view.canonical, reader, is_search=bool(view.search or view.when))
        ui.on("address_changed", browser.go_back)
