from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallets", "0004_signings")]

    operations = [
        migrations.AddField(
            model_name="network",
            name="reset_at",
            field=models.DateTimeField(null=True, verbose_name="last reset noticed"),
        ),
        migrations.AddField(
            model_name="movement",
            name="note",
            field=models.CharField(blank=True, max_length=200, verbose_name="what was found"),
        ),
        migrations.RemoveConstraint(model_name="movement", name="movement_once"),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.UniqueConstraint(
                fields=["network", "paging_token", "address", "transaction_hash"],
                name="movement_once",
            ),
        ),
    ]
