"""The pages of an expert: `frame` is what they share; importing the package registers them."""

from pages.workspace import answering, calendars, feed, hours, profile, today

__all__ = ["answering", "calendars", "feed", "hours", "profile", "today"]
