"""Phones on the real menu, gateways and networks that do their worst, and an oracle beside them.

The oracle watches what the phones show, as a person would, and what the tables hold. An effect may
be where this phone's session has shown exactly it, to be confirmed, and the right PIN followed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext
from django_redis import get_redis_connection

from nannychain.language import codes as languages
from nannychain.language import speaking
from payments.deposits.models import Deposit
from payments.transfers.models import Transfer
from payments.withdrawals.models import Withdrawal
from tests.factories import money, phones
from ussd.engine import store
from ussd.engine.text import fits
from workers.identity.models import Member
from workers.identity.names import masked
from workers.identity.pins import hashing
from workers.identity.pins.models import Pin

CODE = "*384*2024#"
_AMOUNT = r"KSh [\d,]+(?:\.\d\d)?"
_CONFIRMS = {
    "send": "Send {amount} to {name}\nFee {fee}\nTotal {total}",
    "withdraw": "Withdraw {amount} to M-Pesa {phone}\nFee {fee}\nTotal {total}",
    "deposit": "Deposit {amount} from M-Pesa {phone}\nFee {fee}",
}
_CLAIMS = {
    "send": "Sent: {amount} to {name}. Number {reference}. You will get an SMS.",
    "withdraw": "{amount} is on its way to your M-Pesa. You will get an SMS.",
    "deposit": "Enter your M-Pesa PIN on the message that comes now. Then you will get an SMS.",
}
Effect = tuple[str, int, int, str]  # what, cents, what it costs in cents, to whom


def said(text: str) -> list[str]:
    """Return a text in every language."""
    found = []
    for language in languages():
        with speaking(language):
            found.append(gettext(text))
    return found


def is_said(text: str, shown: str) -> re.Match[str] | None:
    """Find a text, with anything in its places and in any language, on a screen."""
    for template in said(text):
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(
            (f"(?P<{part}>{_AMOUNT if part in ('amount', 'fee', 'total') else '.+?'})")
            if number % 2
            else re.escape(part)
            for number, part in enumerate(parts)
        )
        if match := re.search(pattern + r"(?=\n|$)", shown):
            return match
    return None


def confirmed(shown: str) -> Effect | None:
    """Return what a confirm screen would do, if this is one."""
    for what, text in _CONFIRMS.items():
        if match := is_said(text, shown):
            to = match["name"] if what == "send" else ""
            return what, _cents(match["amount"]), _cents(match["fee"]), to
    return None


def _cents(shown: str) -> int:
    shillings, _, cents = shown.removeprefix("KSh ").replace(",", "").partition(".")
    return int(shillings) * 100 + int(cents or 0)


@dataclass
class Line:
    """One session of one phone through one gateway, and what its screen has shown."""

    number: str
    gateway: str = "africastalking"
    session_id: str = ""
    text: str = ""
    turn: int = 0
    shown: str = ""
    confirm: Effect | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def dial(self) -> dict[str, Any]:
        """Begin a new session; return what the gateway is to post."""
        self.session_id, self.text, self.turn = uuid4().hex, "", 0
        self.shown, self.confirm, self.asked = "", None, []
        return self._request(CODE, begins=True)

    def type(self, typed: str) -> dict[str, Any]:
        """Type something; return what the gateway is to post."""
        self.text = f"{self.text}*{typed}" if self.text else typed
        return self._request(typed, begins=False)

    def _request(self, typed: str, *, begins: bool) -> dict[str, Any]:
        self.turn += 1
        if self.gateway == "africastalking":
            request = {"text": self.text, "sessionId": self.session_id, "serviceCode": CODE}
        else:
            kind = "Initiation" if begins else "Response"
            request = {"Type": kind, "Message": typed, "SessionId": self.session_id}
            request["Sequence"] = str(self.turn)
        self.asked.append(request)
        return request

    def post(self, request: dict[str, Any], *, number: str = "") -> str:
        """Let the gateway post; return what the phone shows: always an answer that fits."""
        phone, client = number or self.number, Client()
        if self.gateway == "africastalking":
            response = client.post("/ussd", {**request, "phoneNumber": phone})
            shown = response.content.decode()
        else:
            response = client.post(
                "/ussd/gateways/hubtel", {**request, "Mobile": phone}, "application/json"
            )
            found = response.json()
            shown = f"{'CON' if found['Type'] == 'response' else 'END'} {found['Message']}"
        assert response.status_code == 200
        assert shown.startswith(("CON ", "END "))
        assert fits(shown[4:]), shown
        return shown

    def see(self, shown: str) -> None:
        """Have the phone show something."""
        self.shown = shown
        if effect := confirmed(shown):
            self.confirm = effect

    @property
    def stored_as(self) -> str:
        """What the session is called in Redis."""
        prefix = "" if self.gateway == "africastalking" else f"{self.gateway}:"
        return store.KEY.format(f"{prefix}{self.session_id}")


@dataclass
class World:
    """A member with money, two others whom she may pay, and all that has happened to her so far."""

    member: Member
    others: list[Member]
    pin: str = phones.PIN
    started_with: int = 0
    received: int = 0
    effects: dict[str, Effect] = field(default_factory=dict)

    @classmethod
    def new(cls, *, is_recent: bool = False) -> "World":
        """Open the accounts; a member of long standing was no stranger when her session began."""
        member = money.member(name="Achieng Otieno")
        phones.choose_pin(member)
        if not is_recent:
            Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - timedelta(days=9))
        money.put_in(member, 20_000_00)
        others = [money.member(name=name) for name in ("Wanjiku Kamau", "Brian Kiptoo")]
        return cls(member, others, started_with=20_000_00)

    def receive(self, cents: int) -> None:
        """Let money come."""
        money.put_in(self.member, cents)
        self.received += cents

    def hop(self, posts: Iterable[tuple[Line, str]], answer: Callable[[], list[str]]) -> list[str]:
        """Let some sessions post something, and fail where an effect is not one of theirs."""
        posts = list(posts)
        before = Pin.objects.get(pk=self.member.pk).hash
        allowed = [line.confirm for line, typed in posts if typed == self.pin and line.confirm]
        shown = answer()
        new = {key: effect for key, effect in self._found().items() if key not in self.effects}
        for effect in new.values():
            assert effect in allowed, (effect, allowed, [line.shown for line, _ in posts])
            allowed.remove(effect)
        self.effects |= new
        self._check_claims(shown, new)
        self._check_pin(before, posts)
        return shown

    def _found(self) -> dict[str, Effect]:
        found: dict[str, Effect] = {}
        for row in Transfer.objects.filter(sender=self.member).select_related("recipient"):
            name = masked(row.recipient.name, number=row.recipient.phone)
            fee = row.fee_cents + row.tax_cents
            found[row.reference] = ("send", row.amount_cents, fee, name)
        for paid in Withdrawal.objects.filter(member=self.member):
            cost = paid.fee_cents + paid.tax_cents
            found[str(paid.pk)] = ("withdraw", paid.amount_cents, cost, "")
        for asked in Deposit.objects.filter(member=self.member):
            found[str(asked.pk)] = ("deposit", asked.amount_cents, 0, "")
        return found

    def _check_claims(self, shown: list[str], new: dict[str, Effect]) -> None:
        """Whoever is told that it is done can rely on it, and whatever is done is told."""
        claims = [what for each in shown for what in _CLAIMS if is_said(_CLAIMS[what], each)]
        for effect in new.values():
            assert effect[0] in claims, (effect, shown)
        for what in claims:
            assert any(effect[0] == what for effect in self.effects.values()), shown
        for each in shown:
            if match := is_said(_CLAIMS["send"], each):
                assert match["reference"] in self.effects

    def _check_pin(self, before: str, posts: list[tuple[Line, str]]) -> None:
        """A PIN is what was typed twice, after the old one."""
        row = Pin.objects.get(pk=self.member.pk)
        if row.hash == before:
            return
        fitting = {
            typed
            for _, typed in posts
            if hashing.fits(typed, member_id=self.member.pk, stored=row.hash)
        }
        assert len(fitting) == 1, posts
        (typed,) = fitting
        assert any(
            line.text.endswith(f"*{typed}*{typed}") and f"*{self.pin}*" in line.text
            for line, _ in posts
        )
        self.pin = typed

    def check_books(self) -> None:
        """Fail unless her wallet is what her effects have made of it."""
        spent = sum(
            cents + fee for what, cents, fee, _ in self.effects.values() if what != "deposit"
        )
        assert money.available(self.member) == self.started_with + self.received - spent
        for other in self.others:
            name = masked(other.name, number=other.phone)
            got = sum(cents for _, cents, _, to in self.effects.values() if to == name)
            assert money.balance(other) == got


def forget(line: Line) -> None:
    """Let Redis lose this session."""
    get_redis_connection("default").delete(line.stored_as)


def forget_all() -> None:
    """Let Redis lose everything about USSD."""
    redis = get_redis_connection("default")
    for key in list(redis.scan_iter("ussd:*")):
        redis.delete(key)


@contextmanager
def redis_away() -> Iterator[None]:
    """Let Redis refuse for a while."""
    from redis.exceptions import ConnectionError as Refused

    def refuse(*_: object, **__: object) -> None:
        raise Refused("refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_script", lambda _: refuse)
        yield
    store.breaker.close()
