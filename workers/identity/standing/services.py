"""Freezing and unfreezing, silence and swapped SIMs, and whether money may leave."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import audit, notifications, reasons
from nannychain.actors import Actor
from nannychain.errors import Forbidden
from nannychain.transactions import required
from wallets.wallet import services as wallets
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.standing import messages
from workers.identity.standing.models import Standing
from workers.identity.standing.states import STANDING, State

SILENT = timedelta(days=90)
CAPPED = timedelta(hours=24)
FRESH_SIM = timedelta(hours=72)

# One statement for a hop, and a row written once a day at most.
_SEEN = """
    UPDATE workers_standing
       SET last_seen_at = %(at)s,
           must_prove_since = CASE WHEN last_seen_at <= %(silent)s
                                   THEN coalesce(must_prove_since, %(at)s)
                                   ELSE must_prove_since END
     WHERE member_id = %(member)s AND last_seen_at <= %(yesterday)s
"""
# Others may ask at the same time; whoever wants to freeze waits for the end of the transaction.
_MAY_SEND = """
    SELECT state, must_prove_since IS NOT NULL OR last_seen_at <= %(silent)s
      FROM workers_standing WHERE member_id = %(member)s FOR SHARE
"""


class Frozen(Forbidden):
    """The member's money may not leave, by decision of staff."""

    code = "member.frozen"
    message = _("Your account is on hold: you can receive money, but not send it. Please call us.")


class MustProveAgain(Forbidden):
    """The number was silent for long, or came back on another SIM."""

    code = "member.must_prove_again"
    message = _("For your safety, enter the code that we send you by SMS before you send money.")


@required
def open_standing(member: Member) -> None:
    """Make the row of a new member, in the transaction that makes the member."""
    Standing.objects.create(member=member)


def freeze(member_id: UUID, *, reason: str, by: Actor, channel: str = "admin") -> None:
    """Let nothing leave the member's wallet from now on; a frozen member stays so.

    Raises InvalidReason. May be part of the caller's transaction.
    """
    _set_state(member_id, State.FROZEN, reason=reason, by=by, channel=channel)


def unfreeze(member_id: UUID, *, reason: str, by: Actor, channel: str = "admin") -> None:
    """Let money leave again; an open member stays so. Raises InvalidReason."""
    _set_state(member_id, State.OPEN, reason=reason, by=by, channel=channel)


def refuse_frozen(member_id: UUID) -> None:
    """Raise Frozen where staff have stopped the member's account. One query."""
    if Standing.objects.filter(pk=member_id, state=State.FROZEN).exists():
        raise Frozen


def ensure_may_send(member_id: UUID) -> None:
    """Raise Frozen or MustProveAgain where the member's money may not leave now. One query.

    Called in the transaction that moves the money, so that nobody is frozen between the two.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAY_SEND, {"member": member_id, "silent": timezone.now() - SILENT})
        state, must_prove = cursor.fetchone() or (State.FROZEN, True)
    if state != State.OPEN:
        raise Frozen
    if must_prove:
        raise MustProveAgain


def outgoing_cap_cents(member_id: UUID, *, at: datetime) -> int | None:
    """Return how many cents may leave in all while something about the account is new, or None.

    The cap holds for the sum of what leaves after `cap_began_at`, not for each payment.
    """
    row = Standing.objects.values("capped_since", "capped_until").get(pk=member_id)
    if row["capped_until"] is None or at >= row["capped_until"]:
        return None
    cap: int = settings.OUTGOING_CAP_CENTS
    return cap


def cap_began_at(member_id: UUID) -> datetime | None:
    """Return since when what leaves counts towards the cap; None where there was never one."""
    began: datetime | None = Standing.objects.values_list("capped_since", flat=True).get(
        pk=member_id
    )
    return began


def seen(member_id: UUID, at: datetime) -> None:
    """Note that the member's phone has dialled us. One statement; it writes once a day at most.

    After 90 days of silence the number has to be proved again before money leaves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SEEN,
            {
                "member": member_id,
                "at": at,
                "yesterday": at - timedelta(days=1),
                "silent": at - SILENT,
            },
        )


