"""A morning of an operations officer and a colleague: what takes two people, in two browsers.

Money that nobody knew the owner of reaches a wallet. A withdrawal is settled of which M-Pesa says
both that it was paid and that it was not. With UPDATE_SCREENSHOTS=1 the pages become the pictures
of `docs/operators.md`.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import officers, pictures
from tests.browser.conftest import Open
from tests.browser.handset import Handset
from tests.browser.product import Product, command, control

IS_CALLED_BACK = True
WANJIKU, WANJIRU = "+254700000002", "+254712345678"
PIN = "4826"
WAIT_MS = 60_000

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


def test_money_in_suspense_is_put_into_a_wallet_by_two(product: Product, open_page: Open) -> None:
    officer = officers.signed_in(officers.OFFICER, product, open_page)
    colleague = officers.signed_in(officers.ACCOUNTANT, product, open_page)
    officers.until_shown(officer, "Money in suspense")
    assert officers.fits(officer)
    pictures.take(officer, name="front-page")
    before = _money_of(officer, WANJIKU)

    officer.goto(f"{product.web}/admin/")
    _card(officer, "Money in suspense").click()
    officer.get_by_role("row", name="RENT MAY").get_by_role("link").first.click()
    officer.get_by_role("link", name="Put it into a wallet").click()
    officer.locator("#id_member").fill("0700 000 002")
    officer.locator("#id_reason").fill("Wanjiku showed the M-Pesa SMS")
    officer.get_by_role("button", name="Ask for it").click()
    expect(officer.get_by_text("Somebody else has to decide about it").first).to_be_visible()
    expect(officer.get_by_role("button", name="Approve, and do it")).to_have_count(0)

    colleague.goto(f"{product.web}/admin/")
    _card(colleague, "Decisions that wait for you").click()
    row = colleague.get_by_role("row", name="Put the payment into a member's wallet")
    row.get_by_role("link").first.click()
    colleague.locator("#id_reason").fill("The receipt is hers")
    pictures.take(colleague, name="second-person")
    colleague.get_by_role("button", name="Approve, and do it").click()
    expect(colleague.get_by_text("Approved, and done.")).to_be_visible()

    assert _money_of(officer, WANJIKU) == before + 800
    officer.get_by_text("Whole timeline").scroll_into_view_if_needed()
    pictures.take(officer, name="member-page")
    officer.goto(f"{product.web}/admin/")
    expect(_card(officer, "Money in suspense")).to_have_count(0)
    assert "the books are right" in command(product, "verify_books")


def test_a_withdrawal_that_mpesa_contradicts_itself_about_is_settled_by_two(
    product: Product, open_page: Open
) -> None:
    wanjiru, receipt = _has_withdrawn(product, open_page(f"{product.simulators}/phone"))

    officer = officers.signed_in(officers.OFFICER, product, open_page)
    colleague = officers.signed_in(officers.ACCOUNTANT, product, open_page)
    officers.until_shown(officer, "Withdrawals to decide")
    _card(officer, "Withdrawals to decide").click()
    why = "M-Pesa says that it paid, and that it did not"
    officer.get_by_role("row", name=why).get_by_role("link").first.click()
    expect(officer.get_by_text("Settle", exact=True)).to_be_visible()
    pictures.take(officer, name="withdrawal-to-decide")
    officer.get_by_role("link", name="M-Pesa has paid it").click()
    officer.locator("#id_reason").fill("M-Pesa told us both")
    officer.locator("#id_evidence").fill("Her SMS, and the portal's statement")
    officer.locator("#id_receipt").fill(receipt)
    officer.get_by_role("button", name="Ask for it").click()
    expect(officer.get_by_text("Somebody else has to decide about it").first).to_be_visible()

    colleague.goto(f"{product.web}/admin/")
    _card(colleague, "Decisions that wait for you").click()
    row = colleague.get_by_role("row", name="Settle the withdrawal as paid")
    row.get_by_role("link").first.click()
    colleague.locator("#id_reason").fill("The receipt stands in the statement")
    colleague.get_by_role("button", name="Approve, and do it").click()
    expect(colleague.get_by_text("Approved, and done.")).to_be_visible()

    wanjiru.read("KSh 500 was sent to your M-Pesa", receipt, within_ms=WAIT_MS)
    officer.goto(f"{product.web}/admin/")
    expect(_card(officer, "Withdrawals to decide")).to_have_count(0)
    assert "the books are right" in command(product, "verify_books")


def _has_withdrawn(product: Product, page: Page) -> tuple[Handset, str]:
    """Let a member be paid and withdraw KSh 500; M-Pesa pays it, and tells us that it failed."""
    wrong = {"target": "daraja.payout", "kind": "misreported", "phone": WANJIRU, "times": 1}
    control(product, "faults", **wrong)
    command(product, "create_account", WANJIRU, "--name", "Wanjiru Kamau")
    wanjiru = Handset(page, WANJIRU)
    wanjiru.choose_pin(PIN, balance="Your balance: KSh 0")
    control(product, "daraja/paybill", phone="+254722000108", account=WANJIRU, shillings=1500)
    wanjiru.read("You received KSh 1,500", within_ms=WAIT_MS)
    wanjiru.press("End key")
    wanjiru.dial()
    wanjiru.answer("4", shows="Withdraw to your M-Pesa. Enter the amount in shillings.")
    wanjiru.answer("500", shows="Withdraw KSh 500")
    wanjiru.answer("1", shows="Enter your PIN to confirm.")
    wanjiru.answer(PIN, shows="KSh 500 is on its way to your M-Pesa.")
    wanjiru.read("Confirmed.", "You have received Ksh500.00", within_ms=WAIT_MS)
    receipt = re.search(r"\b[A-Z0-9]{10}\b", wanjiru.screen.inner_text())
    assert receipt is not None
    return wanjiru, receipt[0]


def _card(page: Page, title: str) -> Locator:
    return page.locator(".desk-card", has_text=title)


def _money_of(page: Page, phone: str) -> float:
    """Find a member by phone, open her page, and return the shillings in her wallet."""
    page.goto(f"{page.url.split('/admin/')[0]}/admin/find/")
    page.locator("#id_term").fill(phone)
    page.locator(".desk-find").get_by_role("button", name="Find").click()
    page.locator("#hits a", has_text="Member").click()
    page.wait_for_url("**/workers/member/**")
    told = re.search(r"In the wallet\s+KSh ([\d,.]+)", page.inner_text("body"))
    assert told is not None
    return float(told[1].replace(",", ""))
