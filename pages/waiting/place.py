"""One's own place in line: how many are ahead, what is kept for one right now, and what can be done about it, live."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from urllib.parse import urlencode

from babel.dates import format_date
from nicegui import background_tasks, html, json, ui

from expert_booking import access, clock, events, experts, policy, waiting
from expert_booking.access import NOBODY
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from models import Expert, TimeSlot, Wish, WishState
from pages import focus, problems, share, times, visitor
from pages.components import session_types
from pages.components.avatar import avatar
from pages.components.question import ask
from pages.components.ring import ring
from pages.components.wishes import place_in_words
from pages.icons import icon
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

MOST_DOTS = 9
PICKS = ("take", "decline", "leave")

_PLACE = (
    '<section class="glass place" data-state="waiting"><div class="row" aria-hidden="true">{dots}</div>'
    '<h1 class="title" id="place" tabindex="-1">{heading}</h1><p class="soft">{what}</p>{with_whom}'
    '<p class="faint">{promise}</p><div class="actions">{calendar}'
    '<button type="button" class="ghost grave" data-pick="leave">{stop}</button></div></section>'
)
_DOT = "<i{mine}></i>"
_OFFER = (
    '<section class="glass place" data-state="offered"><p class="visually-hidden" id="hold-said" role="status"></p>'
    '<div class="kept"><div class="leaf" aria-hidden="true"><span>{month}</span><b>{number}</b><span>{weekday}</span>'
    '</div><div class="told"><h1 class="title" id="place" tabindex="-1">{heading}</h1><p class="span">{span}</p>'
    '<p class="faint">{zone}</p></div>{ring}</div>{with_whom}<p class="soft">{promise}</p>'
    '<div class="actions"><button type="button" class="cta" data-pick="take">{take}</button>'
    '<button type="button" class="quiet" data-pick="decline">{decline}</button>'
    '<button type="button" class="ghost grave" data-pick="leave">{stop}</button></div></section>'
)
_OVER = (
    '<section class="glass place" data-state="{state}"><span class="emblem">{icon}</span>'
    '<h1 class="title" id="place" tabindex="-1">{heading}</h1><p class="soft">{words}</p>'
    '<div class="actions"><a class="quiet" href="{address}">{onward}</a></div></section>'
)
_CALENDAR = '<a class="quiet" href="/experts/{expert}">{see}</a>'
_WITH = '<p class="with">{avatar}<bdi>{name}</bdi></p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand: the wish and its expert, its place among others, and what is kept for it, if something is."""

    wish: Wish
    expert: Expert | None
    place: int
    slot: TimeSlot | None


async def read(token: str) -> Standing:
    """How things stand for whoever has this link.

    Raises:
        WishNotFound
    """
    access.require(NOBODY, Action.WAIT)
    wish = await waiting.by_token(token)
    offer = await waiting.offer_of(wish.id) if wish.state is WishState.OFFERED else None
    wish, slot = offer if offer is not None else (wish, None)
    expert = (await experts.by_ids({wish.expert_id})).get(wish.expert_id)
    return Standing(wish=wish, expert=expert, place=await waiting.place_of(wish) if wish.stands else 0, slot=slot)


@ui.page("/waiting/{token}", response_timeout=10)
async def place_page(token: str) -> None:
    """Opening it changes nothing: mail programs open links, too."""
    reader = visitor.reader()
    with frame(reader.say("Waiting list")):
        share.keep_private(reader)
        standing = await read(token)
        html.a(reader.say("All experts"), href="/").classes("back")
        with html.div().classes("wrap narrow") as pane:
            shown = PlaceShown(standing, token=token, reader=reader, pane=pane)
        events.lines.subscribe(standing.wish.expert_id, shown.read_again)
        events.resync.subscribe(events.EVERY_EXPERT, shown.read_again)
        shown.read_again()  # what has happened while the page was built


