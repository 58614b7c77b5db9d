"""A model of the house: event loops, one database, the people who load it, and the cores that all of them share.

What it knows of the code is the order of the steps of a page, a booking and a change; what each of them costs comes
from `calibration.py`. The same seed makes the same figures.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.kit.house_costs import Command, Costs, Load, Outcome
from benchmarks.kit.queueing import Signal, Simulation, Step, Turns, Wait, Work
from expert_booking.lifecycle import MARK_SECONDS

REST_SECONDS = 0.1
TOLD_AT_A_TIME = 20
"""How many viewers' messages are one step."""
BEFORE_READING = 0.3
"""The part of a page's work that comes before the database is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What it all runs on.

    A replica set on machines of its own is taken as time that passes, whatever else it is asked: it makes many
    writes durable by one wait for the disk and the other members, which the embedded server does not.
    """

    cores: float
    others: float = 0.0
    """Threads of others that want a core, on average."""
    replica_set: tuple[float, float] | None = None
    """Seconds of a reading, and of a write that a majority has in its journals; none for the embedded server."""
    is_client_elsewhere: bool = False


def predict(costs: Costs, load: Load, *, processes: int, machine: Machine, seed: int = 1) -> Outcome:
    """What would come of a load."""
    return _House(costs, load, processes, machine, seed).run()


class _House:
    """All processes, the database they share, and who asks them."""

    def __init__(self, costs: Costs, load: Load, processes: int, machine: Machine, seed: int) -> None:
        self.costs, self.load, self.replica_set = costs, load, machine.replica_set
        self.chance = random.Random(seed)
        self.simulation = Simulation(cores=machine.cores, others=machine.others)
        self.database = self.simulation.station("database", is_elsewhere=machine.replica_set is not None)
        self.client = self.simulation.station("client", is_elsewhere=machine.is_client_elsewhere)
        self.slots, self.bookings = Turns(self.simulation), Turns(self.simulation)
        self.outcome = Outcome(seconds=load.seconds)
        share, more = divmod(load.viewers, processes)
        self.apps = [_Process(self, number, viewers=share + (number < more)) for number in range(processes)]
        self._booked = 0

    def run(self) -> Outcome:
        load, outcome = self.load, self.outcome
        for app in self.apps:
            self.simulation.begin(app.rest())
            self.simulation.begin(app.mark())
            self.simulation.begin(app.follow())
        self._ask_again_and_again(load.page_clients, _Process.page)
        self._ask_again_and_again(load.booking_clients, _Process.book)
        self._ask_at(load.page_arrivals, _Process.page)
        self._ask_at(load.booking_arrivals, _Process.book)
        self.simulation.run(until=load.seconds)
        outcome.app_share = sum(app.loop.worked for app in self.apps) / load.seconds
        outcome.database_share = self.database.worked / load.seconds
        outcome.client_share = self.client.worked / load.seconds
        return outcome

    def _ask_again_and_again(self, clients: int, ask: "Callable[[_Process], Step]") -> None:
        def asking(app: _Process) -> Step:
            while True:
                yield from ask(app)

        for number in range(clients):
            self.simulation.begin(asking(self._app(number)))

    def _ask_at(self, moments: tuple[float, ...], ask: "Callable[[_Process], Step]") -> None:
        def arriving() -> Step:
            for number, moment in enumerate(moments):
                yield Wait(moment - self.simulation.now)
                self.simulation.begin(ask(self._app(number)))

        self.simulation.begin(arriving())

    def _app(self, number: int) -> "_Process":
        return self.apps[number % len(self.apps)]

    def is_watched(self) -> bool:
        """Whether the booking that begins now is of the expert whom the viewers look at."""
        each, number = self.load.watched_each, self._booked
        self._booked += 1
        return each > 0 and number % each == 0

    def answer(self, command: Command, *, documents: int = 1, turns: Turns | None = None) -> Step:
        """What the database does; the embedded one writes to a collection one after another."""
        if self.replica_set is not None:
            yield Wait(self.replica_set[command.wait > 0])
            return
        if turns is not None:
            yield from turns.take()
        yield Work(self.database, command.database + (documents - 1) * command.database_each)
        yield Wait(command.wait)
        if turns is not None:
            turns.leave()

    def changed(self, then: "Then" = None) -> None:
        """Every process hears of a change, whoever made it."""
        for app in self.apps:
            app.hear(then)


Then = Callable[["_Process"], None] | None
"""What a change is to the processes that hear of it: something to tell their viewers, or none."""


