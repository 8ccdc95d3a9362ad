"""Storing what came to an address: a function, whose plan PostgreSQL makes once a connection."""

from django.db import migrations

_FORWARD = """
CREATE FUNCTION inbox_keep_at(
    address text, told_digest text, told text, is_trusted boolean, at timestamptz,
    OUT id bigint, OUT copies integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO nannychain_inboxmessage AS kept
        (source, subject_id, digest, body, trusted, received_at, copies, due_at, attempts, outcome)
    SELECT source, subject_id, told_digest, told::jsonb, is_trusted, at, 1, at, 0, ''
      FROM nannychain_inboxaddress WHERE digest = address
    ON CONFLICT (source, digest) DO UPDATE SET copies = kept.copies + 1
    RETURNING kept.id, kept.copies INTO inbox_keep_at.id, inbox_keep_at.copies;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('nannychain', '0007_deliveries_of_alerts'),
    ]

    operations = [
        migrations.RunSQL(_FORWARD, "DROP FUNCTION inbox_keep_at(text, text, text, boolean, timestamptz)"),
    ]
