"""Bugs in deposits and in the paybill."""

from tests.faults.machine.planted.planting import Bug

BUGS = (
    Bug(
        "amount-of-a-prompt-believed",
        "payments/deposits/callbacks.py",
        "a callback is believed whatever amount it names",
        (("        if message.amount_cents != deposit.amount_cents:", "        if False:"),),
    ),
    Bug(
        "prompt-of-another-believed",
        "payments/deposits/callbacks.py",
        "a callback is believed that names another prompt",
        (("    if deposit.checkout_id not in (None, told):", "    if False:"),),
    ),
    Bug(
        "late-money-ignored",
        "payments/deposits/outcomes.py",
        "money that comes after a failure is not booked",
        (
            (
                "    was_failed = deposit.has_failed\n",
                "    was_failed = deposit.has_failed\n"
                "    if was_failed:\n        return 'had ended'\n",
            ),
        ),
    ),
    Bug(
        "nobody-told-of-a-failure",
        "payments/deposits/outcomes.py",
        "a prompt that failed is told to nobody",
        (("    if words:\n", "    if False:\n"),),
    ),
    Bug(
        "prompt-claimed-without-a-time",
        "payments/deposits/sending.py",
        "a claimed deposit is due never, so that a dead worker's stays",
        (("            due_at=instant + CLAIM,", "            due_at=None,"),),
    ),
    Bug(
        "dead-worker-prompts-again",
        "payments/deposits/sending.py",
        "after a crash the prompt is sent once more, though it may be on the phone",
        (
            (
                '            _unknown(dead, reason="the worker stopped in the middle")',
                "            DEPOSIT.move(dead, to=State.REQUESTED, sent_at=None,"
                " due_at=timezone.now())",
            ),
        ),
    ),
    Bug(
        "lost-answer-is-a-no",
        "payments/mpesa/codes.py",
        "a lost answer counts as a refusal, and is tried again",
        (
            (
                'Meaning(_T, "answer_lost", _PERHAPS, _UNSURE, _FINAL, words.WAITING,',
                'Meaning(_T, "answer_lost", _NO, _SURE, _AGAIN, words.WAITING,',
            ),
        ),
    ),
    Bug(
        "bad-gateway-is-a-no",
        "payments/mpesa/codes.py",
        "a 5xx counts as a refusal, and is tried again",
        (
            (
                'Meaning(_H, "5xx", _PERHAPS, _UNSURE, _FINAL, words.WAITING,',
                'Meaning(_H, "5xx", _NO, _SURE, _AGAIN, words.WAITING,',
            ),
        ),
    ),
    Bug(
        "pending-prompt-is-paid",
        "payments/deposits/asking.py",
        "a status query that says 'still under way' is taken for 'paid'",
        (
            (
                "        if answer.outcome is Outcome.PAID and",
                "        if answer.outcome is not Outcome.FAILED and",
            ),
        ),
    ),
    Bug(
        "deposits-not-swept",
        "payments/deposits/sweep.py",
        "the sweep of deposits rings for nothing",
        (("in selectors.due():", "in selectors.due()[:0]:"),),
    ),
    Bug(
        "key-without-receipt",
        "payments/paybill/postings.py",
        "payments to one wallet of one amount share a key, so that the second is not booked",
        (
            (
                '        key=f"mpesa:{receipt}",\n        cause=f"mpesa:{receipt}",\n'
                "        effective_at=effective_at,\n        legs=(debit(paybill_float,",
                '        key=f"mpesa:{to}:{amount_cents}",\n        cause=f"mpesa:{receipt}",\n'
                "        effective_at=effective_at,\n        legs=(debit(paybill_float,",
            ),
        ),
    ),
    Bug(
        "stranger-believed",
        "payments/paybill/services.py",
        "a confirmation from who knows where is booked",
        (
            (
                "    return _take(payment, told_by=NOBODY, is_trusted=False, is_sure=False)",
                "    return _take(payment, told_by=CONFIRMATION, is_trusted=True, is_sure=True)",
            ),
        ),
    ),
    Bug(
        "receiver-not-compared",
        "payments/paybill/asking.py",
        "a receipt of money that we paid out counts as money that came in",
        (("    if receiver != payment.shortcode:", "    if False:"),),
    ),
    Bug(
        "list-not-read",
        "payments/paybill/tending.py",
        "what M-Pesa's list has is not taken, so that lost confirmations stay lost",
        (("            _take(payment)\n", "            pass\n"),),
    ),
    Bug(
        "allotted-under-the-first-key",
        "payments/paybill/postings.py",
        "allotting a payment in suspense has the key under which it was received",
        (
            (
                '        kind=ALLOTTED.code,\n        key=f"mpesa:{receipt}:final",',
                '        kind=ALLOTTED.code,\n        key=f"mpesa:{receipt}",',
            ),
        ),
    ),
)
