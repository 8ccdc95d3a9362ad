"""USSD: what lies between a phone and the product.

A phone dials and replies; this posts Africa's Talking's form with all input so far, waits for
`CON` or `END`, and posts an event when the session is over. Not here: the phone's page.
"""

import math
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from simulators.faults import Fault, Kind, Parameter
from simulators.outgoing import Answer, NoAnswer, encode, post_form
from simulators.phones import network_of
from simulators.world import World

TARGET = "africastalking.ussd"
FAULTS = (
    Kind("duplicate", "the same form is posted twice"),
    Kind("stale", "after a reply, the form before it is posted again"),
    Kind("answer_lost", "the answer does not reach the phone"),
    Kind("slow", "the form is posted late", (Parameter("seconds", 5, 0.05, 300),)),
)
TROUBLE = "Connection problem or invalid MMI code"
TIMED_OUT = "Session timed out. Dial again."
DROPPED = "Call dropped"
EVENTS = "USSD_EVENTS_URL"
_METADATA = "at-ussd-hop-metadata"


@dataclass(frozen=True)
class Screen:
    """What the phone shows now. `session` is empty once the session is over."""

    text: str
    session: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Line:
    """What a person chose for a call; without a choice, what the number and the settings say."""

    network: str = ""  # the code of a network that the number has been ported to
    idle_seconds: float = math.inf  # how long this network waits for input
    drops: bool = False  # the call is lost before its first screen


@dataclass
class Session:
    """One dialled session, from the first screen to the last."""

    phone: str
    network: str
    idle_seconds: float
    id: str = field(default_factory=lambda: f"ATUid_{secrets.token_hex(16)}")
    started: float = field(default_factory=time.monotonic)
    shown: float = math.inf  # when the present screen came; infinite while none is shown
    inputs: list[str] = field(default_factory=list)
    hops: int = 0
    metadata: list[str] = field(default_factory=list)
    last_answer: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def text(self, *, without_last: bool = False) -> str:
        """Return the cumulative text, as it is posted."""
        return "*".join(self.inputs[:-1] if without_last else self.inputs)


_USUAL = Line()


