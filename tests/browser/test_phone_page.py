"""The browser phone in front of a tiny USSD application: mouse, keyboard and touch."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.handset import Handset
from tests.simulators.program import Received, Receiver, Simulators

WANJIRU, AKINYI = "+254712345678", "+254722000111"
MENU = "Welcome\n1. Name\n2. Markup\n3. Long\n4. Foreign"
SCREENS = {
    "": f"CON {MENU}",
    "1": "CON What is your name?",
    "2": "END <b onclick='x'>bold</b>",
    "3": "CON " + "m" * 150 + "[[[[[[",
    "4": "CON It\u2019s long",
}


def answer(received: Received) -> tuple[int, bytes]:
    """Be a small application: show the menu, ask for a name, greet."""
    if received.path != "/ussd":
        return 200, b""
    text = received.fields["text"]
    return 200, SCREENS.get(text, f"END Hello {text.partition('*')[2]}.").encode()


@pytest.fixture(scope="module")
def product() -> Iterator[Receiver]:
    with Receiver(answer=answer) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def events() -> Iterator[Receiver]:
    """Take the events at another address, so that `product` has hops and opt-outs only."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def program(product: Receiver, events: Receiver) -> Iterator[Simulators]:
    base = f"http://localhost:{product.port}"
    addresses = {
        "USSD_CALLBACK_URL": f"{base}/ussd",
        "USSD_EVENTS_URL": f"http://localhost:{events.port}/events",
        "SMS_OPTOUT_URL": f"{base}/optout",
    }
    with Simulators(addresses) as running:
        yield running


@pytest.fixture
def simulators(program: Simulators, product: Receiver) -> Simulators:
    program.post("/control/reset")
    product.forget()
    product.answer = answer
    return program


@pytest.fixture
def page(simulators: Simulators, open_page: Open) -> Page:
    return open_page(f"{simulators.url}/phone")


@pytest.fixture
def wanjiru(page: Page) -> Handset:
    return Handset(page, WANJIRU)


def send_sms(simulators: Simulators, text: str, to: str = WANJIRU) -> str:
    form = {"username": "sandbox", "to": to, "message": text, "from": "NANNYCHAIN"}
    address = f"{simulators.url}/africastalking/version1/messaging"
    sent = requests.post(address, data=form, headers={"apiKey": "any"}, timeout=10).json()
    return str(sent["SMSMessageData"]["Recipients"][0]["status"])


def test_the_code_is_offered_and_leads_through_a_session(wanjiru: Handset) -> None:
    wanjiru.press("Dial")
    expect(wanjiru.element.get_by_label("Number to dial")).to_have_value("*384*2024#")
    wanjiru.press("Call")
    expect(wanjiru.screen).to_have_text(MENU)
    expect(wanjiru.count).to_have_text(f"{len(MENU)}/160")
    wanjiru.press("1", "Send")
    expect(wanjiru.screen).to_have_text("What is your name?")
    wanjiru.press("4", "2", "Clear", "Send")
    expect(wanjiru.screen).to_have_text("Hello 4.")
    expect(wanjiru.element.get_by_label("Reply")).to_be_hidden()
    wanjiru.press("OK")
    expect(wanjiru.screen).to_contain_text(WANJIRU)


def test_the_keyboard_alone_is_enough(page: Page, wanjiru: Handset) -> None:
    keyboard = page.keyboard
    keyboard.press("Enter")
    keyboard.press("Enter")
    expect(wanjiru.screen).to_have_text(MENU)
    keyboard.press("1")
    keyboard.press("Enter")
    expect(wanjiru.screen).to_have_text("What is your name?")
    keyboard.type("Jane")
    keyboard.press("Enter")
    expect(wanjiru.screen).to_have_text("Hello Jane.")
    keyboard.press("Escape")
    expect(wanjiru.screen).to_contain_text(WANJIRU)


def test_digits_on_an_idle_phone_begin_a_number(page: Page, wanjiru: Handset) -> None:
    page.keyboard.type("*384*1#")
    expect(wanjiru.element.get_by_label("Number to dial")).to_have_value("*384*1#")
    page.keyboard.press("Enter")
    expect(wanjiru.screen).to_have_text("Connection problem or invalid MMI code")


