"""The pictures that stand beside a link where somebody shares it: one for each expert, one for the house."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

from models import Expert
from pages import theme
from pages.components.avatar import initials
from pages.share import letters, paint
from pages.share.letters import Hand

HOUSE = "Expert Booking"  # not said: a name
WIDTH, HEIGHT = 1200, 630
EDGE = 64
PANE = (EDGE, 136, WIDTH - EDGE, HEIGHT - EDGE)
INSET = 52
AVATAR = 196
TEXT_LEFT = PANE[0] + INSET + AVATAR + 44
TEXT_WIDTH = PANE[2] - INSET - TEXT_LEFT

NAME = tuple(Hand(size, 680) for size in (76, 68, 60, 52, 46))
HEADLINE = (Hand(34, 440), Hand(30, 440))
PILL = Hand(26, 600)
RATING = Hand(28, 640)
LOGO = Hand(30, 650)
PROMISE = tuple(Hand(size, 700) for size in (84, 76, 68, 60))
LEAD = (Hand(34, 440), Hand(30, 440))
TIME = Hand(34, 560)
TIMES = ("9:00", "10:00", "11:00", "13:00", "14:00")
CHOSEN = 2


class _Sheet:
    """A picture of which one side is the beginning; what is placed from the beginning is mirrored with it."""

    def __init__(self, *, is_mirrored: bool) -> None:
        self.image = paint.aurora(WIDTH, HEIGHT).copy()
        self._is_mirrored = is_mirrored

    def left(self, start: float, width: float) -> int:
        """Where something begins on the left that is so far from the beginning."""
        return round(WIDTH - start - width if self._is_mirrored else start)

    def write(self, start: float, top: float, line: str, hand: Hand, colour: str) -> None:
        """A line of text, in a row as high as the hand."""
        at = (self.left(start, letters.width(line, hand)), top + hand.size * 0.86)
        letters.write(ImageDraw.Draw(self.image), at, line, hand, paint.colour(colour)[:3])

    def tint(self, start: float, top: float, mask: Image.Image, token: str) -> None:
        """A shape in a colour."""
        paint.lay_tint(self.image, (self.left(start, mask.width), round(top)), paint.colour(token), mask)

    def lay(self, start: float, top: float, picture: Image.Image, radius: int) -> None:
        """A picture with round corners."""
        mask = paint.rounded(picture.width, picture.height, radius)
        self.image.paste(picture, (self.left(start, picture.width), round(top)), mask)

    def png(self) -> bytes:
        """The picture as a file."""
        return as_png(self.image)


def as_png(image: Image.Image) -> bytes:
    """A picture as a file."""
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def of_expert(expert: Expert, portrait: bytes | None = None) -> bytes:
    """An expert as a PNG; where the house has no font for the letters of a name, the category stands in its place.

    Args:
        expert: who.
        portrait: their picture, as the house has drawn it; their initials stand in for it.
    """
    name, category = letters.writable(expert.name), letters.writable(expert.category)
    if not name:
        name, category = category, ""
    sheet = _Sheet(is_mirrored=letters.is_right_to_left(name))
    sheet.image.paste(_empty_pane())
    _sign(sheet)
    _draw_avatar(sheet, expert, portrait)
    hand, name_lines = letters.fit(name, NAME, within=TEXT_WIDTH, lines=2)
    small, headline = letters.fit(letters.writable(expert.headline), HEADLINE, within=TEXT_WIDTH, lines=2)
    name_step, step = hand.size * 1.14, small.size * 1.36
    top = (PANE[1] + PANE[3] - len(name_lines) * name_step - 22 - len(headline) * step - 84) / 2
    for line in name_lines:
        sheet.write(TEXT_LEFT, top, line, hand, "ink")
        top += name_step
    top += 22
    for line in headline:
        sheet.write(TEXT_LEFT, top, line, small, "ink-soft")
        top += step
    _draw_facts(sheet, category, f"{expert.rating:.1f}", top + 32)
    return sheet.png()


def of_house(promise: str, lead: str) -> bytes:
    """The house as a PNG, with what it promises and what that means."""
    sheet = _Sheet(is_mirrored=letters.is_right_to_left(promise))
    _sign(sheet)
    within = WIDTH - 2 * EDGE
    hand, lines = letters.fit(letters.writable(promise), PROMISE, within=within, lines=2)
    top = 152.0
    for line in lines:
        sheet.write(EDGE, top, line, hand, "ink")
        top += hand.size * 1.12
    top += 20
    small, lines = letters.fit(letters.writable(lead), LEAD, within=within, lines=2)
    for line in lines:
        sheet.write(EDGE, top, line, small, "ink-soft")
        top += small.size * 1.36
    _draw_times(sheet)
    return sheet.png()


@lru_cache(maxsize=1)
def _empty_pane() -> Image.Image:
    picture = paint.aurora(WIDTH, HEIGHT).copy()
    paint.lay_glass(picture, PANE, 36)
    return picture


def _sign(sheet: _Sheet) -> None:
    sheet.lay(EDGE, 58, paint.mark(46), 14)
    sheet.write(EDGE + 62, 66, HOUSE, LOGO, "ink")


def _draw_avatar(sheet: _Sheet, expert: Expert, portrait: bytes | None) -> None:
    """As in the list."""
    first, second = theme.AVATAR_GRADIENTS[theme.avatar_tone(str(expert.id))]
    left, top = PANE[0] + INSET, (PANE[1] + PANE[3] - AVATAR) // 2
    if portrait is not None:
        with Image.open(BytesIO(portrait), formats=["WEBP"]) as image:
            small = image.convert("RGB").resize((AVATAR, AVATAR), Image.Resampling.LANCZOS)
        sheet.lay(left, top, small, 58)
        return
    sheet.lay(left, top, paint.diagonal(AVATAR, first, second), 58)
    text = letters.writable(initials(expert.name))
    hand = Hand(76, 680)
    start = left + (AVATAR - letters.width(text, hand)) / 2
    sheet.write(start, top + (AVATAR - hand.size) / 2 - 2, text, hand, "on-avatar")


def _draw_facts(sheet: _Sheet, category: str, rating: str, top: float) -> None:
    room = TEXT_WIDTH - 40 - 28 - 34 - 10 - letters.width(rating, RATING)
    hand, lines = letters.fit(category, (PILL,), within=room, lines=1)
    start: float = TEXT_LEFT
    for line in lines:
        wide = round(letters.width(line, hand)) + 40
        sheet.tint(start, top, paint.rounded(wide, 52, 26), "accent-veil")
        sheet.write(start + 20, top + 12, line, hand, "accent-ink")
        start += wide + 28
    sheet.tint(start, top + 9, paint.star(34), "star")
    sheet.write(start + 44, top + 11, rating, RATING, "ink")


def _draw_times(sheet: _Sheet) -> None:
    """A row of times, one of them taken: what the house is about, in no language."""
    gap, high = 20, 92
    wide = (WIDTH - 2 * EDGE - gap * (len(TIMES) - 1)) // len(TIMES)
    top = HEIGHT - EDGE - high
    for number, time in enumerate(TIMES):
        start = EDGE + number * (wide + gap)
        left = sheet.left(start, wide)
        if number == CHOSEN:
            first, second = paint.hex_colours(theme.DARK["accent-face"])
            sheet.lay(start, top, paint.diagonal(wide, first, second).crop((0, 0, wide, high)), 24)
        else:
            paint.lay_glass(sheet.image, (left, top, left + wide, top + high), 24)
        middle = start + (wide - letters.width(time, TIME)) / 2
        sheet.write(middle, top + (high - TIME.size) / 2, time, TIME, "on-accent" if number == CHOSEN else "ink")
