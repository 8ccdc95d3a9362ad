from django.db import migrations, models


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
    ]
