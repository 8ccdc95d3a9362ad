"""Bugs in what stays within our books: transfers, limits, the inbox, and the ledger."""

from tests.faults.machine.planted.planting import Bug

BUGS = (
    Bug(
        "limit-of-the-payee-not-looked-at",
        "payments/transfers/services.py",
        "what a payee gets above her limit is not held",
        (
            (
                "    limits.settle_excess(transfer.recipient_id, account_id=recipient, at=at,"
                " cause=cause)\n",
                "",
            ),
        ),
    ),
    Bug(
        "transfer-not-counted",
        "payments/transfers/services.py",
        "a transfer is not counted towards the limit of the day",
        (
            (
                "        limits.take_outgoing(\n            sender_id,\n",
                "        dict(\n            a=sender_id,\n",
            ),
        ),
    ),
    Bug(
        "same-key-sends-again",
        "payments/transfers/services.py",
        "the same request sends the money again",
        (
            (
                "        known = Transfer.objects.filter(sender_id=sender_id, key=key).first()",
                "        known, key = None, f'{key} {new_id()}'",
            ),
        ),
    ),
    Bug(
        "balances-told-to-each-other",
        "payments/transfers/services.py",
        "both are told the other's balance",
        (
            (
                "        sender_has=standings[sender].available,",
                "        sender_has=standings[recipient].available,",
            ),
            (
                "        recipient_has=standings[recipient].available,",
                "        recipient_has=standings[sender].available,",
            ),
        ),
    ),
    Bug(
        "hold-not-released",
        "payments/limits/excess.py",
        "what has room again stays held",
        (
            (
                "    if not holds.release(row.hold_id):\n        return",
                "    if True:\n        return",
            ),
        ),
    ),
    Bug(
        "use-given-back-twice",
        "payments/limits/services.py",
        "what failed is taken off the day's use twice",
        (
            (
                '    use.update(cents=F("cents") - amount_cents)\n',
                '    use.update(cents=Greatest(F("cents") - 2 * amount_cents, 0))\n',
            ),
        ),
    ),
    Bug(
        "everybody-trusted",
        "nannychain/inbox/services.py",
        "a callback counts as trusted, whoever sent it",
        (("                trusted=message.trusted,", "                trusted=True,"),),
    ),
    Bug(
        "receipt-anybodys",
        "payments/mpesa/receipts/services.py",
        "a receipt can be taken by a second operation",
        (
            (
                "    return MpesaReceipt.objects.filter(code=code, owner=owner).exists()",
                "    return True",
            ),
        ),
    ),
    Bug(
        "a-cent-too-little-reserved",
        "payments/withdrawals/postings.py",
        "a cent less is reserved than is paid out or given back",
        (
            (
                "        legs=(debit(wallet, amount_cents), credit(clearing, amount_cents)),",
                "        legs=(debit(wallet, amount_cents - 1),"
                " credit(clearing, amount_cents - 1)),",
            ),
        ),
    ),
    Bug(
        "failures-share-a-key",
        "payments/withdrawals/postings.py",
        "failures of one amount share a key, so that the second is not booked",
        (
            (
                '        kind=FAILED.code,\n        key=f"withdrawal:{withdrawal_id}:final",',
                '        kind=FAILED.code,\n        key=f"withdrawal:{amount_cents}:failed",',
            ),
        ),
    ),
    Bug(
        "wallet-below-nothing",
        "wallets/ledger/sql/v6/posting.sql",
        "the ledger lets a wallet go below nothing",
        tuple(
            (
                f"OR sign {other} OR sign * balance - held >= floor)\n{' ' * indent}INTO {into},",
                f"OR true)\n{' ' * indent}INTO {into},",
            )
            for other, indent, into in (
                ("> 0", 13, "v_balance1"),
                ("< 0", 13, "v_balance2"),
                ("< 0", 13, "v_balance1"),
                ("> 0", 13, "v_balance2"),
                ("<> v_sides[1]", 17, "v_balance2"),
                ("<> v_sides[1]", 17, "v_balance1"),
            )
        ),
    ),
    Bug(
        "released-but-still-held",
        "wallets/ledger/sql/v1/holds.sql",
        "what is released of a hold still counts as held",
        (
            (
                "held - (NEW.captured + NEW.released - OLD.captured - OLD.released)",
                "held - (NEW.captured - OLD.captured)",
            ),
        ),
    ),
    Bug(
        "hold-of-more-than-there-is",
        "wallets/ledger/sql/v1/holds.sql",
        "a hold counts twice",
        (
            (
                "    UPDATE wallets_balance SET held = held + NEW.amount WHERE",
                "    UPDATE wallets_balance SET held = held + 2 * NEW.amount WHERE",
            ),
        ),
    ),
    Bug(
        "hot-account-forgets",
        "wallets/ledger/sql/v6/posting.sql",
        "postings onto hot accounts are not put into their balance",
        (
            (
                "            SELECT account_id, p_amount, 1 FROM wallets_balance\n",
                "            SELECT account_id, 0, 1 FROM wallets_balance\n",
            ),
            (
                "            SELECT account_id, -p_amount, 1 FROM wallets_balance\n",
                "            SELECT account_id, 0, 1 FROM wallets_balance\n",
            ),
        ),
    ),
)
