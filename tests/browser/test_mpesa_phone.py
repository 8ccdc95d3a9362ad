"""M-Pesa on the browser phone: a prompt is answered with a PIN or cancelled, and a bill is paid."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.handset import Handset
from tests.simulators.daraja.caller import ENVIRONMENT, SHORTCODE, Caller
from tests.simulators.daraja.watching import PHONE, item, stk, told
from tests.simulators.program import Receiver, Simulators

YES = b'{"ResultCode":"0","ResultDesc":"Accepted"}'


@pytest.fixture(scope="module")
def product() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def program(product: Receiver) -> Iterator[Simulators]:
    base = f"http://localhost:{product.port}"
    addresses = {
        "PAYBILL_VALIDATION_URL": f"{base}/cb/k/paybill/validation",
        "PAYBILL_CONFIRMATION_URL": f"{base}/cb/k/paybill/confirmation",
    }
    with Simulators({**ENVIRONMENT, **addresses}) as running:
        yield running


@pytest.fixture
def caller(program: Simulators, product: Receiver) -> Caller:
    program.post("/control/reset")
    product.forget()
    product.answer = lambda _: (200, YES)
    return Caller(program, base=f"http://localhost:{product.port}")


@pytest.fixture
def wanjiru(caller: Caller, open_page: Open) -> Handset:
    page: Page = open_page(f"{caller.simulators.url}/phone")
    return Handset(page, PHONE)


def test_a_pin_pays(wanjiru: Handset, caller: Caller, product: Receiver) -> None:
    caller.push(PHONE, 1_500)
    expect(wanjiru.screen).to_contain_text(
        f"Pay KSh 1,500 to NannyChain ({SHORTCODE}), account D1?"
    )
    wanjiru.element.get_by_label("M-PESA PIN").fill("1234")
    wanjiru.press("Send")
    callback = stk(told(product, "/cb/1/deposit"))
    assert (callback["ResultCode"], item(callback, "Amount")) == (0, 1500)
    expect(wanjiru.screen).to_contain_text("1 new message")


@pytest.mark.parametrize(("pin", "code"), [("9999", 2001), ("", 1032)])
def test_a_wrong_pin_and_a_refusal_pay_nothing(
    wanjiru: Handset, caller: Caller, product: Receiver, pin: str, code: int
) -> None:
    caller.push(PHONE, 1_500)
    expect(wanjiru.screen).to_contain_text("Enter M-PESA PIN")
    if pin:
        wanjiru.element.get_by_label("M-PESA PIN").fill(pin)
        wanjiru.press("Send")
    else:
        wanjiru.press("Cancel")
    assert stk(told(product, "/cb/1/deposit"))["ResultCode"] == code


def test_a_bill_is_paid_from_the_menu(wanjiru: Handset, caller: Caller, product: Receiver) -> None:
    wanjiru.press("Dial")
    wanjiru.element.get_by_label("Number to dial").fill("*334#")
    wanjiru.press("Call")
    expect(wanjiru.screen).to_contain_text("Balance: KSh 50,000")
    wanjiru.element.get_by_label("Choice").fill("1")
    wanjiru.press("Send", "Send")  # the business number is there already
    wanjiru.element.get_by_label("Account number").fill("nw 7k3q x9mb")
    wanjiru.press("Send")
    wanjiru.element.get_by_label("Amount").fill("800")
    wanjiru.press("Pay")
    expect(wanjiru.screen).to_contain_text("Confirmed.")
    confirmed = told(product, "/cb/k/paybill/confirmation")
    assert (confirmed["BillRefNumber"], confirmed["TransAmount"]) == ("nw 7k3q x9mb", "800.00")
