import pytest
from hypothesis import given
from hypothesis import strategies as some

from expert_booking.experts import SortOrder
from pages.experts import LONGEST_SEARCH, View

views = some.builds(
    View,
    page=some.integers(1, 999_999),
    search=some.text(max_size=LONGEST_SEARCH),
    category=some.text(max_size=60),
    sort=some.sampled_from(SortOrder),
)


@given(views)
def test_address_leads_back_to_the_view(view: View) -> None:
    assert View.from_query(view.address.partition("?")[2]) == view


@given(some.text())
def test_any_query_is_some_view(query: str) -> None:
    view = View.from_query(query)

    assert View.from_query(view.address.partition("?")[2]) == view


def test_plain_view_has_a_plain_address() -> None:
    assert View().address == "/"


def test_address_names_only_what_is_not_as_usual() -> None:
    assert View(page=3, search="josé a", sort=SortOrder.SOONEST).address == "/?search=jos%C3%A9+a&sort=soonest&page=3"


def test_question_mark_before_the_query_does_not_matter() -> None:
    assert View.from_query("?page=2") == View.from_query("page=2") == View(page=2)


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "٣", "1000000", "0000000019999999999999999999", "1" * 5000])
def test_page_that_cannot_be_is_the_first(page: str) -> None:
    assert View.from_query(f"page={page}") == View()


def test_search_is_cut_where_the_field_ends() -> None:
    assert View.from_query(f"search={'x' * 500}") == View(search="x" * LONGEST_SEARCH)
