"""Who I am, how I stand, and all that is known of me."""

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import CURRENCY, Choice, Currency, Flag, Form, Instant, Phone, Text
from nannychain.language import codes as languages
from workers.identity import terms
from workers.identity.endpoints import member_of
from workers.identity.me import export, selectors, services
from workers.identity.models import NAME_LENGTH_MAX, Member
from workers.identity.pins import services as pins
from workers.identity.services import InvalidName

_ME = {
    "worker_id": "NW-7K3QX9MB",
    "phone": "+254712345678",
    "name": "Wanjiku Kamau",
    "language": "sw",
    "stellar_public_key": "GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37",
    "phone_proved": True,
    "has_pin": False,
    "messages": False,
    "joined_at": "2026-11-28T12:00:00.000000Z",
    "consents": [
        {
            "purpose": "terms",
            "version": "2026-11",
            "language": "sw",
            "channel": "api",
            "given_at": "2026-11-28T12:00:00.000000Z",
            "withdrawn_at": None,
        }
    ],
}


class ConsentAnswer(Form):
    """What the member agreed to, and when."""

    purpose = serializers.CharField()
    version = serializers.CharField()
    language = serializers.CharField()
    channel = serializers.CharField()
    given_at = Instant()
    withdrawn_at = Instant(allow_null=True)


class MeAnswer(Form):
    """All that a member sees of her own account."""

    worker_id = serializers.CharField()
    phone = Phone()
    name = serializers.CharField(allow_blank=True)
    language = serializers.CharField()
    stellar_public_key = serializers.CharField()
    phone_proved = serializers.BooleanField()
    has_pin = serializers.BooleanField()
    messages = serializers.BooleanField(help_text="consent to news beyond the account itself")
    joined_at = Instant()
    consents = ConsentAnswer(many=True)


class MeForm(Form):
    """What a member may change; what is left out stays."""

    name = Text(required=False, allow_blank=True, max_length=NAME_LENGTH_MAX)
    language = Choice(choices=languages(), required=False)
    messages = Flag(required=False, help_text="give or withdraw consent to news")


class ThingToDoAnswer(Form):
    """One thing that waits for the member."""

    code = serializers.ChoiceField(choices=[each.code for each in selectors.EVERYTHING_TO_DO])
    text = serializers.CharField()


class DashboardAnswer(Form):
    """How a member stands."""

    currency = Currency()
    total_received_cents = serializers.IntegerField(help_text="all that ever came in")
    total_saved_cents = serializers.IntegerField(help_text="all that is hers with us now")
    next_payday = serializers.DateField(allow_null=True, help_text="null: none is agreed")
    things_to_do = ThingToDoAnswer(many=True)


class Me(Endpoint):
    """The member who calls."""

    access = {"GET": SignedIn(), "PATCH": SignedIn()}

    @explained("See my account", tag="Me", answers={200: Answer(MeAnswer, example=_ME)})
    def get(self, request: Request) -> Response:
        """See name, phone, language, Worker ID and what you agreed to."""
        return Response(_me(member_of(request)))

    @explained(
        "Change my account",
        tag="Me",
        body=MeForm,
        body_example={"name": "Wanjiku Kamau", "language": "sw"},
        answers={200: Answer(MeAnswer, example=_ME)},
        errors=(InvalidName,),
    )
    def patch(self, request: Request) -> Response:
        """Change name and language, and give or withdraw consent to messages."""
        services.change_profile(member_of(request).pk, **self.given(MeForm), channel="api")
        return Response(_me(Member.objects.select_related("wallet").get(pk=member_of(request).pk)))


class Dashboard(Endpoint):
    """The figures on the first page of an app."""

    access = {"GET": SignedIn()}

    @explained(
        "See my dashboard",
        tag="Me",
        answers={
            200: Answer(
                DashboardAnswer,
                example={
                    "currency": CURRENCY,
                    "total_received_cents": 1_500_000,
                    "total_saved_cents": 240_000,
                    "next_payday": None,
                    "things_to_do": [
                        {"code": "choose_pin", "text": str(selectors.CHOOSE_PIN.text)}
                    ],
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        """See what came in, what is yours now, the next payday, and what waits for you."""
        found = selectors.dashboard(member_of(request))
        return Response(
            DashboardAnswer(
                {
                    "currency": CURRENCY,
                    "total_received_cents": found.total_received_cents,
                    "total_saved_cents": found.total_saved_cents,
                    "next_payday": None,
                    "things_to_do": found.things_to_do,
                }
            ).data
        )


class Export(Endpoint):
    """All that is held on the member."""

    access = {"GET": SignedIn()}
    limits = {"GET": Limit(10, HOUR)}

    @explained(
        "Get all my data",
        tag="Me",
        answers={
            200: Answer(
                {
                    "type": "object",
                    "required": ["exported_at"],
                    "properties": {"exported_at": {"type": "string", "format": "date-time"}},
                    "additionalProperties": {"type": "array", "items": {"type": "object"}},
                },
                example={
                    "exported_at": "2026-11-28T12:00:00.000000+00:00",
                    "member": [{"worker_id": "NW-7K3QX9MB", "phone": "+254712345678"}],
                    "consents": [{"purpose": "terms", "version": "2026-11"}],
                    "deposits": [{"amount_cents": 50_000, "currency": CURRENCY, "state": "PAID"}],
                },
                when="One list for each kind of thing that is kept; money as everywhere.",
            )
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Get everything that we hold on you, at once, as your right is."""
        return StreamingHttpResponse(
            export.document(member_of(request)),
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="nannychain-my-data.json"'},
        )


def _me(member: Member) -> Any:
    consents = selectors.consents(member.pk)
    return MeAnswer(
        {
            "worker_id": member.worker_id,
            "phone": member.phone,
            "name": member.name,
            "language": member.language,
            "stellar_public_key": member.wallet.stellar_public_key,
            "phone_proved": member.phone_proved_at is not None,
            "has_pin": pins.has_pin(member.pk),
            "messages": any(
                consent.purpose == terms.MESSAGES_PURPOSE and consent.withdrawn_at is None
                for consent in consents
            ),
            "joined_at": member.joined_at,
            "consents": consents,
        }
    ).data
