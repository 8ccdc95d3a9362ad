"""The database as the migrations left it, and how to come back to it after a test that commits.

Django's own way is to truncate every table and to send `post_migrate`, which costs as much as a
hundred small tests. Here one function looks which tables hold rows, and mends those alone. It
removes rows without firing triggers, since the ledger's guards refuse that even to the owner;
PostgreSQL's superuser has to allow it (`permit`): on a server that was given, Django's way it is.
"""

from collections.abc import Callable
from typing import Any

SCHEMA = "pristine"
_PERMIT = "GRANT SET ON PARAMETER session_replication_role TO {owner}"
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname <> 'django_migrations'
    ORDER BY relname
"""
# Writers are waited for, as TRUNCATE would: what a thread still commits belongs to this test.
_FUNCTION = """
    CREATE FUNCTION {schema}.come_back() RETURNS void LANGUAGE plpgsql AS $body$
    DECLARE
        dirty text;
    BEGIN
        LOCK TABLE {all_tables} IN SHARE ROW EXCLUSIVE MODE;
        FOR dirty IN {empty_ones} LOOP
            EXECUTE format('DELETE FROM public.%I', dirty);
        END LOOP;
        {filled_ones}
    END
    $body$
"""
_LEDGER = tuple(
    f"wallets_{name}"
    for name in (
        "account", "balance", "journal", "posting", "unrolled", "hold", "holdcapture",
        "manualposting",
    )
)  # fmt: skip
_IS_DIRTY = "SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})"
_MEND = """
        IF EXISTS ((TABLE public.{table} EXCEPT ALL TABLE {schema}.{table})
                   UNION ALL (TABLE {schema}.{table} EXCEPT ALL TABLE public.{table})) THEN
            DELETE FROM public.{table};
            INSERT INTO public.{table} TABLE {schema}.{table};
        END IF;
"""


def permit(superuser_url: str, *, owner: str) -> None:
    """Let the owner of the databases keep triggers from firing, on a server of the tests' own."""
    import psycopg

    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(_PERMIT.format(owner=owner))


def remember(cursor: Any) -> None:
    """Keep all rows there are, as the owner, where `come_back` will be allowed."""
    cursor.execute(
        "SELECT has_parameter_privilege(current_user, 'session_replication_role', 'SET')"
    )
    if not cursor.fetchone()[0]:
        return
    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    cursor.execute(_TABLES)
    tables = [f'"{name}"' for (name,) in cursor.fetchall()]
    filled = []
    for table in tables:
        cursor.execute(f"SELECT EXISTS (SELECT FROM public.{table})")
        if cursor.fetchone()[0]:
            filled.append(table)
            cursor.execute(f"CREATE TABLE {SCHEMA}.{table} AS TABLE public.{table}")
    # Whoever dumps the database as the application has to be able to read it all.
    cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC")
    cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO PUBLIC")
    names = [table.strip('"') for table in tables if table not in filled]
    cursor.execute(
        _FUNCTION.format(
            schema=SCHEMA,
            all_tables=", ".join(f"public.{table}" for table in tables),
            empty_ones=" UNION ALL ".join(_IS_DIRTY.format(table=name) for name in names),
            filled_ones="".join(_MEND.format(schema=SCHEMA, table=table) for table in filled),
        )
    )


def is_remembered(cursor: Any) -> bool:
    """Tell whether this database can come back."""
    cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [SCHEMA])
    return bool(cursor.fetchone()[0])


def come_back(cursor: Any) -> None:
    """Make every table hold what it held when `remember` was called; sequences go on."""
    cursor.execute("SELECT current_user")
    (role,) = cursor.fetchone()
    cursor.execute("SET ROLE NONE; SET session_replication_role = replica")
    try:
        cursor.execute(f"SELECT {SCHEMA}.come_back()")
    finally:
        cursor.execute(f'SET session_replication_role = origin; SET ROLE "{role}"')


def flush_as_owner(cursor: Any, flush: Callable[[], None]) -> None:
    """Do what Django does, as the owner: others may not, and the guards refuse."""
    cursor.execute("SELECT current_user")
    (role,) = cursor.fetchone()
    cursor.execute("SET ROLE NONE")
    for table in _LEDGER:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    flush()
    for table in _LEDGER:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    cursor.execute(f'SET ROLE "{role}"')