class Ussd:
    """All sessions that are open."""

    def __init__(self, world: World) -> None:
        """Begin without any session."""
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def dial(self, *, phone: str, code: str, line: Line = _USUAL) -> Screen:
        """Begin a session, in place of one that the phone still has; return the first screen."""
        for session in self._open_sessions():
            if session.phone == phone:
                self._close(session, status="Incomplete")
        if code != self._world.settings.service_code:
            return Screen(TROUBLE, failed=True)
        session = Session(
            phone,
            network=line.network or network_of(phone).code,
            idle_seconds=min(line.idle_seconds, self._world.settings.ussd_idle_seconds),
        )
        with self._lock:
            self._sessions[session.id] = session
        with session.lock:
            screen = self._hop(session)
        return self._drop(session) if line.drops else screen

    def reply(self, *, phone: str, session_id: str, typed: str, drops: bool = False) -> Screen:
        """Send what was typed and return the next screen; or lose the call before it comes."""
        with self._lock:
            session = self._sessions.get(session_id)
        if session is None or session.phone != phone:
            return Screen(TIMED_OUT, failed=True)
        with session.lock:
            if self._has_expired(session):
                self._close(session, status="Incomplete", error="Session timed out")
                return Screen(TIMED_OUT, failed=True)
            session.inputs.append(typed)
            screen = self._hop(session)
        return self._drop(session) if drops else screen

    def hang_up(self, *, phone: str, session_id: str) -> None:
        """End a session from the phone; nothing happens when it is over already."""
        with self._lock:
            session = self._sessions.get(session_id)
        if session is not None and session.phone == phone:
            self._close(session, status="Incomplete")

    def open_session(self, phone: str) -> str:
        """Return the id of the session that this phone has open; empty when it has none."""
        return next((s.id for s in self._open_sessions() if s.phone == phone), "")

    def close_expired(self) -> None:
        """End the sessions that have lasted too long."""
        for session in self._open_sessions():
            if self._has_expired(session):
                self._close(session, status="Incomplete", error="Session timed out")

    def reset(self) -> None:
        """Forget every session, without events."""
        with self._lock:
            self._sessions.clear()

    def _drop(self, session: Session) -> Screen:
        """Lose the call: the product's last answer is nowhere, and only the event tells of it."""
        self._close(session, status="Incomplete")
        return Screen(DROPPED, failed=True)

    def _hop(self, session: Session) -> Screen:
        """Post the session's text and return the screen that comes back."""
        session.shown = math.inf
        if slow := self._strike("slow", session):
            time.sleep(slow.parameters["seconds"])
        session.hops += 1
        body = self._form(session, text=session.text())
        answer = self._post(session, body=body)
        if self._strike("duplicate", session):
            answer = self._post(session, body=body)
        if session.inputs and self._strike("stale", session):
            self._post(session, body=self._form(session, text=session.text(without_last=True)))
        if self._strike("answer_lost", session):
            self._close(session, status="Failed", error="Answer lost")
            return Screen(TROUBLE, failed=True)
        return self._show(session, answer=answer)

    def _show(self, session: Session, *, answer: Answer | None) -> Screen:
        said = _said(answer)
        if said is None:
            self._close(session, status="Failed", error="Invalid response from the application")
            return Screen(TROUBLE, failed=True)
        session.last_answer, session.shown = said, time.monotonic()
        if answer is not None and (note := answer.headers.get(_METADATA)):
            session.metadata.append(note)
        if said.startswith("END "):
            self._close(session, status="Success")
            return Screen(said[4:])
        if session.id not in self._sessions:  # hung up meanwhile
            return Screen(TIMED_OUT, failed=True)
        return Screen(said[4:], session=session.id)

    def _post(self, session: Session, *, body: str) -> Answer | None:
        """Post one form and return the answer; None when there was none in time."""
        settings = self._world.settings
        headers = {"User-Agent": "at-ussd-api/1.0"}
        if settings.ussd_bearer:
            headers["Authorization"] = f"Bearer {settings.ussd_bearer}"
        if session.metadata:
            headers[_METADATA] = session.metadata[-1]
        answer: Answer | None = None
        outcome: dict[str, Any] = {}
        try:
            answer = post_form(
                url=settings.ussd_callback_url,
                body=body,
                headers=headers,
                timeout_seconds=settings.ussd_answer_seconds,
            )
            outcome = {"status": answer.status, "body": answer.body.decode("utf-8", "replace")}
        except NoAnswer as error:
            outcome = {"error": str(error)}
        fields = dict(parse_qsl(body, keep_blank_values=True))
        self._world.record.add(direction="out", target=TARGET, fields=fields, answer=outcome)
        return answer

    def _form(self, session: Session, *, text: str) -> str:
        return encode(
            {
                "phoneNumber": session.phone,
                "serviceCode": self._world.settings.service_code,
                "text": text,
                "sessionId": session.id,
                "networkCode": session.network,
            }
        )

    def _close(self, session: Session, *, status: str, error: str = "") -> None:
        """End a session and post the event about it; only the first to end it does."""
        with self._lock:
            if self._sessions.pop(session.id, None) is None:
                return
        lasted = time.monotonic() - session.started
        event = {
            "durationInMillis": str(int(lasted * 1000)),
            "phoneNumber": session.phone,
            "errorMessage": error,
            "serviceCode": self._world.settings.service_code,
            "lastAppResponse": session.last_answer,
            "hopsMetadata": "|".join(session.metadata),
            "hopsCount": str(session.hops),
            "status": status,
            "sessionId": session.id,
            "cost": "0.00",
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "networkCode": session.network,
            "input": session.text(),
        }
        self._world.posting.schedule(setting=EVENTS, body=encode(event))

    def _strike(self, kind: str, session: Session) -> Fault | None:
        return self._world.faults.take(target=TARGET, kind=kind, phones=[session.phone])

    def _has_expired(self, session: Session) -> bool:
        now = time.monotonic()
        too_long = now - session.started > self._world.settings.ussd_session_seconds
        return too_long or now - session.shown > session.idle_seconds

    def _open_sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())


def _said(answer: Answer | None) -> str | None:
    """Return the answer's text; None unless it is a success that begins with `CON ` or `END `."""
    if answer is None or answer.status not in range(200, 300):
        return None
    try:
        said = answer.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return said if said.startswith(("CON ", "END ")) else None
