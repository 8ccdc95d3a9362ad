"""A database for the machine alone, with its people in it, as clean before each history.

It is cloned from the one that is connected. Who lives there is made once; what a history has
written is wiped after it, by the owner of the tables, whom the ledger's guards let do nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.backends.signals import connection_created
from django_redis import get_redis_connection

_ROLE = "nannychain_app"
# What stays from history to history: tables that begin with something, and the people.
_STAYS = frozenset(
    {
        *("django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
        *("nannychain_modecaps", "wallets_currency", "wallets_accountkind", "wallets_journalkind"),
        *("payments_tariff", "payments_levellimits", "payments_operationlimits"),
        *(
            "workers_member",
            "workers_standing",
            "workers_pin",
            "workers_consent",
            "workers_knownas",
        ),
        *("wallets_wallet", "wallets_sealedkey", "wallets_account", "wallets_balance"),
        *("wallets_network", "wallets_fundingrequest"),
    }
)
_GUARDED = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
_MAY_KEEP_TRIGGERS = (
    "SELECT has_parameter_privilege(current_user, 'session_replication_role', 'SET')"
)
_SEQUENCES = """
    SELECT pg_get_serial_sequence(quote_ident(table_name), column_name)
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = ANY (%s)
      AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Clone the database that is connected under another name, and be connected to the clone."""
    original = connection.settings_dict["NAME"]
    connection.close()
    _admin(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    connection.settings_dict["NAME"] = name
    connection_created.connect(_take_role)
    try:
        yield
    finally:
        connection_created.disconnect(_take_role)
        connection.close()
        connection.settings_dict["NAME"] = original
        _admin(f'DROP DATABASE "{name}"')


def _admin(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _take_role(connection: Any, **_: Any) -> None:
    """Be the application, which may do no more than in production; a given server may have none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', rolname, false) FROM pg_roles WHERE rolname = %s", [_ROLE]
        )


def end_session() -> None:
    """Leave nothing of what a process that is gone has had open: no transaction, no lock, no hook.

    The connection is used again, since a new one has to plan everything anew.
    """
    if connection.connection is None or connection.in_atomic_block or connection.errors_occurred:
        connection.close()
        return
    connection.run_on_commit = []
    connection.run_commit_hooks_on_set_autocommit_on = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def _wiped() -> list[str]:
    """Return the tables that a history may write to, each before those that it names."""
    left = {
        model._meta.db_table: {
            field.related_model._meta.db_table
            for field in model._meta.concrete_fields
            if field.related_model is not None and field.related_model is not model
        }
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in _STAYS
    }
    ordered: list[str] = []
    while left:
        named = set().union(*left.values())
        free = sorted(table for table in left if table not in named)
        ordered += free
        for table in free:
            del left[table]
    return ordered


class Wiper:
    """Makes everything as it was before a history."""

    def __init__(self) -> None:
        """Look at what there is."""
        self._tables = _wiped()
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", [_ROLE])
            self._role = _ROLE if cursor.fetchone() else "NONE"
            cursor.execute("SET ROLE NONE")
            off, on = self._guards(cursor)
            cursor.execute(_SEQUENCES, [self._tables])
            sequences = [f"setval('{name}', 1, false)" for (name,) in cursor.fetchall()]
            cursor.execute(f"SET ROLE {self._role}")
        self._wipe = ";\n".join(
            [
                "BEGIN",
                "SET LOCAL ROLE NONE",
                *off,
                *(f"DELETE FROM {table}" for table in self._tables),
                "UPDATE wallets_balance SET balance = 0, held = 0, version = 0"
                " WHERE (balance, held, version) <> (0, 0, 0)",
                f"SELECT {', '.join(sequences)}",
                *on,
                "COMMIT",
            ]
        )

    def _guards(self, cursor: Any) -> tuple[list[str], list[str]]:
        """Return how to keep triggers from firing, and how to let them again.

        On a server of our own one setting does it. On one that was given each table is altered,
        after which PostgreSQL plans anew whatever touches it.
        """
        cursor.execute(_MAY_KEEP_TRIGGERS)
        if cursor.fetchone()[0]:
            return ["SET LOCAL session_replication_role = replica"], []
        cursor.execute(_GUARDED)
        found = {table for (table,) in cursor.fetchall()}
        guarded = [table for table in (*self._tables, "wallets_balance") if table in found]
        return (
            [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded],
            [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded],
        )

    def wipe(self) -> None:
        """Forget everything but the people, in the database and in Redis."""
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute(self._wipe)
        lose_redis()


def lose_redis() -> None:
    """Forget all that our Redis holds. One that was given may hold others' things: they stay."""
    redis = get_redis_connection("default")
    for pattern in ("mpesa:*", "ussd:*", "rates:*", "*:mpesa:*"):
        if keys := list(redis.scan_iter(pattern, count=1000)):
            redis.delete(*keys)
