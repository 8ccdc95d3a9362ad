"""The pictures of the README, taken by the tests that play what they show."""

import os

from playwright.sync_api import Page

from tests.simulators.program import ROOT

_FOLDER = ROOT / "docs/images"


def take(page: Page, *, name: str) -> None:
    """Keep what the page shows, if UPDATE_SCREENSHOTS=1; else a test run changes no file."""
    if os.environ.get("UPDATE_SCREENSHOTS") == "1":
        _FOLDER.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=_FOLDER / f"{name}.png", animations="disabled")
