"""The hours editor: what is typed is held against the rules at once, and what it comes to stands beside it.

Nothing is stored before it is saved. What was typed is in the browser, which sends all of it with every change.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId
from nicegui import html, json, ui
from nicegui.events import GenericEventArguments

from expert_booking import clock, experts, materialising, time_off
from expert_booking.actors import EXPERT
from expert_booking.errors import HoursChanged
from expert_booking.limiting import Limit
from expert_booking.materialising import NOTHING, Preview
from expert_booking.sentence import Sentence
from models import Expert, TimeOff
from models.time_off import OWN
from pages import problems, visitor, zones
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.workspace import hours_draft, hours_form, hours_preview
from pages.workspace.frame import HOURS, whoever_works, workspace_page
from pages.workspace.hours_draft import Away, Draft

FAR = timedelta(days=3 * 366)
MINE = "mine"

_BAR = (
    '<p class="unsaved">{unsaved}</p><div class="actions">'
    '<button type="button" class="quiet" data-discard>{discard}</button>'
    '<button type="submit" class="cta">{save}</button></div>'
)
_LOST = '<div class="goes" role="status">{lost}</div>'
_LOOK_FIRST = '<div class="goes" role="alert"><p>{words}</p>{lost}</div>'
_COLLISION = (
    '<div class="goes collision" role="alert"><b>{words}</b><div class="actions">'
    '<button type="button" class="quiet" data-discard>{theirs}</button>'
    '<button type="button" class="quiet" data-pick="mine">{mine}</button></div></div>'
)


@ui.page(HOURS, response_timeout=10)
async def hours_page() -> None:
    """When an expert can be booked and for what, and what that comes to."""
    lead = Sentence("When you can be booked, and for what. Visitors see a change as soon as you save it.")
    async with workspace_page(Sentence("Hours"), HOURS, lead=lead) as expert:
        if expert is None:
            return
        reader = visitor.reader()
        await asyncio.to_thread(zones.known, reader.language)
        editor = HoursEditor(expert, await _own_time_off(expert), reader)
        await editor.build()


async def _own_time_off(expert: Expert) -> list[TimeOff]:
    now = clock.now()
    return await time_off.of_expert(expert.id, after=now, before=now + FAR, source=OWN)


def _content(one: TimeOff | Away) -> tuple[datetime, datetime, str]:
    return one.starts_at, one.ends_at, one.note


class HoursEditor:
    """The form, and what it comes to."""

    def __init__(self, expert: Expert, own: list[TimeOff], reader: Reader) -> None:
        self._expert = expert
        self._own = own
        self._reader = reader
        self._request = ui.context.client.request
        self._edited = expert
        self._preview = NOTHING
        self._is_changed = False
        self._is_collision = False
        self._is_to_look_first = False
        self._looks = 0
        self._turn = asyncio.Lock()

    async def build(self) -> None:
        """Draw it."""
        self._preview = await materialising.preview(self._expert)
        with html.div().classes("beside"):
            with html.form().classes("parts").props("novalidate data-parts=hours") as form:
                form.props["data-loaded"] = materialising.mark_of(self._expert)
                Fragment("div", self._draw_form).classes("work")
                with html.div().classes("save-bar"):
                    self._lost = Fragment("div", self._draw_lost).on_pick(self._picked)
                    Fragment("div", self._draw_bar)
            form.on("input", self._drafted, js_handler="partsTyped(emit)")
            form.on("submit", self._sent, js_handler="partsSent(emit)")
            self._outlook = Fragment("aside", self._draw_preview).classes("outlook")
        ui.run_javascript("restoreParts()")

    def _draw_form(self) -> Markup:
        return hours_form.draw(hours_draft.write(self._expert, self._own), self._reader)

    def _draw_preview(self) -> Markup:
        return hours_preview.draw(self._edited, self._preview, self._reader)

    def _draw_lost(self) -> Markup:
        say = self._reader.say
        if self._is_collision:
            return fill(
                _COLLISION,
                words=say(HoursChanged.message),
                theirs=say("Take what is stored"),
                mine=say("Save mine all the same"),
            )
        first = self._is_to_look_first
        lost = hours_preview.draw_lost(self._edited, self._told, self._reader, is_open=first)
        if first:
            words = say("Nothing is saved yet. Please look at this first, then press Save once more.")
            return fill(_LOOK_FIRST, words=words, lost=lost)
        return fill(_LOST, lost=lost) if lost else Markup("")

    @property
    def _told(self) -> Preview:
        """What the page says of what goes, or stays outside."""
        is_told = (self._is_changed or self._is_to_look_first) and not self._is_collision
        return self._preview if is_told else NOTHING

    def _draw_bar(self) -> Markup:
        say = self._reader.say
        return fill(_BAR, unsaved=say("Not saved yet"), discard=say("Discard"), save=say("Save"))

    async def _drafted(self, event: GenericEventArguments) -> None:
        """Say what is wrong with what was typed and, when nothing is, what it comes to."""
        with problems.shown():
            draft = self._read(event.args)
            self._answer(draft, is_focused=False)
            if not draft.problems:
                await self._look(draft)

    def _read(self, sent: Any) -> Draft:
        return hours_draft.read(sent, self._expert, self._own)

    async def _look(self, draft: Draft) -> None:
        """Work out what a draft comes to, unless a later one has come meanwhile."""
        self._looks += 1
        mine = self._looks
        async with self._turn:
            if mine != self._looks:
                return
            found = await self._foresee(draft)
        if mine == self._looks:
            self._show(draft, found)

    async def _foresee(self, draft: Draft) -> Preview:
        return await materialising.preview(draft.expert, time_off=await self._away(draft))

    def _show(self, draft: Draft, found: Preview, *, is_to_look_first: bool = False) -> None:
        self._edited, self._preview = draft.expert, found
        self._is_changed, self._is_to_look_first = self._differs(draft), is_to_look_first
        self._outlook.update()
        self._lost.update()

    async def _away(self, draft: Draft) -> list[TimeOff]:
        """All times off as they would be: those of the draft, and those of other calendars."""
        stored = await materialising.time_off_of(self._expert.id, after=clock.now())
        others = [one for one in stored if one.source != OWN]
        return [*others, *(one.as_stored(self._expert.id) for one in draft.away)]

    def _differs(self, draft: Draft) -> bool:
        is_same_hours = materialising.mark_of(draft.expert) == materialising.mark_of(self._expert)
        kept = [one.kept for one in draft.away if one.kept is not None]
        return not is_same_hours or len(kept) != len(draft.away) or len(kept) != len(self._own)

    def _answer(self, draft: Draft, *, is_focused: bool) -> None:
        wrong = {way: self._reader.say(message) for way, message in draft.problems.items()}
        ui.run_javascript(f"partsAnswered({json.dumps(wrong)}, {json.dumps(is_focused)})")

    async def _sent(self, event: GenericEventArguments) -> None:
        """Save everything, if it is right, still theirs to change, and nobody else has changed it meanwhile."""
        draft = self._read(event.args)
        if not draft.problems:
            with problems.shown():
                await visitor.count(Limit.CHANGES)
                expert = await whoever_works(self._request)
                if expert.id == self._expert.id and await self._save(draft):
                    await self._take_stored()
                    return
        self._answer(draft, is_focused=True)

    async def _save(self, draft: Draft) -> bool:
        """Store a draft; false when the hours are others than those that it was made of, or what goes was not shown.

        What an attempt that failed half way has stored already is not stored again.
        """
        expert_id = self._expert.id
        try:
            as_read = materialising.mark_of(await experts.get(expert_id))
            if as_read not in (draft.loaded, materialising.mark_of(draft.expert)):
                raise HoursChanged
            if await self._has_to_look_first(draft):
                return False
            kept = await self._store_time_off(draft)  # first, so that nothing opens in it
            await materialising.set_hours(expert_id, draft.changes, by=EXPERT, as_read=as_read)
            for stored in self._own:
                if stored.id not in kept:
                    await time_off.remove(expert_id, stored.id, EXPERT)
        except HoursChanged:
            self._is_collision = True
            self._lost.update()
            return False
        return True

    async def _has_to_look_first(self, draft: Draft) -> bool:
        """Show what goes by a draft, and whether something of it was not shown before."""
        found = await self._foresee(draft)
        if self._told.says_all_of(found):
            return False
        self._looks += 1  # nothing older is shown after it
        self._show(draft, found, is_to_look_first=True)
        return True

    async def _store_time_off(self, draft: Draft) -> set[PydanticObjectId]:
        """Store the times off that are new; the ids of all those of the draft."""
        there = {_content(one): one.id for one in await _own_time_off(self._expert)}
        kept: set[PydanticObjectId] = set()
        for one in draft.away:
            stored_id = one.kept.id if one.kept is not None else there.get(_content(one))
            if stored_id is None:
                added = await time_off.add(self._expert.id, one.starts_at, one.ends_at, one.note, EXPERT)
                stored_id = there[_content(one)] = added.id
            kept.add(stored_id)
        return kept

    async def _take_stored(self) -> None:
        """Go on from what is stored by now."""
        expert = await experts.get(self._expert.id)
        self._expert = self._edited = expert
        self._own = await _own_time_off(expert)
        self._preview = await materialising.preview(expert)
        self._is_changed = self._is_collision = self._is_to_look_first = False
        self._outlook.update()
        self._lost.update()
        values, mark = hours_draft.write(expert, self._own), materialising.mark_of(expert)
        ui.run_javascript(f"partsStored({json.dumps(values)}, {json.dumps(mark)})")
        ui.notify(self._reader.say("Your hours are saved. Visitors see them from now on."), type="positive")

    async def _picked(self, pick: str) -> None:
        """Save what was typed on top of what somebody else has saved."""
        if pick == MINE:
            with problems.shown():
                expert = await whoever_works(self._request)
                self._expert = expert
                self._own = await _own_time_off(expert)
                self._is_collision = False
                self._lost.update()
                ui.run_javascript(f"storeHoursAnyway({json.dumps(materialising.mark_of(expert))})")
