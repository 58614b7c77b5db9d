"""The application is killed between a booking and its mail, with the mail server there or not: the mail arrives."""

import asyncio
from pathlib import Path

import pytest

from expert_booking import outbox
from tests.faults.house import house, until, wishes
from tests.mail_server import Post, open_post

BOOKINGS = 6
PATIENCE_SECONDS = 40 + outbox.CLAIM_LASTS.total_seconds()


@pytest.mark.slow
@pytest.mark.parametrize(
    "is_server_there",
    [False, pytest.param(True, marks=pytest.mark.faults)],  # a claim of the dead has to run out first
)
async def test_mail_of_what_was_acknowledged_arrives_after_a_kill(tmp_path: Path, is_server_there: bool) -> None:
    async with open_post() as post:
        if not is_server_there:
            await post.stop()
        settings = {"SMTP_URL": post.url, "MAIL_FROM": "booking@example.org", "DEMO_EXPERTS": "6"}
        async with house(tmp_path, **settings) as here:
            addresses = []
            for number, wish in enumerate(wishes(here, BOOKINGS)):
                addresses.append(f"customer-{number}@example.com")
                await asyncio.to_thread(here.book, wish.expert_id, wish.slot_id, email=addresses[-1])
            await asyncio.to_thread(here.kill)
            if not is_server_there:
                await post.start()
            await here.open()

            await until(lambda: asyncio.sleep(0, _recipients(post) >= set(addresses)), seconds=PATIENCE_SECONDS)

        assert _recipients(post) == set(addresses)
        assert len(set(post.message_ids())) == BOOKINGS  # once more at most, and then under the same Message-ID


def _recipients(post: Post) -> set[str]:
    return {recipient for recipient, _ in post.received}
