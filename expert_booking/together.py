"""What is asked of the database at the same moment goes there together, by one command for all who ask.

Whoever comes alone goes at once. Whoever comes while a command is under way goes with the next one and never joins the
one under way, so that a reading finds what is so after it was asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Asks for many what each asks for one; each gets an answer, or the error that is theirs."""

    def __init__(self, ask: Callable[[list[Asked]], Awaitable[Sequence[Answer | Exception]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """The answer to one, asked for together with whoever else asks."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answered))
        if self._asking is None or self._asking.done():
            # In a context of its own: a time-out of whoever came first is not everybody's.
            self._asking = asyncio.create_task(self._ask_for_all(), context=Context())
        return await answered

    async def _ask_for_all(self) -> None:
        while self._waiting:
            group = self._take_waiting()
            try:
                answers = await self._ask([asked for asked, _ in group])
            except Exception as error:
                # Whoever came meanwhile would wait as long again for a database that does not answer.
                group += self._take_waiting()
                answers = [error] * len(group)
            for (_, answered), answer in zip(group, answers, strict=True):
                _tell(answered, answer)

    def _take_waiting(self) -> list[tuple[Asked, "asyncio.Future[Answer]"]]:
        group, self._waiting = self._waiting, []
        return group


def _tell(answered: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    if answered.done():  # whoever asked has gone
        return
    if isinstance(answer, Exception):
        answered.set_exception(answer)
    else:
        answered.set_result(answer)
