"""What is counted and timed while the house is open, for a Prometheus server to fetch.

Every process counts what it did itself, where it was done, so that the sum over all processes is what happened. No
label holds more than a word out of a short list: no id, no address, nothing that came from a visitor.
"""

import asyncio
import time
from collections import Counter as Sum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from expert_booking import errors
from models import BookingStatus, DeliveryState, MessageState

HOLD_CHANGES = ("taken", "released", "expired")
BOOKING_CHANGES = {
    BookingStatus.PENDING: "made",
    BookingStatus.CONFIRMED: "confirmed",
    BookingStatus.COMPLETED: "completed",
    BookingStatus.CANCELLED: "cancelled",
    None: "deleted",
}
"""By the status after the change."""

MESSAGE_ENDS = (MessageState.SENT, MessageState.FAILED, MessageState.OVERTAKEN, MessageState.KEPT)
PUT_OFF = "put_off"
DELIVERY_ENDS = {
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed",
    DeliveryState.WAITING: PUT_OFF,
}
"""By the state after a try, or after it was given up."""

QUICK = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
FAN_OUT = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5)
"""Upper ends of the histograms' buckets, in seconds."""

DELAY_SAMPLE_SECONDS = 0.5

P = ParamSpec("P")
R = TypeVar("R")

# When each series began makes the answer twice as long and is never asked.
disable_created_metrics()  # type: ignore[no-untyped-call]  # its authors left it so


class Viewers(Collector):
    """Asks who is looking when somebody wants to know, rather than following every coming and going."""

    def __init__(self) -> None:
        self.counts: dict[str, Callable[[], Mapping[str, int]]] = {}

    def collect(self) -> Iterable[Any]:
        """One sample for each kind of page."""
        family = GaugeMetricFamily("expert_booking_viewers", "Open pages and event streams, by route.", labels=["page"])
        looking: Sum[str] = Sum()
        for count in self.counts.values():
            looking.update(count())
        for page, number in sorted(looking.items()):
            family.add_metric([page], number)
        yield family


class EventLag(Collector):
    """Asks how far behind the other processes this one is; says nothing where it does not follow them."""

    def __init__(self) -> None:
        self.ask: Callable[[], float | None] = lambda: None

    def collect(self) -> Iterable[Any]:
        """One sample or none."""
        family = GaugeMetricFamily("expert_booking_event_lag_seconds", "How late changes made elsewhere are told here.")
        if (seconds := self.ask()) is not None:
            family.add_metric([], seconds)
        yield family


class Metrics:
    """The instruments of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named: dict[str, Any] = {"namespace": "expert_booking", "registry": self.registry}
        timed: dict[str, Any] = {**named, "unit": "seconds"}
        self.viewers = Viewers()
        self.registry.register(self.viewers)
        self.event_lag = EventLag()
        self.registry.register(self.event_lag)
        self.holds = Gauge("holds", "Times held now in the whole house, as this process saw it last.", **named)
        self.hold_changes = Counter("hold_changes", "What became of holds.", ["change"], **named)
        self.booking_changes = Counter("booking_changes", "What became of bookings.", ["change"], **named)
        self.conflicts = Counter("conflicts", "Visitors who came too late, by the error's code.", ["error"], **named)
        self.messages = Counter("messages", "What became of messages to be mailed.", ["outcome"], **named)
        seen = "in the whole house, as this process saw it last."
        self.messages_waiting = Gauge("messages_waiting", f"Messages that are not sent yet, {seen}", **named)
        self.messages_failed = Gauge("messages_failed", f"Messages given up in the last 30 days, {seen}", **named)
        self.oldest_message = Gauge("oldest_message_age", f"How long the oldest one waits, {seen}", **timed)
        self.fan_out = Histogram("fan_out", "From a change to its last viewer.", buckets=FAN_OUT, **timed)
        self.viewers_told = Counter("viewers_told", "Viewers to whom changes were written.", **named)
        self.database = Histogram("database", "Database commands.", ["command"], buckets=QUICK, **timed)
        self.database_failures = Counter("database_failures", "Database commands that failed.", ["command"], **named)
        self.refusals = Counter("refusals", "What was refused because it was too much, by limit.", ["limit"], **named)
        self.server_errors = Counter("server_errors", "Answers with 5xx, by route.", ["route", "status"], **named)
        self.loop_delay = Histogram("event_loop_delay", "How late the event loop was.", buckets=QUICK, **timed)
        ProcessCollector(registry=self.registry)
        self._make_for_webhooks(named, timed)
        self._begin_at_zero()

    def _make_for_webhooks(self, named: Mapping[str, Any], timed: Mapping[str, Any]) -> None:
        name, seen = "webhook_deliveries", "in the whole house, as this process saw it last."
        self.deliveries = Counter(name, "What became of deliveries to webhooks.", ["outcome"], **named)
        self.deliveries_waiting = Gauge(f"{name}_waiting", f"Deliveries that are not sent yet, {seen}", **named)
        self.deliveries_failed = Gauge(f"{name}_failed", f"Deliveries given up in the last 30 days, {seen}", **named)
        self.oldest_delivery = Gauge("oldest_webhook_delivery_age", f"How long the oldest one waits, {seen}", **timed)

    def _begin_at_zero(self) -> None:
        """What has not happened yet is none, and not unknown."""
        for change in HOLD_CHANGES:
            self.hold_changes.labels(change)
        for change in BOOKING_CHANGES.values():
            self.booking_changes.labels(change)
        for outcome in (*MESSAGE_ENDS, PUT_OFF):
            self.messages.labels(outcome)
        for outcome in DELIVERY_ENDS.values():
            self.deliveries.labels(outcome)
        for error in errors.SlotUnavailable.__subclasses__():
            self.conflicts.labels(error.code)


_metrics = Metrics()


def current() -> Metrics:
    """The instruments in use in this process."""
    return _metrics


def use(metrics: Metrics) -> None:
    """Count with other instruments from now on."""
    global _metrics
    _metrics = metrics


def exposition() -> bytes:
    """All of it in Prometheus' text format."""
    return generate_latest(_metrics.registry)


