"""The kinds of SMS that exist, and what is particular to each. A new kind is one row here."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of SMS.

    After `lifetime` it is of no more use and is not sent any more. Urgent ones go first, and may
    use the last fifth of the day's budget. The text of a secret one is sealed, shown to nobody and
    wiped. A transactional one answers something that the person did, so that an opt-out from
    messages does not stop it.
    """

    name: str
    lifetime: timedelta
    is_urgent: bool
    is_secret: bool
    is_transactional: bool


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="welcome",
            lifetime=timedelta(days=2),
            is_urgent=False,
            is_secret=False,
            is_transactional=True,
        ),
        Kind(
            name="receipt",
            lifetime=timedelta(days=2),
            is_urgent=False,
            is_secret=False,
            is_transactional=True,
        ),
        Kind(
            name="code",
            lifetime=timedelta(minutes=5),
            is_urgent=True,
            is_secret=True,
            is_transactional=True,
        ),
        Kind(
            name="security",
            lifetime=timedelta(days=1),
            is_urgent=True,
            is_secret=False,
            is_transactional=True,
        ),
    )
}
