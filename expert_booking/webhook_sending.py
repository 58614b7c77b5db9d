"""Sending to webhooks what is due, and trying again what did not arrive, for about a day.

What holds: a delivery that was put is sent, or is visibly FAILED; neither a crash nor a receiver that is away loses
one. If the process dies between a receiver's answer and writing that down, it is sent once more under the same id, by
which receivers tell. Each webhook is sent to on its own, so one that is slow keeps no other waiting.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import background, clock, closing, fetching, webhook_queue, webhooks
from expert_booking.errors import FetchRefused
from expert_booking.fetching import Fetcher
from expert_booking.sentence import Sentence
from models import Attempt, Booking, DeliveryState, Webhook, WebhookDelivery

LOOK_SECONDS = 1.0
UPKEEP_SECONDS = 15.0
MOST_AT_ONCE = 4
"""To one webhook."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
PAUSES_SECONDS = (
    5, 30, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 8 * _HOUR,
)  # fmt: skip
"""Between tries; after the last one it has failed."""

GONE = 410
"""With this status a receiver says that it wants no more of this; it is not tried again."""

PROBLEMS: Mapping[str, Sentence] = {
    "no_address": fetching.NOT_AN_ADDRESS,
    "not_public": fetching.NOT_PUBLIC,
    "no_answer": fetching.NO_ANSWER,
    "not_trusted": fetching.NOT_TRUSTED,
    "too_slow": fetching.TOO_SLOW,
    webhook_queue.SWITCHED_OFF: Sentence("The webhook was switched off."),
    webhook_queue.UNKNOWN: Sentence("The process that sent it ended; whether it arrived is not known."),
}
"""What a delivery's problem means."""

_KINDS = {said: kind for kind, said in PROBLEMS.items()}

log = logging.getLogger(__name__)


class Sender:
    """One process's share in sending.

    Args:
        fetcher: the way to receivers; any but the usual one is for tests, whose receivers are on this machine.
    """

    def __init__(self, fetcher: Fetcher = fetching.PUBLIC) -> None:
        self._fetcher = fetcher
        self._busy: dict[PydanticObjectId, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send until cancelled; what is under way then is sent by another process, or after the restart."""
        try:
            await background.repeat(self.look, every_seconds=LOOK_SECONDS)
        finally:
            await background.stop(list(self._busy.values()))

    async def look(self) -> None:
        """Begin to send to those webhooks for which something is due."""
        for webhook in await webhooks.listening():
            if webhook.id not in self._busy and not closing.is_closing():
                claimed = await webhook_queue.claim_due(webhook.id)
                if claimed:
                    self._begin(webhook, claimed)

    async def send_due(self) -> None:
        """Send all that is due now, and wait until that is done."""
        while True:
            await self.look()
            if not self._busy:
                return
            await asyncio.wait(self._busy.values())

    def _begin(self, webhook: Webhook, claimed: list[WebhookDelivery]) -> None:
        async def send_all() -> None:
            await background.attempt(lambda: self._send_all(webhook, claimed))

        task = asyncio.create_task(send_all(), name="send to a webhook")
        self._busy[webhook.id] = task
        task.add_done_callback(lambda _: self._busy.pop(webhook.id, None))

    async def _send_all(self, webhook: Webhook, claimed: list[WebhookDelivery]) -> None:
        for begin in range(0, len(claimed), MOST_AT_ONCE):
            if closing.is_closing():
                await webhook_queue.give_back(claimed[begin:])
                return
            await asyncio.gather(*(self._send(webhook, each) for each in claimed[begin : begin + MOST_AT_ONCE]))

    async def _send(self, webhook: Webhook, delivery: WebhookDelivery) -> None:
        attempt = await self._try(webhook, delivery)
        if attempt.status is not None and 200 <= attempt.status < 300:
            await webhook_queue.end(delivery, DeliveryState.SENT, attempt)
            log.info("webhook %s has %s", webhook.id, delivery.id)
        elif attempt.status == GONE or delivery.tries >= len(PAUSES_SECONDS):
            await webhook_queue.end(delivery, DeliveryState.FAILED, attempt)
            log.warning("webhook %s never took %s (%s)", webhook.id, delivery.id, attempt.status or attempt.problem)
        else:
            due_at = clock.now() + pause_after(delivery.tries)
            await webhook_queue.end(delivery, DeliveryState.WAITING, attempt, due_at=due_at)
            log.info("webhook %s did not take %s (%s)", webhook.id, delivery.id, attempt.status or attempt.problem)

    async def _try(self, webhook: Webhook, delivery: WebhookDelivery) -> Attempt:
        body, at, began = await body_of(webhook, delivery), clock.now(), time.perf_counter()
        status, problem = None, ""
        try:
            headers = headers_of(webhook, delivery, body)
            answer = await self._fetcher.fetch(
                webhook.url, method="POST", headers=headers, content=body, redirects=0, most_bytes=0
            )
            status = answer.status
        except FetchRefused as error:
            problem = _KINDS.get(error.args[0], "no_answer")
        return Attempt(at=at, status=status, problem=problem, milliseconds=round((time.perf_counter() - began) * 1000))


def headers_of(webhook: Webhook, delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    """What says whose message this is, that it is whole, and how old."""
    timestamp = int(clock.now().timestamp())
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.signature(webhook, message_id=delivery.id, timestamp=timestamp, body=body),
    }


async def body_of(webhook: Webhook, delivery: WebhookDelivery) -> bytes:
    """Exactly what is sent; with the customer as the booking has them now, if the webhook is told of them."""
    if not webhook.with_customer or delivery.booking_id is None:
        return delivery.payload.encode()
    told = json.loads(delivery.payload)
    told["data"]["customer"] = _customer(await Booking.find_one({"_id": delivery.booking_id}))
    return json.dumps(told, separators=(",", ":")).encode()


def _customer(booking: Booking | None) -> dict[str, Any] | None:
    """Nobody, once the booking is deleted or its customer erased."""
    if booking is None or booking.is_erased:
        return None
    return {
        "name": booking.customer_name,
        "email": booking.customer_email,
        "phone": booking.customer_phone,
        "notes": booking.notes,
    }


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries that were in vain: longer each time, and never the same for all."""
    spread = random.uniform(0.8, 1.2)  # nosec B311 # it spreads load, and guards nothing
    return timedelta(seconds=PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)] * spread)
