"""The lines in which somebody stands, under their bookings: each with its place, the way there, and the way out."""

from collections.abc import Mapping

from beanie import PydanticObjectId
from nicegui import background_tasks

from expert_booking import access, events, experts, waiting
from expert_booking.errors import SignInNeeded
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from models import Expert, Wish, WishState
from pages import problems, times, visitor
from pages.components.avatar import avatar
from pages.components.booking_list import Claim
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_LIST = '<h2 class="section era">{heading}</h2>{wishes}'
_WISH = (
    '<article class="glass wish" data-state="{state}">{avatar}<div class="told">'
    '<h3 id="wish-{key}"><bdi>{name}</bdi></h3><p class="soft">{standing}</p><p class="faint">{days}</p></div>'
    '<div class="actions">'
    '<a class="quiet" href="/waiting/{token}" aria-describedby="wish-{key}">{see}</a>'
    '<button type="button" class="ghost grave" data-pick="unwait:{key}" aria-describedby="wish-{key}">{icon}{stop}'
    "</button></div></article>"
)


class WishList:
    """What a signed-in person waits for; nothing at all while that is nothing."""

    def __init__(self, claim: Claim, *, reader: Reader) -> None:
        self._claim = claim
        self._reader = reader
        self._wishes: list[Wish] = []
        self._places: dict[PydanticObjectId, int] = {}
        self._experts: Mapping[PydanticObjectId, Expert] = {}
        self._followed: set[PydanticObjectId] = set()
        self._part = Fragment("section", self._draw).on_pick(self._picked).classes("wishes")

    async def load(self) -> None:
        """Read what they wait for, if whoever looks is still who they were, and follow those lines from now on.

        Raises:
            SignInNeeded
        """
        await self._claim.caller()
        found = [wish for wish in await waiting.of_customer(self._claim.key or "") if wish.stands]
        for expert_id in {wish.expert_id for wish in found} - self._followed:
            self._followed.add(expert_id)
            events.lines.subscribe(expert_id, self._read_again)
        self._places = {wish.id: await waiting.place_of(wish) for wish in found}
        self._experts = await experts.by_ids({wish.expert_id for wish in found})
        self._wishes = found

    def _read_again(self, _: object) -> None:
        background_tasks.create(self._load_and_show(), name="read wishes again")

    async def _load_and_show(self) -> None:
        if not self._part.is_deleted:
            with self._part, problems.shown():
                try:
                    await self.load()
                    self._part.update()
                except SignInNeeded:
                    self._end()

    def _end(self) -> None:
        """Show nothing of anybody's any more, and hear of no line."""
        for expert_id in self._followed:
            events.lines.unsubscribe(expert_id, self._read_again)
        self._followed.clear()
        self._wishes = []
        self._part.update()

    async def _picked(self, picked: str) -> None:
        """Leave a line, if whoever looks is still who they were."""
        wish = next((wish for wish in self._wishes if picked == f"unwait:{wish.id}"), None)
        if wish is None:
            return
        with problems.shown():
            await visitor.count(Limit.CHANGES)
            try:
                caller = await self._claim.caller()
                access.require(caller, Action.WAIT)
                if caller.person is None or caller.person.key != wish.customer_key:
                    raise SignInNeeded
            except SignInNeeded:
                self._end()
                raise
            await waiting.leave(wish.id)
            await self._load_and_show()

    def _draw(self) -> Markup:
        if not self._wishes:
            return Markup("")
        wishes = Markup("").join(map(self._draw_wish, self._wishes))
        return fill(_LIST, heading=self._reader.say("Waiting lists"), wishes=wishes)

    def _draw_wish(self, wish: Wish) -> Markup:
        say, expert = self._reader.say, self._experts.get(wish.expert_id)
        first, last = times.day(wish.first_on, self._reader), times.day(wish.last_on, self._reader)
        return fill(
            _WISH,
            key=wish.id,
            state=wish.state,
            avatar=avatar(expert) if expert is not None else "",
            name=expert.name if expert is not None else say("an expert who has left"),
            standing=self._standing(wish),
            days=say("For any time from {first} to {last}", first=first, last=last),
            token=waiting.token_of(wish),
            see=say("See the time") if wish.state is WishState.OFFERED else say("See your place"),
            icon=icon("close"),
            stop=say("Stop waiting"),
        )

    def _standing(self, wish: Wish) -> str:
        if wish.state is WishState.OFFERED:
            return self._reader.say("A time is kept for you")
        return place_in_words(self._places[wish.id], self._reader)


def place_in_words(place: int, reader: Reader) -> str:
    """Such as "You are first in line"."""
    match place:
        case 1:
            return reader.say("You are first in line")
        case 2:
            return reader.say("You are second in line")
        case 3:
            return reader.say("You are third in line")
    return reader.say("You are number {number} in line", number=place)
