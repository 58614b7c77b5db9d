"""Opening and closing the house: database server, connection, and the work in the background."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from expert_booking import (
    access,
    answers,
    background,
    change_streams,
    closing,
    database,
    deletions,
    delivery,
    feeds,
    full_days,
    letters,
    limiting,
    mail,
    materialising,
    metrics,
    migrations,
    offering,
    outbox,
    outside_calendars,
    people,
    policy,
    recovery,
    settling,
    sign_in,
    succession,
    telling,
    waiting,
    webhook_queue,
    webhook_sending,
    webhooks,
)
from expert_booking.catalogue_upkeep import CatalogueUpkeep
from expert_booking.duties import Duty
from expert_booking.embedded_server import EmbeddedServer
from expert_booking.openings_upkeep import OpeningsUpkeep
from expert_booking.reminders import LOOK_SECONDS, Reminders
from expert_booking.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
MARK_SECONDS = 0.25


@asynccontextmanager
async def open_house(settings: Settings, *, when_connected: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Everything the pages and the API stand on, from the first request to the last.

    A database that is away does not keep the house closed: it opens, says so, and connects as soon as it can.

    Args:
        settings: where the database is, and the house rules.
        when_connected: awaited once, after the first connection, before recovery begins.
    """
    closing.call_off()
    _use(settings)
    async with AsyncExitStack() as stack:
        uri = settings.mongo_uri
        if uri is None:
            server = await EmbeddedServer.start(settings.data_dir)
            stack.push_async_callback(server.stop)
            uri = server.uri
        stack.push_async_callback(database.disconnect)
        metrics.ask_for_lag(change_streams.lag_seconds)
        tasks = [asyncio.create_task(metrics.watch_the_loop())]
        stack.push_async_callback(background.attempt, materialising.look_at_noted_days)
        stack.push_async_callback(background.attempt, settling.mark_shown)
        stack.push_async_callback(background.attempt, deletions.carry_out_all)
        stack.push_async_callback(background.stop, tasks)
        if (refusal := await _refusal(settings, uri)) is None:
            await migrations.bring_up_to_date()
            await when_connected()
            tasks.extend(_start_work(settings))
        else:
            log.warning("no database yet (%s); the house is open and connects as soon as it can", refusal)
            tasks.append(asyncio.create_task(_connect_later(settings, uri, when_connected, tasks)))
        yield


def _use(settings: Settings) -> None:
    """Tell the services the rules of the house."""
    policy.use(
        policy.BookingPolicy(
            hold=timedelta(minutes=settings.hold_minutes),
            minimum_notice=timedelta(minutes=settings.minimum_notice_minutes),
            default_country=settings.default_country,
            request_lapses=timedelta(hours=settings.request_lapses_hours),
            change_notice=timedelta(minutes=settings.change_notice_minutes),
            offer=timedelta(minutes=settings.offer_minutes),
        )
    )
    access.use(email_verification=settings.email_verification)
    people.use(settings.admin_emails)
    sign_in.use(settings.resolve_storage_secret())
    waiting.use(settings.resolve_storage_secret())
    succession.ask(waiting)
    answers.use(settings.resolve_storage_secret())
    feeds.use(settings.resolve_storage_secret())
    letters.use(settings)
    webhooks.use(settings.resolve_storage_secret(), is_production=settings.is_production)
    outbox.use(has_server=settings.smtp_url is not None)
    limiting.use(
        is_on=settings.rate_limits == "on",
        secret=settings.resolve_storage_secret(),
        is_shared=settings.mongo_uri is not None,
    )


async def _refusal(settings: Settings, uri: str) -> str | None:
    """What kind of error kept the database from being made ready, or none; its text may hold the address."""
    try:
        await migrations.connect(uri, name=settings.database_name, timeout_seconds=settings.database_timeout_seconds)
    except database.UNUSABLE_ERRORS as error:
        return type(error).__name__
    return None


async def _connect_later(
    settings: Settings, uri: str, when_connected: Callable[[], Awaitable[object]], tasks: list[asyncio.Task[None]]
) -> None:
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        if await _refusal(settings, uri) is None:
            break
    log.info("the database is reachable now")
    await background.attempt(migrations.bring_up_to_date)
    await background.attempt(when_connected)
    tasks.extend(_start_work(settings))


def _start_work(settings: Settings) -> list[asyncio.Task[None]]:
    teller = background.OpenTimesTeller()
    teller.listen()
    work = {
        "tick": background.repeat(background.Ticker().tick, every_seconds=background.TICK_SECONDS),
        "recover": background.repeat(recovery.recover, every_seconds=settings.recovery_interval_seconds),
        "complete": Duty(
            "complete past sessions",
            recovery.complete_past_sessions,
            every_seconds=settings.recovery_interval_seconds,
        ).run(),
        "lapse": Duty(
            "have requests lapse", recovery.lapse_unanswered, every_seconds=settings.recovery_interval_seconds
        ).run(),
        "tell of bookings": background.repeat(telling.tell_noted, every_seconds=telling.TELL_SECONDS),
        "tell what is left": background.repeat(telling.tell_left, every_seconds=settings.recovery_interval_seconds),
        "remind": Duty("remind", Reminders(settings.reminder_hours).remind, every_seconds=LOOK_SECONDS).run(),
        "deliver": background.repeat(_delivery(settings).deliver_due, every_seconds=delivery.LOOK_SECONDS),
        "offers": background.repeat(offering.look_after, every_seconds=offering.LOOK_SECONDS),
        "openings waited for": Duty(
            "look for openings", waiting.look_for_openings, every_seconds=waiting.LOOK_SECONDS
        ).run(),
        "outbox": background.repeat(delivery.upkeep, every_seconds=delivery.UPKEEP_SECONDS),
        "webhooks known": background.repeat(webhooks.refresh, every_seconds=webhooks.REFRESH_SECONDS),
        "send to webhooks": webhook_sending.Sender().run(),
        "webhooks": background.repeat(webhook_queue.upkeep, every_seconds=webhook_sending.UPKEEP_SECONDS),
        "doubt full days": background.attempt(materialising.doubt_full_days),
        "full days": background.repeat(materialising.look_at_noted_days, every_seconds=full_days.LOOK_SECONDS),
        "roll": Duty(
            "roll the calendars forward", materialising.roll_due, every_seconds=materialising.LOOK_SECONDS
        ).run(),
        "read calendars": Duty(
            "read outside calendars", outside_calendars.read_due, every_seconds=outside_calendars.LOOK_SECONDS
        ).run(),
        "mark": background.repeat(settling.mark_shown, every_seconds=MARK_SECONDS),
        "delete": background.repeat(deletions.carry_out_due, every_seconds=deletions.LOOK_SECONDS),
        "tell": teller.run(),
        "catalogue": CatalogueUpkeep().run(),
        "openings": OpeningsUpkeep(_hears_all(settings)).run(),
    }
    if settings.follows_changes:
        work["follow"] = change_streams.follow()
    return [asyncio.create_task(coroutine, name=name) for name, coroutine in work.items()]


def _delivery(settings: Settings) -> delivery.Delivery:
    """Mail goes to the server of the settings; without one, in development, it stays here to be looked at."""
    if settings.smtp_url is None:
        return delivery.Delivery(None)
    house = letters.house()
    return delivery.Delivery(mail.MailServer.of(settings.smtp_url, sender=house.sender, house=house.name))


def _hears_all(settings: Settings) -> Callable[[], bool]:
    """Whether the bus tells of every change: it tells of one's own, and nobody else writes to an embedded server."""
    return change_streams.is_live if settings.follows_changes else lambda: settings.mongo_uri is None
