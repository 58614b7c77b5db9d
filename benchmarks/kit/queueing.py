"""A small discrete-event simulation: stations that work off a queue each, on processor cores that they share.

What happens is told by generators, which yield a `Work`, a `Wait` or a `Signal` and go on when it is over.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

INSTANT = 1e-12

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
    average, that are no part of what is simulated and want a core as well.
    """

    def __init__(self, *, cores: int, others: float = 0.0) -> None:
        self.now = 0.0
        self._cores = cores
        self._others = others
        self._stations: list[Station] = []
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def station(self, name: str, *, is_elsewhere: bool = False) -> Station:
        """A new one."""
        made = Station(name, is_elsewhere)
        self._stations.append(made)
        return made

    def begin(self, step: Step) -> None:
        """Let something happen from now on."""
        for asked in step:
            if isinstance(asked, Work):
                if asked.seconds > INSTANT:
                    asked.station.queue.append([asked.seconds, step])
                    return
            elif isinstance(asked, Wait):
                self.at(self.now + asked.seconds, lambda: self.begin(step))
                return
            elif not asked.has_come:
                asked.waiting.append(step)
                return

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
        """Let time pass."""
        while self.now < until:
            busy = [station for station in self._stations if station.queue]
            sharing = sum(not station.is_elsewhere for station in busy) + self._others
            speed = min(1.0, self._cores / sharing) if sharing else 1.0
            pace = {station: 1.0 if station.is_elsewhere else speed for station in busy}
            ends = min((self.now + station.queue[0][0] / pace[station] for station in busy), default=until)
            then = min(ends, self._timers[0][0] if self._timers else until, until)
            for station in busy:
                station.queue[0][0] -= (then - self.now) * pace[station]
                station.worked += (then - self.now) * pace[station]
            self.now = then
            self._go_on(busy)

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
