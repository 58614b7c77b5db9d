"""The tiles of the operations page: what the process is doing, told anew every few seconds while somebody looks."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nicegui import Event, background_tasks

from expert_booking import background, clock
from expert_booking.outbox import Standing as MailStanding
from expert_booking.pulse import Looks, Pulse
from expert_booking.sentence import Sentence
from expert_booking.webhook_queue import Standing as WebhookStanding
from pages.live.board import Board, Change
from pages.live.fragment import Markup, fill
from pages.reader import Reader

EVERY_SECONDS = 3.0
REMEMBERED = 60
"""Looks that a line shows."""
WIDTH, HEIGHT = 120, 28

NAMES = {
    "viewers": Sentence("Open browsers"),
    "holds": Sentence("Times held"),
    "bookings": Sentence("Bookings a minute"),
    "races": Sentence("Lost races refused"),
    "fan-out": Sentence("Everybody is told in"),
    "mail": Sentence("Mail that waits"),
    "webhooks": Sentence("Webhook messages that wait"),
    "database": Sentence("Database answers in"),
    "loop": Sentence("Event loop late by"),
    "memory": Sentence("Memory"),
}
_TILE = (
    '<li class="tile glass" data-live="tile-{key}" data-state="{state}"><h2>{name}</h2>'
    '<p class="tile-figure" data-live="value-{key}">{value}</p><p class="faint" data-live="note-{key}">{note}</p>'
    '<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    '<polyline data-live="line-{key}" points="{points}"/></svg></li>'
)
_TILES = '<ul class="tiles">{tiles}</ul>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure in words: `level` is what its line shows, and `is_bad` that somebody should look after it."""

    value: str
    note: str
    level: float
    is_bad: bool = False


