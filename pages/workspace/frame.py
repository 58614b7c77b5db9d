"""The frame of an expert's own pages; who is not signed in is asked to, who is no expert is told so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from nicegui.element import Element

from expert_booking import access, experts
from expert_booking.errors import SignInNeeded
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from models import Expert
from pages import focus, problems, visitor
from pages.reader import Reader
from pages.working import Wing, working_page

TODAY, HOURS, PROFILE, CALENDARS = "/workspace", "/workspace/hours", "/workspace/profile", "/workspace/calendars"

WORKSPACE = Wing(
    name=Sentence("Your workspace"),
    action=Action.WORK,
    places={
        TODAY: Sentence("Today"),
        HOURS: Sentence("Hours"),
        PROFILE: Sentence("Profile"),
        CALENDARS: Sentence("Calendars"),
    },
    refused=Sentence("Your address is not that of an expert here. Experts sign in with the address that we know."),
)


@asynccontextmanager
async def workspace_page(
    title: Sentence, current: str, *, lead: Sentence | None = None
) -> AsyncIterator[Expert | None]:
    """A page of the expert who is signed in; none for everybody else, who has been told: return then.

    Args:
        title: its heading.
        current: its path, one of those above.
        lead: a sentence below the heading.
    """
    async with working_page(WORKSPACE, title, current, lead=lead) as person:
        yield await experts.get(person.expert_id) if person is not None and person.expert_id is not None else None


def show_ended(room: Element, reader: Reader, *, onward: str) -> None:
    """Show in place of an open page that whoever looks may not see it any more.

    Args:
        room: what the page shows.
        reader: of the page.
        onward: where to sign in again: the page itself.
    """
    say = reader.say
    room.clear()
    with room:
        problems.notice(
            say("Please sign in again"),
            say("This sign-in has ended, here or elsewhere, or does not open this workspace any more."),
            drawing="person",
            action=say("Sign in"),
            href=onward,
        )
        focus.move(".notice a")


async def whoever_works(request: Request) -> Expert:
    """The expert who sends a request or has a page open by now; ask again before anything is done.

    Raises:
        ProofMissing, ProofRefused, SignInNeeded
    """
    caller = await visitor.caller_of(request)
    access.require(caller, Action.WORK)
    if caller.person is None or caller.person.expert_id is None:
        raise SignInNeeded
    return await experts.get(caller.person.expert_id)
