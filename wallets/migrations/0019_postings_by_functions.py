"""A journal is posted by the function that inserts it (`ledger/sql/v5`)."""

import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from wallets.migrations._forms import before, text

# What the forms before were made of, by the file that has it.
_BEFORE = (
    ("v2/posting.sql", r"FUNCTION ledger_moved_by_triggers_alone\(.*?\$\$;"),
    ("v2/posting.sql", r"TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE OR DELETE .*?;"),
    ("v2/posting.sql", r"TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE ON .*?;"),
    ("v3/posting.sql", r"TRIGGER ledger_history_stays_whole .*?;"),
    ("v3/posting.sql", r"FUNCTION ledger_examine\(.*?\$\$;"),
    ("manual/forward.sql", r"FUNCTION ledger_manual_was_approved\(.*?\$\$;"),
    ("manual/forward.sql", r"CONSTRAINT TRIGGER ledger_manual_was_approved .*?;"),
    ("v4/posting.sql", r"FUNCTION ledger_journal_posts\(.*?\$\$;"),
    ("v4/posting.sql", r"CONSTRAINT TRIGGER ledger_journal_posts .*?;"),
    ("v4/posting.sql", r"VIEW ledger_batch .*?;"),
    ("v4/posting.sql", r"FUNCTION ledger_batch_posts\(.*?\$\$;"),
    ("v4/posting.sql", r"TRIGGER ledger_batch_posts .*?;"),
    ("v4/posting.sql", r"FUNCTION ledger_post\(.*?\$\$;"),
    ("v4/posting.sql", r"FUNCTION ledger_post_batch\(.*?\$\$;"),
    ("v4/posting.sql", r"FUNCTION ledger_post_one_by_one\(.*?\$\$;"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0018_batches_post_whole"),
    ]

    operations = [
        migrations.AddField(
            model_name="journalkind",
            name="sides",
            field=ArrayField(models.SmallIntegerField(), default=list),
        ),
        migrations.CreateModel(
            name="ManualPosting",
            fields=[
                (
                    "journal",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="wallets.journal",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(
            text("v5/posting.sql"),
            text("v5/back.sql") + "".join(before(*each) for each in _BEFORE),
            state_operations=[
                migrations.RemoveField(model_name="unrolled", name="id"),
                migrations.AlterField(
                    model_name="unrolled",
                    name="account",
                    field=models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="wallets.account",
                    ),
                ),
            ],
        ),
    ]
