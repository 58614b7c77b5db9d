"""The pages of an expert: `frame` is what they share; importing the package registers them."""

from pages.workspace import answering, feed, hours, profile, today

__all__ = ["answering", "feed", "hours", "profile", "today"]
