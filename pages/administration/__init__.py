"""The pages of those who run the house: `frame` is what they share; importing the package registers them."""

from pages.administration import booking, bookings, category_list, experts, journal_page, operations, tokens, webhooks

__all__ = ["booking", "bookings", "category_list", "experts", "journal_page", "operations", "tokens", "webhooks"]
