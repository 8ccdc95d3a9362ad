"""Accounts in the ledger for the wallets that are there already."""

from django.db import migrations

# The chart is written after all migrations; these two lines of it are needed now.
_FORWARD = """
INSERT INTO wallets_currency (code, name, scale) VALUES ('KES', 'Kenyan shilling', 2)
ON CONFLICT DO NOTHING;
INSERT INTO wallets_accountkind (code, name, type, side, is_deferred, floor, is_customer_money)
VALUES (2010, 'Worker''s wallet', 'liability', -1, false, 0, true) ON CONFLICT DO NOTHING;
SELECT ledger_open_account(2010::smallint, party_id, '', 'KES')
  FROM wallets_wallet ORDER BY created_at, id;
"""


class Migration(migrations.Migration):
    dependencies = [("wallets", "0008_ledger")]
    # Going back, the accounts go with their tables.
    operations = [migrations.RunSQL(_FORWARD, migrations.RunSQL.noop)]
