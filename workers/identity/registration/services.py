"""Opening an account for whoever has shown the phone, or whom an integrator vouches for."""

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from nannychain import audit
from nannychain.phone import mask
from nannychain.phone import parse as parse_phone
from workers.identity import services as identity
from workers.identity.api_keys.models import ApiKey
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.services import Account
from workers.identity.standing import services as standing

CHANNEL = "api"


@sensitive_variables("code")
def register(phone: str, *, code: str, name: str, language: str, address: str = "") -> Account:
    """Use a code of purpose PROVE_PHONE up and open the account; the phone is proved by it.

    Raises InvalidPhone, InvalidName, codes.Refused and TooOften. Whether there was an account is
    known only after the code was right.
    """
    number, called = parse_phone(phone), identity.clean_name(name)
    with transaction.atomic(durable=True):
        if codes.matches(number, purpose=Purpose.PROVE_PHONE, code=code, address=address):
            account = identity.create_account(
                number, name=called, language=language, channel=CHANNEL, phone_proved=True
            )
            standing.phone_proved(account.member.pk)
            return account
    raise codes.Refused


def register_for(phone: str, *, key: ApiKey, name: str, language: str) -> Account:
    """Open the account on the word of an integrator; the phone counts as unproved.

    Raises InvalidPhone and InvalidName.
    """
    with transaction.atomic():
        account = identity.create_account(phone, name=name, language=language, channel=CHANNEL)
        audit.record(
            "member.registered_by_key",
            subject=account.member,
            actor_id=key.pk,
            actor=key.name,
            after={
                "phone": mask(account.member.phone),
                "already_exists": account.already_exists,
            },
            channel=CHANNEL,
        )
    return account
