"""What experts say about themselves: checked, stored by name, found by the new words, entered in the journal."""

import pytest

from expert_booking import experts, profiles
from expert_booking.actors import EXPERT
from expert_booking.errors import ExpertNotFound, InvalidRequest
from expert_booking.profiles import Profile
from models import Expert, JournalEntry
from tests.conftest import MakeExpert

TECHNOLOGY = frozenset({"Technology", "Law"})
TYPED = {
    "name": " Sarah  Jones ",
    "headline": "Clouds",
    "bio": "One.\r\nTwo.",
    "category": "Law",
    "experience_years": " 12 ",
    "language": "de",
}


def wrong(**typed: str) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refusal:
        profiles.check({**TYPED, **typed}, categories=TECHNOLOGY)
    return {problem.field: problem.message for problem in refusal.value.problems}


def test_profile_is_stored_as_one_sees_it() -> None:
    profile = profiles.check(TYPED, categories=TECHNOLOGY)

    assert profile == Profile(
        name="Sarah  Jones", headline="Clouds", bio="One.\nTwo.", category="Law", experience_years=12, language="de"
    )


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("name", " ", "Your name is missing."),
        ("headline", "x" * 161, "The headline is too long: 161 characters, 160 at most."),
        ("headline", "one\u202etwo", "The headline contains an invisible character (U+202E). Please type it again."),
        ("bio", "x" * 4001, "The text is too long: 4001 characters, 4000 at most."),
        ("category", "Alchemy", "Please choose one of the categories."),
        ("experience_years", "81", "Give your experience in whole years, from 0 to 80."),
        ("experience_years", "-1", "Give your experience in whole years, from 0 to 80."),
        ("experience_years", "", "Give your experience in whole years, from 0 to 80."),
        ("language", "tlh", "Please choose one of the languages."),
    ],
)
def test_field_that_is_wrong_is_named_with_what_to_do(field: str, text: str, sentence: str) -> None:
    assert wrong(**{field: text}) == {field: sentence}


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert set(wrong(name="", experience_years="many")) == {"name", "experience_years"}


async def test_changed_profile_is_found_by_its_new_name(make_expert: MakeExpert) -> None:
    expert = await make_expert("Sarah Johnson", category="Technology", bio="kept")

    await profiles.update(expert.id, profiles.check(TYPED, categories=TECHNOLOGY), by=EXPERT)

    (found,) = (await experts.find(search="jones")).experts
    assert (found.id, found.category, found.experience_years, found.language) == (expert.id, "Law", 12, "de")
    assert (await experts.find(search="johnson")).experts == []
    assert await experts.categories() == {"Law": 1}
    assert found.rating == expert.rating


async def test_change_is_entered_in_the_journal_with_what_it_was(expert: Expert) -> None:
    profile = Profile.of(expert)

    await profiles.update(expert.id, profile, by=EXPERT)
    assert await JournalEntry.count() == 0

    changed = Profile(**{**{name: getattr(profile, name) for name in profiles.NAMES}, "bio": "x" * 1000})
    await profiles.update(expert.id, changed, by=EXPERT)

    (entry,) = await JournalEntry.find_all().to_list()
    assert (entry.what, entry.expert_id, entry.was) == ("expert.profile", expert.id, "bio: ")
    assert entry.became == f"bio: {'x' * 119}…"


async def test_profile_of_nobody_cannot_be_changed(expert: Expert) -> None:
    await expert.delete()

    with pytest.raises(ExpertNotFound):
        await profiles.update(expert.id, Profile.of(expert), by=EXPERT)
