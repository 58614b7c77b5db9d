"""What those who work here write: a message to a customer, a note for themselves, a reason."""

from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.plain_text import first_invisible, tidy
from expert_booking.sentence import Sentence

LONGEST_MESSAGE = 1000

_LINE_BREAKS = "\n\t"


def check(text: str, *, field: str, longest: int = LONGEST_MESSAGE, is_required: bool = False) -> str:
    """The text as it is kept, on as many lines as one likes.

    Args:
        text: as typed.
        field: its name in the request.
        longest: how many characters there may be.
        is_required: whether it may not be blank.

    Raises:
        InvalidRequest: it is too long, has characters that cannot be seen, or is missing.
    """
    plain = tidy(text.replace("\r\n", "\n").replace("\r", "\n"))
    if code := first_invisible(plain, allowed=_LINE_BREAKS):
        problem = Sentence("Your text contains an invisible character ({code}). Please type it again.", code=code)
    elif len(plain) > longest:
        problem = Sentence("Your text is too long: {count} characters, {most} at most.", count=len(plain), most=longest)
    elif is_required and not plain:
        problem = Sentence("Please say why: the journal keeps the reason.")
    else:
        return plain
    raise InvalidRequest([FieldProblem(field=field, message=problem)])
