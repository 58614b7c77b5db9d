"""How many times may be held at once, by one visitor and from one address.

A visitor ends up with one hold, as `holds.hold` lets go of the others; here it is seen to that on the way there are
never more than three, however many requests come at once. Whoever comes as somebody new each time, as a program can, is
bounded by the address. Each process counts what was taken in it: with several, a visitor's or a program's requests
would have to reach all of them at once to get as many times the number.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from beanie import PydanticObjectId

from expert_booking import clock, holds, limiting, metrics, policy
from expert_booking.errors import TooManyHolds
from expert_booking.holds import Hold
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import TimeSlot

MOST_OF_VISITOR = 3
MOST_OF_ADDRESS = 30
"""An office or a family has one address; a program has as many visitors as it likes."""

NAME = "holds at a time"

_CROWDED = Sentence(
    "Many times are being held from your connection. Book one of them or give it back, then choose again."
)

Holder = tuple[str, str]
"""An address and a visitor."""


class _Standing:
    """The holds that were taken in this process and may still stand, earliest first, and those that are being taken."""

    def __init__(self) -> None:
        self._held: OrderedDict[Holder, Hold] = OrderedDict()
        self._by_address: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def taking(self, holder: Holder) -> Iterator[None]:
        """Room for one more while it is being taken.

        Raises:
            TooManyHolds
        """
        self._forget_expired()
        address, visitor = holder
        if self._under_way[f"visitor {visitor}"] + (holder in self._held) >= MOST_OF_VISITOR:
            raise _refusal()
        if self.is_full(holder):
            raise _refusal(_CROWDED)
        who = (f"visitor {visitor}", f"address {address}")
        self._under_way.update(who)
        try:
            yield
        finally:
            self._under_way.subtract(who)
            for each in who:
                if not self._under_way[each]:
                    del self._under_way[each]

    def is_full(self, holder: Holder) -> bool:
        """Whether the address has no room for this visitor; who changes from one time to another needs none."""
        address = holder[0]
        others = self._by_address[address] - (holder in self._held)
        return others + self._under_way[f"address {address}"] >= MOST_OF_ADDRESS

    def note(self, holder: Holder, hold: Hold) -> None:
        """A visitor holds this now, and nothing else."""
        self._forget(holder)
        self._held[holder] = hold
        self._by_address[holder[0]] += 1

    async def look(self, address: str) -> None:
        """Forget what was booked or given back since."""
        held = {holder: hold for holder, hold in self._held.items() if holder[0] == address}
        wanted = {"_id": {"$in": [hold.slot_id for hold in held.values()]}}
        tokens = {slot.id: slot.hold_token for slot in await TimeSlot.find(wanted).to_list()}
        for holder, hold in held.items():
            if tokens.get(hold.slot_id) != hold.token and self._held.get(holder) is hold:
                self._forget(holder)

    def _forget(self, holder: Holder) -> None:
        if self._held.pop(holder, None) is not None:
            self._by_address[holder[0]] -= 1
            if not self._by_address[holder[0]]:
                del self._by_address[holder[0]]

    def _forget_expired(self) -> None:
        now = clock.now()
        while self._held:
            holder, hold = next(iter(self._held.items()))
            if hold.until > now:
                return
            self._forget(holder)


_standing = _Standing()


def forget_all() -> None:
    """Begin to count from nothing."""
    global _standing
    _standing = _Standing()


async def hold(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, address: str | None) -> Hold:
    """Hold a slot as `holds.hold` does, for a visitor at an address.

    Raises:
        TooManyHolds, TooManyRequests, and what `holds.hold` raises
    """
    if not limiting.is_on():
        return await holds.hold(expert_id=expert_id, slot_id=slot_id, visitor=visitor)
    await limiting.hit(Limit.HOLDS, address)
    holder = (limiting.one_of(address), visitor)
    if _standing.is_full(holder):
        await _standing.look(holder[0])
    with _standing.taking(holder):
        taken = await holds.hold(expert_id=expert_id, slot_id=slot_id, visitor=visitor)
        _standing.note(holder, taken)
        return taken


def _refusal(sentence: Sentence | None = None) -> TooManyHolds:
    metrics.refused(NAME)
    return TooManyHolds(sentence, retry_after_seconds=int(policy.current().hold.total_seconds()))
