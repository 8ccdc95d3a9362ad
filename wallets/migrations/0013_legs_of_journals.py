"""Room for a journal's legs beside the hash of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0012_quicker_posting"),
    ]

    operations = [
        migrations.AddField(
            model_name="journal",
            name="accounts",
            field=ArrayField(models.BigIntegerField(), null=True),
        ),
        migrations.AddField(
            model_name="journal",
            name="amounts",
            field=ArrayField(models.BigIntegerField(), null=True),
        ),
        migrations.AlterField(
            model_name="journal", name="legs_hash", field=models.BinaryField(null=True)
        ),
    ]
