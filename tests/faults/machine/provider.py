"""The simulated M-Pesa and Africa's Talking without threads: nothing happens before it is let.

Its clock is the simulated one, its chance the seed's, and what it would tell the product waits in
its own table of calls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask

from simulators.africastalking import sms
from simulators.daraja import portal, troubles, views
from simulators.daraja.answers import DONE
from simulators.daraja.bank import UTILITY, WORKING, NotEnough, Payment, TooFull
from simulators.daraja.desk import Taken
from simulators.daraja.fates import Fate
from simulators.daraja.network import Network
from simulators.faults import Faults
from simulators.posting import Posting
from simulators.record import Record
from simulators.settings import Settings
from simulators.store import Store
from simulators.world import World
from tests.faults.machine.wire import PROVIDERS, SITE

SHORTCODE, PAYOUT_SHORTCODE, PAYBILL_KEY = "600100", "600200", "9c" * 16
_PASSWORD = "initiator-of-the-tests"
FLOAT_CENTS, WALLET_CENTS = 3_000_000_00, 300_000_00


@dataclass(frozen=True)
class Call:
    """What the provider is about to tell us."""

    number: int
    target: str
    url: str
    body: str


class Provider:
    """The provider as the driver has it in hand."""

    def __init__(self) -> None:
        """Make it; a key pair is drawn, which takes a moment."""
        paybill = f"{SITE}/cb/{PAYBILL_KEY}/paybill"
        settings = Settings(
            api_key="key-of-the-tests",
            mpesa_consumer_key="key-of-our-app",
            mpesa_consumer_secret="secret-of-our-app",
            mpesa_shortcode=SHORTCODE,
            mpesa_passkey="passkey-of-the-tests",
            mpesa_b2c_shortcode=PAYOUT_SHORTCODE,
            mpesa_initiator_name="testapi",
            mpesa_initiator_password=_PASSWORD,
            paybill_validation_url=f"{paybill}/validation",
            paybill_confirmation_url=f"{paybill}/confirmation",
            mpesa_wallet_shillings=WALLET_CENTS // 100,
            mpesa_float_shillings=FLOAT_CENTS // 100,
        )
        store, record = Store(None), Record()
        catalogue = {sms.TARGET: sms.FAULTS, **troubles.FAULTS}
        self.faults = Faults(catalogue, phoneless=troubles.PHONELESS)
        self.world = World(
            settings=settings,
            store=store,
            faults=self.faults,
            record=record,
            posting=Posting(settings=settings, store=store, record=record),
        )
        self.busy: set[str] = set()
        self.network = Network(self.world, is_line_busy=self.busy.__contains__)
        self.bank = self.network.bank
        self.knows_us = True
        self._result_urls: dict[str, str] = {}
        take = self.network.payouts.take
        self.network.payouts.take = lambda fields: self._noting(fields, take)  # type: ignore[method-assign]
        is_initiator = self.network.payouts.is_initiator
        self.network.payouts.is_initiator = (  # type: ignore[method-assign]
            lambda fields: self.knows_us and is_initiator(fields)
        )
        self.app = Flask("providers")
        self.app.register_blueprint(views.blueprint(self.network), url_prefix="/daraja")
        self.app.register_blueprint(portal.blueprint(self.network), url_prefix="/daraja")
        self.app.register_blueprint(sms.blueprint(self.world), url_prefix="/africastalking")

    def _noting(self, fields: dict[str, Any], take: Callable[[dict[str, Any]], Taken]) -> Taken:
        """Note where the result of a payout is to be told, also where it waits."""
        taken = take(fields)
        self._result_urls[str(fields["OriginatorConversationID"])] = str(fields["ResultURL"])
        return taken

    @property
    def account(self) -> dict[str, Any]:
        """Return the settings of our account with it."""
        settings = self.world.settings
        return {
            "MPESA_BASE_URL": f"{PROVIDERS}/daraja",
            "MPESA_CONSUMER_KEY": settings.mpesa_consumer_key,
            "MPESA_CONSUMER_SECRET": settings.mpesa_consumer_secret,
            "MPESA_SHORTCODE": SHORTCODE,
            "MPESA_PASSKEY": settings.mpesa_passkey,
            "MPESA_B2C_SHORTCODE": PAYOUT_SHORTCODE,
            "MPESA_INITIATOR_NAME": "testapi",
            "MPESA_INITIATOR_PASSWORD": _PASSWORD,
            "MPESA_CERTIFICATE": self.network.opener.certificate,
            "PAYBILL_CALLBACK_KEY": PAYBILL_KEY,
            "PUBLIC_BASE_URL": SITE,
            "AT_BASE_URL": f"{PROVIDERS}/africastalking",
        }

    def reset(self) -> None:
        """Forget everything, also the faults."""
        self.mend()
        self.network.reset()
        self.network.desk.access.end()
        self.world.store.reset()
        self.world.record.reset()
        self.busy.clear()

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.faults.clear()
        self.knows_us = True

    def due_calls(self, *, until: float) -> list[Call]:
        """Return what would be told by then, oldest first."""
        rows = self.bank.run(
            "SELECT number, target, url, body FROM calls WHERE due_at <= ? ORDER BY number", until
        )
        return [Call(**dict(row)) for row in rows]

    def next_call_at(self) -> float | None:
        """Return when the next is to be told, in seconds of the epoch."""
        (row,) = self.bank.run("SELECT min(due_at) AS at FROM calls")
        return None if row["at"] is None else float(row["at"])

    def tell(self, call: Call) -> None:
        """Tell the product once; whatever it answers, it is not repeated."""
        self.bank.run("DELETE FROM calls WHERE number = ?", call.number)
        self.network.desk.calling.now(target=call.target, url=call.url, body=call.body)

    def open_prompts(self) -> list[dict[str, Any]]:
        """Return the prompts that are on phones."""
        rows = self.bank.run("SELECT * FROM prompts WHERE is_open = 1 ORDER BY rowid")
        return [dict(row) for row in rows]

    def prompts(self) -> list[dict[str, Any]]:
        """Return all prompts that there ever were."""
        return [dict(row) for row in self.bank.run("SELECT * FROM prompts ORDER BY rowid")]

    def payouts(self) -> list[dict[str, Any]]:
        """Return all payouts that were handed in."""
        return self.network.payouts.all()

    def payments(self, *kinds: str) -> list[Payment]:
        """Return the money of these kinds that has moved, oldest first."""
        return [payment for payment in self.bank.payments() if payment.kind in kinds]

    def unqueue(self, payout: dict[str, Any]) -> None:
        """Carry out a payout that has waited in the provider's queue, and tell of it."""
        payouts, bank = self.network.payouts, self.bank
        try:
            payment = bank.pay_out(
                phone=payout["phone"],
                shortcode=payout["shortcode"],
                cents=payout["cents"],
                reference=payout["originator_id"],
            )
        except (NotEnough, TooFull):
            return
        bank.run(
            "UPDATE payouts SET code = '0', receipt = ? WHERE originator_id = ?",
            *(payment.receipt, payout["originator_id"]),
        )
        told = payouts._told(
            payout["originator_id"], payout["conversation_id"], Fate(0, DONE, "paid"), payment
        )
        if url := self._result_urls.get(payout["originator_id"]):
            self.network.desk.tell(troubles.PAYOUT, url=url, body=told, phone=payout["phone"])

    def utility_cents(self) -> int:
        """Return what lies in the account that payouts leave from."""
        return self.bank.floats(PAYOUT_SHORTCODE)[UTILITY]

    def working_cents(self) -> int:
        """Return what has come to our paybill number, less what was given back."""
        return self.bank.floats(SHORTCODE)[WORKING]
