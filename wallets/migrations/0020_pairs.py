"""A journal of two legs is posted by a function of its own (`ledger/sql/v6`)."""

from django.db import migrations

from wallets.migrations._forms import before, text


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0019_postings_by_functions"),
    ]

    operations = [
        migrations.RunSQL(
            text("v6/posting.sql"),
            "DROP FUNCTION ledger_post_pair; DROP FUNCTION ledger_posted_with;\n"
            + before("v5/posting.sql", r"FUNCTION ledger_post\(.*?\$\$;")
            + before("v5/posting.sql", r"FUNCTION ledger_post_whole\(.*?\$\$;"),
        ),
    ]
