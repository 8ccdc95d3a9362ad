from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nannychain', '0009_what_staff_look_for'),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='closed_by',
            field=models.UUIDField(null=True),
        ),
    ]
