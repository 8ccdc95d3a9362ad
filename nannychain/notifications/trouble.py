"""Who must know that SMS don't go out, or that one may have; and when that is over.

Trouble of the provider as a whole is over as soon as it takes any SMS. Trouble with some numbers
(a sender ID that one network doesn't know, say) is over when it takes one that had met just that:
what other networks take proves nothing. What is over lets those that rest for it go at once.
"""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from nannychain import alerts
from nannychain.alerts.models import Alert as AlertRow
from nannychain.notifications.africastalking.client import Answer
from nannychain.notifications.africastalking.codes import RULES, Alert, Outcome, Rule, Where
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State
from nannychain.transactions import required

LASTING_ATTEMPTS = 3
STUCK = "sms:stuck"
# What has just been called over does not ring again: some get through, and some don't.
CALM = timedelta(minutes=10)
_OF_ALL = frozenset({Where.TRANSPORT, Where.HTTP})
_WORDS_OF_ALL = frozenset(rule.words for rule in RULES if rule.where in _OF_ALL)


@required
def tell(sms: Sms, answer: Answer) -> None:
    """Alert a person to what the answer means, where its rule asks for that."""
    rule = answer.rule
    lasts = rule.alert is Alert.IF_IT_LASTS and sms.attempts >= LASTING_ATTEMPTS
    if not lasts and rule.alert is not Alert.AT_ONCE:
        return
    if rule.outcome is Outcome.UNKNOWN:
        tell_unclear(f"{rule.where}:{rule.code}", words=rule.words, sms_id=str(sms.pk))
    elif not _is_just_over(_key(rule)):
        alerts.raise_alert(
            key=_key(rule),
            title="SMS don't go out" if rule.where in _OF_ALL else "Some SMS don't go out",
            details={"why": rule.words, "status": answer.status, "sms_id": str(sms.pk)},
        )


@required
def tell_unclear(cause: str, *, words: str, sms_id: str) -> None:
    """Alert a person to an SMS that may or may not have been sent; one alert for each cause."""
    alerts.raise_alert(
        key=f"sms:unknown:{cause}"[:120],
        title="It is not known whether an SMS was sent",
        details={"why": words, "sms_id": sms_id},
    )


@required
def is_over(*, met_before: str) -> None:
    """Close the alerts that an accepted SMS proves over, and let those that rest for them go.

    `met_before` is the reason, in words, for which that SMS itself had been turned away; or empty.
    """
    if alerts.resolve(STUCK):
        _hurry(_WORDS_OF_ALL)
    if met_before and met_before not in _WORDS_OF_ALL and alerts.resolve(_route_key(met_before)):
        _hurry({met_before})


def _key(rule: Rule) -> str:
    return STUCK if rule.where in _OF_ALL else _route_key(rule.words)


def _route_key(words: str) -> str:
    return f"{STUCK}:{words}"[:120]


def _is_just_over(key: str) -> bool:
    since = timezone.now() - CALM
    return AlertRow.objects.filter(key=key, resolved_at__gte=since).exists()


def _hurry(reasons: Collection[str]) -> None:
    """Make those due that rest for one of these reasons.

    Rows that somebody is at are left to him: the answer that is being written down waits for
    nobody.
    """
    resting = Sms.objects.select_for_update(skip_locked=True, no_key=True).filter(
        state=State.QUEUED, attempts__gt=0, due_at__gt=timezone.now(), reason__in=reasons
    )
    ids = list(resting.values_list("pk", flat=True))
    Sms.objects.filter(pk__in=ids).update(due_at=timezone.now())
