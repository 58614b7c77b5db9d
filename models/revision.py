"""Revisions: how a process learns that somebody else has changed what it keeps in memory."""

from beanie import Document


class Revision(Document):
    """A number that is raised after every change to experts, or to many slots at once; each process looks at it.

    Slots that change one by one are told of by the bus instead.
    """

    id: str  # type: ignore[assignment]  # what is counted; Beanie expects an ObjectId unless told otherwise
    number: int = 0

    class Settings:
        name = "revisions"
