"""An expert's profile: what visitors see, with the card as they will see it beside, and the picture."""

import re
from dataclasses import asdict, replace
from typing import Any

from fastapi import Request, Response
from nicegui import app, html, json, ui
from nicegui.events import GenericEventArguments

from expert_booking import availability, experts, limiting, pictures, profiles
from expert_booking.actors import EXPERT
from expert_booking.availability import OpenTimes
from expert_booking.errors import InvalidRequest
from expert_booking.limiting import Limit
from expert_booking.profiles import Profile
from expert_booking.sentence import Sentence
from models import Expert
from pages import asked, categories, focus, languages, problems, theme, times, visitor
from pages.components.avatar import avatar
from pages.components.expert_card import expert_card
from pages.components.painted_field import PaintedField, draw_field
from pages.live.fragment import Fragment, Markup, fill
from pages.live.open_times import OpenTimesBoard
from pages.reader import Reader
from pages.workspace.frame import HOURS, PROFILE, whoever_works, workspace_page

PICTURE = f"{PROFILE}/picture"
SERVED = "/pictures/{digest}-{size}.webp"
LONGEST_SENT = 20_000

FIELDS = (
    PaintedField(
        name="name",
        label=Sentence("Name"),
        attributes='data-name="name" autocomplete="name" maxlength="200" spellcheck="false" required',
        is_kept=False,
    ),
    PaintedField(
        name="headline",
        label=Sentence("Headline"),
        attributes='data-name="headline" maxlength="300"',
        is_optional=True,
        is_kept=False,
    ),
    PaintedField(
        name="category",
        label=Sentence("Category"),
        attributes='data-name="category"',
        tag="select",
        is_kept=False,
    ),
    PaintedField(
        name="experience_years",
        label=Sentence("Years of experience"),
        attributes='data-name="experience_years" type="number" inputmode="numeric" min="0" max="80" required',
        is_kept=False,
    ),
    PaintedField(
        name="bio",
        label=Sentence("About you"),
        attributes='data-name="bio" rows="6" autocapitalize="sentences"',
        tag="textarea",
        is_optional=True,
        is_kept=False,
    ),
    PaintedField(
        name="language",
        label=Sentence("Language of your mail"),
        attributes='data-name="language"',
        tag="select",
        is_kept=False,
    ),
)

_FORM = (
    '<div class="glass part-of-work"><div class="fields profile-fields">{fields}</div>'
    '<dl class="facts"><div><dt>{address}</dt><dd><bdi>{email}</bdi></dd><dd class="faint">{address_hint}</dd></div>'
    '<div><dt>{zone}</dt><dd>{zone_said}</dd><dd class="faint"><a class="onward" href="{hours}">{zone_hint}</a></dd>'
    "</div></dl></div>"
    '<div class="save-bar"><p class="unsaved">{unsaved}</p>'
    '<div class="actions"><button type="button" class="quiet" data-discard>{discard}</button>'
    '<button type="submit" class="cta">{save}</button></div></div>'
)
_PORTRAIT = (
    '<div class="glass part-of-work portrait" data-offline="{offline}" data-failed="{failed}" data-large="{large}">'
    '<h2 class="section">{heading}</h2><div class="portrait-row">{avatar}<div class="told"><div class="actions">'
    '<label class="quiet chooser"><input type="file" class="visually-hidden" id="picture" accept="{kinds}"'
    ' aria-describedby="picture-hint problem-picture"><span>{choose}</span></label>{remove}</div>'
    '<p class="faint" id="picture-hint">{hint}</p>'
    '<p class="problem" id="problem-picture" role="alert"></p></div></div></div>'
)
_REMOVE = '<button type="button" class="ghost" data-pick="no-picture">{words}</button>'
_CARD = '<h2 class="section">{heading}</h2><p class="faint">{words}</p><div class="as-seen" inert>{card}</div>'
_KINDS = "image/jpeg,image/png,image/webp,image/avif,image/gif"

_DIGEST = re.compile(r"[0-9a-f]{32}")


@ui.page(PROFILE, response_timeout=10)
async def profile_page() -> None:
    """Name, headline, picture and the rest, and the card that they make."""
    lead = Sentence("This is what visitors see of you.")
    async with workspace_page(Sentence("Profile"), PROFILE, lead=lead) as expert:
        if expert is None:
            return
        chosen = frozenset(await experts.categories()) | {expert.category}
        open_times = (await availability.open_times([expert.id]))[expert.id]
        ProfileEditor(expert, chosen, open_times, visitor.reader()).build()


