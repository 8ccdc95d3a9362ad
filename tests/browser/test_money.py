"""Money comes in, goes across and goes out: two phones, the whole product, and a real browser.

Wanjiru reads English and Akinyi Kiswahili. Each amount is one that both M-Pesa and the books have
to agree on, so what the SMS say is what the wallets hold. With UPDATE_SCREENSHOTS=1 two moments
become pictures that the README shows.
"""

import pytest
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.conftest import Open
from tests.browser.handset import Handset
from tests.browser.product import Product, command

IS_CALLED_BACK = True
WANJIRU, AKINYI = "+254712345678", "+254722000111"
PIN, HER_PIN, MPESA_PIN = "4826", "7305", "1234"
ARRIVES_MS = 60_000

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


def test_two_members_deposit_send_withdraw_and_see_their_balance(
    product: Product, open_page: Open
) -> None:
    command(product, "create_account", WANJIRU, "--name", "Wanjiru Kamau")
    command(product, "create_account", AKINYI, "--name", "Akinyi Otieno", "--language", "sw")
    page = open_page(f"{product.simulators}/phone")
    wanjiru, akinyi = Handset(page, WANJIRU), Handset(page, AKINYI)
    wanjiru.choose_pin(PIN, balance="Your balance: KSh 0")
    akinyi.choose_pin(HER_PIN, balance="Salio lako: KSh 0")

    wanjiru.press("End key")
    _deposit(wanjiru)
    _see_balance(wanjiru, PIN, balance="Your balance: KSh 1,500")

    _send(wanjiru)
    akinyi.read("KSh 500", "Wanjiru K***", "Salio KSh 500", within_ms=ARRIVES_MS)
    wanjiru.read("You sent KSh 500 to Akinyi O***", "Balance KSh 1,000", within_ms=ARRIVES_MS)
    pictures.take(page, name="send")

    _withdraw(wanjiru)
    _see_balance(wanjiru, PIN, balance="Your balance: KSh 495")
    _see_balance(akinyi, HER_PIN, balance="Salio lako: KSh 500")


def _see_balance(phone: Handset, pin: str, *, balance: str) -> None:
    phone.press("End key")
    phone.dial()
    phone.answer("1", shows="PIN")
    phone.answer(pin, shows=balance)


def _deposit(phone: Handset) -> None:
    phone.dial()
    phone.answer("3", shows="Deposit from your M-Pesa. Enter the amount in shillings.")
    phone.answer("1500", shows="Deposit KSh 1,500 from M-Pesa 0712345678")
    phone.answer("1", shows="Enter your NannyChain PIN to confirm.")
    phone.type(PIN)
    phone.press("Send")
    expect(phone.element.get_by_label("M-PESA PIN")).to_be_visible(timeout=ARRIVES_MS)
    expect(phone.screen).to_contain_text("Pay KSh 1,500 to NannyChain")
    pictures.take(phone.page, name="deposit")
    phone.type(MPESA_PIN)
    phone.press("Send")
    phone.read("Confirmed.", "Ksh1,500.00 sent to NannyChain", within_ms=ARRIVES_MS)
    phone.read("KSh 1,500 came into your wallet", "Balance KSh 1,500", within_ms=ARRIVES_MS)


def _send(phone: Handset) -> None:
    phone.press("End key")
    phone.dial()
    phone.answer("5", shows="Send money to: enter a phone number or Worker ID.")
    phone.answer("0722000111", shows="Enter the amount in shillings.")
    phone.answer("500", shows="Send KSh 500 to Akinyi O***")
    phone.answer("1", shows="Enter your PIN to confirm.")
    phone.answer(PIN, shows="Sent: KSh 500 to Akinyi O***. Number TR-")


def _withdraw(phone: Handset) -> None:
    phone.press("End key")
    phone.dial()
    phone.answer("4", shows="Withdraw to your M-Pesa. Enter the amount in shillings.")
    phone.answer("500", shows="Withdraw KSh 500 to M-Pesa 0712345678")
    expect(phone.screen).to_contain_text("Total KSh 505")
    phone.answer("1", shows="Enter your PIN to confirm.")
    phone.answer(PIN, shows="KSh 500 is on its way to your M-Pesa.")
    phone.read("Confirmed.", "You have received Ksh500.00", within_ms=ARRIVES_MS)
    phone.read("KSh 500 was sent to your M-Pesa", "Balance KSh 495", within_ms=ARRIVES_MS)
