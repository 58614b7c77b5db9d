"""Keeping what those who run the house look at true: read once more when something is told."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import background_tasks, ui

from expert_booking.errors import NotAllowed
from pages import problems
from pages.administration.frame import whoever_runs

GATHER_SECONDS = 0.2


class Following:
    """Reads again a moment after a change, once for a burst, as long as whoever looks may; made while a page is."""

    def __init__(self, read: Callable[[], Awaitable[None]], *, request: Request) -> None:
        self._read, self._request = read, request
        self._client = ui.context.client
        self._one_at_a_time = asyncio.Lock()
        self._is_waiting = self._is_over = False

    def changed(self, _: object = None) -> None:
        """Something has changed; for `events`, whatever it was."""
        if not self._is_waiting and not self._is_over:
            self._is_waiting = True
            background_tasks.create(self._read_later(), name="read again what the house looks at")

    async def _read_later(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        async with self._one_at_a_time:
            self._is_waiting = False
            if not self._client.is_deleted:
                with self._client, problems.shown():
                    await self._read_if_allowed()

    async def _read_if_allowed(self) -> None:
        try:
            await whoever_runs(self._request)
        except NotAllowed:
            self._is_over = True  # said once, and not with each change
            raise
        await self._read()
