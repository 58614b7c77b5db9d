"""The frame of the pages of those who run the house; who is not signed in is asked to, others are told no."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from expert_booking import access
from expert_booking.errors import SignInNeeded
from expert_booking.people import Person
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from pages import visitor
from pages.working import Wing, working_page

EXPERTS, BOOKINGS, CATEGORIES, JOURNAL = "/admin", "/admin/bookings", "/admin/categories", "/admin/journal"
OPERATIONS, WEBHOOKS, TOKENS = "/admin/operations", "/admin/webhooks", "/admin/tokens"

ADMINISTRATION = Wing(
    name=Sentence("Administration"),
    action=Action.RUN,
    places={
        EXPERTS: Sentence("Experts"),
        BOOKINGS: Sentence("Bookings"),
        CATEGORIES: Sentence("Categories"),
        JOURNAL: Sentence("Journal"),
        OPERATIONS: Sentence("Operations"),
        WEBHOOKS: Sentence("Webhooks"),
        TOKENS: Sentence("API tokens"),
    },
    refused=Sentence("Your address is not one of those that run this house."),
)


@asynccontextmanager
async def administration_page(
    title: Sentence, current: str, *, lead: Sentence | None = None
) -> AsyncIterator[Person | None]:
    """A page for whoever runs the house; none for everybody else, who has been told: return then.

    Args:
        title: its heading.
        current: its path, one of those above.
        lead: a sentence below the heading.
    """
    async with working_page(ADMINISTRATION, title, current, lead=lead) as person:
        yield person


async def whoever_runs(request: Request) -> Person:
    """Who sends a request or has a page open by now; ask again before anything is done.

    Raises:
        ProofMissing, ProofRefused, SignInNeeded
    """
    caller = await visitor.caller_of(request)
    if caller.person is None:
        raise SignInNeeded
    access.require(caller, Action.RUN)
    return caller.person
