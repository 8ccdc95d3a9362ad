"""Issuing, checking, rotating and revoking API keys."""

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.errors import Conflict, Invalid, NotFound
from workers.identity.api_keys.models import HINT_LENGTH, NAME_LENGTH_MAX, ApiKey
from workers.identity.api_keys.scopes import SCOPES
from workers.identity.tokens import secret_texts

OVERLAP = timedelta(days=7)
_NOTED_EVERY = timedelta(minutes=5)


class InvalidKeyName(Invalid):
    """No name, or one that is too long."""

    code = "api_keys.invalid_name"
    message = f"Give it a name of up to {NAME_LENGTH_MAX} characters that says whose it is."


class UnknownScope(Invalid):
    """A scope that is in no line of the table, or none at all."""

    code = "api_keys.unknown_scope"
    message = "Choose what the key is good for."


class InvalidNetwork(Invalid):
    """Something that is no address and no network."""

    code = "api_keys.invalid_network"
    message = "That is no network. Write 192.0.2.7 or 192.0.2.0/24, one a line."


class KeyIsOver(Conflict):
    """The key was rotated or revoked already."""

    code = "api_keys.over"
    message = "This key was rotated or revoked before."


class NoSuchKey(NotFound):
    """There is no such key."""

    code = "api_keys.no_such_key"
    message = "There is no such key."


def issue(
    *, name: str, scopes: Iterable[str], addresses: Iterable[str] = (), by: Actor
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret text, which nobody can read again.

    Raises InvalidKeyName, UnknownScope and InvalidNetwork.
    """
    label = " ".join(name.split())
    if not 0 < len(label) <= NAME_LENGTH_MAX or not label.isprintable():
        raise InvalidKeyName
    good_for = sorted(set(scopes))
    if not good_for or not SCOPES.keys() >= set(good_for):
        raise UnknownScope
    networks = [_network(address) for address in addresses]
    with transaction.atomic():
        return _make(name=label, scopes=good_for, addresses=networks, by=by, replaces=None)


@sensitive_variables()
def authenticate(secret: str, *, address: str | None) -> ApiKey | None:
    """Return the key that the text is, where it is taken from that address; None otherwise.

    One query; once in five minutes another one that notes the use.
    """
    digest = secret_texts.digest(secret_texts.API_KEY, secret)
    key = ApiKey.objects.filter(digest=digest).first()
    instant = timezone.now()
    if key is None or not key.is_live(instant) or not _is_from(address, key.addresses):
        return None
    if key.last_used_at is None or key.last_used_at <= instant - _NOTED_EVERY:
        key.last_used_at, key.last_address = instant, address
        key.save(update_fields=["last_used_at", "last_address"])
    return key


def rotate(
    key_id: UUID, *, by: Actor, reason: str, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Make a key like it and return that with its secret text; the old one ends after `overlap`.

    Raises NoSuchKey, InvalidReason, and KeyIsOver where it ends already.
    """
    why = reasons.clean(reason)
    with transaction.atomic():
        old = _locked(key_id)
        if old.ends_at is not None:
            raise KeyIsOver
        _end(old, after=overlap, why="rotated")
        new, secret = _make(
            name=old.name, scopes=old.scopes, addresses=old.addresses, by=by, replaces=old
        )
        _note("api_key.rotated", old, by=by, after={"new_key": str(new.pk)}, reason=why)
        return new, secret


def revoke(key_id: UUID, *, by: Actor, reason: str) -> None:
    """End a key at once, also one that was rotated and still works.

    Raises NoSuchKey, KeyIsOver where it has ended, and InvalidReason.
    """
    why = reasons.clean(reason)
    with transaction.atomic():
        key = _locked(key_id)
        if not key.is_live(timezone.now()):
            raise KeyIsOver
        _end(key, after=timedelta(0), why=why)
        _note("api_key.revoked", key, by=by, reason=why)


@sensitive_variables()
def _make(
    *, name: str, scopes: list[str], addresses: list[str], by: Actor, replaces: ApiKey | None
) -> tuple[ApiKey, str]:
    secret = secret_texts.new(secret_texts.API_KEY)
    key = ApiKey.objects.create(
        name=name,
        digest=secret_texts.digest(secret_texts.API_KEY, secret),
        hint=secret[:HINT_LENGTH],
        scopes=scopes,
        addresses=addresses,
        issued_by=by.id,
        issuer=by.name,
        replaces=replaces,
    )
    _note(
        "api_key.issued", key, by=by, after={"name": name, "scopes": scopes, "networks": addresses}
    )
    return key, secret


def _locked(key_id: UUID) -> ApiKey:
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NoSuchKey
    return key


def _end(key: ApiKey, *, after: timedelta, why: str) -> None:
    key.ends_at, key.ends_why = timezone.now() + after, why
    key.save(update_fields=["ends_at", "ends_why"])


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise InvalidNetwork from None


def _is_from(address: str | None, networks: list[str]) -> bool:
    """Tell whether the address lies in one of the networks; without networks, any will do."""
    if not networks:
        return True
    if address is None:
        return False
    there = ipaddress.ip_address(address)
    # An IPv4 caller may come as ::ffff:192.0.2.7 where the socket is one of IPv6.
    there = getattr(there, "ipv4_mapped", None) or there
    return any(there in ipaddress.ip_network(network) for network in networks)


def _note(
    action: str, key: ApiKey, *, by: Actor, after: dict[str, object] | None = None, reason: str = ""
) -> None:
    audit.record(
        action,
        subject=key,
        actor_id=by.id,
        actor=by.name,
        after=after,
        reason=reason,
        channel="admin",
    )
