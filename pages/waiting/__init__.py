"""The waiting list: the form that joins it, and one's own place in line; importing the package registers the pages."""

from pages.waiting import joining, place

__all__ = ["joining", "place"]
