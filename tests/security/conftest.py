"""What the attackers of these tests have at hand."""

from collections.abc import Iterator

import pytest

from tests.live.application import Application
from tests.live.conftest import chromium
from tests.security.mailbox import Mailbox

__all__ = ["chromium"]


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """Where the house's mail goes."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def house(
    mailbox: Mailbox, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """The application as people run it, mail included; a module may name SETTINGS of its own."""
    settings = {"RATE_LIMITS": "off", **mailbox.settings, **getattr(request.module, "SETTINGS", {})}
    application = Application(tmp_path_factory.mktemp("house"), **settings)
    application.start()
    yield application
    application.stop()
