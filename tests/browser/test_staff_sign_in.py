"""Staff sign in with a device, on a laptop and on a phone, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.product import Product, command

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 844, "touch": True}


def _first_step(page: Page, product: Product) -> None:
    page.locator("#id_username").fill("0700 000 001")
    password = (product.data / "demo-admin-password").read_text().strip()
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="Log in").click()


def _fits(page: Page) -> bool:
    """Tell whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_device_is_enrolled_on_a_laptop_and_a_recovery_code_opens_the_phone(
    product: Product, open_page: Open
) -> None:
    laptop = open_page(f"{product.web}/admin/")
    _first_step(laptop, product)
    expect(laptop.get_by_role("heading")).to_contain_text("Enrol your device")
    picture = laptop.locator("#picture svg")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] >= 150
    assert box["y"] + box["height"] <= 860
    assert _fits(laptop)
    laptop.locator("#id_code").fill("000000")
    laptop.get_by_role("button", name="Enrol and sign in").click()
    expect(laptop.get_by_text("That code is not right")).to_be_visible()
    laptop.locator("#id_code").fill(command(product, "demo_code"))
    laptop.get_by_role("button", name="Enrol and sign in").click()
    codes = laptop.locator("#recovery-codes li").all_inner_texts()
    assert len(codes) == 10
    laptop.get_by_role("link", name="I have kept them").click()
    expect(laptop).to_have_url(f"{product.web}/admin/")

    phone = open_page(f"{product.web}/admin/my-device/", **PHONE)
    assert _fits(phone)
    _first_step(phone, product)
    expect(phone.get_by_role("heading")).to_contain_text("Enter your code")
    assert _fits(phone)
    phone.locator("#id_code").fill(codes[0].lower())
    phone.get_by_role("button", name="Sign in").click()
    expect(phone).to_have_url(f"{product.web}/admin/my-device/")
    expect(phone.get_by_text("Recovery codes left: 9")).to_be_visible()
    assert _fits(phone)
