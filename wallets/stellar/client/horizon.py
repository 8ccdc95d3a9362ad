"""The Horizon API as far as we use it: one method for each question, one for handing in.

The questions and limits are ours and not the SDK's client, which tries up to four times by itself,
for up to two minutes, also when a transaction is handed in.
"""

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from nannychain.http import Answer, AnswerLost, NotSent, Session
from wallets.stellar.client import reading
from wallets.stellar.client.answers import (
    AccountState,
    FeeStats,
    HistoryGone,
    HorizonUnavailable,
    Landed,
    Missing,
    Network,
    Outcome,
    Page,
    Submitted,
    UsedPage,
)
from wallets.stellar.client.results import InvalidResult, Result, read_result

__all__ = [
    "AccountState",
    "FeeStats",
    "HistoryGone",
    "Horizon",
    "HorizonUnavailable",
    "Landed",
    "Missing",
    "Network",
    "Outcome",
    "Page",
    "Submitted",
    "UsedPage",
]
_RETRY_AFTER_MAX = 300
_DISABLED = "transaction_submission_disabled"
_STATUSES = {201: "PENDING", 409: "DUPLICATE", 503: "TRY_AGAIN_LATER", 400: "ERROR"}


class Horizon:
    """One Horizon server, by its address. Not for use by many threads at once."""

    def __init__(self, base_url: str, *, read_seconds: float = 10.0) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = Session(read_seconds=read_seconds)
        self._give_up_at = math.inf

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Ask nothing more once so many seconds have passed: as if no connection came about."""
        before, self._give_up_at = self._give_up_at, time.monotonic() + seconds
        try:
            yield
        finally:
            self._give_up_at = before

    def network(self) -> Network:
        """Return the network's name and latest ledger; raise HorizonUnavailable."""
        return reading.network(reading.body_of(self._ask("/")))

    def fee_stats(self) -> FeeStats:
        """Return what fees are bid and paid now; raise HorizonUnavailable."""
        return reading.fee_stats(reading.body_of(self._ask("/fee_stats")))

    def account(self, address: str) -> AccountState | None:
        """Return an account, None where there is none; raise HorizonUnavailable."""
        found = self.look(address)
        return found if isinstance(found, AccountState) else None

    def look(self, address: str) -> AccountState | Missing:
        """Return an account, or as of which ledger there is none; raise HorizonUnavailable."""
        answer = self._ask(f"/accounts/{quote(address, safe='')}", missing=True)
        ledger = reading.ledger_of(answer)
        if answer.status_code == 404:
            return Missing(seen_ledger=ledger)
        return reading.account(reading.body_of(answer), address=address, ledger=ledger)

    def transactions_of(self, address: str, *, cursor: str = "", limit: int = 200) -> UsedPage:
        """Return transactions that an account had a part in, failed ones too, the newest first.

        Raises HorizonUnavailable.
        """
        asked = {"limit": limit, "order": "desc", "include_failed": "true"}
        asked |= {"cursor": cursor} if cursor else {}
        path = f"/accounts/{quote(address, safe='')}/transactions?{urlencode(asked)}"
        return reading.transactions(reading.body_of(self._ask(path)))

    def transaction(self, hash: str) -> Landed | Missing:
        """Return the transaction of that hash, or as of which ledger it isn't known.

        Raises HorizonUnavailable.
        """
        answer = self._ask(f"/transactions/{quote(hash, safe='')}", missing=True)
        if answer.status_code == 404:
            return Missing(seen_ledger=reading.ledger_of(answer))
        return reading.transaction(reading.body_of(answer), hash=hash)

    def payments(self, *, cursor: str, limit: int = 200, newest: bool = False) -> Page:
        """Return the payments of the whole network after the cursor, or the newest ones.

        Raises HorizonUnavailable, and HistoryGone where the cursor is older than its history.
        """
        order = "desc" if newest else "asc"
        asked = {"limit": limit, "order": order, **({"cursor": cursor} if cursor else {})}
        body = reading.body_of(self._ask(f"/payments?{urlencode(asked)}"))
        return reading.payments(body, cursor=cursor)

    def submit(self, envelope: str, *, hash: str) -> Submitted:
        """Hand in a signed envelope (XDR in base 64), whose hash is `hash`; raises nothing.

        Uses the asynchronous endpoint, which says what the network's queue says and does not wait
        for a ledger. Only an answer of the form that Horizon gives, about that very hash, counts.
        """
        try:
            answer = self._exchange(
                "POST", f"{self._base_url}/transactions_async", data={"tx": envelope}
            )
        except NotSent as error:
            return Submitted(Outcome.NOT_SENT, f"no connection: {error}")
        except AnswerLost as error:
            return Submitted(Outcome.UNKNOWN, f"the answer was lost: {error}")
        return _submitted(answer, hash=hash)

    def friendbot(self, url: str, address: str) -> None:
        """Ask a test network's friendbot for an account; what it answers decides nothing."""
        try:
            self._exchange("GET", f"{url}?{urlencode({'addr': address})}")
        except (NotSent, AnswerLost) as error:
            raise HorizonUnavailable(f"friendbot: {error}") from None

    def _exchange(self, method: str, url: str, **body: Any) -> Answer:
        if time.monotonic() > self._give_up_at:
            raise NotSent("it answers too slowly")
        return self._session.exchange(method, url, **body)

    def _ask(self, path: str, *, missing: bool = False) -> Answer:
        """Return an answer of status 200, or 404 where that is an answer too."""
        try:
            answer = self._exchange("GET", self._base_url + path)
        except (NotSent, AnswerLost) as error:
            raise HorizonUnavailable(f"no answer: {error}") from None
        if answer.status_code == 404 and missing and _is_not_found(answer):
            return answer
        if answer.status_code == 410:
            raise HistoryGone("its history begins later")
        if answer.status_code != 200:
            raise HorizonUnavailable(f"it answered {answer.status_code}")
        return answer


