"""Webhooks: which addresses are told what becomes of bookings, and with which secret each message is signed.

No secret is stored. A webhook's is worked out of the house's own secret, its id and a number, so a copy of the database
signs nothing, and another number is another secret.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from beanie import PydanticObjectId

from expert_booking import clock, closing, journal
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest, WebhookNotFound
from expert_booking.sentence import Sentence
from models import Webhook, WebhookDelivery, WebhookEvent

MOST = 20
LONGEST_NAME, LONGEST_URL = 60, 500
BOTH_SIGN_FOR = timedelta(hours=24)
"""After a secret was changed for another, messages are signed with both for so long."""
REFRESH_SECONDS = 5.0

_JOURNALED = ("name", "url", "events", "with_customer", "is_active")

_key = b""
_is_plain_allowed = True
_known: list[Webhook] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a webhook should be, as it was typed."""

    name: str
    url: str
    events: tuple[str, ...]
    with_customer: bool = False
    is_active: bool = True


def use(secret: str, *, is_production: bool = False) -> None:
    """The house's secret, of which those of webhooks are worked out; in production only https is told anything."""
    global _key, _is_plain_allowed, _known
    _key = hashlib.sha256(b"webhooks\0" + secret.encode()).digest()
    _is_plain_allowed = not is_production
    _known = None


async def listening() -> list[Webhook]:
    """Those that are told of bookings now, as this process knows, which costs nothing; `refresh` keeps it true."""
    return _known if _known is not None else await refresh()


async def refresh() -> list[Webhook]:
    """Read again who is told."""
    global _known
    _known = [webhook for webhook in await find_all() if webhook.is_active]
    return _known


async def find_all() -> list[Webhook]:
    """All of them, the oldest first."""
    return await Webhook.find({"created_at": {"$lte": clock.now()}}).sort("created_at").limit(MOST).to_list()


async def get(webhook_id: PydanticObjectId) -> Webhook:
    """One of them.

    Raises:
        WebhookNotFound
    """
    found = await Webhook.find_one({"_id": webhook_id})
    if found is None:
        raise WebhookNotFound
    return found


@closing.finished_first
async def make(wanted: Wanted, *, by: Actor) -> Webhook:
    """Tell another address from now on.

    Raises:
        InvalidRequest
    """
    described = _checked(wanted)
    if len(await find_all()) >= MOST:
        message = Sentence("There are {number} webhooks already; remove one first.", number=MOST)
        raise InvalidRequest([FieldProblem(field="name", message=message)])
    webhook = Webhook(**described, created_at=clock.now())
    await webhook.insert()
    await _changed("webhook.made", by, became=_told(webhook, _JOURNALED))
    return webhook


@closing.finished_first
async def change(webhook_id: PydanticObjectId, wanted: Wanted, *, by: Actor) -> Webhook:
    """Have a webhook as it is wanted; what waits for one that is switched off is given up by `webhook_queue.upkeep`.

    Raises:
        InvalidRequest, WebhookNotFound
    """
    described, before = _checked(wanted), await get(webhook_id)
    while not await _become(before, described):  # somebody else was quicker: what it was before is what they made it
        before = await get(webhook_id)
    after: Webhook = before.model_copy(update=described)
    if changed := [name for name in _JOURNALED if getattr(before, name) != getattr(after, name)]:
        what = "webhook.changed"
        if "is_active" in changed:
            what = "webhook.switched_on" if after.is_active else "webhook.switched_off"
        names = dict.fromkeys(("name", *changed))
        await _changed(what, by, was=_told(before, names), became=_told(after, names))
    return after


async def _become(before: Webhook, described: Mapping[str, object]) -> bool:
    """Store what is wanted if the webhook is still as it was read."""
    still = {"_id": before.id, **before.model_dump(include=set(_JOURNALED))}
    result = await Webhook.find_one(still).update({"$set": described})
    return bool(result.matched_count)


