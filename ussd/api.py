"""USSD for staff, over REST: which sessions are open, and what waits for a phone."""

from dataclasses import asdict
from itertools import islice
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain import audit
from nannychain.api.access import Staff
from nannychain.api.endpoints import Endpoint
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Form, Instant
from nannychain.api.pagination import InvalidCursor, PageQuery, cursor_of, read_cursor
from nannychain.phone import InvalidPhone
from nannychain.phone import parse as parse_phone
from ussd import waiting
from ussd.engine import sessions
from ussd.menu import APPLICATION
from workers.identity.models import Member

_TAG = "USSD"
_SEES, _CLEARS = Staff("ussd.view_sessions"), Staff("ussd.clear_sessions")


class OpenSession(Form):
    """One session that is open; nothing that was typed or shown."""

    name = serializers.CharField(help_text="what the session is called in Redis")
    gateway = serializers.CharField()
    phone = serializers.CharField()
    screen = serializers.CharField(help_text="where it stands in the menu")
    language = serializers.CharField()
    inputs_length = serializers.IntegerField(help_text="how much was typed, in characters")
    seconds_left = serializers.IntegerField()


class OpenSessions(Form):
    """A page of the sessions that are open."""

    items = OpenSession(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Cleared(Form):
    """How many sessions were ended."""

    cleared = serializers.IntegerField()


class WaitingThing(Form):
    """One thing that was accepted and isn't done or told yet."""

    kind = serializers.CharField()
    state = serializers.CharField()
    since = Instant()


class WaitingThings(Form):
    """A page of what waits for a phone, the oldest first."""

    items = WaitingThing(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Rung(Form):
    """Which sweeps were asked to run now."""

    sweeps = serializers.ListField(child=serializers.CharField())


class UssdSessions(Endpoint):
    """Sessions that are open."""

    access = {"GET": _SEES, "DELETE": _CLEARS}

    @explained(
        "See open USSD sessions",
        tag=_TAG,
        query=PageQuery,
        answers={
            200: Answer(
                OpenSessions,
                example={
                    "items": [
                        {
                            "name": "ATUid_e9d0662dea3f3db658e79d9b62f7900c",
                            "gateway": "africastalking",
                            "phone": "+254712345678",
                            "screen": "balance",
                            "language": "sw",
                            "inputs_length": 1,
                            "seconds_left": 174,
                        }
                    ],
                    "next_cursor": None,
                },
            )
        },
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """List sessions with the screen where each stands, and nothing that was typed.

        They come in the order of their names: one that stays open while the pages are read is on
        one of them, and on no other.
        """
        asked = self.asked(PageQuery)
        size, after = asked["size"], read_cursor(asked["cursor"]) if "cursor" in asked else ""
        found = list(islice(sessions.listed(after=after), size + 1))
        next_cursor = cursor_of(found[size - 1].name) if len(found) > size else None
        items = [asdict(each) for each in found[:size]]
        return Response({"items": items, "next_cursor": next_cursor})

    @explained(
        "Clear all USSD sessions",
        tag=_TAG,
        answers={200: Answer(Cleared, example={"cleared": 12})},
    )
    def delete(self, request: Request) -> Response:
        """End every session. Who goes on typing is asked to dial again; no money is touched."""
        cleared = sessions.clear_all(APPLICATION)
        member = Member.objects.get(pk=str(request.user.pk))
        audit.record(
            "ussd.sessions_cleared",
            subject=member,
            actor_id=member.pk,
            actor=member.worker_id,
            after={"cleared": cleared},
            channel="rest",
        )
        return Response({"cleared": cleared})


class UssdQueue(Endpoint):
    """What waits for one phone."""

    access = {"GET": _SEES}

    @explained(
        "See what waits for a phone",
        tag=_TAG,
        path={"phone": "0712345678"},
        query=PageQuery,
        answers={
            200: Answer(
                WaitingThings,
                example={
                    "items": [
                        {
                            "kind": "sms.welcome",
                            "state": "QUEUED",
                            "since": "2026-11-20T09:00:00Z",
                        }
                    ],
                    "next_cursor": None,
                },
            )
        },
        errors=(InvalidPhone,),
    )
    def get(self, request: Request, phone: str) -> Response:  # noqa: ARG002
        """List what was accepted for the phone and is not done or told yet, the oldest first."""
        asked = self.asked(PageQuery)
        size, after = asked["size"], _place(asked["cursor"]) if "cursor" in asked else None
        found = waiting.for_phone(parse_phone(phone), after=after, count=size + 1)
        next_cursor = cursor_of(str(found[size - 1].place)) if len(found) > size else None
        return Response(WaitingThings({"items": found[:size], "next_cursor": next_cursor}).data)


class UssdSync(Endpoint):
    """Working off what waits."""

    access = {"POST": _CLEARS}

    @explained(
        "Work off what waits, now",
        tag=_TAG,
        answers={202: Answer(Rung, example={"sweeps": list(waiting.SWEEPS)})},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Ring every sweep at once. They run by themselves every few seconds as well."""
        return Response({"sweeps": list(waiting.sync())}, status=202)


def _place(cursor: str) -> UUID:
    try:
        return UUID(read_cursor(cursor))
    except ValueError:
        raise InvalidCursor from None
