"""Each journal gets its legs from its postings; on the way back, the hash of them."""

from django.db import migrations

# History stays, but for this: what is written is what the postings say already.
_WRITE = """
    ALTER TABLE wallets_journal DISABLE TRIGGER USER;
    UPDATE wallets_journal j SET {} FROM ({}) p WHERE p.journal_id = j.id;
    ALTER TABLE wallets_journal ENABLE TRIGGER USER;
"""
_FORWARD = _WRITE.format(
    "accounts = p.accounts, amounts = p.amounts",
    """
        SELECT journal_id, array_agg(account_id ORDER BY account_id) AS accounts,
               array_agg(amount ORDER BY account_id) AS amounts
          FROM wallets_posting GROUP BY journal_id
    """,
)
_BACK = _WRITE.format(
    "legs_hash = p.hash",
    """
        SELECT journal_id,
               sha256(convert_to(string_agg(account_id || ':' || amount || ',', ''
                                            ORDER BY account_id), 'UTF8')) AS hash
          FROM wallets_posting GROUP BY journal_id
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0013_legs_of_journals"),
    ]

    operations = [migrations.RunSQL(_FORWARD, _BACK)]