def _is_not_found(answer: Answer) -> bool:
    """Tell whether it is Horizon that says so, and not something on the way to it."""
    try:
        kind = reading.body_of(answer).get("type", "")
    except HorizonUnavailable:
        return False
    return isinstance(kind, str) and kind.rstrip("/").endswith("not_found")


def _submitted(answer: Answer, *, hash: str) -> Submitted:
    wait = _retry_after(answer)
    body = _body(answer)
    if _is_not_offered(answer, body):
        reason = f"this server takes no transactions here: it answered {answer.status_code}"
        return Submitted(Outcome.NOT_OFFERED, reason, retry_after_seconds=wait)
    status = _STATUSES.get(answer.status_code)
    if status is None or body.get("tx_status") != status or body.get("hash") != hash:
        reason = f"it answered {answer.status_code}, which says nothing of the transaction"
        return Submitted(Outcome.UNKNOWN, reason, retry_after_seconds=wait)
    if status == "PENDING":
        return Submitted(Outcome.ACCEPTED, "the network has taken it")
    if status == "DUPLICATE":
        return Submitted(Outcome.DUPLICATE, "the network had it already")
    if status == "TRY_AGAIN_LATER":
        reason = "the network asks to try again later"
        return Submitted(Outcome.TRY_LATER, reason, retry_after_seconds=wait)
    result = _refusal(body)
    if result is None:
        return Submitted(Outcome.UNKNOWN, "it was refused for a reason that can't be read")
    return Submitted(Outcome.REFUSED, f"it was refused: {result.code}", result)


def _is_not_offered(answer: Answer, body: dict[str, Any]) -> bool:
    """Tell whether the server is too old for the endpoint, or is set to take no transactions."""
    if answer.status_code in (404, 405):
        return True
    kind = body.get("type")
    return answer.status_code == 403 and isinstance(kind, str) and kind.endswith(_DISABLED)


def _refusal(body: dict[str, Any]) -> Result | None:
    try:
        result = read_result(body["error_result_xdr"])
    except (InvalidResult, KeyError):
        return None
    return None if result.code == "tx_success" else result


def _body(answer: Answer) -> dict[str, Any]:
    try:
        return reading.body_of(answer)
    except HorizonUnavailable:
        return {}


def _retry_after(answer: Answer) -> int | None:
    text = answer.headers.get("Retry-After", "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(int(text), _RETRY_AFTER_MAX)
