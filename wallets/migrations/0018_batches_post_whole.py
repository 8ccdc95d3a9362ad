"""A batch posts itself whole, and accounts are found by their index (`ledger/sql/v4`)."""

from django.db import migrations

from wallets.migrations._forms import before, text

# What the forms before were made of, by the file that has it.
_POSTING_BEFORE = (
    ("v1/accounts.sql", r"FUNCTION ledger_refuse\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_journal_posts\(.*?\$\$;"),
    ("v3/posting.sql", r"CONSTRAINT TRIGGER ledger_journal_posts .*?;"),
    ("v3/posting.sql", r"FUNCTION ledger_batch_posts\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_post\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_post_batch\(.*?\$\$;"),
)
_ACCOUNTS_BEFORE = (("v1/accounts.sql", r"FUNCTION ledger_open_account\(.*?\$\$;"),)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0017_journals_taken_out"),
    ]

    operations = [
        migrations.RunSQL(
            text("v4/posting.sql"),
            text("v4/back.sql") + "".join(before(*each) for each in _POSTING_BEFORE),
        ),
        migrations.RunSQL(
            text("v4/accounts.sql"),
            "".join(before(*each) for each in _ACCOUNTS_BEFORE)
            + text("v4/accounts_back.sql"),
        ),
    ]
