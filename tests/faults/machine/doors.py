"""The doors by which members come in: REST, and the USSD gateway. What is asked there may come
twice, and its answer may be lost on the way; it is done once.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.test import Client

from tests.faults.machine import stage
from tests.faults.machine.people import Person
from workers.identity.models import Member
from workers.identity.tokens import services as tokens

if TYPE_CHECKING:
    from tests.faults.machine.history import History

_CLIENT = Client(raise_request_exception=False)
_OURS = "10.0.0.7"
_SERVER_ERROR = 500


def by_rest(
    history: "History",
    chance: random.Random,
    person: Person,
    *,
    path: str,
    body: dict[str, Any],
    makes: type[Model],
    pin_for: str = "",
) -> None:
    """Ask once, or twice under the same key; note where that has made two of them."""
    session = history.as_process(_session, person)
    if session is None:
        return
    headers = {"Idempotency-Key": f"key-{chance.randrange(10**9)}"}
    if pin_for:
        verified = _rest(
            history, session, "auth/pin/verify", {"pin": person.pin, "operation": pin_for}
        )
        if verified is None or verified.status_code != 200:
            return
        headers["X-Pin-Token"] = verified.json()["pin_token"]
    before = makes._default_manager.count()
    for _ in range(chance.choice((1, 2, 2))):
        _rest(history, session, path, body, headers)
    if makes._default_manager.count() > before + 1:
        history.oddities.append(f"one request has made two: {path}")


def _session(person: Person) -> str:
    return tokens.open_session(Member.objects.get(pk=person.member_id), device="test").access


def _rest(
    history: "History",
    session: str,
    path: str,
    body: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Any:
    losses = history.world.points.losses
    answer = history.as_process(
        _CLIENT.post,
        f"/api/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {session}", **(headers or {})},
        REMOTE_ADDR=_OURS,
    )
    is_unlucky = losses != history.world.points.losses
    if answer is not None and answer.status_code == _SERVER_ERROR and not is_unlucky:
        history.oddities.append(f"{path}: {answer.content[:300]!r}")
    return answer


def by_phone(
    history: "History",
    chance: random.Random,
    person: Person,
    *,
    typed: Sequence[str],
    makes: type[Model],
) -> None:
    """Dial and type this, one after the other; hops come twice, and Redis forgets between them."""
    session, before = f"ATU{chance.randrange(10**12)}", makes._default_manager.count()
    points, bells = history.world.points, history.world.bells
    for hops in range(len(typed) + 1):
        text, losses = "*".join(typed[:hops]), points.losses
        answer = _hop(history, person, session, text)
        # Without PostgreSQL nothing is accepted, and the same hop is worked on anew.
        is_unlucky = losses != points.losses
        if chance.random() < 0.15:
            again = _hop(history, person, session, text)
            if None not in (answer, again) and answer != again and not is_unlucky:
                history.oddities.append(f"{text}: first {answer!r}, then {again!r}")
        if chance.random() < 0.05 and not bells.is_away:
            stage.lose_redis()
        if answer is None or answer.startswith("END"):
            break
    if makes._default_manager.count() > before + 1:
        history.oddities.append(f"one call has made two: {typed}")


def _hop(history: "History", person: Person, session: str, text: str) -> str | None:
    answer = history.as_process(
        _CLIENT.post,
        "/ussd",
        {
            "sessionId": session,
            "phoneNumber": person.phone,
            "serviceCode": "*384*2024#",
            "networkCode": "63902",
            "text": text,
        },
        REMOTE_ADDR=_OURS,
    )
    if answer is None:
        return None
    shown = answer.content.decode()
    if not shown.startswith(("CON ", "END ")):
        history.oddities.append(f"the phone shows {shown[:200]!r}")
    return str(shown)


Door = Callable[..., None]
