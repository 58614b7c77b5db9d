"""What parts of the house cost, what it is loaded with, and what comes of it: words of model and measurement."""

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A database command with one document, and what every further one adds; seconds of a core, `wait` apart."""

    database: float
    driver: float
    wait: float = 0.0
    """Seconds for which neither works: the journal."""
    database_each: float = 0.0
    driver_each: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Seconds of the event loop, of the database and of who asks; `spread` are factors that occurred."""

    app: float
    database: float
    client: float
    spread: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one of each costs, in seconds of a core unless it says otherwise."""

    page: Page
    booking_app: float
    """Without the driver's part and without what the change stream tells of it."""
    booking_client: float
    read: Command
    write: Command
    insert: Command
    echo: Command
    """For a process that hears of a change, and of more by the same reading; `driver` is all that it does with it."""
    told_app: float
    """For each viewer and change."""
    told_client: float
    rest_app: float
    """The share of a core that a process takes while nothing happens."""
    rest_viewer: float
    """The share that each viewer adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Who asks for what: clients who ask again as soon as they are answered, or arrivals at fixed moments."""

    seconds: float
    page_clients: int = 0
    booking_clients: int = 0
    page_arrivals: tuple[float, ...] = ()
    booking_arrivals: tuple[float, ...] = ()
    viewers: int = 0
    """Of one expert, spread over the processes."""
    watched_each: int = 0
    """Every so many bookings are of that expert, the first among them; 0 for none."""


def arrivals(*, a_second: float, seconds: float, seed: int) -> tuple[float, ...]:
    """Moments at which people come who do not know of each other."""
    chance, moment, moments = random.Random(seed), 0.0, list[float]()
    while (moment := moment + chance.expovariate(a_second)) < seconds:
        moments.append(moment)
    return tuple(moments)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a load: latencies in seconds, and who took which share of a core."""

    seconds: float
    pages: list[float] = field(default_factory=list)
    bookings: list[float] = field(default_factory=list)
    told_here: list[float] = field(default_factory=list)
    """From the request until the last viewer of the process that was asked has the booking."""
    told_elsewhere: list[float] = field(default_factory=list)
    """The same for the viewers of the other processes."""
    others: float = 0.0
    """Threads of others that wanted a core meanwhile, on average."""
    app_share: float = 0.0
    """Of all processes of the application together."""
    database_share: float = 0.0
    client_share: float = 0.0
