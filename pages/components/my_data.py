"""What somebody can do with everything that the house has about their address: take it along, or have it erased."""

from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

FILE = "/my-bookings/data"

_DATA = (
    '<section class="glass also" data-offline="{offline}" data-failed="{failed}"><div class="told">'
    '<h2 class="section">{heading}</h2><p>{words}</p></div><div class="actions">'
    '<a class="quiet" href="{file}" download>{download}{take}</a>'
    '<button type="button" class="danger" data-erase aria-haspopup="dialog">{erase}</button></div></section>'
    '<dialog class="erase" id="erase" aria-labelledby="erase-heading">'
    '<h2 class="section" id="erase-heading">{question}</h2>'
    "<ul>{effects}</ul>{fresh}"
    '<p class="problem" id="problem-erase" role="alert"></p>'
    '<form method="dialog" class="actions"><button class="quiet" autofocus>{keep}</button>{yes}</form></dialog>'
)
_YES = '<button type="button" class="danger" data-erase-all>{words}</button>'
_PROVE = '<a class="danger" href="/sign-in?next=/my-bookings">{words}</a>'
_EFFECT = "<li>{words}</li>"
_FRESH = '<p class="soft">{words}</p>'


def draw(reader: Reader, *, is_fresh: bool) -> Markup:
    """Both, and the question that comes before erasing; `is_fresh` says whether a proof so young is there already."""
    say = reader.say
    effects = (
        say("Bookings that are ahead are cancelled, and their times open for others."),
        say("Your name, address, phone number and notes go from the bookings that are past."),
        say("You are signed out everywhere. It cannot be taken back."),
    )
    prove = say("Before that, sign in once more: this browser could be somebody else's by now.")
    return fill(
        _DATA,
        heading=say("Your data"),
        words=say("Everything that we have about your address, as a file. Or nothing of it any more."),
        file=FILE,
        download=icon("download"),
        take=say("Download my data"),
        erase=say("Erase my data"),
        question=say("Erase everything about you?"),
        effects=Markup("").join(fill(_EFFECT, words=words) for words in effects),
        fresh="" if is_fresh else fill(_FRESH, words=prove),
        keep=say("Keep everything"),
        yes=fill(_YES, words=say("Erase everything")) if is_fresh else fill(_PROVE, words=say("Sign in once more")),
        offline=say("We cannot be reached just now. Please try again in a moment."),
        failed=say("That did not work. Please try again."),
    )