@closing.finished_first
async def rotate_secret(webhook_id: PydanticObjectId, *, by: Actor) -> Webhook:
    """Sign with another secret; the one before signs as well for a day.

    Raises:
        WebhookNotFound
    """
    webhook = await get(webhook_id)
    new = {"$inc": {"secret_number": 1}, "$set": {"rotated_at": clock.now()}}  # nosec B105 # a number
    await Webhook.find_one({"_id": webhook_id, "secret_number": webhook.secret_number}).update(new)
    await _changed("webhook.secret_rotated", by, became=_told(webhook, ["name"]))
    return await get(webhook_id)


@closing.finished_first
async def remove(webhook_id: PydanticObjectId, *, by: Actor) -> None:
    """Tell an address no more, and forget what was sent there.

    Raises:
        WebhookNotFound
    """
    webhook = await get(webhook_id)
    await Webhook.find_one({"_id": webhook_id}).delete()
    await WebhookDelivery.find({"webhook_id": webhook_id}).delete()
    await _changed("webhook.removed", by, was=_told(webhook, _JOURNALED))


def secret_of(webhook: Webhook, *, number: int | None = None) -> str:
    """What a webhook's messages are signed with, for its owner: show it once."""
    return f"whsec_{b64encode(_secret(webhook, number or webhook.secret_number)).decode()}"


def signature(webhook: Webhook, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The signatures of a message, as the Standard Webhooks specification has them: "v1,..." with blanks between.

    Args:
        webhook: who gets it.
        message_id: the same whenever it is sent again.
        timestamp: of this sending, in seconds since 1970.
        body: exactly what is sent.
    """
    numbers = [webhook.secret_number]
    if webhook.rotated_at is not None and clock.now() - webhook.rotated_at < BOTH_SIGN_FOR:
        numbers.append(webhook.secret_number - 1)
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(_secret(webhook, number), signed, hashlib.sha256) for number in numbers)
    return " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)


def _secret(webhook: Webhook, number: int) -> bytes:
    return hmac.digest(_key, f"{webhook.id}:{number}".encode(), hashlib.sha256)


async def _changed(what: str, by: Actor, *, was: str = "", became: str = "") -> None:
    await journal.write(what, by=by, was=was, became=became)
    await refresh()


def _told(webhook: Webhook, names: Iterable[str]) -> str:
    """Some of a webhook's fields as the journal has them, JSON. What follows an address's path may be a secret."""
    told = webhook.model_dump(mode="json", include=set(_JOURNALED)) | {"url": _without_query(webhook.url)}
    return json.dumps({name: told[name] for name in names})


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}{'?…' if parts.query or parts.fragment else ''}"


def _checked(wanted: Wanted) -> dict[str, object]:
    """What is stored of what was typed.

    Raises:
        InvalidRequest
    """
    name, url = " ".join(wanted.name.split()), wanted.url.strip()
    known = [event for event in WebhookEvent if event in wanted.events]
    problems = {
        "name": _name_problem(name),
        "url": _url_problem(url),
        "events": None if known and len(known) == len(set(wanted.events)) else Sentence("Choose at least one event."),
    }
    if wrong := [FieldProblem(field=field, message=said) for field, said in problems.items() if said is not None]:
        raise InvalidRequest(wrong)
    return {
        "name": name,
        "url": url,
        "events": known,
        "with_customer": wanted.with_customer,
        "is_active": wanted.is_active,
    }


def _name_problem(name: str) -> Sentence | None:
    if not name:
        return Sentence("Give it a name.")
    return Sentence("The name is too long.") if len(name) > LONGEST_NAME else None


def _url_problem(url: str) -> Sentence | None:
    try:
        parts = urlsplit(url)
        has_host, _ = bool(parts.hostname), parts.port
    except ValueError:
        return NO_ADDRESS
    if not has_host or parts.username or parts.password or len(url) > LONGEST_URL or not url.isascii():
        return NO_ADDRESS
    return None if parts.scheme in _schemes() else NO_ADDRESS


def _schemes() -> Sequence[str]:
    return ("https", "http") if _is_plain_allowed else ("https",)


NO_ADDRESS = Sentence("Give an address that begins with https://, without a name and password in it.")
