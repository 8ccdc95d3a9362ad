from django.db import migrations, models
from django.db.models import F


def were_there(apps, schema_editor):
    """Files that are there already keep the rule of then: they tell of the time up to their coming."""
    files = apps.get_model('payments', 'StatementFile').objects
    files.using(schema_editor.connection.alias).update(reported_at=F('received_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0011_what_staff_look_for'),
    ]

    operations = [
        migrations.AddField(
            model_name='statementfile',
            name='reported_at',
            field=models.DateTimeField(null=True, verbose_name='exported'),
        ),
        migrations.RunPython(were_there, migrations.RunPython.noop),
    ]
