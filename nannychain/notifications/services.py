"""Queueing an SMS, within the transaction of what it tells. Sending stands in `sending.py`."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import audit, gsm, queues
from nannychain.errors import Conflict, Invalid
from nannychain.ids import new_id
from nannychain.notifications import bodies
from nannychain.notifications.kinds import KINDS
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SENDABLE_AGAIN, SMS, State
from nannychain.phone import parse as parse_phone
from nannychain.transactions import required

PARTS_MAX = 6


class TextUnfit(Invalid):
    """A text that is empty, or longer than any SMS of ours has to be."""

    code = "sms.text_unfit"
    message = _("That text is empty or too long for an SMS.")


class CannotSendAgain(Conflict):
    """Only what is unknown, failed or expired is sent again, once, and never a code."""

    code = "sms.cannot_send_again"
    message = _("This SMS can't be sent again. A code has to be asked for anew.")


@sensitive_variables()
@required
def queue(*, phone: str, kind: str, text: str, language: str) -> Sms:
    """Store an SMS of that kind (a key of KINDS) and ring the worker once the caller commits.

    The text is made plain, so that it stays cheap, and sealed where its kind is secret. Raises
    InvalidPhone and TextUnfit. Must be called within a transaction.
    """
    return _store(phone=parse_phone(phone), kind=kind, text=text, language=language, again_of=None)


def send_again(sms_id: UUID, *, actor_id: UUID, actor: str) -> Sms:
    """Queue the same text as a new SMS, on the word of a staff member, and note it in the audit.

    Raises CannotSendAgain.
    """
    with transaction.atomic():
        sms = Sms.objects.select_for_update(no_key=True).get(pk=sms_id)
        was_done = Sms.objects.filter(again_of=sms).exists()
        if sms.state not in SENDABLE_AGAIN or not sms.text or was_done:
            raise CannotSendAgain
        new = _store(
            phone=sms.phone, kind=sms.kind, text=sms.text, language=sms.language, again_of=sms
        )
        audit.record(
            "sms.sent_again",
            subject=sms,
            actor_id=actor_id,
            actor=actor,
            after={"state": sms.state, "new_sms": str(new.pk)},
            channel="admin",
        )
        return new


@sensitive_variables()
@required
def _store(*, phone: str, kind: str, text: str, language: str, again_of: Sms | None) -> Sms:
    rules = KINDS[kind]
    fit = gsm.plain(text)
    parts = gsm.parts(fit)
    if not fit or parts > PARTS_MAX:
        raise TextUnfit
    instant = timezone.now()
    sms = Sms(
        id=new_id(),
        phone=phone,
        kind=rules.name,
        language=language,
        parts=parts,
        is_urgent=rules.is_urgent,
        created_at=instant,
        due_at=instant,
        expires_at=instant + rules.lifetime,
        again_of=again_of,
    )
    bodies.write(sms, fit, is_secret=rules.is_secret)
    sms.save(force_insert=True)
    SMS.record(sms, source="", target=State.QUEUED)
    queues.enqueue_after_commit("nannychain.notifications.send", sms_id=str(sms.pk))
    return sms
