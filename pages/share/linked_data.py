"""What a page is about, in the vocabulary of schema.org (JSON-LD): data for programs, which no browser runs.

An expert's rating is left out: schema.org wants to know how many people gave it, and the house does not.
"""

import json
from collections.abc import Iterable
from typing import Any

from expert_booking import openings, policy
from models import Expert, SessionType
from pages.live.markup import Markup
from pages.reader import Reader

CONTEXT = "https://schema.org"
_ESCAPES = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})

Described = dict[str, Any]


def script(described: Described) -> Markup:
    """For the head of a page; nothing in it ends the element that it stands in, whatever people are called."""
    content = json.dumps({"@context": CONTEXT, **described}, ensure_ascii=False).translate(_ESCAPES)
    return Markup(f'<script type="application/ld+json">{content}</script>')


def expert(expert: Expert, reader: Reader, *, base: str, image: str) -> Described:
    """A person who offers a service, by the length of its sessions.

    Args:
        expert: who it is.
        reader: in whose language it is said.
        base: the beginning of whole addresses.
        image: the whole address of their picture.
    """
    address = f"{base}/experts/{expert.id}"
    offers = [_offer(expert, each, reader, address) for each in expert.offered_types]
    person = {
        "@type": "Person",  # not said: a type of schema.org
        "@id": f"{address}#person",
        "name": expert.name,
        "url": address,
        "image": image,
        "knowsAbout": expert.category,
        "jobTitle": expert.headline,
        "description": expert.bio,
        "makesOffer": offers if len(offers) > 1 else offers[0],
    }
    return _told(person)


def experts(found: Iterable[Expert], *, base: str) -> Described:
    """The experts of one page of the list, in its order."""
    listed = [
        {"@type": "ListItem", "position": number, "name": expert.name, "url": f"{base}/experts/{expert.id}"}
        for number, expert in enumerate(found, start=1)
    ]
    return {"@type": "ItemList", "numberOfItems": len(listed), "itemListElement": listed}


def _offer(expert: Expert, session: SessionType, reader: Reader, address: str) -> Described:
    service = {
        "@type": "Service",  # not said: a type of schema.org
        "name": _session(expert, session, reader),
        "serviceType": expert.category,
        "description": expert.headline,
        "provider": {"@id": f"{address}#person"},
    }
    length, zone = reader.say("Length of a session"), reader.say("Time zone")
    details = [
        {"@type": "PropertyValue", "name": length, "value": session.minutes, "unitCode": "MIN"},
        {"@type": "PropertyValue", "name": zone, "value": expert.time_zone},
    ]
    offer = {
        "@type": "Offer",  # not said: a type of schema.org
        "url": address,
        "availability": _availability(expert),
        "itemOffered": _told(service),
        "additionalProperty": details,
    }
    return _told(offer)


def _session(expert: Expert, session: SessionType, reader: Reader) -> str:
    minutes = session.minutes
    if session.name:
        length = reader.say_many("{number} minute", "{number} minutes", minutes)
        values = {"session": session.name, "minutes": length, "expert": expert.name}
        return reader.say("{session}, {minutes} with {expert}", **values)
    return reader.say_many("{number} minute with {name}", "{number} minutes with {name}", minutes, name=expert.name)


def _availability(expert: Expert) -> str | None:
    """Whether there is anything to book, if the process knows it without asking the database."""
    kept = openings.current()
    if kept is None or not kept.knows(expert.id):
        return None
    open_slots, _ = kept.of(expert.id, after=policy.earliest_start())
    return f"{CONTEXT}/{'InStock' if open_slots else 'SoldOut'}"


def _told(described: Described) -> Described:
    """Without what is blank."""
    return {name: value for name, value in described.items() if value}
