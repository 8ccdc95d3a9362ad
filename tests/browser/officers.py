"""Staff of the demo in browsers of their own; who has no device yet enrols one."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.product import Product, command

OFFICER, ACCOUNTANT = "+254700000004", "+254700000005"
_SIGN_IN = re.compile("sign in$", re.IGNORECASE)
_TRIES, _CODE_LASTS_MS = 3, 31_000


def signed_in(phone: str, product: Product, open_page: Open, **how: object) -> Page:
    """Return the front page of the admin, in a browser in which this person has just signed in."""
    page = open_page(f"{product.web}/admin/", **how)
    page.locator("#id_username").fill(phone)
    password = (product.data / "demo-admin-password").read_text().strip()
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="Log in").click()
    kept = page.get_by_role("link", name="I have kept them")
    front = page.get_by_role("heading", name="Needs a person now")
    refused = page.get_by_text("That code is not right")
    for _ in range(_TRIES):
        page.locator("#id_code").fill(command(product, "demo_code", "--phone", phone))
        page.get_by_role("button", name=_SIGN_IN).click()
        expect(kept.or_(front).or_(refused)).to_be_visible()
        if not refused.is_visible():
            break
        page.wait_for_timeout(_CODE_LASTS_MS)  # each code counts once
    if kept.is_visible():
        kept.click()
    expect(front).to_be_visible()
    return page


def fits(page: Page) -> bool:
    """Tell whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def until_shown(page: Page, title: str) -> None:
    """Look again until what the simulated M-Pesa tells has been worked out."""
    for _ in range(60):
        if page.locator(".desk-card", has_text=title).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail(f"nothing came under: {title}")