def test_letters_come_by_pressing_a_key_again(wanjiru: Handset) -> None:
    wanjiru.dial()
    wanjiru.press("1", "Send")
    wanjiru.press("Typing digits; change to letters", "5", "2", "6", "6", "3", "3")
    expect(wanjiru.element.get_by_label("Reply")).to_have_value("jane")


def test_escape_hangs_up(page: Page, wanjiru: Handset, product: Receiver) -> None:
    wanjiru.dial()
    expect(wanjiru.screen).to_have_text(MENU)
    page.keyboard.press("Escape")
    expect(wanjiru.screen).to_contain_text(WANJIRU)
    first = product.next().fields["sessionId"]
    wanjiru.dial()
    expect(wanjiru.screen).to_have_text(MENU)
    assert product.next().fields["sessionId"] != first


def test_a_small_screen_is_worked_by_touch(simulators: Simulators, open_page: Open) -> None:
    page = open_page(f"{simulators.url}/phone", width=390, height=844, touch=True)
    phone = Handset(page, WANJIRU)
    for name in ("Dial", "Call"):
        phone.element.get_by_role("button", name=name, exact=True).tap()
    expect(phone.screen).to_have_text(MENU)
    phone.element.get_by_role("button", name="1", exact=True).tap()
    phone.element.get_by_role("button", name="Send", exact=True).tap()
    expect(phone.screen).to_have_text("What is your name?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.element.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize(("choice", "count"), [("3", "162/160"), ("4", "not GSM-7/160")])
def test_a_screen_that_does_not_fit_is_counted_in_red(
    wanjiru: Handset, choice: str, count: str
) -> None:
    wanjiru.dial()
    expect(wanjiru.count).not_to_have_css("background-color", "rgb(192, 36, 24)")
    wanjiru.press(choice, "Send")
    expect(wanjiru.count).to_have_text(count)
    expect(wanjiru.count).to_have_css("background-color", "rgb(192, 36, 24)")


def test_markup_is_shown_as_it_is(simulators: Simulators, wanjiru: Handset) -> None:
    wanjiru.dial()
    wanjiru.press("2", "Send")
    expect(wanjiru.screen).to_have_text("<b onclick='x'>bold</b>")
    send_sms(simulators, "<img src=x onerror=alert(1)>")
    wanjiru.press("OK", "Read", "Open")
    expect(wanjiru.screen).to_have_text("<img src=x onerror=alert(1)>")


def test_a_message_arrives_by_itself_is_read_and_stays_read(
    page: Page, simulators: Simulators, wanjiru: Handset
) -> None:
    send_sms(simulators, "Welcome to NannyChain.")
    expect(wanjiru.element.get_by_label("1 unread")).to_be_visible()
    expect(wanjiru.screen).to_contain_text("1 new message")
    wanjiru.press("Read", "Open")
    expect(wanjiru.screen).to_have_text("Welcome to NannyChain.")
    expect(wanjiru.element.get_by_label("0 unread")).to_be_hidden()
    page.reload()
    expect(wanjiru.screen).to_contain_text(WANJIRU)
    wanjiru.press("Messages")
    expect(wanjiru.screen).to_contain_text("Welcome to NannyChain.")
    expect(wanjiru.element.get_by_label("1 unread")).to_be_hidden()


def test_messages_are_stopped_and_allowed_again(
    page: Page, simulators: Simulators, product: Receiver, wanjiru: Handset
) -> None:
    send_sms(simulators, "First")
    wanjiru.press("Read", "Open", "Stop messages", "Stop")
    expect(wanjiru.screen).to_have_text("NANNYCHAIN can no longer send you messages.")
    assert product.next().fields == {"senderId": "NANNYCHAIN", "phoneNumber": WANJIRU}
    assert send_sms(simulators, "Second") == "UserInBlacklist"
    wanjiru.press("OK")
    page.keyboard.type("*456*9#")
    wanjiru.press("Call")
    expect(wanjiru.screen).to_have_text("You will receive all messages again.")
    assert send_sms(simulators, "Third") == "Success"


def test_two_phones_are_two_sessions(page: Page, wanjiru: Handset) -> None:
    akinyi = Handset(page, AKINYI)
    wanjiru.dial()
    wanjiru.press("1", "Send")
    akinyi.dial()
    expect(akinyi.screen).to_have_text(MENU)
    expect(wanjiru.screen).to_have_text("What is your name?")
    page.keyboard.press("2")  # goes to the phone that was used last
    expect(akinyi.element.get_by_label("Reply")).to_have_value("2")
    expect(wanjiru.element.get_by_label("Reply")).to_have_value("")


def test_phones_are_added_renumbered_and_remembered(page: Page) -> None:
    for _ in range(4):
        page.get_by_role("button", name="Add a phone").click()
    expect(page.get_by_role("button", name="Add a phone")).to_be_disabled()
    expect(page.get_by_role("region")).to_have_count(6)
    field = Handset(page, AKINYI).element.get_by_label("Number", exact=True)
    field.fill("0700 123 456")
    field.press("Enter")
    expect(Handset(page, "+254700123456").element).to_be_visible()
    page.get_by_role("button", name="Remove this phone").last.click()
    page.reload()
    expect(page.get_by_role("region")).to_have_count(5)
    expect(Handset(page, "+254700123456").screen).to_contain_text("+254700123456")


@pytest.mark.parametrize("typed", ["12", WANJIRU, "+25471234567"])
def test_a_wrong_number_is_not_taken(page: Page, typed: str) -> None:
    akinyi = Handset(page, AKINYI)
    field = akinyi.element.get_by_label("Number", exact=True)
    field.fill(typed)
    field.press("Enter")
    expect(field).to_have_js_property("validity.valid", False)
    expect(akinyi.screen).to_contain_text(AKINYI)


def test_a_fault_is_set_by_a_button_and_cleared(page: Page, simulators: Simulators) -> None:
    page.get_by_text("Faults").click()
    page.get_by_label("For").select_option(AKINYI)
    page.get_by_label("How often").select_option("until cleared")
    page.get_by_label("SMS error: status").fill("503")
    sms = page.get_by_role("group", name="SMS")
    sms.get_by_role("button", name="error", exact=True).click()
    expect(page.locator("#fault-set")).to_have_text(f"SMS error: until cleared, {AKINYI}")
    (fault,) = simulators.get("/control/faults")["faults"]
    assert (fault["kind"], fault["status"], fault["phone"]) == ("error", 503, AKINYI)
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#fault-set")).to_have_text("No fault is set.")


def test_a_fault_may_strike_now_and_then(page: Page, simulators: Simulators) -> None:
    page.get_by_text("Faults").click()
    page.get_by_label("How often").select_option("3 in 10, until cleared")
    sms = page.get_by_role("group", name="SMS", exact=True)
    sms.get_by_role("button", name="duplicate", exact=True).click()
    expect(page.locator("#fault-set")).to_have_text("SMS duplicate: 30 %, until cleared")
    (fault,) = simulators.get("/control/faults")["faults"]
    assert (fault["times"], fault["probability"]) == (None, 0.3)


def test_a_fault_of_stellar_strikes_whoever_asks(page: Page, simulators: Simulators) -> None:
    page.get_by_text("Faults").click()
    page.get_by_label("For").select_option(AKINYI)
    page.get_by_text("Stellar ledger").click()
    network = page.get_by_role("group", name="Network")
    page.get_by_label("How often").select_option("until cleared")
    network.get_by_role("button", name="halt").click()
    expect(page.locator("#fault-set")).to_have_text("Network halt: until cleared")
    (fault,) = simulators.get("/control/faults")["faults"]
    assert (fault["target"], fault["phone"]) == ("horizon.network", None)
    number = simulators.get("/control/horizon")["ledger"]
    expect(page.locator("#fault-ledger")).to_have_text(f"ledger {number}, halted")


def test_a_new_stellar_network_begins_only_when_it_is_meant(
    page: Page, simulators: Simulators
) -> None:
    page.get_by_text("Faults").click()
    page.get_by_text("Stellar ledger").click()
    renew = page.get_by_role("button", name="New network")
    before = simulators.get("/control/horizon")["resets"]
    page.once("dialog", lambda dialog: dialog.dismiss())
    renew.click()
    assert simulators.get("/control/horizon")["resets"] == before
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_response("**/control/horizon/reset"):
        renew.click()
    assert simulators.get("/control/horizon")["resets"] == before + 1


def test_a_session_that_the_network_ends_leaves_the_screen(
    simulators: Simulators, wanjiru: Handset
) -> None:
    wanjiru.press("Dial", "Call")
    expect(wanjiru.screen).to_have_text(MENU)
    simulators.post("/phone/dial", phone=WANJIRU, code="*384*2024#")  # from another browser
    expect(wanjiru.screen).to_have_text("Session timed out. Dial again.")
    wanjiru.press("OK")
    expect(wanjiru.screen).to_contain_text(WANJIRU)


def test_a_call_is_dialled_again_from_the_log(page: Page, wanjiru: Handset) -> None:
    wanjiru.dial()
    wanjiru.press("1", "Send", "4", "Send", "OK", "Call key")
    expect(wanjiru.screen).to_contain_text("*384*2024#")
    expect(wanjiru.screen).to_contain_text("ended")
    page.reload()
    expect(wanjiru.screen).to_contain_text(WANJIRU)
    wanjiru.press("Call key", "Redial")
    expect(wanjiru.screen).to_have_text(MENU)
    wanjiru.press("Cancel", "Call key")
    expect(wanjiru.screen).to_contain_text("hung up")


def test_the_network_sets_the_limit_and_is_told(wanjiru: Handset, product: Receiver) -> None:
    wanjiru.element.get_by_text("Network and gateway").click()
    wanjiru.element.get_by_role("combobox", name="Network").select_option("Airtel, 184 characters")
    expect(wanjiru.element.locator(".network")).to_have_text("Airtel")
    wanjiru.dial()
    assert product.next().fields["networkCode"] == "63903"
    wanjiru.press("3", "Send")
    expect(wanjiru.count).to_have_text("162/184")
    expect(wanjiru.count).not_to_have_css("background-color", "rgb(192, 36, 24)")


def test_a_dropped_call_is_seen_beside_the_phone(wanjiru: Handset) -> None:
    wanjiru.element.get_by_text("Network and gateway").click()
    drop = wanjiru.element.get_by_role("button", name="Drop the call")
    expect(drop).to_be_disabled()
    wanjiru.dial()
    drop.click()
    expect(wanjiru.screen).to_have_text("Call dropped")
    exchanges = wanjiru.element.get_by_label("Exchanges, newest first").get_by_role("listitem")
    expect(exchanges).to_have_count(2)
    expect(exchanges.first).to_contain_text("Incomplete")
    expect(exchanges.last).to_contain_text(SCREENS[""].partition("\n")[0])
    wanjiru.press("OK")
    wanjiru.element.get_by_label("Lose the next screen").check()
    wanjiru.press("Dial", "Call")
    expect(wanjiru.screen).to_have_text("Call dropped")
    expect(wanjiru.element.get_by_label("Lose the next screen")).not_to_be_checked()


def test_who_types_slowly_is_cut_off(page: Page, wanjiru: Handset, product: Receiver) -> None:
    wanjiru.element.get_by_text("Network and gateway").click()
    wanjiru.element.get_by_label("Slow typing").check()
    wanjiru.element.get_by_label("Network waits").fill("1.5")
    page.keyboard.press("5")  # stays in the field: the phone takes no key from the panel
    expect(wanjiru.element.get_by_label("Network waits")).to_have_value("1.55")
    wanjiru.dial()
    wanjiru.press("1", "Send")
    expect(wanjiru.screen).to_have_text("Session timed out. Dial again.")
    assert product.next().fields["text"] == ""
    assert product.posts.empty()


def test_the_panel_beside_a_phone_fits_a_small_screen(
    simulators: Simulators, open_page: Open
) -> None:
    page = open_page(f"{simulators.url}/phone", width=390, height=844, touch=True)
    phone = Handset(page, WANJIRU)
    phone.element.get_by_text("Network and gateway").tap()
    phone.element.get_by_label("Slow typing").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.element.get_by_role("combobox", name="Network").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_every_button_and_field_has_a_name(page: Page, wanjiru: Handset) -> None:
    wanjiru.dial()
    wanjiru.element.get_by_text("Network and gateway").click()
    wanjiru.element.get_by_label("Slow typing").check()
    page.get_by_text("Faults").click()
    expect(page.locator("#fault-kinds button").first).to_be_visible()
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, input, select")].filter((element) =>
          element.checkVisibility() && !element.ariaLabel && !element.labels?.length &&
          !element.textContent.trim()).map((element) => element.outerHTML)"""
    )
    assert nameless == []
