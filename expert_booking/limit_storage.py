"""Where limits remember who asked when: in this process, or in the database for all processes together.

Both are storages for moving windows of `limits`. Its own do not suit: in memory it walks through all addresses with
every request, so that a flood of addresses would stall the house; in MongoDB it brings a second client of its own.
"""

import hashlib
import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from datetime import timedelta

from limits.aio.storage import MovingWindowSupport, Storage

from expert_booking import clock, database
from models import Recent

MOST_KEYS = 20_000
"""So many addresses are remembered, a kilobyte each at most; whoever was quiet for longest is forgotten first."""

DATABASE_SECONDS = 0.5
"""A limit waits no longer for the database; without it, each process counts for itself."""


class _MovingWindows(Storage, MovingWindowSupport):
    """What `limits` asks of every storage, and moving windows do not need."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """None that `limits` should look at."""
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows only."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Fixed windows only."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Fixed windows only."""
        raise NotImplementedError

    async def check(self) -> bool:
        """Whoever asks notices."""
        return True


class InMemory(_MovingWindows):
    """Counts in this process, within bounded memory."""

    def __init__(self, *, most_keys: int = MOST_KEYS) -> None:
        super().__init__()
        self._most_keys = most_keys
        self._times: OrderedDict[str, array[float]] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count, unless that would be too many in the last `expiry` seconds."""
        now = time.time()
        times = self._recent(key, now, expiry)
        if len(times) + amount > limit:
            return False
        times.extend([now] * amount)
        self._times[key] = times
        self._times.move_to_end(key)
        if len(self._times) > self._most_keys:
            self._times.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the earliest one that counts was, and how many count."""
        now = time.time()
        times = self._recent(key, now, expiry)
        return (times[0] if times else now), len(times)

    def _recent(self, key: str, now: float, expiry: int) -> "array[float]":
        times = self._times.get(key) or array("d")
        del times[bisect_right(times, now) :]  # the clock was set back
        del times[: bisect_right(times, now - expiry)]
        return times

    async def reset(self) -> int:
        """Forget everybody; how many there were."""
        number = len(self._times)
        self._times.clear()
        return number

    async def clear(self, key: str) -> None:
        """Forget one."""
        self._times.pop(key, None)


class InDatabase(_MovingWindows):
    """Counts for all processes on one database; raises what the driver raises."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = hashlib.sha256(b"limits\0" + secret.encode()).digest()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count by one conditional update, unless that would be too many in the last `expiry` seconds.

        A document that is there and does not match cannot be inserted again, which says: too many. Or somebody else has
        just inserted it, so it is looked at.
        """
        while amount <= limit:
            now = time.time()
            # What is later than now was written by a clock that has been set back since.
            counts = {"$gt": now - expiry, "$lt": now + expiry}
            is_last_free = {"_id": self._id(key), f"times.{limit - amount}": {"$not": counts}}
            count = {
                "$push": {"times": {"$each": [now] * amount, "$position": 0, "$slice": limit}},
                "$set": {"expires_at": clock.now() + timedelta(seconds=expiry)},
            }
            try:
                with database.within(DATABASE_SECONDS):
                    await database.forgetful(Recent).update_one(is_last_free, count, upsert=True)
                return True
            except database.DuplicateKeyError:
                if (await self.get_moving_window(key, limit, expiry))[1] + amount > limit:
                    return False
        return False

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the earliest one that counts was, and how many count."""
        now = time.time()
        with database.within(DATABASE_SECONDS):
            found = await database.forgetful(Recent).find_one({"_id": self._id(key)})
        times = [each for each in (found or {"times": []})["times"][:limit] if now - expiry < each < now + expiry]
        return min(times, default=now), len(times)

    def _id(self, key: str) -> str:
        return hashlib.blake2b(key.encode(errors="replace"), key=self._secret, digest_size=16).hexdigest()

    async def reset(self) -> int:
        """Forget everybody; how many there were."""
        with database.within(DATABASE_SECONDS):
            return int((await database.forgetful(Recent).delete_many({})).deleted_count)

    async def clear(self, key: str) -> None:
        """Forget one."""
        with database.within(DATABASE_SECONDS):
            await database.forgetful(Recent).delete_one({"_id": self._id(key)})
