"""The pages of an expert: `frame` is what they share; importing the package registers them."""

from pages.workspace import hours, profile, today

__all__ = ["hours", "profile", "today"]
