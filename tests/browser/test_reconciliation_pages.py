"""An officer looks at the morning's report and its breaks, and signs the day off, in a browser."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from config.demo import FLOAT_CENTS
from tests.browser import officers
from tests.browser.conftest import Open
from tests.browser.pictures import take
from tests.browser.product import Product, command, control
from tests.simulators.program import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.timeout(420)]
IS_CALLED_BACK = True  # M-Pesa tells its balances by callback
SHORTCODE = "174379"  # M-Pesa's sandbox, which `make run` uses
PHONE = {"width": 390, "height": 844, "touch": True}


def _sign_in(page: Page, product: Product, *, code: str) -> None:
    page.locator("#id_username").fill("0700 000 001")
    password = (product.data / "demo-admin-password").read_text().strip()
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.locator("#id_code").fill(code)
    page.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def _reconcile(product: Product) -> subprocess.CompletedProcess[str]:
    file = "NANNYCHAIN_ENV_FILE"
    environment = {name: value for name, value in product.environment.items() if name != file}
    return subprocess.run(
        [sys.executable, "manage.py", "reconcile", "--wait", "60"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_an_officer_finds_what_differs_and_signs_the_day_off(
    product: Product, open_page: Open
) -> None:
    laptop = open_page(f"{product.web}/admin/")
    _sign_in(laptop, product, code=command(product, "demo_code"))
    recovery = laptop.locator("#recovery-codes li").all_inner_texts()
    laptop.get_by_role("link", name="I have kept them").click()
    officers.until_shown(laptop, "Money in suspense")  # the payments of the demo have come
    # Somebody has filled the float up by KSh 1,000, and nobody has booked it.
    control(product, "daraja/floats", shortcode=SHORTCODE, cents=FLOAT_CENTS + 1_000_00)
    done = _reconcile(product)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "balances told: " in done.stdout

    laptop.goto(f"{product.web}/admin/payments/break/")
    row = laptop.get_by_role("row", name="balance at M-Pesa differs")
    expect(row).to_contain_text("KSh 1,000")
    assert _fits(laptop)
    take(laptop, name="breaks")

    laptop.goto(f"{product.web}/admin/payments/dailyreport/")
    laptop.locator("#result_list tbody tr th a, #result_list tbody tr td a").first.click()
    expect(laptop.get_by_text("Customers' money: owed and held")).to_be_visible()
    expect(laptop.get_by_text("Breaks that are not settled")).to_be_visible()
    assert _fits(laptop)
    take(laptop, name="daily_report")
    report = laptop.url
    with laptop.expect_download() as downloading:
        laptop.get_by_role("link", name="PDF").click()
    assert downloading.value.path().read_bytes().startswith(b"%PDF-")
    laptop.get_by_role("link", name="Sign it off").click()
    expect(laptop.get_by_text("It can't be taken back.")).to_be_visible()
    laptop.locator("#id_reason").fill("The move of float is not booked yet")
    laptop.get_by_role("button", name="Sign it off").click()
    expect(laptop).to_have_url(report)
    expect(laptop.get_by_text("The move of float is not booked yet")).to_be_visible()

    phone = open_page(report, **PHONE)
    _sign_in(phone, product, code=recovery[0].lower())
    expect(phone).to_have_url(report)
    expect(phone.get_by_text("Customers' money: owed and held")).to_be_visible()
    assert _fits(phone)
    take(phone, name="daily_report_phone")
    phone.goto(f"{product.web}/admin/payments/break/")
    assert _fits(phone)
