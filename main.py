"""Expert Booking, the single deployable: settings, then the database, then events, pages and API, then the server."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

from fastapi import FastAPI
from nicegui import app, background_tasks, core, ui

import pages
import pages.mails
from expert_booking import api, background, closing, database, demo, letters, logs
from expert_booking.address import AddressUnusable, check_address
from expert_booking.embedded_server import EmbeddedServerError
from expert_booking.lifecycle import open_house
from expert_booking.settings import Settings, SettingsError, load_settings
from pages.armour.heads import BoundedHeads

# A click that is being answered takes milliseconds, and its answer a moment more to leave; together with what the
# server then waits for, and the database's own end, that stays within five seconds.
FINISH_SECONDS = 1.0
FLUSH_SECONDS = 0.1
GRACE_SECONDS = 3

log = logging.getLogger("expert_booking")


def main() -> None:
    """Read the settings, wire the house and serve until stopped."""
    try:
        settings = load_settings()
        secret = settings.resolve_storage_secret()
        check_address(settings.host, settings.port)
    except (SettingsError, AddressUnusable) as error:
        sys.exit(str(error))
    logs.install(level=settings.log_level, is_production=settings.is_production)
    build(settings)
    with _ending_well():
        serve(settings, secret)


@contextmanager
def _ending_well() -> Iterator[None]:
    """Once everything is closed, the server hands the signal on that made it close; to obey it is no failure."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def build(settings: Settings) -> None:
    """Put pages, API and lifespan on NiceGUI's application; doing it again changes nothing."""
    pages.install(settings)
    letters.draw_with(pages.mails.draw)
    api.install(app, settings)
    known = {str(middleware.cls) for middleware in app.user_middleware}
    ours = (pages.compressed.CompressOnce, pages.share.NoCookieForAll)
    limits = (pages.limits.ReadableLines, pages.limits.LimitRequests)
    for middleware in (*ours, api.CountServerErrors, api.SayWhen, api.AnswerHead, *limits):
        if str(middleware) not in known:
            app.add_middleware(middleware)
    bare = getattr(app.state, "bare_lifespan", None) or app.router.lifespan_context
    app.state.bare_lifespan = bare

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[Any]:
        async with _house_or_exit(settings), bare(application) as state:
            _settle_memory()
            _close_when_told_to()
            collecting = asyncio.create_task(pages.garbage.collect_in_time(), name="collect garbage")
            log.info("open at http://%s:%s", settings.host, settings.port)
            yield state
            await background.stop([collecting])

    app.router.lifespan_context = lifespan


@asynccontextmanager
async def _house_or_exit(settings: Settings) -> AsyncIterator[None]:
    """The house, opened before the first request; why it cannot open is one sentence, not a stack trace."""

    async def fill_with_demo() -> None:
        if settings.demo_experts and not settings.is_production:
            with database.patiently():
                await demo.fill_if_empty(experts=settings.demo_experts, days=settings.demo_days)

    try:
        async with open_house(settings, when_connected=fill_with_demo):
            yield
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(1)  # the server would print a stack trace over the sentence; nothing is open yet


def _close_when_told_to() -> None:
    """On a signal, first finish what is under way; then let the server have the signal, which closes every socket."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def stop(number: int, where: FrameType | None, before: Any = before) -> None:
            if closing.is_closing():  # whoever sends a second one cannot wait
                before(number, where)
                return
            closing.begin()
            loop.call_soon_threadsafe(lambda: background_tasks.create(_close(partial(before, number, where))))

        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(number, stop)


async def _close(server: Callable[[], Any]) -> None:
    """The server waits for open answers, and neither a stream of events nor a waiting poll ends by itself."""
    api.end_streams()
    if await closing.finish(within_seconds=FINISH_SECONDS):
        await asyncio.sleep(FLUSH_SECONDS)
    await _let_pollers_go()
    server()


async def _let_pollers_go() -> None:
    """Answer the browsers that have no WebSocket and wait for news, so that they come again."""
    engine = core.sio.eio
    going = [engine.disconnect(sid) for sid, socket in list(engine.sockets.items()) if not socket.upgraded]
    with suppress(TimeoutError):
        async with asyncio.timeout(FLUSH_SECONDS):
            await asyncio.gather(*going)


def _settle_memory() -> None:
    """What lives as long as the process need not be looked at again; measured: twice the pages per second.

    A page is a web of cycles that lives for a minute or more, so it is old when it goes. The old have to be looked at
    now and then, every thousand pages or so, or hundreds of megabytes of them gather.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 5, 4)


def serve(settings: Settings, secret: str) -> None:
    """Hand over to NiceGUI until a signal comes."""
    is_https = bool(settings.public_url and settings.public_url.startswith("https:"))
    ui.run(
        host=settings.host,
        port=settings.port,
        title="Expert Booking",
        favicon=pages.share.FAVICON,
        dark=True,
        language="en-US",
        binding_refresh_interval=None,
        reconnect_timeout=settings.reconnect_seconds,
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        storage_secret=secret,
        session_middleware_kwargs={"same_site": "lax", "https_only": is_https},
        uvicorn_logging_level="warning",
        log_config=None,  # it writes to the house's log, and of requests nothing: an address may open a booking
        access_log=False,
        ws_per_message_deflate=False,
        http=BoundedHeads,
        ws_max_size=pages.armour.sockets.MOST_BYTES,
        server_header=False,
        # Who is not named may say what it likes about where a request came from. Whoever is, has scope["client"] and
        # scope["scheme"] set: the last address in X-Forwarded-For that is not itself a proxy, and X-Forwarded-Proto.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=",".join(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ in {"__main__", "__mp_main__"}:
    main()