def count_viewers(source: str, count: Callable[[], Mapping[str, int]]) -> None:
    """Ask `count` at each scrape how many look at which kind of page; one function for each source."""
    _metrics.viewers.counts[source] = count


def hold_changed(change: str) -> None:
    """A hold was taken, released or has expired."""
    _metrics.hold_changes.labels(change).inc()


def holds_standing(number: int) -> None:
    """So many times are held now, in the whole house."""
    _metrics.holds.set(number)


def booking_changed(status: BookingStatus | None) -> None:
    """A booking was made, moved on to a status, or deleted (none)."""
    _metrics.booking_changes.labels(BOOKING_CHANGES[status]).inc()


def messages_ended(state: MessageState, number: int) -> None:
    """So many messages were sent, failed, were overtaken, or go nowhere."""
    _metrics.messages.labels(state).inc(number)


def messages_put_off(number: int) -> None:
    """So many messages have to be sent again later, or wait for a mail server that is away."""
    _metrics.messages.labels(PUT_OFF).inc(number)


def messages_standing(*, waiting: int, failed: int, oldest_seconds: float) -> None:
    """So many messages wait now in the whole house, so many failed of late, and the oldest has waited so long."""
    _metrics.messages_waiting.set(waiting)
    _metrics.messages_failed.set(failed)
    _metrics.oldest_message.set(oldest_seconds)


def deliveries_ended(state: DeliveryState, number: int) -> None:
    """So many deliveries to webhooks were sent, have failed, or wait for another try."""
    _metrics.deliveries.labels(DELIVERY_ENDS[state]).inc(number)


def deliveries_standing(*, waiting: int, failed: int, oldest_seconds: float) -> None:
    """So many deliveries wait now in the whole house, so many failed of late, and the oldest has waited so long."""
    _metrics.deliveries_waiting.set(waiting)
    _metrics.deliveries_failed.set(failed)
    _metrics.oldest_delivery.set(oldest_seconds)


def counting_conflicts(service: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Count whom the service tells that somebody was faster, or that it is too late."""

    @wraps(service)
    async def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await service(*args, **kwargs)
        except errors.SlotUnavailable as error:
            _metrics.conflicts.labels(error.code).inc()
            raise

    return counted


def fan_out(seconds: float, viewers: int) -> None:
    """A change was written to this many viewers, the last one so long after it happened."""
    _metrics.fan_out.observe(seconds)
    _metrics.viewers_told.inc(viewers)


def ask_for_lag(ask: Callable[[], float | None]) -> None:
    """Ask at each scrape how late the last change of another process came, in seconds; none where none can come."""
    _metrics.event_lag.ask = ask


def database_command(name: str, seconds: float, *, has_failed: bool) -> None:
    """The database answered a command of this name; called on whichever thread waited for it."""
    _metrics.database.labels(name).observe(seconds)
    if has_failed:
        _metrics.database_failures.labels(name).inc()


def refused(limit: str) -> None:
    """Somebody asked for more than this limit lets through."""
    _metrics.refusals.labels(limit).inc()


def server_error(route: str, status: int) -> None:
    """A request to this route, as it is declared, was answered with 5xx."""
    _metrics.server_errors.labels(route, status).inc()


async def watch_the_loop() -> None:
    """Note again and again how late this is woken up, until cancelled: everybody else waits as long."""
    while True:
        asleep = time.perf_counter()
        await asyncio.sleep(DELAY_SAMPLE_SECONDS)
        _metrics.loop_delay.observe(max(0.0, time.perf_counter() - asleep - DELAY_SAMPLE_SECONDS))
