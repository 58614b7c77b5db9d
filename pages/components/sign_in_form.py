"""The form that signs in: an address, then the digits that were sent to it; `sign_in.js` goes from step to step."""

from expert_booking.sentence import Sentence
from pages.components.painted_field import PaintedField, draw_field
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

EMAIL = PaintedField(
    name="email",
    label=Sentence("E-mail"),
    attributes='type="email" inputmode="email" autocomplete="email" autocapitalize="none" autocorrect="off"'
    ' spellcheck="false" enterkeyhint="send" required',
)
CODE = PaintedField(
    name="code",
    label=Sentence("Six digits"),
    attributes='type="text" inputmode="numeric" autocomplete="one-time-code" spellcheck="false" dir="ltr"'
    ' enterkeyhint="go" required',
    is_kept=False,
)

_FORM = (
    '<form class="glass sign-in" method="post" data-sign-in data-step="address" data-onward="{onward}"'
    ' data-sent-to="{sent_to}" data-again-in="{again_in}" data-again="{again}" data-sent-again="{sent_again}"'
    ' data-short="{short}" data-offline="{offline}" data-failed="{failed}" novalidate'
    ' aria-labelledby="sign-in-heading">'
    '<span class="emblem" data-at="address">{person}</span><span class="emblem" data-at="code" hidden>{letter}</span>'
    '<{tag} class="title" id="sign-in-heading" data-said="{heading}" data-said-then="{heading_then}">{heading}</{tag}>'
    '<div class="step" data-at="address"><p class="soft">{lead}</p>{email}'
    '<button type="submit" class="cta" data-send>{send}</button><p class="faint">{promise}</p></div>'
    '<div class="step" data-at="code" hidden><p class="soft" data-sent role="status"></p>{code}'
    '<button type="submit" class="cta">{sign_in}</button>{outbox}'
    '<div class="actions"><button type="button" class="ghost" data-resend>{again}</button>'
    '<button type="button" class="ghost" data-other>{other}</button></div></div></form>'
)
_BLANK = "{seconds}"
_OUTBOX = '<p class="faint"><a href="/dev/outbox" target="_blank" rel="noopener">{words}</a></p>'

_keeps_mail = False


def use(*, keeps_mail: bool) -> None:
    """Whether mail stays on this machine, in the outbox that development has."""
    global _keeps_mail
    _keeps_mail = keeps_mail


def sign_in_form(reader: Reader, *, onward: str, is_page: bool = False) -> Markup:
    """Both steps, of which one is shown.

    Args:
        reader: of the page.
        onward: the path to go to afterwards.
        is_page: whether its heading is that of the page.
    """
    say = reader.say
    return fill(
        _FORM,
        onward=onward,
        tag="h1" if is_page else "h2",
        heading=say("Sign in"),
        heading_then=say("Look into your mail"),
        person=icon("person"),
        letter=icon("letter"),
        lead=say("We send six digits to your address. Whoever can read them there is you: no password, no account."),
        email=draw_field(EMAIL, reader),
        send=say("Send me a code"),
        promise=say("We use your address for your bookings, and for nothing else."),
        sent_to=say("We sent six digits to {address}. They are good for ten minutes.", address="{address}"),
        code=draw_field(CODE, reader),
        sign_in=say("Sign in"),
        outbox=draw_outbox(reader),
        again=say("Send a new code"),
        again_in=say("New code in {seconds} s", seconds=_BLANK),
        sent_again=say(
            "A new code is on its way to {address}. The one before is not good any more.", address="{address}"
        ),
        other=say("Use another address"),
        short=say("The code has six digits. Please type all of them."),
        offline=say("We cannot be reached just now. What you typed is still here; please try again in a moment."),
        failed=say("That did not work. Please try again."),
    )


def draw_outbox(reader: Reader) -> Markup:
    """Where the code is to be found while no mail leaves this machine; nothing otherwise."""
    if not _keeps_mail:
        return Markup("")
    return fill(_OUTBOX, words=reader.say("No mail leaves this machine: the code is in the outbox."))
