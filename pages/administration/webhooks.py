"""Webhooks: which addresses are told of bookings, what was sent to each, and what they answered."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from beanie import PydanticObjectId
from fastapi import Request
from nicegui import background_tasks, html, ui

from expert_booking import actors, background, experts, webhook_queue, webhook_sending, webhooks
from expert_booking.actors import Actor
from expert_booking.errors import BookingError, InvalidRequest, WebhookNotFound
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from expert_booking.webhook_queue import PAGE
from expert_booking.webhooks import Wanted
from models import DeliveryState, Webhook, WebhookDelivery, WebhookEvent
from pages import problems, times, visitor
from pages.administration.frame import WEBHOOKS, administration_page, whoever_runs
from pages.administration.parts import check, checks, problems_of, shown_once, text_field
from pages.components import question
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

LOOK_SECONDS = 2.0
"""So often is looked what became of deliveries while a log is open: other processes send them, and tell nobody."""

LEAD = Sentence("Other systems are told of bookings as they happen: signed, tried for a day, and written down here.")
LOOKS = ("failed", "earlier", "newest")
STATES = {
    DeliveryState.WAITING: Sentence("Waiting"),
    DeliveryState.SENDING: Sentence("On its way"),
    DeliveryState.SENT: Sentence("Delivered"),
    DeliveryState.FAILED: Sentence("Failed"),
}
SECRET_WORDS = Sentence("Copy it now: it is not shown again. A former secret signs as well for another day.")

_EMPTY = '<p class="quiet-note">{icon}<span>{words}</span></p>'
_HOOK = (
    '<article class="glass hook" data-hook="{key}"><div class="hook-head"><h2 class="section">{name}</h2>{state}</div>'
    '<p class="hook-url" dir="ltr">{url}</p><p class="faint">{words}</p><div class="actions">'
    '<button type="button" class="quiet" data-pick="log:{key}" aria-expanded="{is_open}">{log}</button>'
    '<button type="button" class="quiet" data-pick="edit:{key}">{edit}</button>'
    '<button type="button" class="quiet" data-pick="test:{key}"{off}>{test}</button>'
    '<button type="button" class="quiet" data-pick="rotate:{key}">{rotate}</button>'
    '<button type="button" class="ghost" data-pick="remove:{key}">{remove}</button></div>{deliveries}</article>'
)
_PILL = '<span class="pill state" data-state="{state}">{words}</span>'
_NEW = '<button type="button" class="cta" data-pick="new">{words}</button>'
_FORM = (
    '<h2 class="section">{heading}</h2>{name}{url}{events}{customer}{active}<div class="actions">'
    '<button type="submit" class="cta" name="answer" value="save">{save}</button>'
    '<button type="submit" class="quiet" name="answer" value="cancel" formnovalidate>{cancel}</button></div>'
)
_WAYS = '<div class="actions">{ways}</div>'
_ONLY = '<button type="button" class="chip" data-pick="failed" aria-pressed="{is_only}">{words}</button>'
_NEWEST = '<button type="button" class="quiet" data-pick="newest">{words}</button>'
_EARLIER = '<button type="button" class="quiet" data-pick="earlier">{words}</button>'
_LOG = (
    '<div class="scrolls" tabindex="0" role="region" aria-label="{label}"><table class="ledger"><thead><tr>'
    '<th scope="col">{event}</th><th scope="col">{at}</th><th scope="col">{state}</th><th scope="col">{answer}</th>'
    '<th scope="col"><span class="visually-hidden">{again}</span></th></tr></thead><tbody>{rows}</tbody></table></div>'
)
_ROW = (
    '<tr><th scope="row"><code>{event}</code></th><td>{at}</td><td>{state}</td><td>{answer}</td>'
    '<td><button type="button" class="ghost" data-pick="again:{key}"{off}>{again}</button></td></tr>'
)


@ui.page(WEBHOOKS, response_timeout=10)
async def webhooks_page() -> None:
    """Add, change, test and remove; look what was sent."""
    async with administration_page(Sentence("Webhooks"), WEBHOOKS, lead=LEAD) as person:
        if person is None:
            return
        desk = Desk(request=ui.context.client.request, reader=visitor.reader())
        await desk.load()
        desk.draw()


class Desk:
    """What the page shows: the webhooks, the form while one is typed, and the log of the one that is open."""

    def __init__(self, *, request: Request, reader: Reader) -> None:
        self._request, self._reader = request, reader
        self._client = ui.context.client
        self._hooks: Sequence[Webhook] = ()
        self._log: Sequence[WebhookDelivery] = ()
        self._open: PydanticObjectId | None = None
        self._only: DeliveryState | None = None
        self._before: WebhookDelivery | None = None
        self._goes_on = False
        self._looking: asyncio.Task[None] | None = None
        self._editing: PydanticObjectId | None = None
        self._typed: Mapping[str, str] | None = None
        self._problems: Mapping[str, Sentence] = {}
        self._secret: Webhook | None = None

    async def load(self) -> None:
        """Read what is shown."""
        self._hooks = await webhooks.find_all()
        log: Sequence[WebhookDelivery] = ()
        wanted = self._open, self._only, self._before
        if self._open is not None:
            log = await webhook_queue.log_of(self._open, state=self._only, before=self._before, limit=PAGE + 1)
        if wanted == (self._open, self._only, self._before):  # otherwise whoever wants another one reads that
            self._log, self._goes_on = log[:PAGE], len(log) > PAGE

    def draw(self) -> None:
        """Put it on the page."""
        self._once = Fragment("div", self._draw_once).classes("once-box")
        self._form = Fragment("form", self._draw_form).classes("glass house-form")
        self._form.on_sent(self._sent)
        self._list = Fragment("div", self._draw_list).classes("hooks").on_pick(self._picked)
        self._questions = html.div()
        self._show()

    def _show(self) -> None:
        for part in (self._once, self._form, self._list):
            part.update()

    async def _actor(self) -> Actor:
        await visitor.count(Limit.CHANGES)
        return actors.administrator((await whoever_runs(self._request)).email)

    async def _picked(self, picked: str) -> None:
        verb, _, what = picked.partition(":")
        with problems.shown():
            actor = await self._actor()
            if verb == "new":
                self._edit(None)
            elif verb == "again":
                await webhook_queue.send_again(what)
            elif verb in LOOKS:
                self._look_at(verb)
            else:
                await self._do(verb, experts.parse_id(what, missing=WebhookNotFound), actor)
            await self.load()
        self._show()

    async def _do(self, verb: str, webhook_id: PydanticObjectId, actor: Actor) -> None:
        webhook = await webhooks.get(webhook_id)
        if verb == "edit":
            self._edit(webhook)
        elif verb == "log":
            self._open_log(None if self._open == webhook_id else webhook_id)
        elif verb == "test":
            await webhook_queue.put_test(webhook_id)
            self._open_log(webhook_id)
        elif verb == "rotate":
            if await self._is_sure(Sentence("Another secret?"), Sentence("Yes, another one"), webhook):
                self._secret = await webhooks.rotate_secret(webhook_id, by=actor)
        elif verb == "remove" and await self._is_sure(Sentence("Remove this webhook?"), Sentence("Remove"), webhook):
            await webhooks.remove(webhook_id, by=actor)
            self._secret = None

    async def _is_sure(self, asked: Sentence, yes: Sentence, webhook: Webhook) -> bool:
        say = self._reader.say
        with self._questions:
            is_sure = await question.ask(say(asked), webhook.name, yes=say(yes), no=say("Keep it as it is"))
        if is_sure:
            await whoever_runs(self._request)  # the question may have stood for long
        return is_sure

    def _edit(self, webhook: Webhook | None) -> None:
        self._editing, self._problems, self._secret = webhook.id if webhook else None, {}, None
        self._typed = _as_typed(webhook)

    async def _sent(self, sent: dict[str, str]) -> None:
        if sent.get("answer") == "cancel":
            self._typed = None
        else:
            with problems.shown():
                await self._save(sent)
                await self.load()
        self._show()

    async def _save(self, sent: Mapping[str, str]) -> None:
        actor = await self._actor()
        wanted = Wanted(
            name=sent.get("name", ""),
            url=sent.get("url", ""),
            events=tuple(event for event in WebhookEvent if event in sent),
            with_customer="with_customer" in sent,
            is_active="is_active" in sent,
        )
        try:
            if self._editing is not None:
                await webhooks.change(self._editing, wanted, by=actor)
            else:
                self._secret = await webhooks.make(wanted, by=actor)
        except InvalidRequest as error:
            self._typed, self._problems = sent, problems_of(error)
        else:
            self._typed = None

    # --- the log ---

    def _open_log(self, webhook_id: PydanticObjectId | None) -> None:
        """Show what was sent to a webhook, all of it from the newest on; or no log at all."""
        self._open, self._only, self._before = webhook_id, None, None
        if webhook_id is not None and (self._looking is None or self._looking.done()):
            self._looking = background_tasks.create(self._follow(), name="look what becomes of deliveries")

    def _look_at(self, verb: str) -> None:
        if verb == "failed":
            self._only, self._before = None if self._only is not None else DeliveryState.FAILED, None
        elif verb == "newest":
            self._before = None
        elif self._goes_on:
            self._before = self._log[-1]

    async def _follow(self) -> None:
        """Look again and again, as long as the log is open."""
        while self._open is not None and not self._client.is_deleted:
            await asyncio.sleep(LOOK_SECONDS)
            await background.attempt(self._look)

    async def _look(self) -> None:
        try:
            await whoever_runs(self._request)
        except BookingError:  # they have signed out elsewhere, and are told so when they do something
            self._open_log(None)
        before = self._hooks, self._log, self._goes_on
        await self.load()
        if before != (self._hooks, self._log, self._goes_on) and not self._client.is_deleted:
            self._list.update()

    # --- how it looks ---

    def _draw_once(self) -> Markup:
        if self._secret is None:
            return Markup("")
        heading = Sentence("The secret of “{name}”", name=self._secret.name)
        return shown_once(heading, SECRET_WORDS, webhooks.secret_of(self._secret), self._reader)

    def _draw_form(self) -> Markup:
        typed, wrong, say = self._typed, self._problems, self._reader.say
        if typed is None:
            return Markup("")
        boxes = Markup("").join(check(event, event, is_checked=event in typed) for event in WebhookEvent)
        texts: dict[str, Any] = {"problems": wrong, "reader": self._reader}
        return fill(
            _FORM,
            heading=say("Change this webhook") if self._editing is not None else say("Add a webhook"),
            name=text_field("name", Sentence("Name"), value=typed.get("name", ""), most=webhooks.LONGEST_NAME, **texts),
            url=text_field(
                "url", Sentence("Address"), value=typed.get("url", ""), most=webhooks.LONGEST_URL, kind="url", **texts
            ),
            events=checks("events", Sentence("What it is told of"), boxes, **texts),
            customer=check(
                "with_customer",
                say("Tell who booked"),
                hint=say("Name, e-mail address, phone number and notes. Leave it off unless the receiver needs them."),
                is_checked="with_customer" in typed,
            ),
            active=check(
                "is_active",
                say("Switched on"),
                hint=say("What waits is given up when it is switched off."),
                is_checked="is_active" in typed,
            ),
            save=say("Save"),
            cancel=say("Cancel"),
        )

    def _draw_list(self) -> Markup:
        say = self._reader.say
        if not self._hooks:
            words = say("No other system is told of bookings yet.")
            shown = fill(_EMPTY, icon=icon("share"), words=words)
        else:
            shown = Markup("").join(map(self._draw_hook, self._hooks))
        add = fill(_NEW, words=say("Add a webhook")) if self._typed is None else Markup("")
        return shown + add

    def _draw_hook(self, webhook: Webhook) -> Markup:
        say, is_open = self._reader.say, webhook.id == self._open
        number = len(webhook.events)
        told = self._reader.say_many("Told of {number} kind of event", "Told of {number} kinds of events", number)
        state = ("on", say("On")) if webhook.is_active else ("off", say("Off"))
        return fill(
            _HOOK,
            key=webhook.id,
            name=webhook.name,
            state=fill(_PILL, state=state[0], words=state[1]),
            url=webhook.url,
            words=say("{events}, and of who booked", events=told) if webhook.with_customer else told,
            is_open="true" if is_open else "false",
            log=say("Deliveries"),
            edit=say("Change"),
            test=say("Send a test"),
            rotate=say("Another secret"),
            remove=say("Remove"),
            off=Markup("") if webhook.is_active else Markup(" disabled"),
            deliveries=self._draw_log(webhook) if is_open else Markup(""),
        )

    def _draw_log(self, webhook: Webhook) -> Markup:
        say = self._reader.say
        ways = self._draw_ways()
        if not self._log:
            words = say("Nothing was sent to it yet.") if self._only is None else say("Nothing has failed.")
            return ways + fill(_EMPTY, icon=icon("clock"), words=words)
        return ways + fill(
            _LOG,
            label=say("Deliveries to {name}", name=webhook.name),
            event=say("Event"),
            at=say("Happened"),
            state=say("State"),
            answer=say("Tries and the last answer"),
            again=say("Send again"),
            rows=Markup("").join(self._draw_row(each, is_on=webhook.is_active) for each in self._log),
        )

    def _draw_ways(self) -> Markup:
        say = self._reader.say
        ways = fill(_ONLY, is_only="true" if self._only is not None else "false", words=say("Failed only"))
        ways += fill(_NEWEST, words=say("Newest")) if self._before is not None else Markup("")
        ways += fill(_EARLIER, words=say("Earlier")) if self._goes_on else Markup("")
        return fill(_WAYS, ways=ways)

    def _draw_row(self, delivery: WebhookDelivery, *, is_on: bool) -> Markup:
        say = self._reader.say
        can_be_sent = is_on and delivery.state is not DeliveryState.SENDING
        return fill(
            _ROW,
            key=delivery.id,
            event=delivery.event,
            at=times.day_and_time(delivery.created_at, self._reader),
            state=fill(_PILL, state=delivery.state, words=say(STATES[delivery.state])),
            answer=_answer(delivery, self._reader),
            again=say("Send again"),
            off=Markup("") if can_be_sent else Markup(" disabled"),
        )


def _as_typed(webhook: Webhook | None) -> dict[str, str]:
    """How a form would send it; a new one is switched on and told of everything, and not of who booked."""
    if webhook is None:
        return {"is_active": "on", **dict.fromkeys(WebhookEvent, "on")}
    flags = {"with_customer": webhook.with_customer, "is_active": webhook.is_active}
    ticked = [*webhook.events, *(name for name, is_ticked in flags.items() if is_ticked)]
    return {"name": webhook.name, "url": webhook.url, **dict.fromkeys(ticked, "on")}


def _answer(delivery: WebhookDelivery, reader: Reader) -> str:
    if not delivery.attempts:
        return ""
    last = delivery.attempts[-1]
    if last.status is not None:
        said = reader.say("{status} after {milliseconds} ms", status=str(last.status), milliseconds=last.milliseconds)
    else:
        said = reader.say(webhook_sending.PROBLEMS[last.problem])
    tried = reader.say_many("Tried {number} time", "Tried {number} times", len(delivery.attempts))
    return reader.say("{tried}: {answer}", tried=tried, answer=said)
