"""The journal in words: what was done, by whom, from what and to what."""

from datetime import datetime

from expert_booking import statuses
from expert_booking.sentence import Sentence
from models import ActorKind, BookingStatus, JournalEntry
from pages import times
from pages.administration import entry_fields
from pages.administration.listing import one_of
from pages.live.fragment import Markup, fill
from pages.reader import Reader

WHAT = {
    "booking.made": Sentence("Booked"),
    "booking.confirmed": Sentence("Confirmed"),
    "booking.completed": Sentence("Completed"),
    "booking.declined": Sentence("Declined"),
    "booking.cancelled": Sentence("Cancelled"),
    "booking.lapsed": Sentence("Lapsed without an answer"),
    "booking.no_show": Sentence("Did not come"),
    "booking.rescheduled": Sentence("Moved"),
    "booking.deleted": Sentence("Deleted"),
    "booking.erased": Sentence("Customer forgotten"),
    "expert.added": Sentence("Expert added"),
    "expert.invited": Sentence("Expert invited again"),
    "expert.email": Sentence("E-mail address of an expert changed"),
    "expert.hidden": Sentence("Expert hidden"),
    "expert.shown": Sentence("Expert shown"),
    "expert.removed": Sentence("Expert removed"),
    "expert.taken_back": Sentence("Expert taken back"),
    "expert.hours": Sentence("Hours of an expert changed"),
    "expert.profile": Sentence("Profile of an expert changed"),
    "expert.picture": Sentence("Picture of an expert changed"),
    "calendar.added": Sentence("Outside calendar added"),
    "calendar.removed": Sentence("Outside calendar removed"),
    "feed.renewed": Sentence("Calendar feed renewed"),
    "time_off.added": Sentence("Time off added"),
    "time_off.removed": Sentence("Time off removed"),
    "category.added": Sentence("Category added"),
    "category.removed": Sentence("Category removed"),
    "category.renamed": Sentence("Category renamed"),
    "category.merged": Sentence("Category merged"),
    "webhook.made": Sentence("Webhook added"),
    "webhook.switched_on": Sentence("Webhook switched on"),
    "webhook.switched_off": Sentence("Webhook switched off"),
    "webhook.secret_rotated": Sentence("Secret of a webhook changed"),
    "webhook.changed": Sentence("Webhook changed"),
    "webhook.removed": Sentence("Webhook removed"),
    "token.made": Sentence("API token made"),
    "token.revoked": Sentence("API token revoked"),
}
"""What has no words here shows by its name."""

BY = {
    ActorKind.CUSTOMER: Sentence("The customer"),
    ActorKind.EXPERT: Sentence("The expert"),
    ActorKind.ADMINISTRATOR: Sentence("An administrator"),
    ActorKind.PROGRAM: Sentence("A program"),
    ActorKind.HOUSE: Sentence("The house"),
}
LONGEST = 160

_ENTRY = (
    '<li class="entry"><p><b>{what}</b>{change}</p>{fields}'
    '<p class="soft">{who}, <time datetime="{iso}">{at}</time>{about}</p>{reason}</li>'
)
_CHANGE = ' <span class="soft">{was} <span aria-hidden="true">→</span> {became}</span>'
_FIELD = '<p class="soft"><b>{field}</b>{change}</p>'
_SAME = " {value}"
_REASON = '<p class="entry-reason"><bdi>{reason}</bdi></p>'


def draw(entry: JournalEntry, reader: Reader, *, about: Markup | None = None) -> Markup:
    """One entry; `about` leads to what it is about."""
    fields = entry_fields.lines(entry.was, entry.became, reader)
    return fill(
        _ENTRY,
        what=what(entry.what, reader),
        change=_change(entry, reader) if fields is None else "",
        fields=Markup("").join(_field(*field) for field in fields or ()),
        who=who(entry, reader),
        iso=entry.at.isoformat(),
        at=times.day_and_time(entry.at, reader),
        about=about if about is not None else "",
        reason=fill(_REASON, reason=entry.reason) if entry.reason else "",
    )


def what(name: str, reader: Reader) -> str:
    """What was done."""
    return reader.say(WHAT[name]) if name in WHAT else name


def who(entry: JournalEntry, reader: Reader) -> str:
    """Who did it: by name where the journal has one."""
    return entry.who or reader.say(BY[entry.by])


def _change(entry: JournalEntry, reader: Reader) -> Markup:
    was, became = (_said(value, reader) for value in (entry.was, entry.became))
    return _from_to(was, became)


def _field(name: str, was: str, became: str) -> Markup:
    """A field that is said for what has it and stays as it is, such as a name, has no arrow."""
    change = fill(_SAME, value=was) if was == became else _from_to(was, became)
    return fill(_FIELD, field=name, change=change)


def _from_to(was: str, became: str) -> Markup:
    if not was and not became:
        return Markup("")
    return fill(_CHANGE, was=was or "–", became=became or "–")


def _said(value: str, reader: Reader) -> str:
    """A status in words, a moment as a time, anything else as it is, in short."""
    if (status := one_of(BookingStatus, value)) is not None:
        return reader.say(statuses.NAMES[status])
    try:
        moment = datetime.fromisoformat(value) if "T" in value else None
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return times.day_and_time(moment, reader)
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
