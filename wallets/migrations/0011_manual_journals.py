"""Manual journals by two people (`wallets/ledger/manual`, `wallets/ledger/sql/manual`)."""

from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
import nannychain.ids
import wallets.ledger.manual.states
from django.db import migrations, models


_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql" / "manual"


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0010_checks_of_the_books'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='account',
            options={'permissions': [('download_statement', 'Can download the statement of an account')]},
        ),
        migrations.CreateModel(
            name='ManualJournal',
            fields=[
                ('id', models.UUIDField(default=nannychain.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('PROPOSED', 'proposed'), ('POSTED', 'posted'), ('REJECTED', 'rejected'), ('WITHDRAWN', 'withdrawn')], default=wallets.ledger.manual.states.State['PROPOSED'], max_length=10)),
                ('stored_legs', models.JSONField(null=True)),
                ('effective_at', models.DateTimeField(null=True, verbose_name='effective')),
                ('reason', models.CharField(max_length=200)),
                ('proposed_by', models.UUIDField(editable=False)),
                ('proposer', models.CharField(max_length=80, verbose_name='proposed by')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='proposed')),
                ('decided_by', models.UUIDField(editable=False, null=True)),
                ('decider', models.CharField(blank=True, max_length=80, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decision_reason', models.CharField(blank=True, max_length=200)),
                ('journal', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='manual', to='wallets.journal')),
                ('reverses', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposed_reversals', to='wallets.journal')),
            ],
            options={
                'permissions': [('propose_manual_journal', 'Can propose a manual journal'), ('approve_manual_journal', 'Can approve or reject a manual journal of somebody else')],
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'PROPOSED'), models.Q(('decided_by', models.F('proposed_by')), ('state', 'WITHDRAWN')), models.Q(models.Q(('state', 'POSTED'), ('state', 'REJECTED'), _connector='OR'), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='manual_journal_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'PROPOSED'), ('decided_at__isnull', True), ('decided_by__isnull', True), ('decision_reason', '')), models.Q(models.Q(('state', 'PROPOSED'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('decision_reason', ''), _negated=True)), _connector='OR'), name='manual_journal_decided_with_reason'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'POSTED'), ('journal__isnull', False)), models.Q(models.Q(('state', 'POSTED'), _negated=True), ('journal__isnull', True)), _connector='OR'), name='manual_journal_posted_has_its_journal'), models.CheckConstraint(condition=models.Q(models.Q(('effective_at__isnull', False), ('reverses__isnull', True), ('stored_legs__isnull', False)), models.Q(('effective_at__isnull', True), ('reverses__isnull', False), ('stored_legs__isnull', True)), _connector='OR'), name='manual_journal_has_legs_or_reverses'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('proposer', ''), _negated=True)), name='manual_journal_says_who_and_why'), models.UniqueConstraint(condition=models.Q(('state', 'PROPOSED')), fields=('reverses',), name='one_open_proposal_to_reverse')],
            },
        ),
        migrations.RunSQL(_read("forward"), _read("back")),
    ]
