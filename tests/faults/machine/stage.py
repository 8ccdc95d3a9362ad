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
_SEQUENCES = """
    SELECT setval(pg_get_serial_sequence(quote_ident(table_name), column_name), 1, false)
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
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [_ROLE])
        if cursor.fetchone()[0]:
            cursor.execute(f"SET ROLE {_ROLE}")


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
            cursor.execute(_GUARDED)
            guarded = {table for (table,) in cursor.fetchall()}
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", [_ROLE])
            self._role = _ROLE if cursor.fetchone() else ""
        self._guarded = [t for t in (*self._tables, "wallets_balance") if t in guarded]
        self._delete = self._statement()

    def _statement(self) -> str:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in self._guarded]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in self._guarded]
        return ";\n".join(
            [
                "BEGIN",
                "SET LOCAL ROLE NONE",
                *off,
                *(f"DELETE FROM {table}" for table in self._tables),
                "UPDATE wallets_balance SET balance = 0, held = 0, version = 0"
                " WHERE (balance, held, version) <> (0, 0, 0)",
                *on,
                "COMMIT",
            ]
        )

    def wipe(self) -> None:
        """Forget everything but the people, in the database and in Redis."""
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute(self._delete)
            if self._role:
                cursor.execute("SET ROLE NONE")
            cursor.execute(_SEQUENCES, [self._tables])
            if self._role:
                cursor.execute(f"SET ROLE {self._role}")
        lose_redis()


def lose_redis() -> None:
    """Forget all that our Redis holds. One that was given may hold others' things: they stay."""
    redis = get_redis_connection("default")
    for pattern in ("mpesa:*", "ussd:*", "rates:*", "*:mpesa:*"):
        if keys := list(redis.scan_iter(pattern, count=1000)):
            redis.delete(*keys)
