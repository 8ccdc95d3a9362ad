"""Telling staff of codes that need a person: at once, or when they last."""

import time
from datetime import timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from nannychain import alerts
from payments.mpesa.meanings import Alert, Meaning

_LASTS = timedelta(minutes=5)
_FORGOTTEN = timedelta(minutes=15)


def tell(meaning: Meaning, *, about: str) -> None:
    """Raise the alert that a code asks for. `about` names the operation: `withdrawal 0199…`.

    Unknown codes always alert. What need only be told when it lasts is counted in Redis; without
    Redis it is told at once.
    """
    if meaning.alert is Alert.NEVER:
        return
    key = f"mpesa:{meaning.where}:{meaning.code}"[:100]
    if meaning.alert is Alert.IF_IT_LASTS and not _lasts(key):
        return
    alerts.raise_alert(
        key=key,
        title=f"M-Pesa: {meaning.note}",
        details={"code": meaning.code, "where": str(meaning.where), "about": about[:100]},
    )


def _lasts(key: str) -> bool:
    """Tell whether the same has been seen for some minutes."""
    try:
        since: float | None = cache.get(f"{key}:since")
        now = time.time()
        cache.set(f"{key}:since", since or now, timeout=_FORGOTTEN.total_seconds())
    except (RedisError, OSError):
        return True
    return since is not None and now - since >= _LASTS.total_seconds()
