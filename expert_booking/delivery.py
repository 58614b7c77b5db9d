"""Delivery: takes what is due out of the outbox and hands it to the mail server, over and over.

What holds: a message that is in the outbox is sent, or is visibly FAILED, OVERTAKEN or KEPT; neither a crash nor a dead
mail server loses one. A message that the server has accepted is not given to it again, with one exception that no
protocol closes: if the process dies, the line breaks or the database is away for longer than a claim lasts, after the
server took the last byte and before its answer was written down, the message goes out once more under the same
Message-ID, by which mailboxes can tell. Any number of processes may deliver: a claim gives each message to one of them.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from expert_booking import clock, closing, database, letters, mail, metrics, outbox
from expert_booking.letters import Matter
from expert_booking.mail import Line, MailServer, NotSent
from expert_booking.unforeseen import outline
from models import Message, MessageState

LOOK_SECONDS = 1.0
UPKEEP_SECONDS = 15.0
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)
MOST_ATTEMPTS = 12
GIVEN_UP_AFTER = timedelta(days=2)
LONGEST_HOUSE_PAUSE_SECONDS = 60.0
BETWEEN_MESSAGES_SECONDS = 0.02
"""Leaves the event loop to visitors, and is as fast as most mail servers allow."""

log = logging.getLogger(__name__)


class Delivery:
    """One process's share in delivering; without a mail server, messages are kept to be looked at.

    Args:
        server: none in development without SMTP_URL.
    """

    def __init__(self, server: MailServer | None) -> None:
        self._server = server
        self._accepted: dict[str, Message] = {}  # what the server has, until the database knows it
        self._not_before = float("-inf")  # by the monotonic clock: the server is away until then, or likely so
        self._pause_seconds = 0.0

    async def deliver_due(self) -> int:
        """Deliver all that is due now; the number of messages that were dealt with."""
        await self._write_down_accepted()
        dealt_with = 0
        while time.monotonic() >= self._not_before and not closing.is_closing():
            claimed = await outbox.claim_due()
            if not claimed:
                break
            dealt_with += len(claimed)
            await self._deal_with(claimed)
        return dealt_with

    async def _deal_with(self, claimed: Sequence[Message]) -> None:
        matters = await letters.look_up(claimed)
        overtaken = [message for message in claimed if message.id not in matters]
        await outbox.end(overtaken, MessageState.OVERTAKEN)
        kept = [matter.message for matter in matters.values() if not self._goes_out(matter.message)]
        await outbox.end(kept, MessageState.KEPT)
        for state, number in ((MessageState.OVERTAKEN, len(overtaken)), (MessageState.KEPT, len(kept))):
            metrics.messages_ended(state, number)
        if going := [matter for matter in matters.values() if self._goes_out(matter.message)]:
            await self._send_all(going)

    def _goes_out(self, message: Message) -> bool:
        return self._server is not None and outbox.goes_out(message)

    async def _send_all(self, matters: Sequence[Matter]) -> None:
        """Send over one line, or a new one when it breaks; what was not tried is left to the next round."""
        left = [matter.message for matter in matters]
        by_id = {matter.message.id: matter for matter in matters}
        ends_at = time.monotonic() + outbox.CLAIM_LASTS.total_seconds() / 3
        try:
            async with AsyncExitStack() as stack:
                line: Line | None = None
                while left and time.monotonic() < ends_at and not closing.is_closing():
                    if line is None or not line.is_open:
                        line = await stack.enter_async_context(mail.connected(self._require_server()))
                    await self._send(line, by_id[left[0].id])
                    del left[0]
                    await asyncio.sleep(BETWEEN_MESSAGES_SECONDS)
            self._pause_seconds = 0.0
        except NotSent as error:  # of the house: the others would fare no better
            await self._put_off(left, error)
        finally:
            await outbox.give_back([message for message in left if message.id not in self._accepted])

    def _require_server(self) -> MailServer:
        if self._server is None:
            raise RuntimeError("there is no mail server")
        return self._server

    @closing.finished_first
    async def _send(self, line: Line, matter: Matter) -> None:
        """Send one message and write down what became of it.

        Raises:
            NotSent: it has nothing to do with this message.
        """
        message, server = matter.message, self._require_server()
        try:
            letter = await letters.write(matter)
            ready = mail.envelope(
                letter, server=server, message_id=message.id, to=message.to, written_at=message.created_at
            )
        except Exception as error:  # one letter that cannot be drawn must not keep the others, nor its words be logged
            log.error("message %s cannot be written: %s", mail.message_digest(message.id), outline(error))
            await self._fail(message, error.why if isinstance(error, NotSent) else type(error).__name__)
            return
        if not await outbox.count_attempt(message):
            return
        message.attempts += 1
        try:
            await line.send(ready, to=message.to)
        except NotSent as error:
            if error.is_house:
                raise
            await self._try_again_or_fail(message, error)
        else:
            self._accepted[message.id] = message
            log.info("message %s is sent", mail.message_digest(message.id))
            metrics.messages_ended(MessageState.SENT, 1)
            await self._write_down_accepted()

    async def _write_down_accepted(self) -> None:
        """What the server has is never forgotten while this process lives, however long the database is away."""
        for message_id, message in list(self._accepted.items()):
            await outbox.mark_sent(message)
            del self._accepted[message_id]

    async def _try_again_or_fail(self, message: Message, error: NotSent) -> None:
        if error.is_final or message.attempts >= MOST_ATTEMPTS or _is_too_old(message):
            await self._fail(message, error.why)
            return
        pause = pause_after(message.attempts)
        log.info("message %s waits: %s", mail.message_digest(message.id), error.why)
        metrics.messages_put_off(1)
        await outbox.give_back([message], due_at=clock.now() + pause, refusal=error.why)

    async def _fail(self, message: Message, why: str) -> None:
        log.error("message %s failed: %s", mail.message_digest(message.id), why)
        metrics.messages_ended(MessageState.FAILED, 1)
        await outbox.end([message], MessageState.FAILED, refusal=why)

    async def _put_off(self, messages: Sequence[Message], error: NotSent) -> None:
        """No message can be sent now: wait, longer each time, and give up what has waited for days."""
        self._pause_seconds = min(max(1.0, 2 * self._pause_seconds), LONGEST_HOUSE_PAUSE_SECONDS)
        self._not_before = time.monotonic() + self._pause_seconds * _jitter()
        log.warning("the mail server takes no messages: %s", error.why)
        metrics.messages_put_off(len(messages))
        old = [message for message in messages if _is_too_old(message)]
        for message in old:
            await self._fail(message, error.why)
        await outbox.give_back([message for message in messages if message not in old], refusal=error.why)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, and never the same for all."""
    seconds = min(FIRST_PAUSE.total_seconds() * 2 ** (attempts - 1), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * _jitter())


def _jitter() -> float:
    return random.uniform(0.5, 1.5)  # nosec B311 # it spreads load, and guards nothing


def _is_too_old(message: Message) -> bool:
    return clock.now() - message.created_at > GIVEN_UP_AFTER


async def upkeep() -> None:
    """Take back what a dead process claimed, forget what ended long ago, and count what waits; in every process."""
    with database.patiently():
        await outbox.forget_old()
    if left := await outbox.take_back_left():
        log.info("%d messages are sent again: whoever claimed them is gone", left)
    standing = await outbox.standing()
    age = (clock.now() - standing.oldest_at).total_seconds() if standing.oldest_at is not None else 0.0
    metrics.messages_standing(waiting=standing.waiting, failed=standing.failed, oldest_seconds=age)
