"""Opening, refreshing and closing sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import audit
from nannychain.actors import Actor
from nannychain.errors import Forbidden, NotFound
from nannychain.logs import context
from nannychain.phone import parse as parse_phone
from workers.identity import selectors
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.identity.tokens import secret_texts
from workers.identity.tokens.models import DEVICE_LENGTH_MAX, PinToken, Session, SpentRefresh
from workers.identity.tokens.pin_tokens import check_pin_token, issue_pin_token

__all__ = [
    "authenticate",
    "check_pin_token",
    "close_all",
    "close_session",
    "issue_pin_token",
    "open_session",
    "refresh",
    "sign_in",
]

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
SESSIONS_MAX = 10
_NOTED_EVERY = timedelta(minutes=5)  # how often a use of a session is written down


class TokenRefused(Forbidden):
    """A refresh token that is unknown, too old, spent or of a closed session: all the same."""

    code = "token.refused"
    message = _("You have been signed out. Sign in again with your phone.")


class NoAccount(NotFound):
    """The phone was proved, and nobody has joined with it. Told to whoever holds the phone only."""

    code = "identity.no_account"
    message = _("There is no account with this number.")


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens as the client gets it, once. Never logged: `repr` shows the times only."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime

    def __repr__(self) -> str:
        return f"Tokens(until {self.access_expires_at}, {self.refresh_expires_at})"


@sensitive_variables()
def sign_in(phone: str, *, code: str, device: str, address: str = "") -> Tokens:
    """Use a code of purpose PROVE_PHONE up and open a session for the member with that phone.

    The phone counts as proved from now on. Raises InvalidPhone, codes.Refused, TooOften; NoAccount
    only after the code was right, so that nobody else learns who is a member.
    """
    number = parse_phone(phone)
    with transaction.atomic(durable=True):
        is_right = codes.matches(number, purpose=Purpose.PROVE_PHONE, code=code, address=address)
        member = selectors.member_by_phone(number)
        if is_right and member is not None and member.is_active:
            standing.phone_proved(member.id)
            return open_session(member, device=device)
    if not is_right:
        raise codes.Refused
    raise NoAccount


@sensitive_variables()
def open_session(member: Member, *, device: str) -> Tokens:
    """Sign a device in; beyond ten devices, the one that was used longest ago is signed out.

    `device` is the label that the member will see in the list, as the client tells it.
    """
    label = "".join(filter(str.isprintable, device))[:DEVICE_LENGTH_MAX]
    session = Session(member=member, device=label, address=context.client_address())
    tokens = _new_pair(session)
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # counts its sessions
        _close_oldest(member.pk)
        session.save(force_insert=True)
        _note(session, "member.signed_in", after={"device": label})
    return tokens


@sensitive_variables()
def refresh(token: str) -> Tokens:
    """Return a new pair for a refresh token, which is spent by it, as is the access token.

    A spent one closes its session for good. Raises TokenRefused. Never within the caller's
    transaction: a session that was closed must stay closed.
    """
    digest = secret_texts.digest(secret_texts.REFRESH, token)
    with transaction.atomic(durable=True):
        session = (
            Session.objects.select_for_update(of=("self",), no_key=True)
            .select_related("member")
            .filter(refresh_digest=digest)
            .first()
        )
        if session is None:
            _close_if_spent(digest)
        elif _is_alive(session) and session.refresh_expires_at > timezone.now():
            SpentRefresh.objects.create(session=session, digest=digest)
            tokens = _new_pair(session)
            session.last_used_at = timezone.now()
            session.address = context.client_address()
            session.save()
            return tokens
    raise TokenRefused


@sensitive_variables()
def authenticate(access: str) -> Session | None:
    """Return the session that an access token belongs to, with its member; None for any other text.

    One query; once in five minutes another one that notes the use.
    """
    digest = secret_texts.digest(secret_texts.ACCESS, access)
    session = Session.objects.select_related("member").filter(access_digest=digest).first()
    instant = timezone.now()
    if session is None or not _is_alive(session) or session.access_expires_at <= instant:
        return None
    if session.last_used_at <= instant - _NOTED_EVERY:
        session.last_used_at, session.address = instant, context.client_address()
        session.save(update_fields=["last_used_at", "address"])
    return session


def close_session(session_id: UUID, *, why: str = "signed out", by: Actor | None = None) -> None:
    """Revoke a session's tokens at once; one that is closed stays as it is.

    `by` is the member of staff who does it; without, it is the member herself.
    """
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
        if session.closed_at is None:
            _close(session, why=why, by=by)


def close_all(
    member_id: UUID, *, why: str = "signed out everywhere", by: Actor | None = None
) -> int:
    """Revoke the tokens of all the member's sessions at once; return how many. `by` as above."""
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member_id)  # nobody signs in meanwhile
        rows = Session.objects.select_for_update(no_key=True).order_by("pk")
        sessions = list(rows.filter(member_id=member_id, closed_at__isnull=True))
        for session in sessions:
            _close(session, why=why, by=by)
    return len(sessions)


def forget_old() -> int:
    """Delete sessions whose time is long over, with their spent tokens, and old PIN tokens."""
    instant = timezone.now()
    PinToken.objects.filter(expires_at__lte=instant).delete()
    SpentRefresh.objects.filter(spent_at__lte=instant - REFRESH_LIFETIME).delete()
    return Session.objects.filter(refresh_expires_at__lte=instant - REFRESH_LIFETIME).delete()[0]


@sensitive_variables()
def _new_pair(session: Session) -> Tokens:
    """Put a new pair's hashes on the session, in memory, and return the pair."""
    instant = timezone.now()
    tokens = Tokens(
        access=secret_texts.new(secret_texts.ACCESS),
        refresh=secret_texts.new(secret_texts.REFRESH),
        access_expires_at=instant + ACCESS_LIFETIME,
        refresh_expires_at=instant + REFRESH_LIFETIME,
    )
    session.access_digest = secret_texts.digest(secret_texts.ACCESS, tokens.access)
    session.refresh_digest = secret_texts.digest(secret_texts.REFRESH, tokens.refresh)
    session.access_expires_at = tokens.access_expires_at
    session.refresh_expires_at = tokens.refresh_expires_at
    return tokens


def _is_alive(session: Session) -> bool:
    return session.closed_at is None and session.member.is_active


def _close_if_spent(digest: bytes) -> None:
    spent = SpentRefresh.objects.filter(digest=digest).first()
    if spent is None:
        return
    session = Session.objects.select_for_update(no_key=True).get(pk=spent.session_id)
    if session.closed_at is None:
        _close(session, why="a spent token was shown again")


def _close_oldest(member_id: UUID) -> None:
    open_ones = Session.objects.select_for_update(no_key=True).filter(
        member_id=member_id, closed_at__isnull=True
    )
    for session in open_ones.order_by("-last_used_at")[SESSIONS_MAX - 1 :]:
        _close(session, why="too many devices")


def _close(session: Session, *, why: str, by: Actor | None = None) -> None:
    session.closed_at, session.closed_why = timezone.now(), why
    session.save(update_fields=["closed_at", "closed_why"])
    _note(session, "member.signed_out", after={"device": session.device}, reason=why, by=by)


def _note(
    session: Session,
    action: str,
    *,
    after: dict[str, str],
    reason: str = "",
    by: Actor | None = None,
) -> None:
    audit.record(
        action,
        subject=session.member,
        actor_id=by.id if by else session.member_id,
        actor=by.name if by else session.member.worker_id,
        after=after,
        reason=reason,
        channel="admin" if by else "api",
    )
