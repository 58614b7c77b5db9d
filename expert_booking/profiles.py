"""What an expert says about themselves, checked and brought into the form in which it is stored.

Each check takes what was typed and returns what is stored, or raises `ValueError` with a `Sentence` to show beside the
field.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from beanie import PydanticObjectId

from expert_booking import closing, customers, database, experts, journal, revisions
from expert_booking.actors import Actor
from expert_booking.customer_words import FieldWords
from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.sentence import Sentence
from expert_booking.spoken import LANGUAGES
from models import Expert
from models.expert import search_terms

LONGEST_HEADLINE = 160
LONGEST_BIO = 4000
MOST_YEARS = 80
LONGEST_IN_JOURNAL = 120

HEADLINE = FieldWords(
    too_long=lambda count, most: Sentence(
        "The headline is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "The headline contains an invisible character ({code}). Please type it again.", code=code
    ),
)
BIO = FieldWords(
    too_long=lambda count, most: Sentence(
        "The text is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "The text contains an invisible character ({code}). Please type it again.", code=code
    ),
)
NO_YEARS = Sentence("Give your experience in whole years, from 0 to {most}.", most=MOST_YEARS)
NO_CATEGORY = Sentence("Please choose one of the categories.")
NO_LANGUAGE = Sentence("Please choose one of the languages.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What visitors see of an expert, and the language in which the expert gets mail; every field checked."""

    name: str
    headline: str
    bio: str
    category: str
    experience_years: int
    language: str

    @classmethod
    def of(cls, expert: Expert) -> "Profile":
        """As it is stored."""
        return cls(**{name: getattr(expert, name) for name in NAMES})


NAMES = ("name", "headline", "bio", "category", "experience_years", "language")


def check_headline(text: str) -> str:
    """What somebody does, on one line, possibly blank."""
    return customers.plain(text, words=HEADLINE, longest=LONGEST_HEADLINE)


def check_bio(text: str) -> str:
    """A few paragraphs, possibly none."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return customers.plain(unified, words=BIO, longest=LONGEST_BIO, allowed="\n\t")


def check_years(text: str) -> int:
    """Experience in whole years."""
    typed = text.strip()
    if not typed.isdecimal() or len(typed) > 3 or int(typed) > MOST_YEARS:
        raise ValueError(NO_YEARS)
    return int(typed)


def check(typed: dict[str, str], *, categories: frozenset[str]) -> Profile:
    """All fields at once, by their names; one that is missing is blank.

    Args:
        typed: as it came from a form.
        categories: those that can be chosen.

    Raises:
        InvalidRequest: names every field that is wrong.
    """
    checks: dict[str, Callable[[str], str | int]] = {
        "name": customers.check_name,
        "headline": check_headline,
        "bio": check_bio,
        "category": lambda text: _one_of(text, categories, NO_CATEGORY),
        "experience_years": check_years,
        "language": lambda text: _one_of(text, frozenset(LANGUAGES), NO_LANGUAGE),
    }
    checked: dict[str, str | int] = {}
    problems = []
    for field, run in checks.items():
        try:
            checked[field] = run(typed.get(field, ""))
        except ValueError as error:
            problems.append(FieldProblem(field=field, message=error.args[0]))
    if problems:
        raise InvalidRequest(problems)
    return Profile(**checked)  # type: ignore[arg-type]  # each check returns what its field holds


def _one_of(text: str, choices: frozenset[str], otherwise: Sentence) -> str:
    if text not in choices:
        raise ValueError(otherwise)
    return text


@closing.finished_first
async def update(expert_id: PydanticObjectId, profile: Profile, *, as_read: Profile | None = None, by: Actor) -> Expert:
    """Store what has changed of a profile; who has the same name as before is found by the same words.

    Args:
        expert_id: whose.
        profile: as it is to be.
        as_read: as it was when whoever changes it read it: what they left as it was then stays as it is now.
        by: who changes it.

    Raises:
        ExpertNotFound
    """
    expert = await experts.get(expert_id)
    before = asdict(Profile.of(expert))
    left = asdict(as_read) if as_read is not None else before
    changed = {name: value for name, value in asdict(profile).items() if value != left[name] and value != before[name]}
    if not changed:
        return expert
    stored = {**changed, **({"search_terms": search_terms(profile.name)} if "name" in changed else {})}
    await database.collection(Expert).update_one({"_id": expert_id}, {"$set": stored})
    if changed.keys() & {"name", "category"}:
        await revisions.catalogue_changed()
    was = {name: before[name] for name in changed}
    await journal.write("expert.profile", by=by, expert_id=expert_id, was=_told(was), became=_told(changed))
    return await experts.get(expert_id)


def _told(values: dict[str, str | int]) -> str:
    return "; ".join(f"{name}: {_shortened(str(value))}" for name, value in values.items())


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_IN_JOURNAL else f"{text[: LONGEST_IN_JOURNAL - 1]}…"
