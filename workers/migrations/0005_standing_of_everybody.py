from django.db import migrations

# Those who joined before there was a standing: their phones were last seen when they were proved.
_OPEN = """
    INSERT INTO workers_standing (member_id, state, reason, since, last_seen_at)
    SELECT id, 'OPEN', '', joined_at, coalesce(phone_proved_at, joined_at) FROM workers_member
    ON CONFLICT (member_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("workers", "0004_codes_pins_standing_and_sessions")]

    operations = [migrations.RunSQL(_OPEN, migrations.RunSQL.noop)]