def note_sim_swap(member_id: UUID, swapped_at: datetime) -> None:
    """Note when the SIM was last changed, as the network says; the same date again changes nothing.

    A change after the phone was last proved means: prove it again, and a cap for a day.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        row = Standing.objects.select_for_update().get(pk=member_id)
        if row.sim_swapped_at is not None and swapped_at <= row.sim_swapped_at:
            return
        row.sim_swapped_at = swapped_at
        is_news = member.phone_proved_at is None or swapped_at > member.phone_proved_at
        if is_news:
            row.must_prove_since = row.must_prove_since or timezone.now()
        row.save(update_fields=["sim_swapped_at", "must_prove_since"])
        if is_news:
            cap_outgoing(member_id, why="a new SIM")
        audit.record(
            "member.sim_swapped",
            subject=member,
            after={"swapped_at": swapped_at.isoformat(), "must_prove": is_news},
        )


def has_fresh_sim(member_id: UUID, *, at: datetime) -> bool:
    """Tell whether the SIM was changed in the 72 hours before."""
    return Standing.objects.filter(pk=member_id, sim_swapped_at__gt=at - FRESH_SIM).exists()


@sensitive_variables()
def prove_again(member_id: UUID, *, code: str, channel: str, address: str = "") -> None:
    """Use up a code of purpose PROVE_PHONE sent to the member's phone: it is proved anew.

    Raises codes.Refused and TooOften.
    """
    member = Member.objects.get(pk=member_id)
    with transaction.atomic(durable=True):
        is_right = codes.matches(
            member.phone, purpose=Purpose.PROVE_PHONE, code=code, address=address
        )
        if is_right:
            phone_proved(member_id)
            audit.record(
                "member.phone_proved",
                subject=member,
                actor_id=member.id,
                actor=member.worker_id,
                channel=channel,
            )
    if not is_right:
        raise codes.Refused


@required
def phone_proved(member_id: UUID) -> None:
    """Note that the phone was shown by a code to be in the member's hands, now."""
    instant = timezone.now()
    member = (
        Member.objects.select_for_update(no_key=True, of=("self",))
        .select_related("wallet")
        .get(pk=member_id)
    )
    was_proved = member.phone_proved_at is not None
    member.phone_proved_at = instant
    member.save(update_fields=["phone_proved_at"])
    Standing.objects.filter(pk=member_id).update(must_prove_since=None, last_seen_at=instant)
    if not was_proved:
        wallets.owner_is_proved(member.wallet)


def proved_by_dial(member_id: UUID) -> None:
    """Note that a gateway has shown a phone that nothing proved yet to be in the member's hands.

    What asks for a code stands: after silence, or on another SIM, a dial proves nothing. So it
    counts as proved from the day of joining on: a SIM that was changed since is news.
    """
    with transaction.atomic():
        member = (
            Member.objects.select_for_update(no_key=True, of=("self",))
            .select_related("wallet")
            .get(pk=member_id)
        )
        if member.phone_proved_at is not None:
            return
        member.phone_proved_at = member.joined_at
        member.save(update_fields=["phone_proved_at"])
        wallets.owner_is_proved(member.wallet)
        audit.record(
            "member.phone_proved",
            subject=member,
            actor_id=member.id,
            actor=member.worker_id,
            channel="ussd",
        )


@required
def cap_outgoing(member_id: UUID, *, why: str) -> None:
    """Cap what leaves for 24 hours from now; a cap that stands goes on and ends later."""
    instant = timezone.now()
    row = Standing.objects.select_for_update().get(pk=member_id)
    is_capped = row.capped_until is not None and row.capped_until > instant
    row.capped_since = row.capped_since if is_capped else instant
    row.capped_until = instant + CAPPED
    row.save(update_fields=["capped_since", "capped_until"])
    audit.record(
        "member.capped",
        subject=Member(pk=member_id),
        after={"until": row.capped_until.isoformat()},
        reason=why,
    )


def _set_state(member_id: UUID, state: State, *, reason: str, by: Actor, channel: str) -> None:
    why = reasons.clean(reason)
    with transaction.atomic():
        row = Standing.objects.select_for_update().select_related("member").get(pk=member_id)
        if row.state == state:
            return
        before = row.state
        STANDING.move(row, to=state, why=why, reason=why, since=timezone.now())
        member = row.member
        notifications.queue(
            phone=member.phone,
            kind="security",
            language=member.language,
            text=messages.TEXTS[state](language=member.language),
        )
        audit.record(
            "member.frozen" if state == State.FROZEN else "member.unfrozen",
            subject=member,
            actor_id=by.id,
            actor=by.name,
            before={"state": before},
            after={"state": state},
            reason=why,
            channel=channel,
        )
