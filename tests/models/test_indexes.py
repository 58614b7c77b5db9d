import pytest
from pymongo.errors import DuplicateKeyError

from expert_booking import database
from models import (
    DOCUMENTS,
    ApiToken,
    Booking,
    Category,
    ClientNote,
    Expert,
    JournalEntry,
    Lease,
    Message,
    OutsideCalendar,
    Picture,
    Recent,
    Revision,
    SignIn,
    SignInCode,
    TimeOff,
    TimeSlot,
    Webhook,
    WebhookDelivery,
    Wish,
)
from tests.conftest import MakeSlot

NAMES = {
    Expert: {
        "experts_by_rating",
        "experts_by_category",
        "experts_by_search_term",
        "one_expert_per_email",
        "experts_by_roll",
        "hidden_experts",
    },
    TimeSlot: {"one_slot_per_expert_start_and_type", "slots_by_start", "slots_by_hold_expiry", "slots_by_notice"},
    Booking: {
        "one_active_booking_per_slot",
        "no_two_active_bookings_at_once",
        "one_booking_per_idempotency_key",
        "one_booking_per_manage_token",
        "bookings_by_customer",
        "bookings_by_expert_and_start",
        "bookings_by_what_they_are_found_by",
        "unsettled_bookings",
        "untold_bookings",
        "bookings_by_status_and_end",
    },
    Revision: set(),
    Lease: set(),
    Message: {"messages_by_state_and_due_time", "messages_by_address"},
    SignInCode: {"codes_are_forgotten"},
    SignIn: {"expired_sign_ins_go", "sign_ins_by_address"},
    Recent: {"what_is_past_goes"},
    TimeOff: {"time_off_by_expert_and_end"},
    OutsideCalendar: {"outside_calendars_by_expert", "outside_calendars_by_next_reading"},
    JournalEntry: {"journal_by_time", "journal_by_booking", "journal_by_booking_code", "journal_by_expert"},
    Category: {"categories_by_creation"},
    ApiToken: {"tokens_by_creation"},
    Webhook: {"webhooks_by_creation"},
    WebhookDelivery: {"deliveries_by_webhook", "deliveries_by_state"},
    Picture: {"pictures_by_digest"},
    ClientNote: {"one_note_per_expert_and_customer"},
    Wish: {"standing_wishes_by_expert", "one_offer_per_slot", "wishes_by_address", "old_wishes_go"},
}
FORGOTTEN_BY = {SignInCode: "forgotten_at", SignIn: "expires_at", Recent: "expires_at", Wish: "forgotten_at"}
"""At which moment the database itself drops a record."""


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_indexes_exist_under_their_names_once_connected(connected: None, document: type) -> None:
    existing = await database.collection(document).index_information()

    assert set(existing) - {"_id_"} == NAMES[document]


async def test_what_has_expired_is_dropped_by_the_database(connected: None) -> None:
    found = {}
    for document in DOCUMENTS:
        existing = await database.collection(document).index_information()
        for details in existing.values():
            if details.get("expireAfterSeconds") == 0:
                found[document] = details["key"][0][0]

    assert found == FORGOTTEN_BY


async def test_unique_indexes_are_those_that_hold_the_promises(connected: None) -> None:
    unique = set()
    for document in DOCUMENTS:
        existing = await database.collection(document).index_information()
        unique |= {name for name, details in existing.items() if details.get("unique")}

    assert unique - {"_id_"} == {
        "one_slot_per_expert_start_and_type",
        "one_active_booking_per_slot",
        "no_two_active_bookings_at_once",
        "one_note_per_expert_and_customer",
        "one_booking_per_idempotency_key",
        "one_booking_per_manage_token",
        "one_offer_per_slot",
        "one_expert_per_email",
    }


async def test_slot_is_refused_where_the_expert_has_one_already(expert: Expert, make_slot: MakeSlot) -> None:
    slot = await make_slot(expert)

    with pytest.raises(DuplicateKeyError, match="one_slot_per_expert_start_and_type"):
        await make_slot(expert, starts_at=slot.starts_at)
