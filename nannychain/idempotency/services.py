"""Doing a thing once, and answering the same ever after."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict
from nannychain.idempotency.models import IdempotentAnswer

# A second caller waits here until the first commits or rolls back: the unique index is the lock.
_CLAIM = """
    INSERT INTO nannychain_idempotentanswer (scope, key, fingerprint, created_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING id
"""
_FORGET_AT_ONCE = 1_000
_STORE = "UPDATE nannychain_idempotentanswer SET answer = %s WHERE id = %s"


class KeyReused(Conflict):
    """The key was used before, with other content."""

    code = "idempotency.key_reused"
    message = _("This key was already used for something else.")


def once(*, scope: str, key: str, fingerprint: str, effect: Callable[[], Any]) -> tuple[Any, bool]:
    """Run `effect` under the key, or return what it answered before; tell which (True: before).

    `effect` returns JSON. It runs in the same transaction as the record of its answer, so that
    neither exists without the other; when it raises, the key stays free. Raises KeyReused where
    the same key came with another fingerprint.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [scope, key, fingerprint, timezone.now()])
            claimed = cursor.fetchone()
        if claimed is None:
            known = IdempotentAnswer.objects.get(scope=scope, key=key)
            if known.fingerprint != fingerprint:
                raise KeyReused
            return known.answer, True
        answer = effect()
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [json.dumps(answer), claimed[0]])
    return answer, False


def forget(*, scope_prefix: str, before: datetime) -> int:
    """Forget what was answered in these scopes before then; return how many answers it was."""
    old = IdempotentAnswer.objects.filter(scope__startswith=scope_prefix, created_at__lt=before)
    total = 0
    while ids := list(old.values_list("pk", flat=True)[:_FORGET_AT_ONCE]):
        total += IdempotentAnswer.objects.filter(pk__in=ids).delete()[0]
    return total


def find(*, scope: str, key: str) -> IdempotentAnswer | None:
    """Return what was answered under the key, or None."""
    return IdempotentAnswer.objects.filter(scope=scope, key=key).first()
