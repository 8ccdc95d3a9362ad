"""A real Chromium, and a page that tolerates neither errors nor requests to anywhere else.

Playwright keeps an event loop in this thread while it runs, and Django refuses to reach the
database from such a thread. So it is started and stopped with each module of browser tests.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.product import product as product  # a fixture

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),  # as root, Chromium refuses its sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HERE = Path(__file__).parent
_WAIT_MS = 60_000

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m browser` finds them all."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the Chromium that is installed; skip, or with REQUIRE_BROWSER=1 fail, without one."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        missing = f"no Chromium on PATH (looked for {', '.join(_NAMES)})"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=_WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Open an address in a fresh profile; afterwards, fail if anything went wrong in a page."""
    troubles: list[str] = []
    contexts = []

    def opened(url: str, *, width: int = 1280, height: int = 860, touch: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch
        )
        contexts.append(context)
        context.set_default_timeout(_WAIT_MS)
        page = context.new_page()
        own = url.split("/")[2]
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda message: troubles.append(message.text) if message.type == "error" else None,
        )
        page.on(
            "request",
            lambda request: troubles.append(request.url) if own not in request.url else None,
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []
