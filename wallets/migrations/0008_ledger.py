"""The ledger: its tables, and what PostgreSQL keeps of it (`wallets/ledger/sql/v1`)."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql" / "v1"
_FORWARD = ("tables", "accounts", "posting", "holds", "guards", "rights")


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0007_channels_once_for_each_network'),
    ]

    operations = [
        migrations.CreateModel(
            name='Currency',
            fields=[
                ('code', models.CharField(max_length=4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('scale', models.SmallIntegerField()),
            ],
            options={
                'verbose_name_plural': 'currencies',
            },
        ),
        migrations.CreateModel(
            name='JournalKind',
            fields=[
                ('code', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('phrase', models.CharField(max_length=200)),
                ('debits', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                ('credits', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name='AccountKind',
            fields=[
                ('code', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('type', models.CharField(choices=[('asset', 'asset'), ('liability', 'liability'), ('equity', 'equity'), ('income', 'income'), ('expense', 'expense')], max_length=10)),
                ('side', models.SmallIntegerField(choices=[(1, 'Debit'), (-1, 'Credit')])),
                ('is_deferred', models.BooleanField(verbose_name='hot')),
                ('floor', models.BigIntegerField(null=True)),
                ('is_customer_money', models.BooleanField(verbose_name="customers' money")),
                ('clears_within_days', models.SmallIntegerField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('is_deferred', False), ('floor__isnull', True), _connector='OR'), name='hot_has_no_floor'), models.CheckConstraint(condition=models.Q(models.Q(('side', 1), ('type__in', ('asset', 'expense'))), models.Q(('side', -1), ('type__in', ('liability', 'equity', 'income'))), _connector='OR'), name='type_has_its_side')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner_id', models.UUIDField(null=True)),
                ('label', models.CharField(blank=True, max_length=60)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='opened')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
                ('kind', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='wallets.accountkind')),
                ('currency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.currency')),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(db_collation='C', max_length=120)),
                ('amount', models.BigIntegerField()),
                ('captured', models.BigIntegerField(default=0)),
                ('released', models.BigIntegerField(default=0)),
                ('cause', models.CharField(blank=True, max_length=120)),
                ('placed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='placed')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='wallets.account')),
            ],
        ),
        migrations.CreateModel(
            name='Journal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('key', models.CharField(db_collation='C', max_length=120)),
                ('legs_hash', models.BinaryField()),
                ('effective_at', models.DateTimeField(verbose_name='effective')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='recorded')),
                ('cause', models.CharField(blank=True, max_length=120)),
                ('reverses', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='wallets.journal')),
            ],
        ),
        migrations.CreateModel(
            name='HoldCapture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.BigIntegerField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('hold', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='wallets.hold')),
                ('journal', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='wallets.journal')),
            ],
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('pk', models.CompositePrimaryKey('journal_id', 'account_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('amount', models.BigIntegerField()),
                ('balance_after', models.BigIntegerField(null=True)),
                ('version', models.BigIntegerField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='wallets.account')),
                ('journal', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='wallets.journal')),
            ],
        ),
        migrations.CreateModel(
            name='Unrolled',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.BigIntegerField()),
                ('postings', models.BigIntegerField()),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='balance', serialize=False, to='wallets.account')),
                ('currency', models.CharField(max_length=4)),
                ('sign', models.SmallIntegerField()),
                ('floor', models.BigIntegerField(null=True)),
                ('is_deferred', models.BooleanField()),
                ('is_closed', models.BooleanField()),
                ('balance', models.BigIntegerField()),
                ('held', models.BigIntegerField()),
                ('version', models.BigIntegerField(verbose_name='postings')),
                ('kind', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.accountkind')),
            ],
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('owner_id', 'kind', 'label', 'currency'), name='account_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['expires_at'], name='hold_due'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lte', 9007199254740991), ('captured__gte', 0), ('released__gte', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released')))), name='hold_within_its_amount'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released'))), ('ended_at__isnull', True)), models.Q(('amount', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released'))), ('ended_at__isnull', False)), _connector='OR'), name='hold_ends_when_nothing_is_held'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(fields=('key',), name='hold_key_once'),
        ),
        migrations.AddConstraint(
            model_name='journal',
            constraint=models.UniqueConstraint(fields=('key',), name='journal_key_once'),
        ),
        migrations.AddConstraint(
            model_name='journal',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='reversed_once'),
        ),
        migrations.AddConstraint(
            model_name='holdcapture',
            constraint=models.UniqueConstraint(fields=('hold', 'journal'), name='captured_once_by_a_journal'),
        ),
        migrations.AddConstraint(
            model_name='holdcapture',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='capture_above_zero'),
        ),
        migrations.AddIndex(
            model_name='posting',
            index=models.Index(condition=models.Q(('version__isnull', True)), fields=['account', 'journal'], name='posting_on_hot_account'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.UniqueConstraint(condition=models.Q(('version__isnull', False)), fields=('account', 'version'), name='posting_version_once'),
        ),
        migrations.AddConstraint(
            model_name='balance',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0), models.Q(('floor__isnull', True), ('floor__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('sign'), '*', models.F('balance')), '-', models.F('held'))), _connector='OR')), name='balance_above_floor'),
        ),
        migrations.RunSQL("\n".join(_read(name) for name in _FORWARD), _read("back")),
    ]