class _Process:
    """One process: all that it does goes through its event loop."""

    def __init__(self, house: _House, number: int, *, viewers: int) -> None:
        self.house, self.costs, self.viewers = house, house.costs, viewers
        self.loop = house.simulation.station(f"process {number + 1}")
        self._read = _Together(self, self.costs.read)
        self._insert = _Together(self, self.costs.insert, turns=house.bookings)
        self._shown = 0
        self._unheard: list[Then] = []
        self._news = Signal()

    def page(self) -> Step:
        """Somebody loads an expert's page."""
        house, page = self.house, self.costs.page
        began, factor = house.simulation.now, house.chance.choice(page.spread)
        yield Work(house.client, page.client / 2)
        yield Work(self.loop, page.app * factor * BEFORE_READING)
        yield from house.answer(Command(database=page.database, driver=0.0))
        yield Work(self.loop, page.app * factor * (1 - BEFORE_READING))
        yield Work(house.client, page.client / 2)
        house.outcome.pages.append(house.simulation.now - began)

    def book(self) -> Step:
        """Somebody books a slot through the API: two readings, and then hold, booking and slot are written."""
        house, costs = self.house, self.costs
        began, is_watched = house.simulation.now, house.is_watched()

        def tell(app: _Process) -> None:
            told = house.outcome.told_here if app is self else house.outcome.told_elsewhere
            house.simulation.begin(app.tell(began, told))

        def tell_of_hold(app: _Process) -> None:
            house.simulation.begin(app.tell(began, []))

        def tell_elsewhere(app: _Process) -> None:
            if app is not self:
                tell(app)

        yield Work(house.client, costs.booking_client / 2)
        yield Work(self.loop, costs.booking_app / 2)
        yield from self.ask(costs.read)
        yield from self._read()
        yield from self.ask(costs.write, turns=house.slots)
        house.changed(tell_of_hold if is_watched else None)
        yield from self._insert()
        house.changed()
        yield from self.ask(costs.write, turns=house.slots)
        house.changed(tell_elsewhere if is_watched else None)
        if is_watched:
            tell(self)
        self._shown += 1
        yield Work(self.loop, costs.booking_app / 2)
        yield Work(house.client, costs.booking_client / 2)
        house.outcome.bookings.append(house.simulation.now - began)

    def ask(self, command: Command, *, documents: int = 1, turns: Turns | None = None) -> Step:
        """The driver's work, and the database's in between."""
        driver = command.driver + (documents - 1) * command.driver_each
        yield Work(self.loop, driver / 2)
        yield from self.house.answer(command, documents=documents, turns=turns)
        yield Work(self.loop, driver / 2)

    def hear(self, then: Then) -> None:
        """There is one more change in the stream."""
        self._unheard.append(then)
        self.house.simulation.come(self._news)

    def follow(self) -> Step:
        """Read the change stream; what came during one reading comes together with the next."""
        house, echo = self.house, self.costs.echo
        while True:
            if not self._unheard:
                self._news = Signal()
                yield self._news
            heard, self._unheard = self._unheard, []
            if house.replica_set is None:
                yield Work(house.database, echo.database + (len(heard) - 1) * echo.database_each)
            yield Wait(echo.wait)
            yield Work(self.loop, echo.driver + (len(heard) - 1) * echo.driver_each)
            for then in heard:
                if then is not None:
                    then(self)

    def tell(self, began: float, told: list[float]) -> Step:
        """Write a change to every viewer, who read while others are written to; note when the last one has it."""
        house, left = self.house, self.viewers

        def some(viewers: int) -> Step:
            nonlocal left
            yield Work(self.loop, viewers * self.costs.told_app)
            yield Work(house.client, viewers * self.costs.told_client)
            left -= viewers
            if not left:
                told.append(house.simulation.now - began)

        for first in range(0, self.viewers, TOLD_AT_A_TIME):
            house.simulation.begin(some(min(TOLD_AT_A_TIME, self.viewers - first)))
        yield Wait(0.0)

    def mark(self) -> Step:
        """Bookings that are shown are marked settled, many by one write."""
        while True:
            yield Wait(MARK_SECONDS)
            shown, self._shown = self._shown, 0
            if shown:
                yield from self.ask(self.costs.write, documents=shown, turns=self.house.bookings)
                for _ in range(shown):
                    self.house.changed()

    def rest(self) -> Step:
        """What goes on while nothing happens."""
        share = self.costs.rest_app + self.viewers * self.costs.rest_viewer
        yield Wait(self.house.chance.uniform(0, REST_SECONDS))
        while True:
            yield Work(self.loop, share * REST_SECONDS)
            yield Wait(REST_SECONDS * (1 - share))


class _Together:
    """What is asked at the same moment goes to the database by one command; one is under way at a time."""

    def __init__(self, app: _Process, command: Command, *, turns: Turns | None = None) -> None:
        self._app, self._command, self._turns = app, command, turns
        self._waiting: list[Signal] = []
        self._is_asking = False

    def __call__(self) -> Step:
        """Ask, and wait for the answer."""
        answered = Signal()
        self._waiting.append(answered)
        if not self._is_asking:
            self._is_asking = True
            self._app.house.simulation.begin(self._ask())
        yield answered

    def _ask(self) -> Step:
        while self._waiting:
            group, self._waiting = self._waiting, []
            yield from self._app.ask(self._command, documents=len(group), turns=self._turns)
            for answered in group:
                self._app.house.simulation.come(answered)
        self._is_asking = False
