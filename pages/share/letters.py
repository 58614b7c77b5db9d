"""Text on a picture, in any script that the house has a font for, in the order in which it is read."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

from pages.theme import STATIC

FILES = (
    "inter-latin",
    "inter-latin-ext-a",
    "inter-latin-ext",
    "inter-vietnamese",
    "inter-cyrillic",
    "inter-greek",
    "vazirmatn-arabic",
)
"""Each is asked in turn whether it has a letter."""

ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"
_NOBODYS = "\U0010fffd"
_RIGHT_TO_LEFT = {"R", "AL"}
_LEFT_TO_RIGHT = {"L", "EN", "AN"}


@dataclass(frozen=True, slots=True)
class Hand:
    """How something is written: its size in pixels and its weight, from 100 to 900."""

    size: int
    weight: int


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    file: str
    is_right_to_left: bool


@lru_cache(maxsize=128)
def _font(file: str, hand: Hand) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(STATIC / "fonts" / f"{file}.woff2", hand.size)
    font.set_variation_by_axes([hand.weight])
    return font


@lru_cache(maxsize=4096)
def _file_with(letter: str) -> str | None:
    """The first file that has a letter; a file draws all letters that it lacks alike."""
    for file in FILES:
        font = _font(file, Hand(32, 400))
        if bytes(font.getmask(letter)) != bytes(font.getmask(_NOBODYS)):
            return file
    return None


def writable(text: str) -> str:
    """What of a text can be written, on one line; letters for which there is no font are left out."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return " ".join("".join(filter(_is_writable, composed)).split())


def _is_writable(letter: str) -> bool:
    """Marks that turn the direction of writing are no letters."""
    return letter in _JOINERS or (unicodedata.category(letter)[0] != "C" and _file_with(letter) is not None)


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from the right, as its first letter says that has a direction."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((direction for direction in directions if direction in {"L", *_RIGHT_TO_LEFT}), "L") in _RIGHT_TO_LEFT


def width(text: str, hand: Hand) -> float:
    """How wide a line is, in pixels."""
    return sum(_length(run, hand) for run in _runs(text))


def write(canvas: ImageDraw.ImageDraw, at: tuple[float, float], text: str, hand: Hand, colour: tuple[int, ...]) -> None:
    """Put a line on a picture; `at` is where its baseline begins on the left."""
    x, y = at
    for run in _runs(text):
        font, direction = _font(run.file, hand), _direction(run)
        canvas.text((x, y), run.text, fill=colour, font=font, anchor="ls", direction=direction)
        x += _length(run, hand)


def fit(text: str, hands: tuple[Hand, ...], *, within: float, lines: int) -> tuple[Hand, list[str]]:
    """The first of the hands in which a text stands on so many lines, or else the last, and the text is cut."""
    for hand in hands:
        broken = _lines(text, hand, within)
        if len(broken) <= lines and all(width(line, hand) <= within for line in broken):
            return hand, _balanced(broken, hand, within)
    broken = _lines(text, hands[-1], within)
    kept = [*broken[: lines - 1], " ".join(broken[lines - 1 :])]
    return hands[-1], [_cut(line, hands[-1], within) for line in kept if line]


def _balanced(lines: list[str], hand: Hand, within: float) -> list[str]:
    """The same text on as many lines, which are about as long as each other."""
    balanced = lines
    for tenth in range(9, 4, -1):
        narrower = _lines(" ".join(lines), hand, within * tenth / 10)
        if len(narrower) > len(lines):
            break
        balanced = narrower
    return balanced


def _lines(text: str, hand: Hand, within: float) -> list[str]:
    """As many words on each line as it has room for, one at least."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", hand) <= within:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cut(line: str, hand: Hand, within: float) -> str:
    if width(line, hand) <= within:
        return line
    while line and width(line + ELLIPSIS, hand) > within:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS


def _length(run: _Run, hand: Hand) -> float:
    return _font(run.file, hand).getlength(run.text, direction=_direction(run))


def _direction(run: _Run) -> str:
    return "rtl" if run.is_right_to_left else "ltr"


@lru_cache(maxsize=1024)
def _runs(text: str) -> tuple[_Run, ...]:
    """A line in pieces of one font and one direction each, from left to right (UAX 9, to the second level)."""
    base = is_right_to_left(text)
    written = [
        _Run("".join(letter for letter, *_ in piece), file, turned)
        for (file, turned), piece in groupby(_letters(text, base), key=lambda each: each[1:])
    ]
    ordered: list[_Run] = []
    for turned, group in groupby(written, key=lambda run: run.is_right_to_left):
        pieces = list(group)
        ordered.extend(pieces if turned == base else reversed(pieces))
    return tuple(reversed(ordered)) if base else tuple(ordered)


def _letters(text: str, base: bool) -> Iterator[tuple[str, str, bool]]:
    """Each letter with its font and direction; a mark or space stays with the font before it that has it."""
    file = FILES[0]
    for letter, turned in zip(text, _turned(text, base), strict=True):
        has_letter = letter in _JOINERS or unicodedata.combining(letter)
        file = file if has_letter else _file_with(letter) or file
        yield letter, file, turned


def _turned(text: str, base: bool) -> list[bool]:
    """Whether each letter runs to the left; what has no direction goes as its neighbours on both sides or the line."""
    strong = [_strong(letter) for letter in text]
    found: list[bool] = []
    for index, own in enumerate(strong):
        after = next((each for each in strong[index:] if each is not None), base)
        before = found[-1] if found else base
        found.append(own if own is not None else before if before == after else base)
    return found


def _strong(letter: str) -> bool | None:
    direction = unicodedata.bidirectional(letter)
    return True if direction in _RIGHT_TO_LEFT else False if direction in _LEFT_TO_RIGHT else None
