"""How callbacks are stored: one statement each, also where an address has to be looked up."""

UNTRUSTED_MAX_A_DAY = 5_000  # of one source

_COLUMNS = """
    INSERT INTO nannychain_inboxmessage
        (source, subject_id, digest, body, trusted, received_at, copies, due_at, attempts, outcome)
"""
# A double costs no second row.
_DOUBLES = """
    ON CONFLICT (source, digest) DO UPDATE SET copies = nannychain_inboxmessage.copies + 1
    RETURNING id, copies
"""
STORE = f"{_COLUMNS} VALUES (%s, '', %s, %s, true, %s, 1, %s, 0, '') {_DOUBLES}"
# Where nobody shows a secret, anybody can post: so many a day are kept, and no more.
_OF_THE_DAY = f"""
    SELECT FROM nannychain_inboxmessage AS kept
    WHERE kept.source = given.source AND NOT kept.trusted
      AND kept.received_at > now() - interval '1 day'
    LIMIT {UNTRUSTED_MAX_A_DAY}
"""
STORE_UNTRUSTED = f"""
    {_COLUMNS}
    SELECT source, '', %s, %s::jsonb, false, %s::timestamptz, 1, %s::timestamptz, 0, ''
    FROM (VALUES (%s)) AS given (source)
    WHERE (SELECT count(*) FROM ({_OF_THE_DAY}) AS counted) < {UNTRUSTED_MAX_A_DAY}
    {_DOUBLES}
"""  # noqa: S608 - made of constants
# An address that is not open stores nothing: no id. The function is that of migration 0008.
STORE_AT = "SELECT id, copies FROM inbox_keep_at(%s, %s, %s, %s, %s)"
OPEN_ADDRESS = """
    INSERT INTO nannychain_inboxaddress (digest, source, subject_id, created_at)
    VALUES (%s, %s, %s, now()) ON CONFLICT (digest) DO NOTHING
"""
