"""The pages of those who run the house: `frame` is what they share; importing the package registers them."""

from pages.administration import operations, tokens, webhooks

__all__ = ["operations", "tokens", "webhooks"]
