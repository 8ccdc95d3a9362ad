"""A phone on the page, as a person sees and uses it."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Handset:
    """The phone with this number."""

    page: Page
    number: str

    @property
    def element(self) -> Locator:
        """The whole phone."""
        return self.page.get_by_role("region", name=f"Phone {self.number}")

    @property
    def screen(self) -> Locator:
        """The text on its screen."""
        return self.element.get_by_role("status")

    @property
    def count(self) -> Locator:
        """The character count above a USSD screen."""
        return self.element.locator(".count")

    def press(self, *names: str) -> None:
        """Press keys by what they are called, or what the screen calls them."""
        for name in names:
            self.element.get_by_role("button", name=name, exact=True).click()

    def dial(self) -> None:
        """Dial the code that is offered, and wait until the phone asks for a reply."""
        self.press("Dial", "Call")
        expect(self.element.get_by_label("Reply")).to_be_visible()

    def type(self, text: str) -> None:
        """Press the key of each digit."""
        self.press(*text)

    def answer(self, text: str, *, shows: str) -> None:
        """Reply to a USSD screen, and wait for the next one to say this."""
        self.type(text)
        self.press("Send")
        expect(self.screen).to_contain_text(shows)

    def choose_pin(self, pin: str, *, balance: str) -> None:
        """Ask for the balance, which wants a PIN first."""
        self.dial()
        self.answer("1", shows="PIN")
        self.answer(pin, shows="PIN")
        self.answer(pin, shows="PIN")
        self.answer(pin, shows=balance)

    def read(self, *parts: str, within_ms: float) -> None:
        """Wait for an SMS that says all of this, wherever it stands among the others; open it."""
        self.press("End key")
        self.element.locator("[data-key=left]").click()
        row = self.element.locator(".row")
        for part in parts:
            row = row.filter(has_text=part)
        expect(row).to_have_count(1, timeout=within_ms)
        row.click()
        for part in parts:
            expect(self.screen).to_contain_text(part)
        expect(self.element.locator(".row")).to_have_count(0)
