"""Leases: which process does the work that exactly one should do."""

from beanie import Document


class Lease(Document):
    """One process's claim on a duty; the duty's name is the id.

    Taken, renewed and given up by updates that name the `term` and the `renewals` that were read, so that of several
    processes one succeeds. `term` goes up by one whenever the holder changes, and never comes again: a fencing number
    for work that must not be done with an older claim. No time is stored, because no two machines agree on it: whoever
    sees that `renewals` has not changed for as long as a lease lasts, by its own clock, may take over.
    """

    id: str  # type: ignore[assignment]  # the duty's name; Beanie expects an ObjectId unless told otherwise
    holder: str | None = None
    term: int = 0
    renewals: int = 0

    class Settings:
        name = "leases"
