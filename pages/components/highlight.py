"""The part of a name that a search has found."""

from bisect import bisect_left
from itertools import accumulate

from markupsafe import escape

from models.expert import WORD, folded, search_words
from pages.live.markup import Markup, fill

_MARK = "<mark>{text}</mark>"


def highlighted(name: str, search: str) -> Markup:
    """A name in which the beginnings of words that match are marked; what is compared is what the search compares."""
    parts, written = [], 0
    for begin, end in _found(name, search_words(search)) if search else ():
        if begin >= written:  # else two words came out of one sign, such as a fraction
            parts += [escape(name[written:begin]), fill(_MARK, text=name[begin:end])]
            written = end
    return Markup("").join([*parts, escape(name[written:])])


def _found(name: str, prefixes: list[str]) -> list[tuple[int, int]]:
    """Where the longest matching prefix of each word begins and ends in the name, in its order."""
    ends = list(accumulate(len(folded(sign)) for sign in name))
    found = []
    for word in WORD.finditer(folded(name)):
        length = max((len(prefix) for prefix in prefixes if word[0].startswith(prefix)), default=0)
        if length:
            begin = bisect_left(ends, word.start() + 1)
            end = bisect_left(ends, word.start() + length) + 1
            while end < len(name) and not folded(name[end]):  # its accents, when they are signs of their own
                end += 1
            found.append((begin, end))
    return found
