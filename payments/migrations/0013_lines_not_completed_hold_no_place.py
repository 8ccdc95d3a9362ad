from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0012_when_statements_were_made'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='statementline',
            name='statement_line_once',
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'not_completed'), _negated=True), fields=('shortcode', 'account', 'receipt', 'reason_type', 'direction', 'linked', 'occurrence'), name='statement_line_once'),
        ),
    ]