class PulseBoard(Board):
    """Looks while somebody looks, and tells all who read alike."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._reader = reader
        self._looks = Looks()
        self._tiles: dict[str, Tile] = {}
        self._levels: dict[str, deque[float]] = {key: deque(maxlen=REMEMBERED) for key in NAMES}
        self._looking: asyncio.Task[None] | None = None
        self.failures: Event[[int]] = Event()
        """How many messages could not be sent, with each look that finds out."""

    def open(self) -> None:
        """Begin to look."""
        looking = background.repeat(self.look, every_seconds=EVERY_SECONDS)
        self._looking = background_tasks.create(looking, name="look how the house is doing")

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
        super().close()

    async def look(self) -> None:
        """Look once, and tell what is different."""
        pulse = await self._looks.look()
        changes: list[Change] = []
        for key, tile in tiles(pulse, self._reader).items():
            self._levels[key].append(tile.level)
            changes += self._changes(key, tile)
            self._tiles[key] = tile
        self.tell(changes)
        if pulse.mail is not None:
            self.failures.emit(pulse.mail.failed)

    def _changes(self, key: str, tile: Tile) -> Iterator[Change]:
        yield Change(key=f"line-{key}", attributes={"points": points(self._levels[key])})
        if tile == self._tiles.get(key):
            return
        yield Change(key=f"value-{key}", attributes={}, text=tile.value)
        yield Change(key=f"note-{key}", attributes={}, text=tile.note)
        yield Change(key=f"tile-{key}", attributes={"data-state": _state(tile)})

    def draw(self) -> Markup:
        """All tiles as they are known; a moment after the first one came, nothing is."""
        unknown = Tile(value="…", note="", level=0)
        drawn = Markup("").join(self._draw_tile(key, self._tiles.get(key, unknown)) for key in NAMES)
        return fill(_TILES, tiles=drawn)

    def _draw_tile(self, key: str, tile: Tile) -> Markup:
        return fill(
            _TILE,
            key=key,
            name=self._reader.say(NAMES[key]),
            state=_state(tile),
            value=tile.value,
            note=tile.note,
            points=points(self._levels[key]),
            width=WIDTH,
            height=HEIGHT,
        )


def _state(tile: Tile) -> str:
    return "bad" if tile.is_bad else "good"


def points(levels: Iterable[float]) -> str:
    """A line of levels, the latest at its end, from zero at the bottom to the highest at the top."""
    known = list(levels)
    highest = max([*known, 1e-9])
    step = WIDTH / (REMEMBERED - 1)
    first = WIDTH - step * (len(known) - 1)
    return " ".join(
        f"{first + step * number:.1f},{HEIGHT - 1 - (HEIGHT - 2) * level / highest:.1f}"
        for number, level in enumerate(known)
    )


def tiles(pulse: Pulse, reader: Reader) -> Mapping[str, Tile]:
    """A look in words, by the names of the tiles."""
    say, many = reader.say, reader.say_many
    here, lately = say("of this process"), say("of this process, in the last 3 minutes")
    per_minute = round(pulse.bookings_a_minute, 1)
    memory = round(pulse.memory / 1e6)
    return {
        "viewers": Tile(value=say("{number}", number=pulse.viewers), note=here, level=pulse.viewers),
        "holds": Tile(value=say("{number}", number=pulse.holds), note=say("in the whole house"), level=pulse.holds),
        "bookings": Tile(value=say("{number}", number=per_minute), note=lately, level=per_minute),
        "races": Tile(
            value=many("{number} visitor", "{number} visitors", pulse.lost_races), note=lately, level=pulse.lost_races
        ),
        "fan-out": _fan_out(pulse, reader),
        "mail": _queue(pulse.mail, reader),
        "webhooks": _queue(pulse.webhooks, reader),
        "database": _database(pulse, reader),
        "loop": Tile(
            value=_milliseconds(pulse.loop_delay, reader),
            note=say("19 times of 20, in the last 3 minutes"),
            level=pulse.loop_delay or 0,
            is_bad=(pulse.loop_delay or 0) > 0.5,
        ),
        "memory": Tile(value=say("{number} MB", number=memory), note=here, level=memory),
    }


def _fan_out(pulse: Pulse, reader: Reader) -> Tile:
    if pulse.fan_out is None:
        return Tile(value="–", note=reader.say("Nothing was told in the last 3 minutes"), level=0)
    median, most = pulse.fan_out
    note = reader.say("19 times of 20 in {time}", time=_milliseconds(most, reader))
    return Tile(value=_milliseconds(median, reader), note=note, level=median)


def _queue(standing: MailStanding | WebhookStanding | None, reader: Reader) -> Tile:
    if standing is None:
        return Tile(value="–", note=reader.say("Not known while the database is away"), level=0, is_bad=True)
    failed = (
        reader.say_many("{number} has failed in 30 days", "{number} have failed in 30 days", standing.failed)
        if standing.failed
        else reader.say("none has failed in 30 days")
    )
    note = (
        failed
        if standing.oldest_at is None
        else reader.say(
            "the oldest for {minutes} min; {failed}",
            minutes=max(0, round((clock.now() - standing.oldest_at).total_seconds() / 60)),
            failed=failed,
        )
    )
    value = reader.say("{number}", number=standing.waiting)
    return Tile(value=value, note=note, level=standing.waiting, is_bad=standing.failed > 0)


def _database(pulse: Pulse, reader: Reader) -> Tile:
    if pulse.database is None:
        return Tile(
            value=reader.say("Not reachable"), note=reader.say("It is asked again and again"), level=0, is_bad=True
        )
    if pulse.stream_lag is None:
        note = reader.say("One process is all there is")
    else:
        note = reader.say("Others' changes come {time} late", time=_milliseconds(pulse.stream_lag, reader))
    return Tile(value=_milliseconds(pulse.database, reader), note=note, level=pulse.database)


def _milliseconds(seconds: float | None, reader: Reader) -> str:
    if seconds is None:
        return "–"
    number = round(seconds * 1000, 1) if seconds < 0.01 else round(seconds * 1000)
    return reader.say("{number} ms", number=number)
