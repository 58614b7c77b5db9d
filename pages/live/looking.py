"""How many people are looking at an expert right now, of those whose pages this process serves.

A browser counts while it is connected, once for all of its pages, so what asks for a page and never comes back is not
counted. Who they are is an opaque id that stays here; what is told is a number, once a second at most.
"""

import asyncio
from functools import lru_cache, partial
from typing import Any

from beanie import PydanticObjectId
from nicegui import Client

from pages.live.board import Board, Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

KEY = "looking"
SECONDS_BETWEEN = 1.0
EXACT_BELOW = 20
"""Of so many and more, every ten are told: one more or less is no news then."""

_PILL = '<span class="pill looking" data-live="{key}" title="{title}"{hidden}>{text}</span>'


class Room:
    """Those who look at one expert, and the boards on which their number stands."""

    def __init__(self) -> None:
        self.boards: dict[Board, Reader] = {}
        self._visitors: dict[str, str] = {}  # by the ids of their pages
        self._shown: set[int] = set()  # what open pages may show
        self._telling: asyncio.TimerHandle | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody, and nothing to tell them on."""
        return not self.boards and not self._visitors

    @property
    def people(self) -> int:
        """How many are here."""
        return rounded(len(set(self._visitors.values())))

    def people_with(self, visitor: str) -> int:
        """How many will be here when somebody has come whose page is being drawn."""
        people = rounded(len({*self._visitors.values(), visitor}))
        self._shown.add(people)
        return people

    def comes(self, page: str, visitor: str) -> None:
        """A page is connected."""
        self._visitors[page] = visitor
        self._tell_soon()

    def goes(self, page: str) -> None:
        """A page is not connected any more."""
        if self._visitors.pop(page, None) is not None:
            self._tell_soon()

    def _tell_soon(self) -> None:
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(SECONDS_BETWEEN, self._tell)

    def _tell(self) -> None:
        self._telling = None
        people = self.people
        if self._shown == {people}:
            return
        self._shown = {people}
        for board, reader in self.boards.items():
            board.tell([look(people, reader)])


_rooms: dict[PydanticObjectId, Room] = {}


def open_board(expert_id: PydanticObjectId, board: Board, reader: Reader) -> None:
    """Tell on a board how many look at an expert, until `close_board`."""
    _rooms.setdefault(expert_id, Room()).boards[board] = reader


def close_board(expert_id: PydanticObjectId, board: Board) -> None:
    """Tell it there no more."""
    if (room := _rooms.get(expert_id)) is not None:
        room.boards.pop(board, None)
        _forget_if_empty(expert_id)


def enter(expert_id: PydanticObjectId, client: Client, visitor: str) -> None:
    """Count a page from the moment it is connected for as long as it is."""
    client.on_connect(partial(_come, expert_id, client.id, visitor))
    leave = partial(_leave, expert_id, client.id)
    client.on_disconnect(leave)
    client.on_delete(leave)


def _come(expert_id: PydanticObjectId, page: str, visitor: str, *_: Any) -> None:
    _rooms.setdefault(expert_id, Room()).comes(page, visitor)


def _leave(expert_id: PydanticObjectId, page: str, *_: Any) -> None:
    if (room := _rooms.get(expert_id)) is not None:
        room.goes(page)
        _forget_if_empty(expert_id)


def _forget_if_empty(expert_id: PydanticObjectId) -> None:
    if _rooms[expert_id].is_empty:
        del _rooms[expert_id]


def draw(expert_id: PydanticObjectId, reader: Reader, *, visitor: str) -> Markup:
    """How many look, as a visitor whose page is being built will see it; nothing is shown to one who is alone."""
    room = _rooms.get(expert_id) or Room()
    change = look(room.people_with(visitor), reader)
    hidden = Markup(" hidden") if change.attributes["hidden"] is not None else Markup("")
    return fill(_PILL, key=KEY, title=change.attributes["title"], hidden=hidden, text=change.text)


def rounded(people: int) -> int:
    """A number that does not flicker while many come and go."""
    return people if people < EXACT_BELOW else people // 10 * 10


@lru_cache(maxsize=1024)
def look(people: int, reader: Reader) -> Change:
    """A rounded number of people in words."""
    if people >= EXACT_BELOW:
        text = reader.say("{number}+ looking now", number=people)
    else:
        text = reader.say_many("{number} looking now", "{number} looking now", people)
    title = reader.say_many(
        "{number} person is looking at this expert", "{number} people are looking at this expert", people
    )
    return Change(key=KEY, attributes={"hidden": None if people > 1 else "", "title": title}, text=text)
