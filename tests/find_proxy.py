"""Finds the proxy that the tests put before several processes; `proxy_path` is for fixtures."""

import os
import shutil

import pytest

NONE_FOUND = "No HAProxy: the tests of several processes are skipped. To get it: apt-get install haproxy."


def proxy_path() -> str:
    """The executable, or a skipped test; a failed one when REQUIRE_PROXY is set."""
    # Debian puts it where only root looks.
    path = shutil.which("haproxy", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_PROXY") else pytest.skip)(NONE_FOUND)
    return path
