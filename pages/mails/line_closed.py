"""The mail that tells somebody who waits that their expert has left, so that nothing will open."""

from expert_booking.letters import Matter
from pages.mails.words import Words, name_of
from pages.reader import Reader


def words(matter: Matter, reader: Reader) -> Words:
    """What it says; there is nothing to take any more, so the link leads to the other experts."""
    say, expert = reader.say, name_of(matter.expert, reader)
    return Words(
        subject=say("You wait for a time with {expert} no more", expert=expert),
        state=say("Waiting list"),
        tone="bad",
        heading=say("You are not in line any more"),
        lead=say("{expert} takes no bookings here any more, so no time will open. We are sorry.", expert=expert),
        button=say("All experts"),
        link=f"{matter.house.address}/",
        closing=say("You get this mail because you asked to be told when something opens."),
    )
