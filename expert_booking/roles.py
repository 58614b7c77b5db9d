"""Who may do what: the one table, which `access.require` enforces for the API and for the pages alike.

What each address and each click of the house does, in these words, is in `doors`.
"""

from enum import StrEnum

from models import Scope


class Who(StrEnum):
    """What somebody is to what they ask for; one caller can be several of these at once."""

    ANYBODY = "anybody"
    HOLDER = "whoever has the hold's token, or the browser that holds"
    MANAGER = "whoever has the booking's manage token"
    CUSTOMER = "whoever is signed in with the address that it belongs to"
    EXPERT = "the booking's expert, signed in; without a booking, whoever is an expert"
    ADMINISTRATOR = "an administrator, signed in"
    OPERATOR = "whoever has the admin token"
    PROGRAM = "whoever has an API token with the scope that the action needs"
    WATCHER = "whoever has the metrics token; in development also whoever is at the machine"


class Action(StrEnum):
    """What can be done here."""

    BROWSE = "look at what is for everybody: experts, open times, pictures, scripts, descriptions"
    CHOOSE = "choose what one's own page shows, and how"
    PROBE = "ask whether the process lives and can work"
    MEASURE = "read the figures of the process"
    DEVELOP = "use what is there in development only"
    HOLD = "hold a time"
    LET_GO = "give a hold back"
    BOOK = "book a time"
    SIGN_IN = "ask for a code, and sign in with it"
    SIGN_OUT = "end one's own sign-in"
    LEAVE = "have one's own browser forget who it was"
    LIST = "see the bookings of an address"
    OPEN = "open a booking by its own address, and nothing else"
    SEE = "see one booking, and take it to a calendar"
    CANCEL = "cancel a booking"
    DELETE = "delete a Completed booking, and think better of it"
    MOVE_ON = "confirm, complete or decline a booking"
    RESCHEDULE = "move a booking to another time"
    ANSWER = "answer one request with the link of its mail"
    FEED = "read the feed of an expert's bookings with its own address"
    WORK = "run one's own calendar: hours, time off, profile, feed, notes"
    RUN = "run the house: experts, categories, all bookings, journal, figures, webhooks, tokens"
    SEARCH = "search the bookings of all"
    SEE_EXPERTS = "see all experts, also those that are hidden"
    CHANGE_EXPERTS = "add, hide and show experts"
    READ_JOURNAL = "read who changed what"
    READ_FIGURES = "read how the house is doing"
    SEE_WEBHOOKS = "see which addresses are told of bookings"
    CHANGE_WEBHOOKS = "add and remove addresses that are told of bookings"
    WAIT = "be told when something opens, and take or leave what is offered then"
    EXPORT = "get everything that the house has about one's own address"
    ERASE = "have it erased"


_HOUSE = frozenset({Who.ADMINISTRATOR, Who.OPERATOR, Who.PROGRAM})
_OWNER = frozenset({Who.MANAGER, Who.CUSTOMER})

MAY: dict[Action, frozenset[Who]] = {
    Action.BROWSE: frozenset({Who.ANYBODY}),
    Action.CHOOSE: frozenset({Who.ANYBODY}),
    Action.PROBE: frozenset({Who.ANYBODY}),
    Action.MEASURE: frozenset({Who.WATCHER}),
    Action.DEVELOP: frozenset({Who.ANYBODY}),
    Action.HOLD: frozenset({Who.ANYBODY}),
    Action.LET_GO: frozenset({Who.HOLDER}),
    Action.BOOK: frozenset({Who.ANYBODY}),
    Action.SIGN_IN: frozenset({Who.ANYBODY}),
    Action.SIGN_OUT: frozenset({Who.CUSTOMER}),
    Action.LEAVE: frozenset({Who.ANYBODY}),
    Action.LIST: frozenset({Who.CUSTOMER}) | _HOUSE,
    Action.OPEN: frozenset({Who.MANAGER}),
    Action.SEE: _OWNER | _HOUSE | {Who.EXPERT},
    Action.CANCEL: _OWNER | _HOUSE | {Who.EXPERT},
    Action.DELETE: _OWNER | _HOUSE,
    Action.MOVE_ON: _HOUSE | {Who.EXPERT},
    Action.RESCHEDULE: _OWNER | _HOUSE | {Who.EXPERT},
    Action.ANSWER: frozenset({Who.ANYBODY}),  # the link is the proof, and good for nothing else
    Action.FEED: frozenset({Who.ANYBODY}),  # so is the feed's address
    Action.WORK: frozenset({Who.EXPERT}),
    Action.RUN: frozenset({Who.ADMINISTRATOR, Who.OPERATOR}),
    Action.SEARCH: _HOUSE,
    Action.SEE_EXPERTS: _HOUSE,
    Action.CHANGE_EXPERTS: _HOUSE,
    Action.READ_JOURNAL: _HOUSE,
    Action.READ_FIGURES: _HOUSE,
    Action.SEE_WEBHOOKS: _HOUSE,
    Action.CHANGE_WEBHOOKS: _HOUSE,
    Action.WAIT: frozenset({Who.ANYBODY}),  # what is one's own there has a link of its own
    Action.EXPORT: frozenset({Who.CUSTOMER}),
    Action.ERASE: frozenset({Who.CUSTOMER}),
}
"""One of these is enough. What is not said here is refused."""

SCOPES: dict[Action, Scope] = {
    Action.LIST: Scope.BOOKINGS_READ,
    Action.SEARCH: Scope.BOOKINGS_READ,
    Action.SEE: Scope.BOOKINGS_READ,
    Action.CANCEL: Scope.BOOKINGS_WRITE,
    Action.DELETE: Scope.BOOKINGS_WRITE,
    Action.MOVE_ON: Scope.BOOKINGS_WRITE,
    Action.RESCHEDULE: Scope.BOOKINGS_WRITE,
    Action.SEE_EXPERTS: Scope.EXPERTS_READ,
    Action.CHANGE_EXPERTS: Scope.EXPERTS_WRITE,
    Action.READ_JOURNAL: Scope.JOURNAL_READ,
    Action.READ_FIGURES: Scope.FIGURES_READ,
    Action.SEE_WEBHOOKS: Scope.WEBHOOKS_READ,
    Action.CHANGE_WEBHOOKS: Scope.WEBHOOKS_WRITE,
}
"""What an API token must have for what programs may do at all; whoever else may do it needs none."""

NEEDS_FRESH_PROOF = frozenset({Action.ERASE})
"""What an older sign-in does not open: it cannot be taken back, and a browser may be somebody else's by now."""
