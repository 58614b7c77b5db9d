from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as some

from expert_booking.experts import SortOrder
from pages.view import LONGEST_SEARCH, View, When

views = some.builds(
    View,
    page=some.integers(1, 999_999),
    search=some.text(max_size=LONGEST_SEARCH),
    category=some.text(max_size=60),
    sort=some.sampled_from(SortOrder),
    when=some.sampled_from(When),
)


@settings(deadline=None)
@given(views)
def test_address_leads_back_to_the_view(view: View) -> None:
    assert View.from_query(view.address.partition("?")[2]) == view


@settings(deadline=None)
@given(some.text())
def test_any_query_is_some_view(query: str) -> None:
    view = View.from_query(query)

    assert View.from_query(view.address.partition("?")[2]) == view


def test_plain_view_has_a_plain_address() -> None:
    assert View().address == "/"


def test_address_names_only_what_is_not_as_usual() -> None:
    assert View(page=3, search="josé a", sort=SortOrder.SOONEST, when=When.TODAY).address == (
        "/?search=jos%C3%A9+a&open=today&sort=soonest&page=3"
    )


def test_question_mark_before_the_query_does_not_matter() -> None:
    assert View.from_query("?page=2") == View.from_query("page=2") == View(page=2)


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "٣", "1000000", "0000000019999999999999999999", "1" * 5000])
def test_page_that_cannot_be_is_the_first(page: str) -> None:
    assert View.from_query(f"page={page}") == View()


def test_search_is_cut_where_the_field_ends() -> None:
    assert View.from_query(f"search={'x' * 500}") == View(search="x" * LONGEST_SEARCH)


@settings(deadline=None)
@given(views, views)
def test_change_is_what_it_names_and_begins_with_the_first_page(view: View, other: View) -> None:
    query = urlencode({"search": other.search, "category": other.category, "open": other.when})

    changed = view.changed(query)

    assert changed == View(search=other.search, category=other.category, when=other.when, sort=view.sort)


@settings(deadline=None)
@given(views, some.text())
def test_any_change_leads_to_some_view(view: View, query: str) -> None:
    changed = view.changed(query)

    assert View.from_query(changed.address.partition("?")[2]) == changed


@pytest.mark.parametrize(
    ("now", "zone", "today", "week"),
    [
        ("2030-06-05T12:00Z", "UTC", "2030-06-06T00:00Z", "2030-06-10T00:00Z"),
        ("2030-06-05T23:00Z", "Europe/Berlin", "2030-06-06T22:00Z", "2030-06-09T22:00Z"),
        ("2030-06-05T03:00Z", "America/New_York", "2030-06-05T04:00Z", "2030-06-10T04:00Z"),
        ("2030-06-09T12:00Z", "UTC", "2030-06-10T00:00Z", "2030-06-17T00:00Z"),  # a Sunday
        ("2030-06-10T12:00Z", "UTC", "2030-06-11T00:00Z", "2030-06-17T00:00Z"),  # a Monday
        ("2026-03-28T12:00Z", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),  # the clocks go forward
        ("2026-04-23T12:00Z", "Africa/Cairo", "2026-04-23T22:00Z", "2026-04-26T21:00Z"),  # they do at that midnight
    ],
)
def test_time_filter_ends_at_a_midnight_of_the_visitor(now: str, zone: str, today: str, week: str) -> None:
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        ends = [when.ends_at(ZoneInfo(zone)) for when in (When.EVER, When.TODAY, When.THIS_WEEK)]

    assert ends == [None, datetime.fromisoformat(today), datetime.fromisoformat(week)]


@settings(deadline=None)
@given(
    some.integers(0, 10**7).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    some.sampled_from(["UTC", "Africa/Cairo", "America/Havana", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo"]),
)
def test_today_and_this_week_are_ahead_and_no_longer_than_they_can_be(now: datetime, zone: str) -> None:
    with time_machine.travel(now, tick=False):
        today, week = When.TODAY.ends_at(ZoneInfo(zone)), When.THIS_WEEK.ends_at(ZoneInfo(zone))

    assert today is not None
    assert week is not None
    assert now < today <= now + timedelta(hours=25)
    assert today <= week
    assert week <= now + timedelta(days=8, hours=1)
