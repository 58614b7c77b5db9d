"""Notes about customers: one for an expert and a customer, and nobody else's."""

import asyncio

import pytest

from expert_booking import client_notes
from expert_booking.errors import InvalidRequest
from models import ClientNote, Expert
from models.client_note import LONGEST_NOTE
from tests.conftest import MakeExpert

ALICE = "alice@example.com"


async def test_note_is_the_experts_alone_and_takes_the_place_of_the_one_before(
    expert: Expert, make_expert: MakeExpert
) -> None:
    other = await make_expert("Tom")
    await client_notes.keep(expert.id, ALICE, "Prefers mornings.")
    await client_notes.keep(other.id, ALICE, "Has two dogs.")

    assert (
        await client_notes.keep(expert.id, ALICE, "  Prefers evenings.\r\nSince May. ")
        == "Prefers evenings.\nSince May."
    )

    assert await client_notes.of(expert.id, ALICE) == "Prefers evenings.\nSince May."
    assert await client_notes.of(other.id, ALICE) == "Has two dogs."
    assert await client_notes.of(expert.id, "bob@example.com") == ""


async def test_blank_note_is_none(expert: Expert) -> None:
    await client_notes.keep(expert.id, ALICE, "Prefers mornings.")

    await client_notes.keep(expert.id, ALICE, " \n ")

    assert await client_notes.about(ALICE) == []


async def test_many_at_once_keep_one(expert: Expert) -> None:
    await asyncio.gather(*(client_notes.keep(expert.id, ALICE, f"note {number}") for number in range(5)))

    assert await ClientNote.find_all().count() == 1


@pytest.mark.parametrize("text", ["x" * (LONGEST_NOTE + 1), "a\u202eb", "\x00"])
async def test_what_cannot_be_kept_is_refused_and_changes_nothing(expert: Expert, text: str) -> None:
    await client_notes.keep(expert.id, ALICE, "Prefers mornings.")

    with pytest.raises(InvalidRequest):
        await client_notes.keep(expert.id, ALICE, text)

    assert await client_notes.of(expert.id, ALICE) == "Prefers mornings."
