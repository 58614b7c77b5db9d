"""The charts of the operations page: each a picture, and the same figures as a table and as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from expert_booking.figures import BUSIEST, LEAD_HOURS, Figures
from expert_booking.sentence import Sentence
from expert_booking.statuses import NAMES
from models import BookingStatus
from pages import times
from pages.live.fragment import Markup, fill
from pages.reader import Reader

COLOURS = {
    BookingStatus.PENDING: "--held",
    BookingStatus.CONFIRMED: "--open",
    BookingStatus.COMPLETED: "--accent",
    BookingStatus.CANCELLED: "--ink-faint",
}
"""Names of the theme's; the page's script knows what they are."""

_FONTS = "Inter, system-ui, sans-serif"  # not said: a list of fonts
_TEXT = {"color": "--ink-soft", "fontFamily": _FONTS, "fontSize": 12}
_GRID = {"left": 8, "right": 28, "top": 16, "bottom": 8, "containLabel": True}
_TIP = {
    "renderMode": "richText",  # the other one writes styles into the page, which its policy forbids
    "backgroundColor": "--solid",
    "borderColor": "--line-strong",
    "textStyle": {"color": "--ink", "fontSize": 13},
}
_RULE = {"lineStyle": {"color": "--line"}}
_TABLE = (
    '<details class="figures"{is_open}><summary>{summary}</summary><div class="scrolls" tabindex="0" role="region"'
    ' aria-label="{label}"><table class="ledger"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    "{turn}</details>"
    '<a class="ghost" href="/admin/figures/{name}.csv?days={days}" download>{csv}</a>'
)
_TURN = '<div class="figures-turn">{before}<span class="faint">{where}</span>{after}</div>'
_STEP = '<button type="button" class="ghost" data-pick="page:{name}:{page}">{words}</button>'
_HEAD = '<th scope="col"{kind}>{text}</th>'
_ROW = '<tr><th scope="row">{first}</th>{cells}</tr>'
_CELL = '<td class="number">{text}</td>'

ROWS = 200
"""So many of a table are shown at once."""

Texts = Sequence[str]
Table = tuple[list[str], list[list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a chart is called, and how it and its table come of the figures; `part` is what it shows where not all."""

    heading: Sentence
    part: Sentence | None = None
    options: Callable[[Figures, Reader], dict[str, Any]]
    table: Callable[[Figures, Reader], Table]
    is_wide: bool = False


