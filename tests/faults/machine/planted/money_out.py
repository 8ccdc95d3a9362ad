"""Bugs in withdrawals."""

from tests.faults.machine.planted.planting import Bug

BUGS = (
    Bug(
        "unknown-given-back",
        "payments/withdrawals/sending.py",
        "what nobody knows of is given back at once, though M-Pesa may pay it",
        (
            (
                "    outcomes.unknown(withdrawal, reason=reason,"
                " due_at=attempt.sent_at + UNKNOWN_QUESTION)",
                "    outcomes.given_back(withdrawal, reason=reason, words=reason, attempt=None)",
            ),
        ),
    ),
    Bug(
        "unknown-sent-again",
        "payments/withdrawals/sending.py",
        "what nobody knows of is ordered again under a new id",
        (
            (
                "    outcomes.unknown(withdrawal, reason=reason,"
                " due_at=attempt.sent_at + UNKNOWN_QUESTION)",
                "    PayoutAttempt.objects.filter(pk=attempt.pk).update(state=Attempt.REJECTED)\n"
                "        WITHDRAWAL.move(withdrawal, to=State.PARKED, due_at=timezone.now())",
            ),
        ),
    ),
    Bug(
        "dead-worker-gives-back",
        "payments/withdrawals/sending.py",
        "after a crash the money is given back, though M-Pesa may have the order",
        (
            (
                '        _unknown(withdrawal, attempt, reason="the worker stopped in the middle")',
                "        outcomes.given_back("
                "withdrawal, reason='dead', words='dead', attempt=None)",
            ),
        ),
    ),
    Bug(
        "payout-claimed-without-a-time",
        "payments/withdrawals/sending.py",
        "a claimed withdrawal is due never, so that a dead worker's stays",
        (("            due_at=instant + CLAIM,", "            due_at=None,"),),
    ),
    Bug(
        "told-when-taken",
        "payments/withdrawals/sending.py",
        "she is told that it was paid when M-Pesa has only taken the order",
        (
            (
                "        due_at = attempt.sent_at + FIRST_QUESTION\n",
                "        due_at = attempt.sent_at + FIRST_QUESTION\n"
                "        outcomes._sms(withdrawal, outcomes.messages.paid(\n"
                "            withdrawal, balance_cents=0, language='en'))\n",
            ),
        ),
    ),
    Bug(
        "attempts-numbered-alike",
        "payments/withdrawals/sending.py",
        "every attempt has the number of the first",
        (("number=withdrawal.attempts_made + 1,", "number=1,"),),
    ),
    Bug(
        "nothing-reserved",
        "payments/withdrawals/services.py",
        "the money stays in the wallet until M-Pesa has paid",
        (("        _reserve(withdrawal)\n", "        str(_reserve)\n"),),
    ),
    Bug(
        "day-not-counted",
        "payments/withdrawals/services.py",
        "a withdrawal is not counted towards the limit of the day",
        (
            (
                "        limits.take_outgoing(\n            member_id,\n",
                "        dict(\n            a=member_id,\n",
            ),
        ),
    ),
    Bug(
        "cents-paid-out-too",
        "payments/withdrawals/selectors.py",
        "the wallet pays the cents too, which M-Pesa can't pay out",
        (
            (
                "        return self.amount_cents + self.charges_cents",
                "        return self.asked_cents + self.charges_cents",
            ),
        ),
    ),
    Bug(
        "fee-kept-on-failure",
        "payments/withdrawals/books.py",
        "a withdrawal that failed comes back without its fee",
        (
            (
                "            wallet=wallet(withdrawal),\n"
                "            amount_cents=withdrawal.total_cents,\n"
                "            effective_at=timezone.now(),",
                "            wallet=wallet(withdrawal),\n"
                "            amount_cents=withdrawal.amount_cents,\n"
                "            effective_at=timezone.now(),",
            ),
        ),
    ),
    Bug(
        "fee-for-tax",
        "payments/withdrawals/books.py",
        "fee and tax are booked for each other",
        (
            ('label="withdrawals"): withdrawal.fee_cents', 'label="withdrawals"): -1'),
            ('label="excise"): withdrawal.tax_cents', 'label="excise"): withdrawal.fee_cents'),
            ('label="withdrawals"): -1', 'label="withdrawals"): withdrawal.tax_cents'),
        ),
    ),
    Bug(
        "held-after-coming-back",
        "payments/withdrawals/books.py",
        "what comes back above the wallet's limit is not held",
        (("    limits.settle_excess(\n", "    dict(\n        a="),),
    ),
    Bug(
        "day-not-given-back",
        "payments/withdrawals/outcomes.py",
        "a withdrawal that failed still counts towards the limit of the day",
        (
            (
                "    limits.give_back(\n        withdrawal.member_id,\n",
                "    dict(\n        a=withdrawal.member_id,\n",
            ),
        ),
    ),
    Bug(
        "given-back-in-silence",
        "payments/withdrawals/outcomes.py",
        "nobody is told that the money is back",
        (
            (
                "    _sms(\n        withdrawal,\n        messages.given_back(",
                "    str(\n        messages.given_back(",
            ),
        ),
    ),
    Bug(
        "amount-of-a-payout-believed",
        "payments/withdrawals/results.py",
        "a result is believed whatever amount it names",
        (
            (
                "    if told.amount_cents != withdrawal.amount_cents or not told.receipt:",
                "    if not told.receipt:",
            ),
        ),
    ),
    Bug(
        "big-failure-believed-at-once",
        "payments/withdrawals/results.py",
        "a failure of much money is believed without a second word",
        (
            (
                "is_sure = told.meaning.is_definite and not is_big and not withdrawal.failure_code",
                "is_sure = told.meaning.is_definite and not withdrawal.failure_code",
            ),
        ),
    ),
    Bug(
        "unsure-failure-believed",
        "payments/withdrawals/results.py",
        "a failure that M-Pesa itself isn't sure of is believed without a second word",
        (
            (
                "is_sure = told.meaning.is_definite and not is_big and not withdrawal.failure_code",
                "is_sure = not is_big and not withdrawal.failure_code",
            ),
        ),
    ),
    Bug(
        "payout-of-another-believed",
        "payments/withdrawals/callbacks.py",
        "a result is believed that names another payout",
        (
            (
                "    if message.originator_conversation_id != attempt.originator_id:",
                "    if False:",
            ),
        ),
    ),
    Bug(
        "pending-payout-has-failed",
        "payments/mpesa/codes.py",
        "a status query that says 'pending' is taken for 'failed'",
        (
            (
                'Meaning(_ST, "pending", _WAIT, _UNSURE, _FINAL,',
                'Meaning(_ST, "pending", _FAILED, _SURE, _AGAIN,',
            ),
        ),
    ),
    Bug(
        "no-such-payout-has-failed",
        "payments/withdrawals/callbacks.py",
        "a question that got no answer is taken for a failure",
        (
            (
                "    if question.outcome is not Outcome.PAID:\n",
                "    if question.outcome is not Outcome.PAID:\n"
                "        outcomes.given_back(\n"
                "            withdrawal, reason='no', words='no', attempt=attempt)\n",
            ),
        ),
    ),
    Bug(
        "parked-not-swept",
        "payments/withdrawals/selectors.py",
        "the sweep looks at what was sent, and forgets what is parked",
        (
            (
                "filter(state__in=UNFINISHED, due_at__lte=timezone.now())",
                "filter(state__in=UNFINISHED, due_at__lte=timezone.now()).exclude(state='PARKED')",
            ),
        ),
    ),
)
