from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nannychain', '0010_restores_of_the_database'),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='closed_by',
            field=models.UUIDField(null=True),
        ),
    ]