def draw_table(name: str, figures: Figures, reader: Reader, *, page: int | None = None) -> Markup:
    """The figures of a chart as a table that can be opened, and the way to the file.

    Args:
        name: the chart's.
        figures: what was counted.
        reader: who reads it.
        page: from 1, of a table that is open; none for one that is closed.
    """
    heads, body = CHARTS[name].table(figures, reader)
    first, *others = heads
    number = Markup(' class="number"')
    pages = max(1, -(-len(body) // ROWS))
    shown = min(max(page or 1, 1), pages)
    return fill(
        _TABLE,
        is_open=Markup(" open") if page is not None else "",
        summary=reader.say("Show as a table"),
        label=reader.say(CHARTS[name].heading),
        heads=fill(_HEAD, text=first, kind="")
        + Markup("").join(fill(_HEAD, text=each, kind=number) for each in others),
        body=Markup("").join(_row(row) for row in body[(shown - 1) * ROWS : shown * ROWS]),
        turn=_turn(name, shown, pages, reader) if pages > 1 else "",
        name=name,
        days=figures.days,
        csv=reader.say("Download CSV"),
    )


def _turn(name: str, page: int, pages: int, reader: Reader) -> Markup:
    def step(to: int, words: str) -> Markup:
        return fill(_STEP, name=name, page=to, words=words) if 1 <= to <= pages else Markup("")

    return fill(
        _TURN,
        before=step(page - 1, reader.say("Back")),
        where=reader.say("Page {page} of {pages}", page=page, pages=pages),
        after=step(page + 1, reader.say("Next")),
    )


def _row(row: Texts) -> Markup:
    first, *others = row
    return fill(_ROW, first=first, cells=Markup("").join(fill(_CELL, text=text) for text in others))


def _number(number: float, reader: Reader) -> str:
    return reader.say("{number}", number=number)


def _status(status: BookingStatus, reader: Reader) -> str:
    return reader.say(NAMES[status])


def _by_day(figures: Figures, reader: Reader) -> dict[str, Any]:
    today = times.day(figures.at.date(), reader)
    here = {
        "symbol": "none",
        "silent": True,
        "label": {**_TEXT, "formatter": reader.say("Today")},
        "lineStyle": {"color": "--ink-soft"},
        "data": [{"xAxis": today}],
    }
    series = [
        {
            "name": _status(status, reader),
            "type": "bar",
            "stack": "all",
            "itemStyle": {"color": colour},
            "data": [by[status] for by in figures.by_day.values()],
            **({"markLine": here} if status is BookingStatus.PENDING else {}),
        }
        for status, colour in COLOURS.items()
    ]
    days = [times.day(day, reader) for day in figures.by_day]
    legend = {"top": 0, "left": 0, "textStyle": _TEXT, "itemWidth": 12, "itemHeight": 12, "icon": "roundRect"}
    return {
        **_upright(days, series, is_many=True),
        "legend": legend,
        "grid": {**_GRID, "top": 56},
        "aria": {"enabled": True, "decal": {"show": True}},
    }


def _upright(names: Texts, series: list[dict[str, Any]], *, is_many: bool = False) -> dict[str, Any]:
    trigger = {**_TIP, "trigger": "axis", "axisPointer": {"type": "shadow", "shadowStyle": {"color": "--glass-hover"}}}
    axis = {"type": "category", "data": list(names), "axisLabel": _TEXT, "axisLine": _RULE, "axisTick": {"show": False}}
    if not is_many:
        axis["axisLabel"] = {**_TEXT, "interval": 0, "hideOverlap": True}
    return {
        "tooltip": trigger,
        "grid": _GRID,
        "xAxis": axis,
        "yAxis": {"type": "value", "minInterval": 1, "axisLabel": _TEXT, "splitLine": _RULE},
        "series": series,
    }


def _lying(names: Texts, data: list[Any], *, most: float | None = None) -> dict[str, Any]:
    """Bars from left to right, the first one on top."""
    label = {"show": True, "position": "right", **_TEXT}
    series = {"type": "bar", "data": data, "barMaxWidth": 18, "itemStyle": {"color": "--accent", "borderRadius": 4}}
    return {
        "tooltip": {**_TIP, "trigger": "item"},
        "grid": {**_GRID, "right": 44},
        "xAxis": {"type": "value", "max": most, "minInterval": 1, "axisLabel": _TEXT, "splitLine": _RULE},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(names),
            "axisLabel": {**_TEXT, "width": 150, "overflow": "truncate"},
            "axisLine": _RULE,
            "axisTick": {"show": False},
        },
        "series": [{**series, "label": label}],
    }


def _by_category(figures: Figures, reader: Reader) -> dict[str, Any]:
    return _lying([name or reader.say("No category") for name in figures.by_category], [*figures.by_category.values()])


def _by_status(figures: Figures, reader: Reader) -> dict[str, Any]:
    names = [_status(status, reader) for status in figures.by_status]
    data = [
        {"value": number, "itemStyle": {"color": COLOURS[status], "borderRadius": 4}}
        for status, number in figures.by_status.items()
    ]
    return _lying(names, data)


def _lead(figures: Figures, reader: Reader) -> dict[str, Any]:
    series = {"type": "bar", "data": [*figures.lead], "itemStyle": {"color": "--accent", "borderRadius": 4}}
    return _upright(_lead_names(reader), [series])


def _lead_names(reader: Reader) -> list[str]:
    said = [
        reader.say("< {number} h", number=end) if end < 48 else reader.say("< {number} d", number=end // 24)
        for end in LEAD_HOURS
    ]
    return [*said, reader.say("≥ {number} d", number=LEAD_HOURS[-1] // 24)]


def _utilisation(figures: Figures, reader: Reader) -> dict[str, Any]:
    names = [each.expert for each in figures.busiest]
    return _lying(names, [round(100 * each.share) for each in figures.busiest], most=100)


def _day_table(figures: Figures, reader: Reader) -> Table:
    heads = [reader.say("Day"), *(_status(status, reader) for status in BookingStatus)]
    body = [
        [times.day(day, reader), *(_number(by[status], reader) for status in BookingStatus)]
        for day, by in figures.by_day.items()
        if any(by.values())
    ]
    return heads, body


def _pairs(heading: Sentence) -> Callable[[Figures, Reader, Mapping[str, int]], Table]:
    def table(_: Figures, reader: Reader, found: Mapping[str, int]) -> Table:
        heads = [reader.say(heading), reader.say("Bookings")]
        return heads, [[name, _number(number, reader)] for name, number in found.items()]

    return table


def _category_table(figures: Figures, reader: Reader) -> Table:
    found = {name or reader.say("No category"): number for name, number in figures.by_category.items()}
    return _pairs(Sentence("Category"))(figures, reader, found)


def _status_table(figures: Figures, reader: Reader) -> Table:
    found = {_status(status, reader): number for status, number in figures.by_status.items()}
    return _pairs(Sentence("Status"))(figures, reader, found)


def _lead_table(figures: Figures, reader: Reader) -> Table:
    found = dict(zip(_lead_names(reader), figures.lead, strict=True))
    return _pairs(Sentence("Before the session"))(figures, reader, found)


def _utilisation_table(figures: Figures, reader: Reader) -> Table:
    heads = [reader.say("Expert"), reader.say("Booked minutes"), reader.say("Offered minutes"), reader.say("Share")]
    body = [
        [
            each.expert,
            _number(each.booked, reader),
            _number(each.offered, reader),
            reader.say("{number} %", number=round(100 * each.share)),
        ]
        for each in figures.utilisation
    ]
    return heads, body


CHARTS: Mapping[str, Drawing] = {
    "bookings-by-day": Drawing(heading=Sentence("Sessions by day"), options=_by_day, table=_day_table, is_wide=True),
    "bookings-by-status": Drawing(heading=Sentence("Sessions by status"), options=_by_status, table=_status_table),
    "bookings-by-category": Drawing(
        heading=Sentence("Sessions by category"), options=_by_category, table=_category_table
    ),
    "lead-time": Drawing(heading=Sentence("How early sessions are booked"), options=_lead, table=_lead_table),
    "utilisation": Drawing(
        heading=Sentence("How full experts are in the days ahead, in per cent"),
        part=Sentence("The {number} busiest", number=BUSIEST),
        options=_utilisation,
        table=_utilisation_table,
    ),
}
"""By the names of the tables."""
