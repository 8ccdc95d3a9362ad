"""The public pages in a real browser, under the policy that they are served with.

`open_page` fails upon whatever the policy refuses, and upon a request to any other host.
"""

import threading
from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import expect

from tests.browser.conftest import Open


@pytest.fixture
def site() -> Iterator[str]:
    """Serve pages that need no database, since Playwright keeps this thread from it."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_swagger_works_with_files_of_ours_alone(open_page: Open, site: str) -> None:
    page = open_page(f"{site}/docs")
    expect(page.locator(".info .title")).to_contain_text("NannyChain")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_text("An access token from")).to_be_visible()


def test_a_problem_leads_to_what_its_code_means(open_page: Open, site: str) -> None:
    page = open_page(f"{site}/docs/errors#api.not_found")
    expect(page.locator("tr:target")).to_contain_text("404")


def test_the_terms_keep_their_style(open_page: Open, site: str) -> None:
    name = open_page(f"{site}/terms").locator(".name").first
    assert name.evaluate("element => getComputedStyle(element).fontWeight") == "700"
