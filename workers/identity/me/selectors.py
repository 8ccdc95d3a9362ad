"""The dashboard: a member's figures, and what she should do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wallets.wallet import selectors as wallets
from workers.identity.models import Consent, Member
from workers.identity.pins import services as pins
from workers.identity.standing.models import Standing
from workers.identity.standing.states import State


@dataclass(frozen=True)
class ThingToDo:
    """One thing that waits for the member: a name for programs, and a sentence."""

    code: str
    text: str | Promise


CALL_US = ThingToDo("call_us", _("Your account is on hold. Please call us."))
PROVE_PHONE = ThingToDo("prove_phone", _("Show that this phone is yours: sign in with a code."))
CHOOSE_PIN = ThingToDo("choose_pin", _("Choose a PIN, so that nobody else can send your money."))
GIVE_NAME = ThingToDo("give_name", _("Tell us your name, for payslips and certificates."))
EVERYTHING_TO_DO = (CALL_US, PROVE_PHONE, CHOOSE_PIN, GIVE_NAME)


@dataclass(frozen=True)
class Dashboard:
    """A member's figures in cents, and her things to do.

    `total_received_cents` is all that ever came into her wallet; `total_saved_cents` what stands in
    all accounts that are hers.
    """

    total_received_cents: int
    total_saved_cents: int
    things_to_do: list[ThingToDo]


def dashboard(member: Member) -> Dashboard:
    """Return the member's dashboard. Six queries."""
    return Dashboard(
        total_received_cents=wallets.total_received(member.pk),
        total_saved_cents=wallets.total_standing(member.pk),
        things_to_do=list(_things_to_do(member)),
    )


def _things_to_do(member: Member) -> Iterator[ThingToDo]:
    standing = Standing.objects.get(pk=member.pk)
    if standing.state == State.FROZEN:
        yield CALL_US
    if member.phone_proved_at is None or standing.must_prove_since is not None:
        yield PROVE_PHONE
    if not pins.has_pin(member.pk):
        yield CHOOSE_PIN
    if not member.name:
        yield GIVE_NAME


def consents(member_id: UUID) -> list[Consent]:
    """Return what the member agreed to, the newest first."""
    return list(Consent.objects.filter(member_id=member_id).order_by("-pk"))
