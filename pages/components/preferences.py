"""How a visitor wants to read: language, clock, theme. Each choice is a cookie, made in the browser by `choices.js`.

Whoever has signed in finds the way out here as well; that the cookie is there is enough to show it.
"""

from functools import lru_cache

from expert_booking.sentence import Sentence
from pages import languages
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

THEMES = {
    "": ("device", Sentence("As my device")),
    "dark": ("moon", Sentence("Dark")),
    "light": ("sun", Sentence("Light")),
}
CLOCKS = {"12": Sentence("12 hours"), "24": Sentence("24 hours")}

_BUTTON = (
    '<button class="tool" type="button" popovertarget="preferences" aria-label="{name}" title="{name}">{icon}</button>'
)
_PANE = (
    '<div class="pane" id="preferences" popover role="dialog" aria-label="{name}">{languages}{clocks}{themes}'
    "{account}</div>"
)
_GROUP = '<div class="choice" role="group" aria-label="{name}"><p>{name}</p><div class="options">{options}</div></div>'
_ACCOUNT = (
    '<div class="choice" role="group" aria-label="{name}" data-offline="{offline}" data-failed="{failed}"><p>{name}</p>'
    '<div class="options"><button type="button" data-sign-out>{sign_out}</button></div>'
    '<p class="problem" role="alert" data-account-problem></p></div>'
)
_OPTION = '<button type="button" data-choose="{choice}" aria-pressed="{pressed}"{lang}>{icon}{text}</button>'


@lru_cache(maxsize=256)
def preferences(reader: Reader, *, theme: str, is_signed_in: bool = False) -> Markup:
    """The button in the header, and the pane that it opens."""
    name = reader.say("Language, clock and colours")
    pane = fill(
        _PANE,
        name=name,
        languages=_languages(reader),
        clocks=clock_switch(reader),
        themes=_themes(reader, theme),
        account=_account(reader) if is_signed_in else "",
    )
    return fill(_BUTTON, name=name, icon=icon("adjust")) + pane


def _account(reader: Reader) -> Markup:
    return fill(
        _ACCOUNT,
        name=reader.say("Signed in"),
        sign_out=reader.say("Sign out"),
        offline=reader.say("We cannot be reached just now. Please try again in a moment."),
        failed=reader.say("That did not work. Please try again."),
    )


def clock_switch(reader: Reader) -> Markup:
    """Whether hours count to 12 or to 24."""
    chosen = "24" if reader.has_24_hours else "12"
    options = (_option(f"clock:{hours}", reader.say(text), is_on=hours == chosen) for hours, text in CLOCKS.items())
    return _group(reader.say("Clock"), *options)


def _languages(reader: Reader) -> Markup:
    options = (
        _option(f"language:{code}", name, is_on=code == reader.language, lang=code)
        for code, name in languages.NAMES.items()
    )
    return _group(reader.say("Language"), *options)


def _themes(reader: Reader, chosen: str) -> Markup:
    options = (
        _option(f"theme:{theme}", reader.say(text), is_on=theme == chosen, drawing=drawing)
        for theme, (drawing, text) in THEMES.items()
    )
    return _group(reader.say("Colours"), *options)


def _group(name: str, *options: Markup) -> Markup:
    return fill(_GROUP, name=name, options=Markup("").join(options))


def _option(choice: str, text: str, *, is_on: bool, lang: str = "", drawing: str = "") -> Markup:
    return fill(
        _OPTION,
        choice=choice,
        text=text,
        pressed="true" if is_on else "false",
        lang=fill(' lang="{lang}"', lang=lang) if lang else "",
        icon=icon(drawing) if drawing else "",
    )