class PlaceShown:
    """The one part of the page, drawn from how things stand; it is read again when something happens in the line."""

    def __init__(self, standing: Standing, *, token: str, reader: Reader, pane: html.div) -> None:
        self._standing = standing
        self._token = token
        self._reader = reader
        self._pane = pane
        self._visitor = visitor.visitor_id()
        self._is_reading = self._is_outdated = False
        self._part = Fragment("div", self._draw).on_pick(self._picked).props("aria-live=polite")
        self._questions = html.div()

    def read_again(self, _: object = None) -> None:
        """Read how things stand, now or after the reading that is under way."""
        self._is_outdated = True
        if not self._is_reading:
            background_tasks.create(self._read(), name="read a place in line again")

    async def _read(self) -> None:
        self._is_reading = True
        try:
            with self._pane, problems.shown():
                while self._is_outdated and not self._part.is_deleted:
                    self._is_outdated = False
                    self._show(await read(self._token))
        finally:
            self._is_reading = False

    def _show(self, standing: Standing) -> None:
        if _seen(standing) == _seen(self._standing):
            return
        self._standing = standing
        self._questions.clear()  # what is asked about what was
        self._part.update()
        focus.rescue("#place")

    async def _picked(self, pick: str) -> None:
        if pick not in PICKS:
            return
        with self._questions, problems.shown():
            await visitor.count(Limit.CHANGES)
            access.require(NOBODY, Action.WAIT)
            wish = await waiting.by_token(self._token)  # which may open nothing any more
            try:
                await self._do(pick, wish)
            finally:
                self.read_again()

    async def _do(self, pick: str, wish: Wish) -> None:
        say = self._reader.say
        if pick == "take":
            await self._take(wish)
        elif pick == "decline":
            await waiting.decline(wish.id)
            ui.notify(say("You are still in line."), type="positive")
        elif await ask(
            say("Stop waiting?"),
            say("You lose your place in line. You can join again, behind those who wait by then."),
            yes=say("Stop waiting"),
            no=say("Stay in line"),
        ):
            await waiting.leave(wish.id)

    async def _take(self, wish: Wish) -> None:
        """The form opens on the expert's page, with what is known of whoever waited."""
        slot = await waiting.take(wish.id, visitor=self._visitor)
        on = slot.starts_at.astimezone(self._reader.zone).date()
        address = f"/experts/{slot.expert_id}?{urlencode({'day': on, 'type': slot.session_type})}"
        drafts = {"name": wish.customer_name, "email": wish.customer_email, "phone": wish.customer_phone}
        ui.run_javascript(f"offerTaken({json.dumps({'address': address, 'drafts': drafts})})")

    def _draw(self) -> Markup:
        match self._standing.wish.state:
            case WishState.TAKEN:
                return self._draw_taken()
            case WishState.ENDED:
                return self._draw_ended()
        return self._draw_offer(self._standing.slot) if self._standing.slot is not None else self._draw_place()

    def _draw_place(self) -> Markup:
        say, place = self._reader.say, self._standing.place
        return fill(
            _PLACE,
            dots=_dots(place),
            heading=place_in_words(place, self._reader),
            what=self._days(),
            with_whom=self._with_whom(),
            promise=self._minutes_kept(),
            calendar=self._calendar(),
            stop=say("Stop waiting"),
        )

    def _calendar(self) -> Markup:
        """The way to the expert's page, if visitors find it."""
        expert = self._standing.expert
        if expert is None or expert.is_hidden:
            return Markup("")
        return fill(_CALENDAR, expert=expert.id, see=self._reader.say("See the calendar"))

    def _days(self) -> str:
        wish, reader = self._standing.wish, self._reader
        first, last = times.day(wish.first_on, reader), times.day(wish.last_on, reader)
        expert = self._standing.expert
        name = session_types.name_of(expert, wish.session_type) if expert is not None else ""
        if name:
            return reader.say("For {session}, from {first} to {last}", session=name, first=first, last=last)
        return reader.say("For any time from {first} to {last}", first=first, last=last)

    def _minutes_kept(self) -> str:
        minutes = max(1, round(policy.current().offer / timedelta(minutes=1)))
        return self._reader.say_many(
            "When a time opens, it is kept for you for {number} minute. It shows here, and we write to {address}.",
            "When a time opens, it is kept for you for {number} minutes. It shows here, and we write to {address}.",
            minutes,
            address=self._standing.wish.customer_email,
        )

    def _with_whom(self) -> Markup:
        expert = self._standing.expert
        return fill(_WITH, avatar=avatar(expert), name=expert.name) if expert is not None else Markup("")

    def _draw_offer(self, slot: TimeSlot) -> Markup:
        reader, say, wish = self._reader, self._reader.say, self._standing.wish
        until = wish.offered_until or slot.starts_at
        left = max(0, ceil((until - clock.now()).total_seconds()))
        on = slot.starts_at.astimezone(reader.zone).date()
        start, end = times.clock_time(slot.starts_at, reader), times.clock_time(slot.ends_at, reader)
        last, over = say("One minute left to take this time."), say("This time is not kept for you any more.")
        return fill(
            _OFFER,
            month=format_date(on, "LLL", locale=reader.locale),
            number=on.day,
            weekday=times.weekday(on, reader),
            heading=say("A time is kept for you"),
            span=say("{day}, {start} to {end}", day=times.full_day(on, reader), start=start, end=end),
            zone=times.zone_in_words(reader, slot.starts_at),
            ring=ring(
                left,
                whole=max(left, int(policy.current().offer.total_seconds())),
                said=fill(' data-last="{last}" data-over="{over}"', last=last, over=over),
            ),
            with_whom=self._with_whom(),
            promise=say(
                "Yours until {time}. After that it goes to the next in line.", time=times.clock_time(until, reader)
            ),
            take=say("Take it"),
            decline=say("Not this one"),
            stop=say("Stop waiting"),
        )

    def _draw_taken(self) -> Markup:
        say = self._reader.say
        return fill(
            _OVER,
            state=WishState.TAKEN,
            icon=icon("check"),
            heading=say("You have your time"),
            words=say("It is booked, so you wait no more."),
            address="/my-bookings",
            onward=say("My bookings"),
        )

    def _draw_ended(self) -> Markup:
        say, expert = self._reader.say, self._standing.expert
        is_found = expert is not None and not expert.is_hidden
        return fill(
            _OVER,
            state=WishState.ENDED,
            icon=icon("clock"),
            heading=say("You are not in line any more"),
            words=self._why_ended(),
            address=f"/experts/{self._standing.wish.expert_id}" if is_found else "/",
            onward=say("See the calendar") if is_found else say("All experts"),
        )

    def _why_ended(self) -> str:
        say, expert = self._reader.say, self._standing.expert
        if expert is not None and expert.removed_at is not None:
            return say("{expert} takes no bookings here any more, so no time will open.", expert=expert.name)
        return say("You have left the line, or its days are past.")


def _seen(standing: Standing) -> tuple[object, ...]:
    """What the page shows of it."""
    wish, slot, expert = standing.wish, standing.slot, standing.expert
    who = (expert.name, expert.is_hidden, expert.removed_at) if expert is not None else None
    return wish.state, standing.place, slot.id if slot is not None else None, wish.offered_until, who


def _dots(place: int) -> Markup:
    """Those who are ahead and oneself, as far as there is room."""
    ahead = min(place - 1, MOST_DOTS - 1)
    return fill(_DOT, mine="") * ahead + fill(_DOT, mine=Markup(" data-mine"))
