"""A small discrete-event simulation: stations that work off a queue each, on processor cores that they share.

What happens is told by generators, which yield a `Work`, a `Wait` or a `Signal` and go on when it is over.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

INSTANT, LEAST_PACE = 1e-12, 1e-3
MOST_CREDIT = 0.008
"""Seconds for which a thread that has slept goes before those that have not, as Linux has it."""

Step = Generator["Work | Wait | Signal", None, None]


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds that pass whatever the processor does."""

    seconds: float


@dataclass(slots=True, eq=False)
class Station:
    """One thread: what it is asked for it does in turn. `is_elsewhere`: on a core of its own."""

    name: str
    is_elsewhere: bool = False
    worked: float = 0.0
    credit: float = MOST_CREDIT
    queue: deque[list[Any]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds of a core that a station has to spend."""

    station: Station
    seconds: float


class Signal:
    """Something that several may wait for, and that happens once."""

    def __init__(self) -> None:
        self.has_come = False
        self.waiting: list[Step] = []


class Simulation:
    """Time, and what happens in it.

    Stations that have work share the cores evenly, with each other and with `others`: the number of threads, on
    average, that are no part of what is simulated and want a core as well. Who has slept goes first for a while.
    """

    def __init__(self, *, cores: float, others: float = 0.0) -> None:
        self.now = 0.0
        self._cores = cores
        self._others = others
        self._stations: list[Station] = []
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._going_on: set[Step] = set()

    def station(self, name: str, *, is_elsewhere: bool = False) -> Station:
        """A new one."""
        made = Station(name, is_elsewhere)
        self._stations.append(made)
        return made

    def begin(self, step: Step) -> None:
        """Let something happen from now on."""
        self._going_on.discard(step)
        for asked in step:
            if self._has_to_wait(step, asked):
                self._going_on.add(step)
                return

    def _has_to_wait(self, step: Step, asked: "Work | Wait | Signal") -> bool:
        if isinstance(asked, Work):
            if asked.seconds <= INSTANT:
                return False
            asked.station.queue.append([asked.seconds, step])
        elif isinstance(asked, Wait):
            self.at(self.now + asked.seconds, lambda: self.begin(step))
        elif asked.has_come:
            return False
        else:
            asked.waiting.append(step)
        return True

    def at(self, moment: float, happens: Callable[[], None]) -> None:
        """Let something happen later."""
        heapq.heappush(self._timers, (moment, next(self._numbers), happens))

    def come(self, signal: Signal) -> None:
        """Whoever waits for it goes on."""
        signal.has_come = True
        waiting, signal.waiting = signal.waiting, []
        for step in waiting:
            self.begin(step)

    def run(self, *, until: float) -> None:
        """Let time pass; what has not ended by then ends there."""
        while self.now < until:
            busy = [station for station in self._stations if station.queue]
            share, paces = self._paces(busy)
            ends = [self.now + station.queue[0][0] / pace for station, pace in paces.items()]
            ends += [self.now + each.credit / (pace - share) for each, pace in paces.items() if pace > share + INSTANT]
            then = min([*ends, self._timers[0][0] if self._timers else until, until])
            self._pass(then - self.now, share, paces)
            self.now = then
            self._go_on(busy)
        for step in self._going_on:
            step.close()

    def _paces(self, busy: list[Station]) -> tuple[float, dict[Station, float]]:
        """An even share of the cores, and the part of a core at which each station works."""
        here = [station for station in busy if not station.is_elsewhere]
        wanting = len(here) + self._others
        share = min(1.0, self._cores / wanting) if wanting else 1.0
        first = [station for station in here if station.credit > INSTANT]
        ahead = max(share, min(1.0, self._cores / len(first))) if first else share
        left, behind = self._cores - ahead * len(first), wanting - len(first)
        paces = dict.fromkeys(here, max(min(1.0, left / behind), LEAST_PACE) if behind else 1.0)
        return share, paces | dict.fromkeys(first, ahead) | {each: 1.0 for each in busy if each.is_elsewhere}

    def _pass(self, seconds: float, share: float, paces: dict[Station, float]) -> None:
        for station in self._stations:
            if station not in paces:
                station.credit = min(MOST_CREDIT, station.credit + share * seconds)
                continue
            pace = paces[station]
            station.credit = max(0.0, station.credit - max(0.0, pace - share) * seconds)
            station.queue[0][0] -= seconds * pace
            station.worked += seconds * pace

    def _go_on(self, busy: list[Station]) -> None:
        done = [station.queue.popleft() for station in busy if station.queue[0][0] <= INSTANT]
        for _, step in done:
            self.begin(step)
        while self._timers and self._timers[0][0] <= self.now:
            heapq.heappop(self._timers)[2]()


class Turns:
    """So many at a time, in the order in which they came."""

    def __init__(self, simulation: Simulation, places: int = 1) -> None:
        self._simulation = simulation
        self._free = places
        self._queue: deque[Signal] = deque()

    def take(self) -> Step:
        """Go on when it is one's turn."""
        if self._free:
            self._free -= 1
            return
        turn = Signal()
        self._queue.append(turn)
        yield turn

    def leave(self) -> None:
        """Let the next one in."""
        if self._queue:
            self._simulation.come(self._queue.popleft())
        else:
            self._free += 1
