"""An officer hands M-Pesa's statement in, and sees what is left over."""

from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import pictures
from tests.browser.conftest import Open
from tests.browser.product import Product, command, control

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
IS_CALLED_BACK = True
SHORTCODE = "174379"  # M-Pesa's sandbox, which `make run` uses
SECONDS = 60.0


def paid(product: Product, *, account: str, shillings: int) -> str:
    """Let somebody pay to the paybill, and M-Pesa tell nobody; return the receipt."""
    lost = {"target": "daraja.paybill", "kind": "callback_lost", "times": 1}
    control(product, "faults", **lost)
    payment = {"phone": "+254722000108", "account": account, "shillings": shillings}
    receipt: str = control(product, "daraja/paybill", **payment)["receipt"]
    assert receipt
    return receipt


def statement(product: Product) -> bytes:
    """Download today's statement, in which the second payment has a reason that is new."""
    address = f"{product.simulators}/daraja/portal/statement"
    asked = {"shortcode": SHORTCODE, "format": "csv"}
    content = requests.get(address, params=asked, timeout=SECONDS).content
    newest, *rest = content.split(b"Pay Bill Online")
    assert len(rest) == 2
    return b"Agent Deposit".join([newest, b"Pay Bill Online".join(rest)])


def sign_in(page: Page, product: Product) -> None:
    """Sign in for the first time, with a new device."""
    page.locator("#id_username").fill("0700 000 001")
    password = (product.data / "demo-admin-password").read_text().strip()
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.locator("#id_code").fill(command(product, "demo_code"))
    page.get_by_role("button", name="Enrol and sign in").click()
    page.get_by_role("link", name="I have kept them").click()


def test_an_officer_hands_a_statement_in_and_sees_the_breaks(
    product: Product, open_page: Open, tmp_path: Path
) -> None:
    missed = paid(product, account="school fees", shillings=800)
    unknown = paid(product, account="X", shillings=300)
    file = tmp_path / "ORG_174379_Working_Account.csv"
    file.write_bytes(statement(product))

    page = open_page(f"{product.web}/admin/payments/statementfile/add/")
    sign_in(page, product)
    page.goto(f"{product.web}/admin/payments/statementfile/add/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Hand it in").click()
    expect(
        page.get_by_text("Compared: of 2 lines, 2 were new; 1 have no journal yet")
    ).to_be_visible(timeout=SECONDS * 1000)
    pictures.take(page, name="statement")

    page.get_by_role("link", name="its lines").click()
    expect(page.get_by_text(missed)).to_be_visible()
    page.goto(f"{product.web}/admin/payments/break/")
    expect(page.get_by_text(unknown).first).to_be_visible()
    expect(page.get_by_text("in the statement, not in our books").first).to_be_visible()
    expect(page.get_by_text(missed)).to_have_count(0)
    page.goto(f"{product.web}/admin/payments/paybillpayment/")
    expect(page.get_by_text(missed).first).to_be_visible()
