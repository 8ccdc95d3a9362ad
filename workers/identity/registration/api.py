"""POST /workers/register: the two ways to an account."""

from django.utils import translation
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import Anyone, Scope
from nannychain.api.endpoints import MINUTE, Endpoint, Limit
from nannychain.api.errors import NotAllowed
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Choice, Form, Phone, Text
from nannychain.language import codes as languages
from nannychain.logs import context
from workers.identity.api_keys.models import ApiKey
from workers.identity.codes import services as codes
from workers.identity.models import NAME_LENGTH_MAX
from workers.identity.registration import services
from workers.identity.services import Account, InvalidName

SCOPE = Scope("members:register")
_REGISTERED = {
    "worker_id": "NW-7K3QX9MB",
    "stellar_public_key": "GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37",
    "phone": "+254712345678",
    "already_exists": False,
}


class RegisterForm(Form):
    """Who wants an account, and the code that shows it."""

    phone = Phone()
    code = Text(required=False, max_length=20, help_text="needed without an API key")
    name = Text(required=False, default="", allow_blank=True, max_length=NAME_LENGTH_MAX)
    language = Choice(
        choices=languages(), required=False, help_text="for screens and SMS; else the request's"
    )


class RegisteredAnswer(Form):
    """The account."""

    worker_id = serializers.CharField()
    stellar_public_key = serializers.CharField()
    phone = Phone()
    already_exists = serializers.BooleanField()


class Register(Endpoint):
    """Accounts, opened by their owner or by an integrator."""

    access = {"POST": Anyone()}
    limits = {"POST": Limit(60, MINUTE, strictly=True)}

    @explained(
        "Register a worker",
        tag="Workers",
        body=RegisterForm,
        body_example={"phone": "0712 345 678", "code": "402913", "name": "Wanjiku Kamau"},
        answers={
            201: Answer(RegisteredAnswer, example=_REGISTERED, when="The account was opened."),
            200: Answer(
                RegisteredAnswer,
                example={**_REGISTERED, "already_exists": True},
                when="There was an account already; nothing was changed.",
            ),
        },
        errors=(codes.Refused, InvalidName, NotAllowed),
    )
    @sensitive_variables("given")
    def post(self, request: Request) -> Response:
        """Open an account, with the code that `/auth/otp` has sent to the phone.

        An API key with the scope `members:register` needs no code; the phone then counts as
        unproved until its owner dials or enters a code. To register means to be 18 or older and to
        accept the terms.
        """
        given = self.given(RegisterForm)
        language = given.get("language") or translation.get_language()
        if "code" in given:
            account = services.register(
                given["phone"],
                code=given["code"],
                name=given["name"],
                language=language,
                address=context.client_address() or "",
            )
        elif isinstance(request.auth, ApiKey):
            if not SCOPE.allows(request):
                raise NotAllowed
            account = services.register_for(
                given["phone"], key=request.auth, name=given["name"], language=language
            )
        else:
            missing = str(Text.default_error_messages["required"])
            raise ValidationError({"code": [ErrorDetail(missing, code="required")]})
        return Response(_answer(account), status=200 if account.already_exists else 201)


def _answer(account: Account) -> dict[str, object]:
    member = account.member
    return {
        "worker_id": member.worker_id,
        "stellar_public_key": member.wallet.stellar_public_key,
        "phone": member.phone,
        "already_exists": account.already_exists,
    }
