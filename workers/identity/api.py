"""Looking workers up: all for the owner and staff, for others what the worker made public."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import EitherOf, Scope, SignedIn, Staff
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Form, Instant, Phone
from nannychain.errors import NotFound
from nannychain.ids import InvalidCode
from nannychain.phone import InvalidPhone
from nannychain.phone import parse as parse_phone
from workers.identity import selectors
from workers.identity.models import Member
from workers.identity.worker_id import parse as parse_worker_id

_LOOK_UP = EitherOf(SignedIn(), Scope("members:read"))
_STAFF = Staff("workers.view_member")
_WORKER = {
    "worker_id": "NW-7K3QX9MB",
    "phone": "+254712345678",
    "name": "Wanjiku Kamau",
    "language": "sw",
    "stellar_public_key": "GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37",
    "phone_proved": True,
    "joined_at": "2026-11-28T12:00:00.000000Z",
}


class NoSuchWorker(NotFound):
    """There is no such worker, or nothing of hers that the caller may see."""

    code = "worker.not_found"
    message = _("No worker was found.")


class WorkerAnswer(Form):
    """A worker. To others it holds what she made public, and of the rest nothing."""

    worker_id = serializers.CharField()
    phone = Phone(required=False)
    name = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    stellar_public_key = serializers.CharField(required=False)
    phone_proved = serializers.BooleanField(required=False)
    joined_at = Instant(required=False)


class WorkerByPhone(Endpoint):
    """The worker with a phone."""

    access = {"GET": _LOOK_UP}
    limits = {"GET": Limit(120, HOUR)}

    @explained(
        "Find a worker by phone",
        tag="Workers",
        path={"phone": "+254712345678"},
        answers={200: Answer(WorkerAnswer, example=_WORKER)},
        errors=(InvalidPhone, NoSuchWorker),
    )
    def get(self, request: Request, phone: str) -> Response:
        """Find yourself, or, for staff, anybody.

        To others a number without an account and one whose owner has made nothing public are the
        same: not found.
        """
        found = selectors.member_by_phone(parse_phone(phone))
        if found is None or not _sees_all(request, found):
            raise NoSuchWorker
        return Response(_all_of(found))


class WorkerById(Endpoint):
    """The worker with a Worker ID."""

    access = {"GET": _LOOK_UP}
    limits = {"GET": Limit(600, HOUR)}

    @explained(
        "Find a worker by Worker ID",
        tag="Workers",
        path={"worker_id": "NW-7K3QX9MB"},
        answers={
            200: Answer(
                WorkerAnswer,
                example={"worker_id": "NW-7K3QX9MB"},
                when="All for the owner and staff; to others what the worker made public.",
            )
        },
        errors=(InvalidCode, NoSuchWorker),
    )
    def get(self, request: Request, worker_id: str) -> Response:
        """Check that a Worker ID that somebody gave you exists, and see what she made public."""
        found = selectors.member_by_worker_id(parse_worker_id(worker_id))
        if found is None:
            raise NoSuchWorker
        return Response(
            _all_of(found) if _sees_all(request, found) else {"worker_id": found.worker_id}
        )


def _sees_all(request: Request, member: Member) -> bool:
    is_owner = SignedIn().allows(request) and request.user.pk == member.pk
    return is_owner or _STAFF.allows(request)


def _all_of(member: Member) -> Any:
    return WorkerAnswer(
        {
            "worker_id": member.worker_id,
            "phone": member.phone,
            "name": member.name,
            "language": member.language,
            "stellar_public_key": member.wallet.stellar_public_key,
            "phone_proved": member.phone_proved_at is not None,
            "joined_at": member.joined_at,
        }
    ).data
