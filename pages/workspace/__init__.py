"""The pages of an expert: `frame` is what they share; importing the package registers them."""

from pages.workspace import today

__all__ = ["today"]
