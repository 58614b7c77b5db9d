import pytest
from pymongo.errors import DuplicateKeyError

from expert_booking import database
from models import DOCUMENTS, Booking, Expert, Lease, Revision, TimeSlot
from tests.conftest import MakeSlot

NAMES = {
    Expert: {"experts_by_rating", "experts_by_category", "experts_by_search_term"},
    TimeSlot: {"one_slot_per_expert_and_start", "slots_by_start", "slots_by_hold_expiry"},
    Booking: {
        "one_active_booking_per_slot",
        "one_booking_per_idempotency_key",
        "one_booking_per_manage_token",
        "bookings_by_customer",
        "unsettled_bookings",
        "bookings_by_status_and_end",
    },
    Revision: set(),
    Lease: set(),
}


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_indexes_exist_under_their_names_once_connected(connected: None, document: type) -> None:
    existing = await database.collection(document).index_information()

    assert set(existing) - {"_id_"} == NAMES[document]


async def test_unique_indexes_are_the_four_that_hold_the_promises(connected: None) -> None:
    unique = set()
    for document in DOCUMENTS:
        existing = await database.collection(document).index_information()
        unique |= {name for name, details in existing.items() if details.get("unique")}

    assert unique - {"_id_"} == {
        "one_slot_per_expert_and_start",
        "one_active_booking_per_slot",
        "one_booking_per_idempotency_key",
        "one_booking_per_manage_token",
    }


async def test_slot_is_refused_where_the_expert_has_one_already(expert: Expert, make_slot: MakeSlot) -> None:
    slot = await make_slot(expert)

    with pytest.raises(DuplicateKeyError, match="one_slot_per_expert_and_start"):
        await make_slot(expert, starts_at=slot.starts_at)