class ProfileEditor:
    """The form, the picture, and the card as it will be."""

    def __init__(self, expert: Expert, chosen: frozenset[str], open_times: OpenTimes, reader: Reader) -> None:
        self._expert = expert
        self._as_read = Profile.of(expert)
        self._offered = self._categories = chosen
        self._reader = reader
        self._request = ui.context.client.request
        self._typed: dict[str, str] = {}
        self._open_times = OpenTimesBoard(expert.id, reader)
        self._open_times.take(open_times, news=0)

    def build(self) -> None:
        """Draw it."""
        with html.div().classes("beside"):
            with html.div().classes("work"):
                self._portrait = Fragment("div", self._draw_portrait).on_pick(self._picked)
                self._portrait.on("change", self._pictured, js_handler="pictureChosen(emit)")
                form = Fragment("form", self._draw_form).classes("parts").props("novalidate data-parts=profile")
                form.on("input", self._drafted, js_handler="partsTyped(emit)")
                form.on("submit", self._sent, js_handler="partsSent(emit)")
                form.props["data-loaded"] = _mark(self._as_read)
            self._card = Fragment("aside", self._draw_card).classes("outlook")
        ui.run_javascript("restoreParts()")

    def _draw_form(self) -> Markup:
        reader, expert = self._reader, self._expert
        say = reader.say
        stored = _in_fields(Profile.of(expert))
        choices = {
            "category": sorted(((name, categories.said(name, reader)) for name in self._categories), key=_by_words),
            "language": list(languages.NAMES.items()),
        }
        fields = (
            draw_field(field, reader, content=stored[field.name], choices=choices.get(field.name, ()))
            for field in FIELDS
        )
        return fill(
            _FORM,
            fields=Markup("").join(fields),
            address=say("Contact address"),
            email=expert.email or say("None"),
            address_hint=say(
                "You sign in with it and get your mail there. To change it, write to whoever runs the house."
            ),
            zone=say("Time zone"),
            zone_said=times.place(expert.zone, reader),
            zone_hint=say("Change it with your hours"),
            hours=HOURS,
            unsaved=say("Not saved yet"),
            discard=say("Discard"),
            save=say("Save"),
        )

    def _draw_portrait(self) -> Markup:
        say, expert = self._reader.say, self._expert
        has_picture = (expert.avatar or "").startswith("/pictures/")
        return fill(
            _PORTRAIT,
            heading=say("Picture"),
            avatar=avatar(expert, width=112),
            kinds=_KINDS,
            choose=say("Choose another picture") if has_picture else say("Choose a picture"),
            remove=fill(_REMOVE, words=say("Remove the picture")) if has_picture else "",
            hint=say(
                "Up to 8 MB. We keep a square of its middle, and nothing of what your camera noted, such as the place."
            ),
            large=say(pictures.TOO_LARGE),
            offline=say("We cannot be reached just now. Please try again in a moment."),
            failed=say("That did not work. Please try again."),
        )

    def _draw_card(self) -> Markup:
        say = self._reader.say
        return fill(
            _CARD,
            heading=say("Your card"),
            words=say("As visitors see it in the list."),
            card=expert_card(self._as_typed(), self._open_times, self._reader),
        )

    def _as_typed(self) -> Expert:
        """The expert with what can be shown of the draft; a field that is wrong stays as it was."""
        try:
            shown = asdict(self._check(self._typed)) if self._typed else {}
        except InvalidRequest as error:
            wrong = {problem.field for problem in error.problems}
            right = {name: text for name, text in self._typed.items() if name not in wrong}
            shown = asdict(self._check({**_in_fields(Profile.of(self._expert)), **right}))
        typed: Expert = self._expert.model_copy(update=shown)
        return typed

    def _check(self, typed: dict[str, str]) -> Profile:
        return profiles.check(typed, categories=self._categories)

    def _drafted(self, event: GenericEventArguments) -> None:
        self._typed = _texts(event.args)
        self._card.update()
        self._answer(self._problems(), is_focused=False)

    def _problems(self) -> dict[str, str]:
        try:
            self._check(self._typed)
        except InvalidRequest as error:
            return {problem.field: self._reader.say(problem.message) for problem in error.problems}
        return {}

    def _answer(self, wrong: dict[str, str], *, is_focused: bool) -> None:
        ui.run_javascript(f"partsAnswered({json.dumps(wrong)}, {json.dumps(is_focused)})")

    async def _sent(self, event: GenericEventArguments) -> None:
        """Store it, if it is right and still theirs to change."""
        self._typed = _texts(event.args)
        wrong: dict[str, str] = {}
        with problems.shown():
            await visitor.count(Limit.CHANGES)
            expert = await whoever_works(self._request)
            as_read = _read_of(self._typed.get("loaded", "")) or self._as_read
            self._categories = frozenset(await experts.categories()) | {as_read.category}
            wrong = self._problems()
            if not wrong:
                self._expert = await profiles.update(expert.id, self._check(self._typed), as_read=as_read, by=EXPERT)
                self._show_stored(left_as=as_read)
                return
        self._answer(wrong, is_focused=True)

    def _show_stored(self, *, left_as: Profile) -> None:
        """What is stored now; a category that has another name by now is shown as the form knows it."""
        stored = Profile.of(self._expert)
        if stored.category not in self._offered:
            stored = replace(stored, category=left_as.category)
        self._as_read = stored
        ui.run_javascript(f"partsStored({json.dumps(_in_fields(stored))}, {json.dumps(_mark(stored))})")
        ui.notify(self._reader.say("Your profile is saved. Visitors see it from now on."), type="positive")
        self._card.update()

    async def _pictured(self, _: GenericEventArguments) -> None:
        """Show the picture that the browser has sent by a request of its own."""
        with problems.shown():
            self._redraw(await whoever_works(self._request))

    async def _picked(self, pick: str) -> None:
        if pick != "no-picture":
            return
        with problems.shown():
            await visitor.count(Limit.CHANGES)
            expert = await whoever_works(self._request)
            await pictures.remove(expert.id, by=EXPERT)
            self._redraw(await experts.get(expert.id))

    def _redraw(self, expert: Expert) -> None:
        self._expert = expert
        self._portrait.update()
        self._card.update()
        focus.move("#picture")


