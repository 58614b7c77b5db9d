"""Categories: what experts do. Most are known by the experts who are in them; an empty one is kept by its name.

To rename one, or to make two into one, changes all experts in it by a write for each. It can be done again where it was
interrupted, and does then what is left.
"""

from dataclasses import dataclass

from expert_booking import clock, closing, database, experts, journal, revisions
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.plain_text import tidy
from expert_booking.sentence import Sentence
from models import Category, Expert
from models.expert import LONG_AGO, folded

LONGEST = 60

BLANK = Sentence("Please give the category a name.")
TOO_LONG = Sentence("Please use at most {number} characters.", number=LONGEST)
IS_THERE = Sentence("There is a category of this name already.")
UNKNOWN = Sentence("There is no such category (any more).")
IN_USE = Sentence("Somebody is in this category. Merge it into another one instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A category: how many experts in it visitors find, and how many they do not."""

    name: str
    shown: int
    others: int


async def counted() -> list[Counted]:
    """All categories in alphabetical order, those that nobody is in among them."""
    shown = await experts.categories()
    others: dict[str, int] = {}
    for expert in await Expert.find({"is_hidden": True}).to_list():
        others[expert.category] = others.get(expert.category, 0) + 1
    named = {category.id for category in await Category.find({"created_at": {"$gt": LONG_AGO}}).to_list()}
    names = sorted({*shown, *others, *named}, key=folded)
    return [Counted(name=name, shown=shown.get(name, 0), others=others.get(name, 0)) for name in names]


async def names() -> list[str]:
    """What an expert may choose from, in alphabetical order."""
    return [category.name for category in await counted()]


def check(text: str) -> str:
    """A name of a category: 1 to 60 visible characters on one line.

    Raises:
        ValueError: with a `Sentence`.
    """
    name = " ".join(tidy(text).split())
    if not name:
        raise ValueError(BLANK)
    if len(name) > LONGEST:
        raise ValueError(TOO_LONG)
    return name


@closing.finished_first
async def add(name: str, *, by: Actor) -> str:
    """An empty category, for experts to choose; its name as it is kept.

    Raises:
        InvalidRequest
    """
    name = _checked(name)
    if await _same(name) is not None:
        raise _refusal(IS_THERE)
    await _keep(name)
    await journal.write("category.added", by=by, became=name)
    return name


@closing.finished_first
async def remove(name: str, *, by: Actor) -> None:
    """Offer an empty category no more.

    Raises:
        InvalidRequest: somebody is in it.
    """
    if await Expert.find_one({"category": name}) is not None:
        raise _refusal(IN_USE)
    if (await database.collection(Category).delete_one({"_id": name})).deleted_count:
        await journal.write("category.removed", by=by, was=name)


@closing.finished_first
async def rename(name: str, to: str, *, by: Actor) -> str:
    """Give a category another name, for all experts in it; the name as it is kept.

    Raises:
        InvalidRequest: another one has this name; to make two into one is `merge`.
    """
    to = _checked(to)
    if to == name:
        return name
    if (await _same(to)) not in (None, name):
        raise _refusal(IS_THERE)
    if await _same(name) is None:
        raise _refusal(UNKNOWN)
    await _move(name, to)
    await journal.write("category.renamed", by=by, was=name, became=to)
    return to


@closing.finished_first
async def merge(name: str, into: str, *, by: Actor) -> None:
    """Put all experts of a category into another one, and have it no more.

    Raises:
        InvalidRequest: there is no such category.
    """
    if name == into or await _same(into) != into:
        raise _refusal(UNKNOWN)
    await _move(name, into)
    await journal.write("category.merged", by=by, was=name, became=into)


async def _move(name: str, to: str) -> None:
    if await Category.find_one({"_id": name}) is not None:
        await _keep(to)
    await database.collection(Expert).update_many({"category": name}, {"$set": {"category": to}})
    await Category.find_one({"_id": name}).delete()
    await revisions.catalogue_changed()


async def _keep(name: str) -> None:
    await database.collection(Category).update_one(
        {"_id": name}, {"$setOnInsert": {"created_at": clock.now()}}, upsert=True
    )


async def _same(name: str) -> str | None:
    """The category that goes by this name, whatever its capitals and accents; none when there is none."""
    return next((known for known in await names() if folded(known) == folded(name)), None)


def _checked(name: str) -> str:
    try:
        return check(name)
    except ValueError as error:
        raise _refusal(error.args[0]) from None


def _refusal(words: Sentence) -> InvalidRequest:
    return InvalidRequest([FieldProblem(field="name", message=words)])
