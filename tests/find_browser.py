"""Finds the browser that the tests drive, and fetches one with --install; `browser_path` is for fixtures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
"""Chromium without a desktop browser's windows and toolbars, which cost every profile two seconds of a processor."""

NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")
FETCHED = Path(__file__).parents[1] / ".browser"
NONE_FOUND = (
    "No browser: the tests that need one are skipped. To get one, install Chromium (Debian: apt-get install chromium)."
)


def find() -> str | None:
    """The executable of a browser on the PATH, or else of the one that --install fetched before."""
    on_path = filter(None, map(shutil.which, NAMES))
    fetched = [FETCHED.read_text(encoding="utf-8")] if FETCHED.exists() else []
    return next((path for path in (*on_path, *fetched) if _starts(path)), None)


def browser_path() -> str:
    """The executable, or a skipped test; a failed one when REQUIRE_BROWSER is set."""
    import pytest

    if (path := find()) is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(NONE_FOUND)
    return path


def fetch() -> str | None:
    """Let Playwright download a Chromium, or else, as root on Debian, install the package."""
    print("No browser for the tests yet: fetching Chromium ...", flush=True)
    return _from_playwright() or _from_debian()


def _starts(path: str) -> bool:
    # A download may lack system libraries, and a package may be a mere pointer to another one.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    if not _runs([sys.executable, "-m", "playwright", "install", "chromium"], timeout=300):
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not _starts(path):
        return None
    FETCHED.write_text(path, encoding="utf-8")
    return path


def _from_debian() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    if not _runs(["apt-get", "update"], timeout=300):
        return None
    is_there = any(_runs([*install, name], timeout=600) for name in (SHELL, "chromium"))
    return find() if is_there else None


def _runs(command: list[str], *, timeout: int) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout, env=environment).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    found = find() or (fetch() if "--install" in sys.argv else None)
    print(f"Browser for the tests: {found}" if found else NONE_FOUND)
