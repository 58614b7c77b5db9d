"""What the address of the list says: which experts, in which order, from which page on."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from expert_booking import clock
from expert_booking.experts import SortOrder

LONGEST_SEARCH = 120
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


class When(StrEnum):
    """How soon an expert has to be open to be in the list, by the visitor's own days."""

    EVER = ""
    TODAY = "today"
    THIS_WEEK = "week"

    def ends_at(self, zone: ZoneInfo) -> datetime | None:
        """The midnight in a zone (aware UTC) before which an expert has to be open; none when that does not matter.

        A week ends with Sunday, as in ISO 8601: how a visitor reads does not say in which country they count their
        weeks. On a Sunday, of which nothing but today would be left, it is the week that begins then.
        """
        today = clock.now().astimezone(zone).date()
        days = {When.TODAY: 1, When.THIS_WEEK: (6 - today.weekday() or 7) + 1}
        return datetime.combine(today + timedelta(days=days[self]), time.min, zone).astimezone(UTC) if self else None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the list."""

    page: int = 1
    search: str = ""
    category: str = ""
    sort: SortOrder = SortOrder.RATING
    when: When = When.EVER

    @classmethod
    def from_query(cls, query: str) -> "View":
        """Read a query string; what makes no sense is as good as absent."""
        given = dict(parse_qsl(query.removeprefix("?")))
        page, sort, when = (given.get(name, "") for name in ("page", "sort", "open"))
        return cls(
            page=int(page) if PAGE_NUMBER.fullmatch(page) else 1,
            search=given.get("search", "")[:LONGEST_SEARCH],
            category=given.get("category", ""),
            sort=SortOrder(sort) if sort in set(SortOrder) else SortOrder.RATING,
            when=When(when) if when in set(When) else When.EVER,
        )

    def changed(self, query: str) -> "View":
        """Another view, in which what a query string names is different; it begins with the first page."""
        changes = dict(parse_qsl(query, keep_blank_values=True))
        return View.from_query(urlencode({**replace(self, page=1)._named(), **changes}))

    @property
    def address(self) -> str:
        """The path and query that lead back to this view."""
        usual = View()._named()
        query = urlencode({name: value for name, value in self._named().items() if value != usual[name]})
        return f"/?{query}" if query else "/"

    @property
    def canonical(self) -> str:
        """The address of the view that shows the same experts in the order of the house."""
        return replace(self, sort=SortOrder.RATING).address

    def _named(self) -> dict[str, str]:
        """As in the address."""
        return {
            "search": self.search,
            "category": self.category,
            "open": self.when,
            "sort": self.sort,
            "page": str(self.page),
        }
