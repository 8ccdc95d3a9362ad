"""The desk where every call to Daraja is handed in: faults, token, JSON, and how it is told."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from simulators.daraja import answers
from simulators.daraja.access import Access
from simulators.daraja.bank import Bank
from simulators.daraja.calling import Calling
from simulators.faults import Fault
from simulators.guard import drop_connection
from simulators.world import World

_FORBIDDEN = ("mpesa", "m-pesa", "safaricom", "exe", "cmd", "sql", "query")


@dataclass
class Knobs:
    """What the control API can turn. `answers`: who answers prompts, the phone or we (accept)."""

    result_seconds: float
    prompt_seconds: float
    answers: str = "phone"


class Refused(Exception):
    """A request that is not taken; carries the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = (status, code, message)


@dataclass(frozen=True)
class Taken:
    """What was done with a request: its answer and, where there is one, how its outcome is told."""

    answer: Response
    tell: Callable[[bool], None] | None = None  # with whether it comes before the answer


@dataclass
class Desk:
    """What all endpoints share."""

    world: World
    bank: Bank
    calling: Calling
    access: Access
    knobs: Knobs

    def serve(
        self,
        target: str,
        take: Callable[[dict[str, Any]], "Taken"],
        *,
        token_code: str,
    ) -> Response:
        """Answer one call: `take` checks and carries it out, and returns the answer and what is to
        be told of it. Faults strike where they would with Safaricom.
        """
        fields = _fields()
        phones = [f"+{fields.get(name, '')}" for name in ("PhoneNumber", "PartyB")]
        before = self._struck_before(target, phones, token_code=token_code)
        if before is not None:
            self._note(target, fields, before)
            return before
        try:
            taken = take(fields)
        except Refused as refused:
            taken = Taken(answers.error(*refused.answer))
        answer = taken.answer
        is_early = taken.tell is not None and bool(self.strike(target, "callback_early", phones))
        if taken.tell is not None and is_early:
            taken.tell(True)
        if taken.tell is not None and self.strike(target, "answer_lost", phones):
            answer = drop_connection()
        if taken.tell is not None and not is_early:
            taken.tell(False)
        self._note(target, fields, answer)
        return answer

    def strike(self, target: str, kind: str, phones: list[str]) -> Fault | None:
        """Return the fault that strikes now, where one is set."""
        return self.world.faults.take(target=target, kind=kind, phones=phones)

    def tell(
        self,
        target: str,
        *,
        url: str,
        body: dict[str, Any],
        phone: str,
        is_early: bool = False,
        delay_seconds: float | None = None,
    ) -> None:
        """Tell the product what became of something, as the faults want it."""
        if is_early:
            self.calling.now(target=target, url=url, body=answers.as_text(body))
            return
        if self.strike(target, "callback_lost", [phone]):
            return
        delay = self.knobs.result_seconds if delay_seconds is None else delay_seconds
        if late := self.strike(target, "callback_late", [phone]):
            delay = late.parameters["seconds"]
        times = 2 if self.strike(target, "callback_doubled", [phone]) else 1
        for _ in range(times):
            self.calling.later(target=target, url=url, body=body, delay_seconds=delay)

    def _struck_before(self, target: str, phones: list[str], *, token_code: str) -> Response | None:
        """Return what is answered in place of taking the request; None where it is taken."""
        if slow := self.strike(target, "slow", phones):
            time.sleep(slow.parameters["seconds"])
        if self.strike(target, "token_invalid", phones):
            self.access.end()
        if not self.access.is_good():
            status = {"404": 404, "401": 401, "400": 400}[token_code[:3]]
            return answers.error(status, token_code, "Invalid Access Token")
        if self.strike(target, "down", phones):
            return drop_connection()
        if error := self.strike(target, "error", phones):
            return answers.error(
                int(error.parameters["status"]), "500.002.1001", "System internal error."
            )
        if html := self.strike(target, "html", phones):
            return answers.html(int(html.parameters["status"]))
        if self.strike(target, "soap", phones):
            return answers.soap()
        if self.strike(target, "spike_arrest", phones):
            return answers.error(500, "500.003.02", "Spike Arrest Violation")
        return None

    def _note(self, target: str, fields: dict[str, Any], answer: Response) -> None:
        shown = {
            name: str(value)
            for name, value in fields.items()
            if name not in ("Password", "SecurityCredential") and not name.endswith("URL")
        }
        shown["path"] = request.path
        outcome = {"status": answer.status_code, "body": answer.get_data(as_text=True)}
        self.world.record.add(direction="in", target=target, fields=shown, answer=outcome)


def needed(fields: dict[str, Any], *names: str) -> list[str]:
    """Return these fields as texts; refuse the request in their words where one is missing."""
    for name in names:
        if not str(fields.get(name, "")).strip():
            raise Refused(400, "400.002.02", f"Bad Request - Invalid {name}")
    return [str(fields[name]) for name in names]


def callback(fields: dict[str, Any], name: str) -> str:
    """Return an address that we are to call; refuse one with a word that Safaricom refuses."""
    (url,) = needed(fields, name)
    is_bad = any(word in url.lower() for word in _FORBIDDEN) or " " in url
    if is_bad or not url.startswith(("http://", "https://")):
        raise Refused(400, "400.002.02", f"Bad Request - Invalid {name}")
    return url


def amount_cents(fields: dict[str, Any]) -> int:
    """Return the amount, whole shillings above zero; refuse any other."""
    (text,) = needed(fields, "Amount")
    if not text.isdigit() or len(text) > 9 or int(text) == 0:
        raise Refused(400, "400.002.02", "Bad Request - Invalid Amount")
    return int(text) * 100


def phone_of(fields: dict[str, Any], name: str) -> str:
    """Return a number as E.164; refuse what is none."""
    (text,) = needed(fields, name)
    if not (text.isdigit() and len(text) == 12 and text[:4] in ("2547", "2541")):
        raise Refused(400, "400.002.02", f"Bad Request - Invalid {name}")
    return f"+{text}"


def _fields() -> dict[str, Any]:
    try:
        found = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
