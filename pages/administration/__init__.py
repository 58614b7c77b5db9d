"""The pages of those who run the house: `frame` is what they share; importing the package registers them."""

from pages.administration import tokens, webhooks

__all__ = ["tokens", "webhooks"]
