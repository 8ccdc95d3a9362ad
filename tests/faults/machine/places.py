"""Every place in the money code at which a process may die, by its function.

Whoever adds a claim, a call or a record adds it here, and sees to it that some step of a history
comes there: `make faults` ends with an error where nobody has died at one of the first list.
"""

# Around each end of a transaction and each call in these.
REACHED = frozenset(
    {
        "nannychain.inbox.services._handle",
        "payments.deposits.asking._without_trace",
        "payments.deposits.asking.ask",
        "payments.deposits.asking.record",
        "payments.deposits.sending._claim",
        "payments.deposits.sending.give_up",
        "payments.deposits.sending.record",
        "payments.deposits.sending.send",
        "payments.deposits.services.ask_now",
        "payments.deposits.services.cancel",
        "payments.deposits.services.request",
        "payments.limits.excess.release_all",
        "payments.paybill.asking._claim",
        "payments.paybill.asking.ask",
        "payments.paybill.returning._claim",
        "payments.paybill.returning.give_back",
        "payments.paybill.services.pulled",
        "payments.paybill.tending.pull",
        "payments.transfers.services.send",
        "payments.withdrawals.asking._next_question",
        "payments.withdrawals.asking._note",
        "payments.withdrawals.asking.ask",
        "payments.withdrawals.sending._claim",
        "payments.withdrawals.sending.give_up",
        "payments.withdrawals.sending.record",
        "payments.withdrawals.sending.send",
        "payments.withdrawals.services.ask_now",
        "payments.withdrawals.services.request",
    }
)
# These end within another's transaction, where nothing is committed yet.
NESTED = frozenset(
    {
        "payments.deposits.callbacks.ask",
        "payments.deposits.echoes.record_receipt",
        "payments.deposits.sending._is_sent",
        "payments.limits.excess._hold",
        "payments.mpesa.callbacks.sources.hear",
        "payments.withdrawals.callbacks.ask",
    }
)
# No event of money has a reaction yet.
IDLE = frozenset({"nannychain.outbox.services._react"})
# What people and the daily run do with M-Pesa's statements: no step of a history comes there, only
# the look at the end, at which nobody dies.
STATEMENTS = frozenset(
    {
        "payments.paybill.services.stated",
        "payments.reconciliation.balances.asking.ask",
        "payments.reconciliation.breaks.finding.find_all",
        "payments.reconciliation.breaks.finding.over",
        "payments.reconciliation.breaks.finding.still",
        "payments.reconciliation.breaks.services.assign",
        "payments.reconciliation.breaks.services.explain",
        "payments.reconciliation.floats.services._save",
        "payments.reconciliation.floats.services.propose",
        "payments.reconciliation.reports.printing.print_report",
        "payments.reconciliation.reports.services._keep",
        "payments.reconciliation.reports.services.make",
        "payments.reconciliation.reports.services.make_anew",
        "payments.reconciliation.reports.services.sign",
        "payments.reconciliation.statements.services._match_and_settle",
        "payments.reconciliation.statements.services._read",
        "payments.reconciliation.statements.services._reconcile",
        "payments.reconciliation.statements.services._refuse",
        "payments.reconciliation.statements.services.confirm",
        "payments.reconciliation.statements.services.hand_in",
        "payments.reconciliation.statements.settling._move",
        "payments.reconciliation.statements.settling._pay_in",
        "payments.reconciliation.statements.settling._payout",
        "payments.reconciliation.statements.settling.charges",
        "payments.reconciliation.statements.settling.reversals",
    }
)
