"""What the admin's front page shows: one line for each matter that may need a person.

The number on a card is that of the list behind it: both are narrowed by the same selector.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config import front_charts
from nannychain.alerts.models import Alert
from nannychain.approvals.admin import for_me, may_see
from nannychain.notifications import selectors as sms
from nannychain.notifications.models import Sms
from nannychain.operating.models import StoppedFlow
from nannychain.staff import front
from nannychain.staff.front import Card, Panel, Waiting
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill import selectors as paybill
from payments.reconciliation.breaks import selectors as breaks
from payments.reconciliation.reports import selectors as reports
from payments.withdrawals import selectors as withdrawals
from payments.withdrawals.models import Desk
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.manual.states import State as ManualState
from wallets.stellar.watching.models import Movement
from workers.identity.pins.models import Pin

_NOW = timedelta()
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _reviews(_: HttpRequest) -> Waiting:
    return front.waiting(withdrawals.to_decide(), "created_at")


def _late_payouts(_: HttpRequest) -> Waiting:
    return front.waiting(withdrawals.late(), "created_at")


def _stopped_desks(_: HttpRequest) -> Waiting:
    return front.waiting(Desk.objects.filter(stopped_at__isnull=False), "stopped_at")


def _unknown_deposits(_: HttpRequest) -> Waiting:
    return front.waiting(Deposit.objects.filter(state=DepositState.UNKNOWN), "created_at")


def _suspense(_: HttpRequest) -> Waiting:
    return front.waiting(paybill.in_suspense(), "created_at")


def _paybill_in_doubt(_: HttpRequest) -> Waiting:
    return front.waiting(paybill.in_doubt(), "created_at")


def _breaks(_: HttpRequest) -> Waiting:
    return front.waiting(breaks.unsettled(), "since")


def _unsigned_reports(_: HttpRequest) -> Waiting:
    return front.waiting(reports.unsigned(at=timezone.now()), "made_at")


def _lost_sms(_: HttpRequest) -> Waiting:
    return front.waiting(Sms.objects.filter(sms.is_lost()), "created_at")


def _locked_pins(_: HttpRequest) -> Waiting:
    # The lock says until when, not since when.
    locked = Pin.objects.filter(locked_until__gt=timezone.now())
    return Waiting(front.waiting(locked, "locked_until").count)


def _wanted_pins(_: HttpRequest) -> Waiting:
    return front.waiting(Pin.objects.filter(reset_proved_at__isnull=False), "reset_proved_at")


def _alerts(_: HttpRequest) -> Waiting:
    unseen = Alert.objects.filter(resolved_at__isnull=True, acknowledged_at__isnull=True)
    return front.waiting(unseen, "first_at")


def _decisions(request: HttpRequest) -> Waiting:
    return front.waiting(for_me(request), "asked_at")


def _journals(_: HttpRequest) -> Waiting:
    return front.waiting(_proposed(), "proposed_at")


def _proposed() -> QuerySet[ManualJournal]:
    return ManualJournal.objects.filter(state=ManualState.PROPOSED)


def _movements(_: HttpRequest) -> Waiting:
    strange = Movement.objects.filter(is_expected=False, reviewed_at__isnull=True)
    return front.waiting(strange, "at")


def _stopped_flows(_: HttpRequest) -> Waiting:
    return front.waiting(StoppedFlow.objects.all(), "stopped_at")


CARDS = (
    Card(
        title="Withdrawals to decide",
        icon="gavel",
        permission="payments.view_withdrawal",
        look=_reviews,
        page="payments_withdrawal",
        query={"state": "NEEDS_REVIEW"},
        what_to_do="Open one. Two of you settle it as paid or not paid.",
        late_after=4 * _HOUR,
    ),
    Card(
        title="Payouts stuck",
        icon="hourglass_top",
        permission="payments.view_withdrawal",
        look=_late_payouts,
        page="payments_withdrawal",
        query={"state": "late"},
        what_to_do="Choose them and have M-Pesa asked now.",
        late_after=_HOUR,
    ),
    Card(
        title="Payouts stopped",
        icon="front_hand",
        permission="payments.view_desk",
        look=_stopped_desks,
        page="payments_desk",
        query={},
        what_to_do="Mend M-Pesa's refusal, then let payouts go again.",
        late_after=_NOW,
    ),
    Card(
        title="Deposits nobody knows about",
        icon="help",
        permission="payments.view_deposit",
        look=_unknown_deposits,
        page="payments_deposit",
        query={"state": "UNKNOWN"},
        what_to_do="Choose them and have M-Pesa asked now.",
        late_after=_HOUR,
    ),
    Card(
        title="Money in suspense",
        icon="inventory_2",
        permission="payments.view_paybillpayment",
        look=_suspense,
        page="payments_paybillpayment",
        query={"state": "SUSPENSE"},
        what_to_do="Open one. Two of you put it into a wallet, or give it back.",
        late_after=_DAY,
    ),
    Card(
        title="Paybill payments in doubt",
        icon="receipt_long",
        permission="payments.view_paybillpayment",
        look=_paybill_in_doubt,
        page="payments_paybillpayment",
        query={"state": "doubt"},
        what_to_do="Look it up at M-Pesa; two of you say whether it went back.",
        late_after=_DAY,
    ),
    Card(
        title="Differences to M-Pesa and the bank",
        icon="difference",
        permission="payments.view_break",
        look=_breaks,
        page="payments_break",
        query={},
        what_to_do="Each names its likely cause, and the button that resolves it.",
        late_after=_DAY,
    ),
    Card(
        title="Reports to sign off",
        icon="history_edu",
        permission="payments.sign_dailyreport",
        look=_unsigned_reports,
        page="payments_dailyreport",
        query={"sign_off": "waits"},
        what_to_do="Look at the day's differences, then sign with your name.",
        late_after=_DAY,
    ),
    Card(
        title="Decisions that wait for you",
        icon="how_to_reg",
        permission=may_see,
        look=_decisions,
        page="nannychain_approvalrequest",
        query={"decision": "mine"},
        what_to_do="A colleague asked. Open it, then approve or refuse.",
        late_after=4 * _HOUR,
    ),
    Card(
        title="Manual journals to decide",
        icon="edit_note",
        permission="wallets.approve_manual_journal",
        look=_journals,
        page="wallets_manualjournal",
        query={"state": ManualState.PROPOSED.value},
        what_to_do="Read the legs and the reason, then post or reject.",
        late_after=_DAY,
    ),
    Card(
        title="Alerts nobody has seen",
        icon="notifications_active",
        permission="nannychain.view_alert",
        look=_alerts,
        page="nannychain_alert",
        query={"trouble": "open", "acknowledged_at__isempty": "1"},
        what_to_do="Read them and their runbook, then say that you have seen them.",
        late_after=_HOUR,
    ),
    Card(
        title="SMS that came to nothing",
        icon="sms_failed",
        permission="nannychain.view_sms",
        look=_lost_sms,
        page="nannychain_sms",
        query={"state": "lost"},
        what_to_do="Choose them and send them again.",
        late_after=_DAY,
    ),
    Card(
        title="Members who wait for a new PIN",
        icon="password",
        permission="workers.view_pin",
        look=_wanted_pins,
        page="workers_pin",
        query={"waits": "reset"},
        what_to_do="Open the member; ask for the reset, a colleague decides.",
        late_after=_DAY,
    ),
    Card(
        title="Locked PINs",
        icon="lock_clock",
        permission="workers.view_pin",
        look=_locked_pins,
        page="workers_pin",
        query={"waits": "locked"},
        what_to_do="A few are people who mistype. Many are an attack.",
        late_after=_DAY,
    ),
    Card(
        title="Flows that stand still",
        icon="block",
        permission="nannychain.view_stoppedflow",
        look=_stopped_flows,
        page="nannychain_stoppedflow",
        query={},
        what_to_do="Staff stopped them. Let them go on once the reason is gone.",
        late_after=_HOUR,
    ),
    Card(
        title="Strange movements on Stellar",
        icon="travel_explore",
        permission="wallets.view_movement",
        look=_movements,
        page="wallets_movement",
        query={"attention": "wanted"},
        what_to_do="Look each up, and note what you found.",
        late_after=_DAY,
    ),
)

PANELS = (
    Panel(permissions=("wallets.view_account",), draw=front_charts.owed_and_held),
    Panel(permissions=("nannychain.view_outboxevent",), draw=front_charts.queues),
    Panel(permissions=("wallets.view_account",), draw=front_charts.by_day, is_wide=True),
)


def connect() -> None:
    """Have them shown."""
    front.register(cards=CARDS, panels=PANELS)
