from django.db import migrations

# Those who joined before the funding policy asked whether a phone is proved.
_TELL = """
    UPDATE wallets_fundingrequest request
       SET proved_at = member.phone_proved_at, reason = ''
      FROM workers_member member
     WHERE member.wallet_id = request.wallet_id
       AND member.phone_proved_at IS NOT NULL
       AND request.proved_at IS NULL
"""
_SAY_WHY = """
    UPDATE wallets_fundingrequest
       SET reason = 'until the phone is proved to be in the person''s hands'
     WHERE proved_at IS NULL AND state = 'WAITING'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0001_initial"),
        ("wallets", "0002_stellar_submissions"),
    ]

    operations = [
        migrations.RunSQL(_TELL, migrations.RunSQL.noop),
        migrations.RunSQL(_SAY_WHY, migrations.RunSQL.noop),
    ]
