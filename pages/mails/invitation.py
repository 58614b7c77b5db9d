"""The mail that asks somebody in to work here."""

from expert_booking.letters import Matter
from pages import layout
from pages.mails.words import Words
from pages.reader import Reader


def words(matter: Matter, reader: Reader) -> Words:
    """What it says; the link opens nothing by itself, as signing in takes a code."""
    say = reader.say
    return Words(
        subject=say("You are invited to {house}", house=layout.HOUSE),
        state=say("Invitation"),
        tone="accent",
        heading=say("Welcome to {house}", house=layout.HOUSE),
        lead=say(
            "You can take bookings here. Sign in with this address, without a password: we send you a code. Then say "
            "when you work, and what you offer."
        ),
        button=say("Open my workspace"),
        link=f"{matter.house.address}/sign-in?next=/workspace",
        closing=say("You get this mail because somebody who runs this house has added you as an expert."),
    )