def _in_fields(profile: Profile) -> dict[str, str]:
    """What the fields hold when it is stored."""
    return {name: str(value) for name, value in asdict(profile).items()}


def _mark(profile: Profile) -> str:
    """A profile as it was read, for the form to bring back with what was made of it, from another page load perhaps."""
    return json.dumps(asdict(profile))


def _read_of(mark: str) -> Profile | None:
    """The profile that a form brings back; none where it is none."""
    try:
        read = Profile(**json.loads(mark))
    except (TypeError, ValueError):
        return None
    return read if all(isinstance(value, str | int) for value in asdict(read).values()) else None


def _texts(arguments: Any) -> dict[str, str]:
    given = arguments if isinstance(arguments, dict) else {}
    return {name: str(given.get(name) or "")[:LONGEST_SENT] for name in profiles.NAMES}


def _by_words(choice: tuple[str, str]) -> str:
    return choice[1].casefold()


async def upload(request: Request) -> Response:
    """Keep a picture that was sent as it is, by whoever may; nothing is read before that is known."""
    reader = visitor.reader_of(request)
    try:
        await whoever_works(request)
        await limiting.hit(Limit.CHANGES, visitor.address_of(request))
        content = await _content(request)
        expert = await whoever_works(request)  # sending it may have taken a while
        return asked.answer({"address": await pictures.put(expert.id, content, by=EXPERT)})
    except Exception as error:
        return asked.refusal(problems.as_booking_error(error), reader)


async def _content(request: Request) -> bytes:
    """What was sent, up to the most that a picture may have.

    Raises:
        InvalidRequest
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > pictures.MOST_BYTES:
        raise pictures.refusal(pictures.TOO_LARGE)
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > pictures.MOST_BYTES:
            raise pictures.refusal(pictures.TOO_LARGE)
    return bytes(content)


async def picture(digest: str, size: str) -> Response:
    """A picture of an expert's; another one has another address, so this one may be kept for ever."""
    if not (_DIGEST.fullmatch(digest) and size in map(str, pictures.SIZES)):
        return Response(status_code=404)
    try:
        content = await pictures.find(digest, int(size))
    except Exception as error:
        problems.as_booking_error(error)
        return Response(status_code=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
    if content is None:
        return Response(status_code=404)
    return Response(content, media_type="image/webp", headers={"Cache-Control": theme.UNCHANGING})


app.remove_route(PICTURE)
app.post(PICTURE, include_in_schema=False)(upload)
app.remove_route(SERVED)
app.get(SERVED, include_in_schema=False)(picture)
