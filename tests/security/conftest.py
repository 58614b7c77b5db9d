"""What the attackers of these tests have at hand."""

from tests.live.conftest import chromium

__all__ = ["chromium"]
