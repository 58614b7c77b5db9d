"""Personal data is kept by nobody on the way."""

from fastapi import Depends, Response


def _private(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


PRIVATE = Depends(_private)
"""What a router of personal answers depends on."""
