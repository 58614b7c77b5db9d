"""The mail that tells somebody who waits that a time has opened, and until when it is kept for them."""

from datetime import datetime

from expert_booking.letters import Matter
from models import TimeSlot
from pages import times
from pages.mails import looks
from pages.mails.looks import Leaf
from pages.mails.words import Words, name_of
from pages.reader import Reader


def words(matter: Matter, until: datetime, reader: Reader) -> Words:
    """What it says; the link is for its recipient alone."""
    say = reader.say
    named = name_of(matter.expert, reader)
    kept = say(
        "It is kept for you until {time}, {zone}. After that it goes to the next in line.",
        time=times.clock_time(until, reader),
        zone=times.zone_in_words(reader, until),
    )
    return Words(
        subject=say("A time with {expert} has opened", expert=named),
        state=say("Kept for you"),
        tone="open",
        heading=say("A time has opened"),
        lead=say("{expert} has the time below free again. {kept}", expert=named, kept=kept),
        button=say("See the time"),
        link=f"{matter.house.address}/waiting/{matter.token}",
        closing=say(
            "You get this mail because you asked to be told when something opens. Whoever has the link can take the "
            "time, so keep it to yourself. You can stop waiting there at any moment."
        ),
    )


def leaf(slot: TimeSlot, reader: Reader) -> Leaf:
    """When the offered time is."""
    return looks.leaf_of(slot.starts_at, slot.ends_at, reader)
