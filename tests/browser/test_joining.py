"""A new person joins: the whole product as `make run` starts it, and a real browser.

With UPDATE_SCREENSHOTS=1 the last screens become the picture that the README shows.
"""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.conftest import Open
from tests.browser.handset import Handset
from tests.browser.product import USSD_API_KEY, Product

WANJIRU, AKINYI = "+254712345678", "+254722000111"
WORKER_ID = re.compile(r"NW-[0-9A-HJKMNP-TV-Z]{8}")
SMS_MS = 60_000

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


def test_a_new_person_gets_a_worker_id_an_sms_and_a_home_menu(
    product: Product, open_page: Open
) -> None:
    page = open_page(f"{product.simulators}/phone")
    wanjiru = Handset(page, WANJIRU)

    wanjiru.dial()
    expect(wanjiru.screen).to_contain_text("1. Create account")
    wanjiru.press("1", "Send")
    expect(wanjiru.screen).to_contain_text("18 or older")
    wanjiru.press(*"0712345678", "Send")
    expect(wanjiru.screen).to_contain_text("Account created. Worker ID: NW-")
    found = WORKER_ID.search(wanjiru.screen.inner_text())
    assert found
    worker_id = found.group()

    expect(wanjiru.element.get_by_label("1 unread")).to_be_visible(timeout=SMS_MS)
    wanjiru.press("OK", "Read", "Open")
    expect(wanjiru.screen).to_contain_text(worker_id)
    wanjiru.press("End key")
    wanjiru.dial()
    expect(wanjiru.screen).to_contain_text(worker_id)
    expect(wanjiru.screen).not_to_contain_text("Create account")

    akinyi = Handset(page, AKINYI)
    akinyi.dial()
    expect(akinyi.screen).to_contain_text("1. Create account")
    akinyi.press("1", "Send", *"0722000111", "Send")
    expect(akinyi.screen).to_contain_text("Account created. Worker ID: NW-")
    expect(akinyi.element.get_by_label("1 unread")).to_be_visible(timeout=SMS_MS)
    akinyi.press("OK", "Read", "Open")
    expect(akinyi.screen).to_contain_text(WORKER_ID)
    pictures.take(page, name="phone")


def test_an_account_made_by_another_path_meanwhile_is_told(
    product: Product, open_page: Open
) -> None:
    number = "+254733000222"
    page = open_page(f"{product.simulators}/phone")
    page.get_by_role("button", name="Add a phone").click()
    phone = Handset(page, number)
    phone.dial()
    expect(phone.screen).to_contain_text("1. Create account")
    phone.press("1", "Send")
    expect(phone.screen).to_contain_text("18 or older")

    form = {
        "phoneNumber": number,
        "serviceCode": "*384*2024#",
        "text": "1*254733000222",
        "sessionId": "ATUid_" + "a" * 32,
        "networkCode": "63903",
    }
    answer = requests.post(f"{product.web}/ussd/k/{USSD_API_KEY}", data=form, timeout=10).text
    assert answer.startswith("END Account created. Worker ID: NW-"), answer

    phone.press(*"0733000222", "Send")
    worker_id = answer.removeprefix("END Account created. ")
    expect(phone.screen).to_have_text(f"You already have an account. {worker_id}")
